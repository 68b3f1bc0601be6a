"""Feature codes as dialplan: where each leads, and what is dialled behind it as a destination."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from controlplane.render.freeswitch.elements import (
    EMPTY,
    always,
    either,
    extension,
    set_now,
    state,
    transfer,
    when,
)
from controlplane.render.freeswitch.escape import pattern, word
from controlplane.routing.plan import BARRED, UNKNOWN, Plan
from controlplane.routing.state import answering_key

FEATURES = "features"
"""Where a call goes whose number begins as codes do."""

E164 = Callable[[str, str], Iterator[str]]
"""Conditions that set a variable, the second, where the field is a public number."""


def features_dialplan(plan: Plan, here: str, e164: E164) -> Iterator[str]:
    """Extensions of the tenant's context `here`. They go on, each into the one behind it."""
    nobody = when("${cp_number}", EMPTY, transfer(BARRED, here))
    otherwise = always(transfer("number", here))
    opened = _codes(plan, here, only_open=True)
    yield extension(FEATURES, *_hiding(plan, here), *opened, nobody, *_codes(plan, here), otherwise)
    yield extension("target", *_target(plan, e164), goes_on=True)
    yield extension(
        "targeted",
        when("${cp_key}", EMPTY, transfer(UNKNOWN, here)),
        always(transfer("${cp_feature}", here)),
    )


def _hiding(plan: Plan, here: str) -> Iterator[str]:
    """Behind it an emergency number may be dialled too, also where nobody is logged in."""
    if plan.hide:
        found = (set_now("cp_dialled=$1"), set_now(f"cp_hides={word(plan.hide)}"))
        again = transfer("from-handset", here)
        yield when("${cp_dialled}", f"^{pattern(plan.hide)}(.+)$", *found, again)


def _codes(plan: Plan, here: str, *, only_open: bool = False) -> Iterator[str]:
    """All, or those that may be dialled where nobody is logged in."""
    for code, feature in plan.features.items():
        if only_open and not feature.open:
            continue
        there = word(feature.flow.replace("/", "."))
        if feature.takes:
            found = (set_now("cp_key=$1"), set_now(f"cp_feature={there}"), transfer("target", here))
            yield when("${cp_dialled}", f"^{pattern(code)}(.+)$", *found)
        else:
            given = (set_now("cp_key=${cp_handset}"),) if feature.of_handset else ()
            yield when("${cp_dialled}", f"^{pattern(code)}$", *given, transfer(there, here))


def _target(plan: Plan, e164: E164) -> Iterator[str]:
    """cp_key as a stored destination; empty for none."""
    yield always(set_now("cp_one=${cp_key}"), set_now("cp_key="))
    if plan.emergency_numbers:
        numbers = "|".join(map(pattern, sorted(plan.emergency_numbers)))
        yield when("${cp_one}", f"^(?:{numbers})$")
    for number, destination in sorted(plan.extensions.items()):
        if destination != f"line/{number}":
            stored = word(destination).replace("/", ".")
            yield when("${cp_one}", f"^{pattern(number)}$", set_now(f"cp_key={stored}"))
    line = state(answering_key("${cp_one}"))
    yield either(line, "^.+$", set_now("cp_key=line.${cp_one}"))
    yield when("${cp_key}", "^.+$")
    yield from e164("${cp_one}", "cp_key")
