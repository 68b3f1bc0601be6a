"""Answering rules: when each is active, in which order, and what it does with a call."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from controlplane.calls.world import Behaviour
from controlplane.routing.steps import Cause
from tests.conformance.office import MAIN, MOBILE
from tests.conformance.scenario import Expected, Scenario
from tests.conformance.scenarios import ADA, answered, call, ended, line, message, reached

ANSWERS, BUSY, DECLINES = Behaviour.ANSWERS, Behaviour.BUSY, Behaviour.DECLINES
RINGS_OUT, OFFLINE, REFUSES = Behaviour.RINGS_OUT, Behaviour.OFFLINE, Behaviour.REFUSES

LONDON = "Europe/London"


def utc(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


WORKDAY = utc("2026-06-10 10:30")
EVENING = utc("2026-06-10 20:30")
SATURDAY_NIGHT = utc("2026-06-13 02:30")
CHRISTMAS = utc("2026-12-25 10:30")
BEFORE_CLOCKS_GO_BACK = utc("2026-10-25 00:30")
AFTER_CLOCKS_WENT_BACK = utc("2026-10-25 01:30")
AFTER_CLOCKS_WENT_FORWARD = utc("2026-03-29 01:10")

NAMES = {
    WORKDAY: "on a workday",
    EVENING: "in the evening",
    SATURDAY_NIGHT: "in a Saturday's night",
    CHRISTMAS: "at Christmas",
    BEFORE_CLOCKS_GO_BACK: "before clocks go back",
    AFTER_CLOCKS_WENT_BACK: "after clocks went back",
    AFTER_CLOCKS_WENT_FORWARD: "after clocks went forward",
}

FRAMES: Mapping[str, tuple[dict[str, Any], set[dt.datetime]]] = {
    "hours": ({"mon-fri": "09:00-17:30"}, {WORKDAY, CHRISTMAS}),
    "evening and night": ({"mon-sun": "18:00-06:00"}, set(NAMES) - {WORKDAY, CHRISTMAS}),
    "night of Friday": ({"fri": "22:00-06:00"}, {SATURDAY_NIGHT}),
    "holidays": ({"calendar": "GB"}, {CHRISTMAS}),
    "days": ({"dates": ["2026-06-10", "2026-12-24..2026-12-26"]}, {WORKDAY, EVENING, CHRISTMAS}),
    "hours of days": (
        {"mon-sun": ["08:00-12:00", "21:00-23:00"], "dates": "2026-06-01..2026-06-30"},
        {WORKDAY, EVENING},
    ),
    "parts": ({"sat": "03:00-04:00", "parts": {"calendar": "GB"}}, {SATURDAY_NIGHT, CHRISTMAS}),
    "one to two": ({"sun": "01:00-02:00"}, {BEFORE_CLOCKS_GO_BACK, AFTER_CLOCKS_WENT_BACK}),
}
"""Time frames, and when they hold by a clock in London."""

ALWAYS = {"always": {"mon-sun": "00:00-24:00"}}
NEVER = {"never": {"dates": "1999-12-31"}}
AWAY = {"forward": {"always": "line/103"}}


def ruled(*rules: dict[str, Any], **own: Any) -> dict[str, Any]:
    """Line 102 with these rules, each named by its place."""
    named = [{"name": f"r{n}", "when": "always", **rule} for n, rule in enumerate(rules, 1)]
    return line("102", rules=named, **own)


def always(name: str, expected: Expected, *rules: dict[str, Any], **more: Any) -> Scenario:
    own = more.pop("own", {})
    lines = {**ruled(*rules, **own), **more.pop("others", {})}
    return call(name, "102", expected, lines=lines, time_frames={**ALWAYS, **NEVER}, **more)


TIMES = (
    *(
        call(
            f"time frame {name} {NAMES[at]}",
            "102",
            answered("C1" if at in holding else "B1", ADA),
            at=at,
            settings={"timezone": LONDON},
            time_frames={"frame": frame},
            lines=ruled({"when": "frame", **AWAY}),
        )
        for name, (frame, holding) in FRAMES.items()
        for at in NAMES
    ),
    *(
        call(
            f"hours by the clock of the {whose}",
            "102",
            answered("C1" if away else "B1", ADA),
            at=WORKDAY,
            settings={"timezone": LONDON},
            time_frames={"frame": {"mon-fri": "12:00-13:00"}},
            lines=ruled({"when": "frame", **AWAY}),
            **zones,
        )
        for whose, zones, away in (
            ("tenant", {}, False),
            ("site", {"sites": {"london": {"timezone": "Europe/Paris"}}, **{
                "users": {"bob": {"site": "london"}}}}, True),
            ("user", {"users": {"bob": {"timezone": "Europe/Paris"}}}, True),
        )
    ),
)  # fmt: skip

ORDER = (
    always("the first rule wins", answered("C1", ADA), AWAY, {"do_not_disturb": True}),
    always(
        "a rule that is not enabled is passed over",
        answered("B1", ADA),
        {**AWAY, "enabled": False},
        {},
    ),
    always("a rule that does not hold is passed over", answered("C1", ADA), {"when": "never",
           "do_not_disturb": True}, AWAY),
    always("no rule holds: the line's own settings", answered("C1", ADA), {"when": "never"},
           own=AWAY),
    always("a rule replaces the line's own settings", answered("B1", ADA), {}, own=AWAY),
    always(
        "a rule of twenty",
        answered("C1", ADA),
        *({"when": "never"} for _ in range(19)),
        AWAY,
    ),
    always(
        "do not disturb of the line wins over a rule",
        ended(Cause.BUSY),
        {},
        own={"do_not_disturb": True},
    ),
    always(
        "rules of the next line in turn",
        answered("A2", ADA),
        AWAY,
        others=line("103", rules=[
            {"name": "on", "when": "always", "forward": {"always": "handset/A2"}}]),
        handsets={"A2": {"line": "101"}},
    ),
)  # fmt: skip

ACTIONS = (
    always("a rule just rings the line", answered("B1", ADA), {}),
    always("a rule with do not disturb", ended(Cause.BUSY), {"do_not_disturb": True}),
    always("a rule with do not disturb, and voicemail", message("102"), {"do_not_disturb": True},
           own={"voicemail": {}}),
    always("a rule rings, then hangs up", ended(Cause.NO_ANSWER, "B1"), {"ring": 1},
           does={"B1": RINGS_OUT}, own={"ring": 9}),
    always("a rule rings, then voicemail", message("102", "B1"), {"ring": 1},
           does={"B1": RINGS_OUT}, own={"ring": 9, "voicemail": {}}),
    always("a rule rings as long as the line does", ended(Cause.NO_ANSWER, "B1"), {},
           does={"B1": RINGS_OUT}),
    always("a rule and a busy phone, voicemail", reached(message("102"), B1=ADA), {},
           does={"B1": BUSY}, own={"voicemail": {}}),
)  # fmt: skip

_OCCASIONS: Mapping[str, tuple[dict[str, Behaviour], tuple[str, ...]]] = {
    "always": ({}, ()),
    "busy": ({"B1": DECLINES}, ("B1",)),
    "unanswered": ({"B1": RINGS_OUT}, ("B1",)),
    "offline": ({"B1": OFFLINE}, ()),
}
_TARGETS: Mapping[str, tuple[str | list[str], Expected]] = {
    "a line": ("line/103", answered("C1", ADA)),
    "a handset, whose line has rules": ("handset/D1", answered("D1", ADA)),
    "a mailbox": ("mailbox/103", message("103")),
    "a hunt group": ("group/sales", answered("C1", "Sales Ada Byron <101>")),
    "outside": (MOBILE, answered(MOBILE, MAIN)),
    "two lines": (["line/103", "line/104"], answered("C1", ADA, "D1")),
}


def _before(expected: Expected, *legs: str) -> Expected:
    """These rang before."""
    return replace(
        expected,
        rang=(*expected.rang, *legs),
        shown={**expected.shown, **dict.fromkeys(legs, ADA)},
    )


TARGETS = tuple(
    always(
        f"a rule forwards {occasion} to {name}",
        _before(expected, *rang),
        {"forward": {occasion: target}},
        does={**does, **({"D1": RINGS_OUT} if name == "two lines" else {})},
        own={"call_waiting": False},
        others={
            "103": {"voicemail": {}},
            "104": {"do_not_disturb": name != "two lines", "ring": 2},
        },
        handsets={"D1": {"line": "104"}},
        groups={"sales": {"members": ["103"], "ring": 2, "extension": "600",
                          "caller_name_prefix": "Sales"}},
    )
    for occasion, (does, rang) in _OCCASIONS.items()
    for name, (target, expected) in _TARGETS.items()
)  # fmt: skip


def also(name: str, expected: Expected, *targets: Any, **more: Any) -> Scenario:
    own = {"also_ring": list(targets), "ring": 4, **more.pop("own", {})}
    return call(name, "102", expected, lines=line("102", **own), **more)


SIMULTANEOUS = (
    also("another line rings too", answered("C1", ADA, "B1"), "line/103", does={"B1": RINGS_OUT}),
    also("a handset rings too", answered("D1", ADA, "B1"), "handset/D1", does={"B1": RINGS_OUT},
         handsets={"D1": {}}),
    also("who answers first ends the others' ringing", answered("B1", ADA, "C1"), "line/103",
         does={"C1": RINGS_OUT}),
    also("another line rings later", answered("C1", ADA, "B1"), {"to": "line/103", "delay": 1},
         does={"B1": RINGS_OUT}),
    also("another line would ring too late", answered("B1", ADA), {"to": "line/103", "delay": 2}),
    also("nobody answers, sooner or later", ended(Cause.NO_ANSWER, "B1", "C1"),
         {"to": "line/103", "delay": 1}, does={"B1": RINGS_OUT, "C1": RINGS_OUT}),
    also("busy, but another line rings later", reached(answered("C1", ADA), B1=ADA),
         {"to": "line/103", "delay": 1}, does={"B1": BUSY}),
    also("busy all, sooner and later", reached(ended(Cause.BUSY), B1=ADA, C1=ADA),
         {"to": "line/103", "delay": 1}, does={"B1": BUSY, "C1": BUSY}),
    also("offline, and another line is offline later", ended(Cause.ABSENT),
         {"to": "line/103", "delay": 1}, does={"B1": OFFLINE, "C1": OFFLINE}),
    also("three at their times",
         answered("D1", ADA, "B1", "C1"),
         {"to": "line/103", "delay": 1}, {"to": "handset/D1", "delay": 2},
         does={"B1": RINGS_OUT, "C1": RINGS_OUT}, handsets={"D1": {}}),
    also("others ring, the own phones do not", answered("C1", ADA), "line/103",
         own={"ring_own": False}),
    also("others ring, who are offline, the own phones do not", ended(Cause.ABSENT), "line/103",
         own={"ring_own": False}, does={"C1": OFFLINE}),
    also("whoever is named twice rings once", answered("C1", ADA, "B1"), "line/103", "handset/C1",
         {"to": "line/103", "delay": 1}, does={"B1": RINGS_OUT}),
    also("outside rings too, and confirms",
         replace(answered(MOBILE, MAIN, "B1"), shown={MOBILE: MAIN, "B1": ADA}),
         MOBILE, does={"B1": RINGS_OUT}, own={"ring": 8}),
    also("outside rings later, and confirms",
         replace(answered(MOBILE, MAIN, "B1"), shown={MOBILE: MAIN, "B1": ADA}),
         {"to": MOBILE, "delay": 1}, does={"B1": RINGS_OUT}, own={"ring": 8}),
    also("outside answers and does not confirm",
         Expected(rang=(MOBILE, "B1"), cause=Cause.NO_ANSWER, shown={MOBILE: MAIN, "B1": ADA}),
         MOBILE, does={"B1": RINGS_OUT, "uplink": REFUSES}, own={"ring": 6}),
    also("outside need not confirm",
         replace(answered(MOBILE, MAIN, "B1"), shown={MOBILE: MAIN, "B1": ADA}),
         {"to": MOBILE, "confirm": False}, does={"B1": RINGS_OUT, "uplink": REFUSES}),
    also("another line is to confirm", answered("C1", ADA, "B1"),
         {"to": "line/103", "confirm": True}, does={"B1": RINGS_OUT}, own={"ring": 8}),
    also("a line refuses, and voicemail takes the call", message("102", "C1"),
         {"to": "line/103", "confirm": True}, does={"B1": OFFLINE, "C1": REFUSES},
         own={"ring": 8, "voicemail": {}}),
    also("all own phones and another line ring", answered("C1", ADA, "B1", "B2"), "line/103",
         does={"B1": RINGS_OUT, "B2": RINGS_OUT}, handsets={"B2": {"line": "102"}}),
    also("all own phones ring, one answers before another line would", answered("B2", ADA, "B1"),
         {"to": "line/103", "delay": 2}, does={"B1": RINGS_OUT},
         handsets={"B2": {"line": "102"}}),
    always("a rule rings others too", answered("C1", ADA, "B1"),
           {"also_ring": ["line/103"]}, does={"B1": RINGS_OUT}),
)  # fmt: skip


def screened(name: str, expected: Expected, *, ask: bool = True, **more: Any) -> Scenario:
    own = {"screening": True, "ring": 9, **more.pop("own", {})}
    wanted = replace(expected, screened=True) if ask else expected
    return call(name, "102", wanted, lines=line("102", **own), **more)


SCREENED = (
    screened("screened and accepted", answered("B1", ADA)),
    screened("screened and refused", Expected(rang=("B1",), shown={"B1": ADA}),
             does={"B1": REFUSES}),
    screened("screened, and nobody answers", Expected(rang=("B1",), shown={"B1": ADA}),
             does={"B1": RINGS_OUT}, own={"ring": 2}),
    screened("screened, busy, and forwarded", reached(answered("C1", ADA), B1=ADA),
             does={"B1": BUSY}, own={"call_waiting": False, "forward": {"busy": "line/103"}}),
    screened("an allowed caller is not screened", answered("B1", ADA), ask=False,
             own={"allowed": ["101"]}),
    screened("do not disturb goes before screening", ended(Cause.BUSY), ask=False,
             own={"do_not_disturb": True}),
)  # fmt: skip
