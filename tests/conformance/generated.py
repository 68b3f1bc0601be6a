"""Hypothesis strategies: small phone systems, calls and worlds, which all readers route alike."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from controlplane.calls.world import Behaviour
from controlplane.routing.steps import CallerId
from tests.conformance.scenario import Carrier, Phone, Scenario

LINES = ("101", "102", "103", "104")
HANDSETS = ("H1", "H2", "H3", "H4", "H5")
GROUPS = ("g1", "g2")
NUMBERS = tuple(f"+44207NNN87{last:02}" for last in range(50, 55))
OUTSIDE = ("+447700NNN901", "+447700NNN902")
DIRECT = HANDSETS[3:]
"""Reached as handsets too, which ring for long: so these never ring out."""

_NAMES = st.one_of(
    st.just(""),
    st.text(alphabet="abcÄé.;,\"'${}()[]<>&|\\%#=/ ", max_size=12),
)
_DESTINATIONS = st.sampled_from(
    [f"line/{line}" for line in LINES]
    + [f"group/{group}" for group in GROUPS]
    + [f"handset/{handset}" for handset in DIRECT]
    + ["mailbox/800", *OUTSIDE]
)


def _optional(strategy: st.SearchStrategy[Any], of: int = 3) -> st.SearchStrategy[Any]:
    """There once in `of` times."""
    return st.integers(1, of).flatmap(lambda drawn: strategy if drawn == of else st.none())


def _some(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(fields).map(
        lambda drawn: {key: value for key, value in drawn.items() if value is not None}
    )


_TARGETS = _optional(st.lists(_DESTINATIONS, min_size=1, max_size=3))
_FORWARDS = _some(always=_TARGETS, busy=_TARGETS, unanswered=_TARGETS, offline=_TARGETS)
_BESIDE = _optional(
    st.lists(
        st.sampled_from(
            [f"line/{line}" for line in LINES] + [f"handset/{handset}" for handset in DIRECT]
        ),
        min_size=1,
        max_size=2,
        unique=True,
    )
)
_FRAMES = {"always": {"mon-sun": "00:00-24:00"}, "never": {"dates": "1999-12-31"}}
_RULE = _some(
    when=st.sampled_from([*_FRAMES]),
    enabled=_optional(st.just(False), 4),
    do_not_disturb=_optional(st.just(True), 5),
    forward=_FORWARDS,
    also_ring=_BESIDE,
)
_CALLERS = _optional(
    st.lists(
        st.sampled_from(["+447700NNN123", "+4477*", "101", "102", "list/some"]),
        min_size=1,
        max_size=2,
        unique=True,
    ),
    4,
)
_LISTS = {"some": {"numbers": ["+447700NNN*", "103"]}}


def _named(rules: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{"name": f"r{place}", **rule} for place, rule in enumerate(rules, 1)]


_LINE = _some(
    ring=st.just(2),
    label=_optional(st.lists(_NAMES, min_size=1, max_size=2)),
    voicemail=_optional(st.just({})),
    do_not_disturb=_optional(st.just(True), 6),
    hide_caller_id=_optional(st.just(True), 4),
    presented_number=_optional(st.sampled_from(NUMBERS)),
    forward=_FORWARDS,
    also_ring=_BESIDE,
    rules=_optional(st.lists(_RULE, min_size=1, max_size=3).map(_named), 2),
    allowed=_CALLERS,
    blocked=_CALLERS,
    block_anonymous=_optional(st.just(True), 5),
    blocked_hear=_optional(st.just("message"), 2),
    call_waiting=_optional(st.just(False), 3),
)
_GROUP = _some(
    extension=st.none(),
    members=st.lists(st.sampled_from(LINES), max_size=3, unique=True),
    ring=st.just(2),
    strategy=_optional(st.just("linear"), 2),
    skip_busy=_optional(st.just(True), 3),
    overflow=_optional(_DESTINATIONS),
    caller_name_prefix=_optional(st.just("Sales:")),
)
_NUMBER = _some(
    to=_DESTINATIONS,
    status=_optional(st.sampled_from(["reserved", "pending"]), 10),
    enabled=_optional(st.just(False), 10),
)


@st.composite
def models(draw: st.DrawFn) -> dict[str, Any]:
    """As `PhoneSystem` validates it; references all exist, loops may."""
    handsets = {
        name: {} if line is None else {"line": line}
        for name in HANDSETS
        for line in [draw(st.sampled_from([*LINES, *LINES, None]))]
    }
    groups = {key: draw(_GROUP) | {"extension": f"60{n}"} for n, key in enumerate(GROUPS)}
    for group in groups.values():
        if group["members"]:
            group["logged_out"] = draw(st.lists(st.sampled_from(group["members"]), max_size=1))
    return {
        "sites": {"london": {"main_number": NUMBERS[0]}},
        "lines": {line: draw(_LINE) for line in LINES},
        "numbers": {number: draw(_NUMBER) for number in NUMBERS},
        "groups": groups,
        "mailboxes": {"800": {}},
        "time_frames": _FRAMES,
        "number_lists": _LISTS,
        "handsets": handsets,
        "trunks": {f"t{n}": {"priority": n} for n in range(1, 1 + draw(st.integers(1, 2)))},
    }


_DIALLED = st.sampled_from(
    [*LINES, "600", "601"] * 3
    + ["800", *NUMBERS[:2], *OUTSIDE, "999", "07700NNN901", "55", "0207NNN0000"]
)
_DELIVERED = st.sampled_from([*NUMBERS * 3, "0207NNN8750", "44207NNN8751", "101", *OUTSIDE[:1]])
_OUTSIDERS = st.builds(
    CallerId, st.sampled_from(["07700NNN123", "+447700NNN123", "anonymous"]), _NAMES
).map(lambda caller: Carrier("t1", caller))
_SHORT = [Behaviour.ANSWERS, Behaviour.BUSY, Behaviour.DECLINES, Behaviour.OFFLINE]
_PHONES = {
    name: st.sampled_from(_SHORT if name in DIRECT else [*_SHORT, Behaviour.RINGS_OUT])
    for name in HANDSETS
}
_CARRIERS = st.sampled_from([Behaviour.ANSWERS, Behaviour.BUSY, Behaviour.FAILS])


@st.composite
def offices(draw: st.DrawFn, most: int = 1) -> list[Scenario]:
    """Any calls in any small phone system, in which everybody does the same in all of them; no
    expectation but that all readers agree."""
    does = {name: draw(_PHONES[name]) for name in HANDSETS}
    does |= {name: draw(_CARRIERS) for name in ("t1", "t2")}
    model = draw(models())
    used = [name for name, handset in model["handsets"].items() if handset]
    return [draw(_calls(model, used, does)) for _ in range(most)]


@st.composite
def _calls(
    draw: st.DrawFn, model: dict[str, Any], used: list[str], does: dict[str, Behaviour]
) -> Scenario:
    caller: Phone | Carrier
    if draw(st.integers(1, 3)) == 3:
        caller, called = draw(_OUTSIDERS), draw(_DELIVERED)
    else:
        caller, called = Phone(draw(st.sampled_from([*used * 3, "H5"]))), draw(_DIALLED)
    return Scenario("generated", model, caller, called, does)


def scenarios() -> st.SearchStrategy[Scenario]:
    return offices().map(lambda calls: calls[0])


CALLS = 10
"""In one generated phone system, one after the other."""


def drawn(count: int, number: int | None = None) -> list[list[Scenario]]:
    """`count` calls by phone system, always the same ones; others by each other `number`."""
    found: list[list[Scenario]] = []

    @settings(
        max_examples=-(-count // CALLS),
        derandomize=number is None,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(offices(CALLS))
    def collect(calls: list[Scenario]) -> None:
        found.append(calls)

    if count:
        (collect if number is None else seed(number)(collect))()
    name = "generated" if number is None else f"generated, seed {number}"
    left = [count - CALLS * place for place in range(len(found))]
    return [
        [replace(one, name=name) for one in calls[:most]]
        for calls, most in zip(found, left, strict=True)
    ]
