"""Features: the flows behind the codes that a person dials for the own line."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from controlplane.model.feature_codes import FEATURES, Feature, Takes, codes_of
from controlplane.routing.builder import Builder, Routines
from controlplane.routing.nodes import CallBack, FlipMember, FlipOwn, Occasion, Own, PickUpCall
from controlplane.routing.plan import FeatureRef, Flow
from controlplane.routing.state import ON, dnd_key, forward_key, prefix_of
from controlplane.routing.steps import Cause, Prompt

_FLIPS: Mapping[Feature, tuple[Own, bool]] = {
    Feature.DND_ON: (Own.DO_NOT_DISTURB, True),
    Feature.DND_OFF: (Own.DO_NOT_DISTURB, False),
    Feature.ALWAYS_ON: (Own.FORWARD_ALWAYS, True),
    Feature.ALWAYS_OFF: (Own.FORWARD_ALWAYS, False),
    Feature.BUSY_ON: (Own.FORWARD_BUSY, True),
    Feature.BUSY_OFF: (Own.FORWARD_BUSY, False),
    Feature.UNANSWERED_ON: (Own.FORWARD_UNANSWERED, True),
    Feature.UNANSWERED_OFF: (Own.FORWARD_UNANSWERED, False),
    Feature.OFFLINE_ON: (Own.FORWARD_OFFLINE, True),
    Feature.OFFLINE_OFF: (Own.FORWARD_OFFLINE, False),
}
"""What a feature flips, and whether on or off."""

_MEMBERS: Mapping[Feature, bool] = {Feature.GROUP_LOGIN: True, Feature.GROUP_LOGOUT: False}
"""Whether a feature logs in or out."""

_OCCASIONS: Mapping[Own, Occasion] = {
    Own.FORWARD_ALWAYS: Occasion.ALWAYS,
    Own.FORWARD_BUSY: Occasion.BUSY,
    Own.FORWARD_UNANSWERED: Occasion.UNANSWERED,
    Own.FORWARD_OFFLINE: Occasion.OFFLINE,
}


@dataclass(frozen=True, slots=True)
class Features:
    """`flows` by key, `codes` by what is dialled. `hide`: see `Plan`."""

    flows: Mapping[str, Flow]
    codes: Mapping[str, FeatureRef]
    hide: str


def is_forward(own: Own) -> bool:
    return own in _OCCASIONS


def own_key(own: Own, line: str) -> str:
    """The state key of a setting of the line itself: of its default rule."""
    prefix = prefix_of(line, "")
    occasion = _OCCASIONS.get(own)
    return dnd_key(prefix) if occasion is None else forward_key(prefix, occasion)


_FLIPPED = re.compile(r"flip/(line/([0-9]+)/[a-z-]+(?:[./][A-Za-z0-9_-]+)?)@(.*)")


_DOTTED = re.compile(r"^(line|group|mailbox|handset)[.]")


@dataclass(frozen=True, slots=True)
class Flipped:
    """A state key of a line that a person wrote from a phone; "" took it away."""

    line: str
    key: str
    value: str


def flip_place(key: str, value: str) -> str:
    """A flip among the places that a call has been at, by which its history tells of it."""
    return f"flip/{key}@{value}"


def flipped_at(place: str) -> Flipped | None:
    """What `flip_place` wrote; None for any other place.

    FreeSWITCH's own dialplan writes a destination as it stores it, with a dot for the slash.
    """
    found = _FLIPPED.fullmatch(place)
    if found is None:
        return None
    return Flipped(found[2], found[1].replace(".", "/"), _DOTTED.sub(r"\1/", found[3]))


_CODE = "code/"


def code_place(name: str) -> str:
    """Among the places of a call: the name of the authorisation code that let it out."""
    return f"{_CODE}{name}"


def code_at(place: str) -> str | None:
    """What `code_place` wrote; None for any other place."""
    return place.removeprefix(_CODE) if place.startswith(_CODE) else None


def compile_features(own: Mapping[Feature, str | None], routines: Routines) -> Features:
    """`own`: a tenant's own codes, as the model has them."""
    flows: dict[str, Flow] = {}
    codes: dict[str, FeatureRef] = {}
    hide = ""
    for code, feature in sorted(codes_of(own).items()):
        if feature is Feature.HIDE:
            hide = code
        if (flow := _flow_behind(feature)) is not None:
            key = f"feature/{feature}"
            flows[key] = flow(feature, routines)
            codes[code] = FeatureRef(key, flows[key].takes)
    return Features(flows, codes, hide)


def _flow_behind(feature: Feature) -> Callable[[Feature, Routines], Flow] | None:
    if feature in _FLIPS:
        return _flip
    if feature in _MEMBERS:
        return _log_in_or_out
    return {
        Feature.PICKUP: _pick_up,
        Feature.PICKUP_FROM: _pick_up,
        Feature.LAST_CALLER: _call_back,
    }.get(feature)


def _flip(feature: Feature, routines: Routines) -> Flow:
    own, on = _FLIPS[feature]
    takes = FEATURES[feature].takes is Takes.DESTINATION
    build = Builder()
    value = build.taken() if takes else ON if on else ""
    done = build.release(Cause.NORMAL)
    refused = build.release(Cause.REJECTED, Prompt.NOT_ALLOWED)
    build.add(FlipOwn(own, value, done, refused))
    return build.flow(routines, f"settings/feature_codes/{feature}", takes=takes)


def _log_in_or_out(feature: Feature, routines: Routines) -> Flow:
    build = Builder()
    group = build.taken()
    done = build.release(Cause.NORMAL)
    refused = build.release(Cause.REJECTED, Prompt.NOT_ALLOWED)
    build.add(FlipMember(group, _MEMBERS[feature], done, refused))
    return build.flow(routines, f"settings/feature_codes/{feature}", takes=True)


def _pick_up(feature: Feature, routines: Routines) -> Flow:
    takes = FEATURES[feature].takes is Takes.DESTINATION
    build = Builder()
    of = build.taken() if takes else None
    nothing = build.release(Cause.ABSENT, Prompt.NOBODY_RINGS)
    refused = build.release(Cause.REJECTED, Prompt.NOT_ALLOWED)
    build.add(PickUpCall(of, nothing, refused))
    return build.flow(routines, f"settings/feature_codes/{feature}", takes=takes)


def _call_back(feature: Feature, routines: Routines) -> Flow:
    build = Builder()
    nobody = build.release(Cause.ABSENT, Prompt.NOBODY_CALLED)
    unknown = build.release(Cause.ABSENT, Prompt.CALLER_UNKNOWN)
    build.add(CallBack(nobody, unknown))
    return build.flow(routines, f"settings/feature_codes/{feature}")
