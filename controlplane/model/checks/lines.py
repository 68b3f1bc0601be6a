"""Lines: presented numbers, one line a user."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.diagnostics import Diagnostic
from controlplane.model.checks.context import Context
from controlplane.model.line import Line
from controlplane.model.places import NumberStatus


def faults(context: Context) -> Iterator[Diagnostic]:
    user_lines: dict[str, str] = {}
    for extension, line in context.system.lines.items():
        if line.user is not None:
            first = user_lines.setdefault(line.user, extension)
            if first != extension:
                yield context.fault(
                    f"lines/{extension}/user",
                    f"user {line.user} has line {first} already",
                    "leave one of the two lines without a user",
                )
        if line.presented_number is not None:
            yield from _presented(context, extension, line, line.presented_number)
    yield from _codes(context)


def _codes(context: Context) -> Iterator[Diagnostic]:
    """Nobody can press a code where there is none."""
    if context.system.settings.authorisation_codes or not context.knows_setting(_CODES):
        return
    asked = [key for key, line in context.system.lines.items() if line.authorisation_code]
    if asked:
        more = f" and {len(asked) - 1} more" if len(asked) > 1 else ""
        yield context.warning(
            f"settings/{_CODES}",
            f"line {asked[0]}{more} cannot call out: there is no authorisation code",
            'add one, as authorisation_codes: {night: "4711"}, or set authorisation_code: no',
        )


_CODES = "authorisation_codes"


def _presented(
    context: Context, extension: str, line: Line, presented: str
) -> Iterator[Diagnostic]:
    if context.is_faulty("numbers", presented):
        return
    place = f"lines/{extension}/presented_number"
    number = context.system.numbers.get(presented)
    if number is None:
        mend = context.suggestions.mend(
            presented, context.system.numbers, "choose one under numbers, or remove it"
        )
        yield context.fault(place, f"{presented} is none of the tenant's numbers", mend)
        return
    if number.status is not NumberStatus.ACTIVE:
        yield context.fault(
            place,
            f"{presented} is {number.status}, and only an active number can be presented",
            "choose an active number",
        )
    site = _site(context, line)
    owner = number.site or context.main_number_sites.get(presented)
    known = all(name is None or context.exists("sites", name) for name in (site, owner))
    if site is not None and owner != site and known:
        yield context.fault(
            place,
            f"{presented} belongs to {f'site {owner}' if owner else 'no site'}, "
            f"and line {extension} to site {site}",
            f"choose an active number of {site}",
        )


def _site(context: Context, line: Line) -> str | None:
    if line.site is not None:
        return line.site
    user = context.system.users.get(line.user) if line.user else None
    return user.site if user else None
