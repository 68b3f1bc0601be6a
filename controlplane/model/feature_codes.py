"""Feature codes: what a person dials at a phone to change how their line behaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, StringConstraints

FeatureCode = Annotated[str, StringConstraints(pattern=r"^[*#][0-9*#]{1,7}$")]
"""`*` or `#`, then digits, `*` and `#`: no extension or public number begins so."""


class Feature(StrEnum):
    DND_ON = "do-not-disturb-on"
    DND_OFF = "do-not-disturb-off"
    ALWAYS_ON = "forward-always-on"
    ALWAYS_OFF = "forward-always-off"
    BUSY_ON = "forward-busy-on"
    BUSY_OFF = "forward-busy-off"
    UNANSWERED_ON = "forward-unanswered-on"
    UNANSWERED_OFF = "forward-unanswered-off"
    OFFLINE_ON = "forward-offline-on"
    OFFLINE_OFF = "forward-offline-off"
    GROUP_LOGIN = "group-login"
    GROUP_LOGOUT = "group-logout"
    HIDE = "hide-caller-id"
    PICKUP = "pickup"
    PICKUP_FROM = "pickup-from"
    LAST_CALLER = "last-caller"
    HANDSET_LOGIN = "handset-login"
    HANDSET_LOGOUT = "handset-logout"
    VOICEMAIL = "voicemail"
    VOICE_PORTAL = "voice-portal"


class Takes(StrEnum):
    """What is dialled behind a code, in the same breath."""

    NOTHING = "nothing"
    DESTINATION = "an extension or a number"
    CALL = "whatever else is dialled"


@dataclass(frozen=True, slots=True)
class Default:
    """`code` is what a feature has where the tenant does not say otherwise."""

    code: str
    takes: Takes = Takes.NOTHING


FEATURES: Mapping[Feature, Default] = {
    Feature.DND_ON: Default("*78"),
    Feature.DND_OFF: Default("*79"),
    Feature.ALWAYS_ON: Default("*72", Takes.DESTINATION),
    Feature.ALWAYS_OFF: Default("*73"),
    Feature.BUSY_ON: Default("*90", Takes.DESTINATION),
    Feature.BUSY_OFF: Default("*91"),
    Feature.UNANSWERED_ON: Default("*92", Takes.DESTINATION),
    Feature.UNANSWERED_OFF: Default("*93"),
    Feature.OFFLINE_ON: Default("*94", Takes.DESTINATION),
    Feature.OFFLINE_OFF: Default("*95"),
    Feature.GROUP_LOGIN: Default("*96", Takes.DESTINATION),
    Feature.GROUP_LOGOUT: Default("*99", Takes.DESTINATION),
    Feature.HIDE: Default("*67", Takes.CALL),
    Feature.PICKUP: Default("*8"),
    Feature.PICKUP_FROM: Default("**", Takes.DESTINATION),
    Feature.LAST_CALLER: Default("*69"),
    Feature.HANDSET_LOGIN: Default("*11"),
    Feature.HANDSET_LOGOUT: Default("*12"),
    Feature.VOICEMAIL: Default("*97"),
    Feature.VOICE_PORTAL: Default("*98"),
}
"""The vertical service codes of North American practice, as far as there is one."""


def _off(value: Any) -> Any:
    """`off`, which YAML reads as false, takes a feature's code away."""
    return None if value is False or value == "off" else value


Codes = dict[Feature, Annotated[FeatureCode | None, BeforeValidator(_off)]]
"""Codes of a tenant where they are not the default ones; None: the feature has none."""


def codes_of(own: Mapping[Feature, str | None]) -> dict[str, Feature]:
    """The features of a tenant by the code that is dialled. Of two with one code, the last."""
    codes = {feature: own.get(feature, default.code) for feature, default in FEATURES.items()}
    return {code: feature for feature, code in codes.items() if code is not None}
