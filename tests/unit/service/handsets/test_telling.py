"""Many handsets are told: who fetched is believed, who did not is told again, most lost ends it."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping

from controlplane.diagnostics import fault
from controlplane.service.handsets.pace import Limits
from controlplane.service.handsets.telling import Course, Fetch, Manner, Result, Target, Telling

FAST = Manner(Limits(rate=1000), patience=0.3, attempts=3, look_every=0.05)


class Phones:
    """An engine with phones: `deaf` never fetch, `hard` fetch after their second NOTIFY, `late`
    get an old file first, `gone` cannot even be told."""

    def __init__(self, **kinds: set[str]) -> None:
        self.kinds = {"deaf": set(), "hard": set(), "late": set(), "gone": set()} | kinds
        self.told: list[str] = []
        self.fetches: dict[str, Fetch] = {}

    async def notify(self, account: str, event: str) -> None:
        assert event == "check-sync"
        self.told.append(account)
        times = self.told.count(account)
        if account in self.kinds["gone"]:
            raise fault("the engine is down")
        if account in self.kinds["deaf"] or (account in self.kinds["hard"] and times < 2):
            return
        current = account not in self.kinds["late"] or times > 1
        self.fetches[account] = Fetch(times, current)

    async def look(self) -> Mapping[str, Fetch]:
        return dict(self.fetches)


def run(phones: Phones, names: list[str], manner: Manner = FAST) -> Course:
    async def go() -> Course:
        targets = [Target(name, "one", "check-sync") for name in names]
        return await Telling(targets, {"one": phones}, phones.look, manner).run()

    return asyncio.run(go())


def test_all_fetch() -> None:
    phones = Phones()
    course = run(phones, [f"acme.{it}" for it in range(50)])
    assert course.counted() == {Result.FETCHED: 50}
    assert (course.told, course.lost) == (50, 0)
    assert Counter(phones.told) == Counter({f"acme.{it}": 1 for it in range(50)})


def test_who_does_not_fetch_is_told_again_and_counted() -> None:
    names = [f"acme.{it}" for it in range(60)]
    phones = Phones(hard={"acme.3", "acme.4"}, deaf={"acme.5"}, late={"acme.6"}, gone={"acme.7"})
    course = run(phones, names)
    assert course.counted() == {Result.FETCHED: 58, Result.LOST: 2}
    assert {it for it in names if course.results[it] is Result.LOST} == {"acme.5", "acme.7"}
    assert course.lost == 2 + 3 + 1 + 3
    assert course.told == 60 + 2 + 2 + 1 + 2
    assert course.reasons == {"acme.5": "did not fetch", "acme.7": "the engine is down"}


def test_a_fetch_from_before_proves_nothing() -> None:
    phones = Phones(deaf={"acme.1"})
    phones.fetches["acme.1"] = Fetch("yesterday", True)

    async def go() -> Course:
        targets = [Target("acme.1", "one", "check-sync", seen="yesterday")]
        return await Telling(targets, {"one": phones}, phones.look, FAST).run()

    assert asyncio.run(go()).results == {"acme.1": Result.LOST}


def test_most_lost_stops_it() -> None:
    names = [f"acme.{it:04}" for it in range(2000)]
    phones = Phones(deaf=set(names))
    course = run(phones, names, Manner(Limits(rate=100), patience=0.3, look_every=0.05))
    assert course.counted()[Result.STOPPED] > 1800
    assert len(phones.told) < 200
    assert set(course.results) == set(names)


def test_who_did_not_fetch_is_told_again_before_those_who_were_not_told_yet() -> None:
    names = [f"acme.{it:03}" for it in range(150)]
    phones = Phones(hard={"acme.000"})
    course = run(phones, names, Manner(Limits(rate=100), patience=0.2, look_every=0.05))
    assert course.counted() == {Result.FETCHED: 150}
    assert phones.told[0] == "acme.000"
    assert phones.told.index("acme.000", 1) < 120


def test_a_fifth_that_never_fetches_ends_nothing_for_the_others() -> None:
    names = [f"acme.{it:03}" for it in range(300)]
    deaf = set(names[::5])
    course = run(Phones(deaf=deaf), names)
    assert course.counted() == {Result.FETCHED: 240, Result.LOST: 60}
    assert {it for it in names if course.results[it] is Result.LOST} == deaf
    assert (course.told, course.lost) == (300 + 2 * 60, 3 * 60)
