"""Doors: what a caller must know something for — a mailbox, the voice portal, calls out.

A PIN is looked at by the controller alone. Without it the caller is told that the door is not
available, at whatever step it was lost. Codes for calls out are with the engine itself.
"""

from __future__ import annotations

from collections.abc import Mapping

from controlplane.model.feature_codes import Feature, codes_of
from controlplane.routing.builder import Builder, Routines
from controlplane.routing.nodes import (
    Announce,
    Arg,
    AskCode,
    AskLine,
    AskPin,
    AskTarget,
    ChoosePin,
    FlipOwn,
    Jump,
    Menu,
    OpenBox,
    Own,
    TakeOwn,
)
from controlplane.routing.plan import OWN_MAILBOX, PORTAL, FeatureRef, Flow
from controlplane.routing.state import ON
from controlplane.routing.steps import Cause, Prompt

ATTEMPTS = 3
"""In one call, at each of the questions; a line counts those of all calls."""

CHOICES = 3
"""How often the menu of the portal is heard in one call."""

MAILBOX_KEY, PIN_KEY, QUIET_KEY, FORWARD_KEY = "1", "2", "3", "4"
"""What to press in the menu of the portal."""

ON_KEY, OFF_KEY = "1", "2"
"""For do not disturb."""

FORWARD_KEYS = {
    "1": Own.FORWARD_ALWAYS,
    "2": Own.FORWARD_BUSY,
    "3": Own.FORWARD_UNANSWERED,
    "4": Own.FORWARD_OFFLINE,
}
"""Which forward; then its target, or `#` alone for none."""


def authorised(routines: Routines) -> Flow:
    """A call out that takes a code; taken: the number."""
    build = Builder()
    out = build.add(Jump(build.taken()))
    wrong = build.release(Cause.REJECTED, Prompt.WRONG_CODE)
    build.add(AskCode(out, wrong))
    return build.flow(routines, "settings", takes=True)


def own_mailbox(routines: Routines) -> Flow:
    """The mailbox of the line that calls, which becomes the first argument."""
    build = Builder()
    line = Arg(0)
    lost, end, refused = away(build), build.release(Cause.NORMAL), build.release(Cause.REJECTED)
    without = build.add(Announce(Prompt.NO_MAILBOX, end))
    box = build.add(OpenBox(line, end, without, lost))
    changed = build.add(Announce(Prompt.PIN_CHANGED, box))
    build.add(TakeOwn(ask_pin(build, line, box, changed, refused, lost)))
    return build.flow(routines, "settings/feature_codes/voicemail")


def portal(routines: Routines) -> Flow:
    """Any line, by its number and PIN. Its number becomes the first argument."""
    build = Builder()
    line = Arg(0)
    lost, end = away(build), build.release(Cause.NORMAL, Prompt.GOODBYE)
    refused = build.release(Cause.REJECTED)
    menu = end
    for _ in range(CHOICES):
        menu = _menu(build, line, menu, lost)
    changed = build.add(Announce(Prompt.PIN_CHANGED, menu))
    pin = ask_pin(build, line, menu, changed, refused, lost)
    build.add(AskLine(pin, refused, lost))
    return build.flow(routines, "settings/feature_codes/voice-portal")


_DOORS = {Feature.VOICEMAIL: OWN_MAILBOX, Feature.VOICE_PORTAL: PORTAL}


def door_codes(own: Mapping[Feature, str | None]) -> dict[str, FeatureRef]:
    """Where those feature codes lead that open something, by code; `own`: those of the tenant."""
    return {
        code: FeatureRef(_DOORS[feature], takes=False)
        for code, feature in sorted(codes_of(own).items())
        if feature in _DOORS
    }


def away(build: Builder) -> int:
    """Nobody is there who could open the door."""
    return build.release(Cause.CONGESTION, Prompt.NOT_AVAILABLE)


def _menu(build: Builder, line: Arg, following: int, away: int) -> int:
    """After each choice the menu that follows."""
    without = build.add(Announce(Prompt.NO_MAILBOX, following))
    box = build.add(OpenBox(line, following, without, away))
    changed = build.add(Announce(Prompt.PIN_CHANGED, following))
    choose = _choose_pin(build, line, changed, following, away)
    choices = (
        (MAILBOX_KEY, box),
        (PIN_KEY, choose),
        (QUIET_KEY, _quiet(build, line, following, away)),
        (FORWARD_KEY, _forwards(build, line, following, away)),
    )
    return build.add(Menu(Prompt.PORTAL_MENU, choices, following, following, away))


def _quiet(build: Builder, line: Arg, following: int, away: int) -> int:
    """Do not disturb, on or off."""
    own = Own.DO_NOT_DISTURB
    on = build.add(FlipOwn(own, ON, following, following, line))
    off = build.add(FlipOwn(own, "", following, following, line))
    choices = ((ON_KEY, on), (OFF_KEY, off))
    return build.add(Menu(Prompt.QUIET_MENU, choices, following, following, away))


def _forwards(build: Builder, line: Arg, following: int, away: int) -> int:
    """One of the line's own forwards, to what is pressed then."""
    refused = build.add(Announce(Prompt.NOT_ALLOWED, following))
    unknown = build.add(Announce(Prompt.NOT_IN_SERVICE, following))
    choices = []
    for key, own in FORWARD_KEYS.items():
        on = build.add(FlipOwn(own, Arg(1), following, refused, line))
        off = build.add(FlipOwn(own, "", following, refused, line))
        choices.append((key, build.add(AskTarget(on, off, unknown, away))))
    return build.add(Menu(Prompt.FORWARD_MENU, tuple(choices), following, following, away))


def ask_pin(build: Builder, line: Arg, right: int, changed: int, end: int, away: int) -> int:
    """Attempts in a row, then `end`."""
    change = _choose_pin(build, line, changed, end, away)
    locked = build.add(Announce(Prompt.LOCKED_PIN, end))
    following = build.add(Announce(Prompt.WRONG_PIN, end))
    for told in (*[Prompt.WRONG_PIN] * (ATTEMPTS - 1), None):
        following = build.add(AskPin(line, right, change, following, locked, away, told))
    return following


def _choose_pin(build: Builder, line: Arg, changed: int, end: int, away: int) -> int:
    """Attempts in a row, then `end`."""
    following = build.add(Announce(Prompt.BAD_PIN, end))
    for told in (*[Prompt.BAD_PIN] * (ATTEMPTS - 1), None):
        following = build.add(ChoosePin(line, changed, following, away, told))
    return following
