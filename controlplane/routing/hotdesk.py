"""Hot desk: the flows of login and logout at a handset, and what they do to the state (pure).

A login is judged and written where the store is, as PINs are. A logout is a flip: the engine writes
it by itself, whoever decides, and its history tells of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controlplane.model.feature_codes import Feature, codes_of
from controlplane.routing.builder import Builder, Routines
from controlplane.routing.doors import ask_pin, away
from controlplane.routing.features import Flipped, flip_place
from controlplane.routing.nodes import Arg, AskLine, BindHandset, FreeHandset
from controlplane.routing.plan import LOGIN, LOGOUT, FeatureRef, Flow
from controlplane.routing.state import (
    State,
    emergency_key,
    own_line_key,
    phones_key,
    phones_of,
    serves_key,
)
from controlplane.routing.steps import Cause, Outcome, Prompt

LOGOUT_NAME = "logout"
"""What a logout is called among the places of a call: `flip/line/101/logout@A1`."""


def login_flow(routines: Routines) -> Flow:
    """A line, by its number and PIN, at the handset that dials."""
    build = Builder()
    handset, line = build.taken(), Arg(1)
    lost, refused = away(build), build.release(Cause.REJECTED)
    done = build.release(Cause.NORMAL, Prompt.LOGGED_IN)
    taken = build.release(Cause.REJECTED, Prompt.HANDSET_TAKEN)
    elsewhere = build.release(Cause.REJECTED, Prompt.LINE_ELSEWHERE)
    barred = build.release(Cause.REJECTED, Prompt.NOT_ALLOWED)
    bind = build.add(BindHandset(line, handset, done, taken, elsewhere, barred, lost))
    pin = ask_pin(build, line, bind, bind, refused, lost)
    build.add(AskLine(pin, refused, lost))
    return build.flow(routines, f"settings/feature_codes/{Feature.HANDSET_LOGIN}", takes=True)


def logout_flow(routines: Routines) -> Flow:
    build = Builder()
    handset = build.taken()
    done = build.release(Cause.NORMAL)
    refused = build.release(Cause.REJECTED, Prompt.NOT_ALLOWED)
    build.add(FreeHandset(handset, done, refused))
    return build.flow(routines, f"settings/feature_codes/{Feature.HANDSET_LOGOUT}", takes=True)


def desk_codes(own: Mapping[Feature, str | None]) -> dict[str, FeatureRef]:
    """Where the codes for handsets lead, by code; `own`: those of the tenant."""
    found = {
        Feature.HANDSET_LOGIN: FeatureRef(LOGIN, takes=False, of_handset=True, open=True),
        Feature.HANDSET_LOGOUT: FeatureRef(LOGOUT, takes=False, of_handset=True),
    }
    codes = sorted(codes_of(own).items())
    return {code: found[feature] for code, feature in codes if feature in found}


def logged_in(state: State, handset: str) -> str:
    """The line that is logged in to the handset, "" for none: its own line is none."""
    line = state.get(serves_key(handset), "")
    return "" if line == state.get(own_line_key(handset), "") else line


def login_outcome(state: State, line: str, handset: str) -> Outcome:
    """How a login would end, by what is known here; the store has the last word."""
    if state.get(serves_key(handset)) == line:
        return Outcome.DONE
    if logged_in(state, handset):
        return Outcome.TAKEN
    there = (logged_in(state, phone) == line for phone in phones_of(state, line))
    return Outcome.ELSEWHERE if any(there) else Outcome.DONE


def freed(state: State, handset: str) -> dict[str, str]:
    """The keys that a logout changes, with "" for those that go; none where nobody is logged in.

    As `stored.state_of` has them afterwards.
    """
    line, own = logged_in(state, handset), state.get(own_line_key(handset), "")
    if not line:
        return {}
    left = "&".join(it for it in phones_of(state, line) if it != handset)
    back = _in_order(state, own, {*phones_of(state, own), handset}) if own else []
    values = (own, "", left, "&".join(back))
    return dict(zip(keys_of_logout(handset, line, own), values, strict=False))


def keys_of_logout(handset: str, line: str, own: str) -> tuple[str, ...]:
    """The state keys that it changes; `own`: the line that owns the handset, or ""."""
    keys = (serves_key(handset), emergency_key(handset), phones_key(line))
    return (*keys, phones_key(own)) if own else keys


def logout_place(line: str, handset: str) -> str:
    """A logout among the places that a call has been at."""
    return flip_place(f"line/{line}/{LOGOUT_NAME}", handset)


def logged_out_at(flipped: Flipped) -> str:
    """The handset of a logout; "" for any other flip."""
    return flipped.value if flipped.key == f"line/{flipped.line}/{LOGOUT_NAME}" else ""


def _in_order(state: State, line: str, phones: Iterable[str]) -> list[str]:
    """Who is logged in comes first."""
    return sorted(phones, key=lambda it: (state.get(own_line_key(it)) == line, it))
