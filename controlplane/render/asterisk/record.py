"""The record of a call's point and step, as the dialplan and the live driver pass it.

Both sides take the order of the fields from here, and how a field is written.
"""

from __future__ import annotations

from collections.abc import Iterable

from controlplane.routing.steps import Greeting, Prompt

POINT = (
    "CP_FLOW",
    "CP_ROUTINE",
    "CP_NODE",
    "CP_ARGS",
    "CP_SEEN",
    "CP_CLI",
    "CP_NUMBER",
    "CP_NAME",
)
"""Where a call stands and who calls: packed in CP_POINT, separated by bars, and handed over
by `Stasis(…,outcome,…)`."""

POINT_VARIABLE = "CP_POINT"

STEP = (
    "TIMEOUT(absolute)",
    "CP_WHAT",
    "CP_HOW",
    "CP_SHOWN",
    "CP_NUMBER",
    "CP_CLI",
    POINT_VARIABLE,
)
"""What the controller writes into CP_STEP, separated by commas; the first ends the waiting."""

STEP_VARIABLE = "CP_STEP"
HANGUP_CONTEXT = "cp-hangup"
ASKING_CONTEXTS = ("cp-internal", "cp-trunk", "cp-after")
"""Where a channel waits for the controller."""

PATIENCE_SECONDS = 2
"""How long a call waits for a controller that is there and does not answer."""

SOUNDS = {
    Prompt.NOT_IN_SERVICE: "ss-noservice",
    Prompt.CANNOT_COMPLETE: "cannot-complete-as-dialed",
    Prompt.NOT_ALLOWED: "im-sorry&feature-not-avail-line",
}
"""Recordings of the package asterisk-core-sounds-en, joined as Playback takes them."""

GREETINGS = {Greeting.UNAVAILABLE: "u", Greeting.BUSY: "b"}
"""Options of VoiceMail."""


def join_args(args: Iterable[str]) -> str:
    """One text, for Gosub takes 100 arguments at most and a large group has more."""
    return "&".join(args)


def split_args(text: str) -> tuple[str, ...]:
    return tuple(text.split("&")) if text else ()


def join_seen(places: Iterable[str]) -> str:
    return "".join(f"&{place}" for place in places)


def split_seen(text: str) -> tuple[str, ...]:
    return split_args(text.removeprefix("&"))
