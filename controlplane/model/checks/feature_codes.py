"""Feature codes: no two alike, none that another begins with and takes digits behind, and none an
emergency number."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.diagnostics import Diagnostic
from controlplane.model.checks.context import Context
from controlplane.model.feature_codes import FEATURES, Feature, Takes

_EMERGENCY = "emergency_numbers"
_MEND = "give one of them another code, or set it to off"


def faults(context: Context) -> Iterator[Diagnostic]:
    own = context.system.settings.feature_codes
    if not context.knows_setting("feature_codes"):
        return
    owners: dict[str, Feature] = {}
    for feature, default in FEATURES.items():
        code = own.get(feature, default.code)
        if code is None:
            continue
        first = owners.setdefault(code, feature)
        if first is not feature:
            said = f"{code} is the code of both {first} and {feature}"
            yield _fault(context, feature, first, said, _MEND)
    yield from _beginnings(context, owners)
    if context.knows_setting("emergency_numbers"):
        for number in context.system.settings.emergency_numbers:
            if (feature_there := owners.get(number)) is not None:
                place = f"feature_codes/{feature_there}" if feature_there in own else _EMERGENCY
                said = f"{number} is an emergency number, and the code of {feature_there}"
                mend = f"give {feature_there} another code: emergency calls always go out"
                yield context.fault(f"settings/{place}", said, mend)


def _beginnings(context: Context, owners: dict[str, Feature]) -> Iterator[Diagnostic]:
    for code, feature in owners.items():
        for longer, other in owners.items():
            begins = longer != code and longer.startswith(code)
            if begins and FEATURES[feature].takes is not Takes.NOTHING:
                said = (
                    f"{longer} begins with {code}, the code of {feature}, behind which "
                    f"{FEATURES[feature].takes} is dialled"
                )
                yield _fault(context, other, feature, said, _MEND)


def _fault(context: Context, feature: Feature, other: Feature, said: str, mend: str) -> Diagnostic:
    """At whichever of the two is written in the file."""
    own = context.system.settings.feature_codes
    place = feature if feature in own else other
    return context.fault(f"settings/feature_codes/{place}", said, mend)
