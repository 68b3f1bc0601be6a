"""Settings, sites and numbers: time zones, country, main numbers, where numbers lead."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from controlplane.diagnostics import Diagnostic
from controlplane.model.checks.context import Context
from controlplane.model.numbering import rules_for
from controlplane.model.places import NumberStatus


@lru_cache(maxsize=1)
def time_zones() -> frozenset[str]:
    """The IANA time zones of the tzdata package: the same ones on every machine."""
    return frozenset(files("tzdata").joinpath("zones").read_text("utf-8").split())


def faults(context: Context) -> Iterator[Diagnostic]:
    settings = context.system.settings
    yield from _zone(context, "settings/timezone", settings.timezone)
    yield from _country(context, settings.country)
    if not settings.emergency_numbers:
        yield context.warning(
            "settings/emergency_numbers",
            "no number is an emergency number",
            "list the country's, as [112, 999]",
        )
    for name, user in context.system.users.items():
        if user.timezone is not None:
            yield from _zone(context, f"users/{name}/timezone", user.timezone)
    yield from _sites(context)
    yield from _numbers(context)


def _zone(context: Context, place: str, zone: str | None) -> Iterator[Diagnostic]:
    if zone is not None and zone not in time_zones():
        otherwise = "write an IANA time zone, as Europe/London"
        mend = context.suggestions.mend(zone, time_zones(), otherwise)
        yield context.fault(place, f"there is no time zone {zone!r}", mend)


def _country(context: Context, country: str) -> Iterator[Diagnostic]:
    try:
        rules_for(country)
    except ValueError:
        yield context.fault(
            "settings/country",
            f"there is no country {country!r} with dialling rules",
            "write its ISO 3166 code in capitals, as GB",
        )


def _sites(context: Context) -> Iterator[Diagnostic]:
    for name, site in context.system.sites.items():
        yield from _zone(context, f"sites/{name}/timezone", site.timezone)
        if site.main_number is None:
            continue
        place = f"sites/{name}/main_number"
        number = context.system.numbers.get(site.main_number)
        if number is None:
            if not context.is_faulty("numbers", site.main_number):
                otherwise = "add it under numbers, with where its calls go"
                mend = context.suggestions.mend(site.main_number, context.system.numbers, otherwise)
                yield context.fault(place, f"{site.main_number} is none of the numbers", mend)
        elif number.site not in (None, name) and context.exists("sites", number.site):
            yield context.fault(
                place,
                f"{site.main_number} belongs to site {number.site}",
                f"choose a number of {name}, or set numbers/{site.main_number}/site: {name}",
            )
        first = context.main_number_sites[site.main_number]
        if first != name:
            yield context.fault(
                place,
                f"{site.main_number} is the main number of site {first} already",
                "give each site a main number of its own",
            )


def _numbers(context: Context) -> Iterator[Diagnostic]:
    for e164, number in context.system.numbers.items():
        if not _country_code_exists(e164[1:4]):
            yield context.warning(
                f"numbers/{e164}",
                f"{e164} starts with no country's code",
                "check the digits after the +",
            )
        if number.to is None and number.status is NumberStatus.ACTIVE and number.enabled:
            yield context.warning(
                f"numbers/{e164}",
                f"{e164} is active and leads nowhere",
                "write to: with its destination, or status: reserved",
            )


@lru_cache(maxsize=1000)
def _country_code_exists(start: str) -> bool:
    """`start`: the first three digits behind the +."""
    return any(int(start[:end]) in COUNTRY_CODE_TO_REGION_CODE for end in (1, 2, 3))
