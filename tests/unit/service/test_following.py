"""Following the store: flips at once, everything else by reading again, faults by waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from controlplane.apply.news import news
from controlplane.calls.call import Call, FromHandset
from controlplane.live.driver import Driver, Entered
from controlplane.routing.state import dnd_key, prefix_of
from controlplane.service.following import Follower, read_mind
from controlplane.store.store import Store
from tests.unit.service.conftest import ACME, StoredPlace

DND = dnd_key(prefix_of("101", ""))


@asynccontextmanager
async def following(
    store: Store, poll: float = 0.05
) -> AsyncIterator[tuple[Follower, Driver, list[str]]]:
    failed: list[str] = []
    driver = Driver()
    follower = Follower(store, driver, failed.append, poll)
    follower.take(read_mind(store))
    task = asyncio.create_task(follower.run())
    try:
        yield follower, driver, failed
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], object], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def step(driver: Driver, called: str) -> str:
    """What is decided first about a call from line 102."""
    decision = driver.decide(Entered("acme", Call(called, FromHandset("LDN-08"))))
    assert decision is not None
    return type(decision.step).__name__


async def test_a_commit_is_found_without_an_announcement(place: StoredPlace) -> None:
    with place.store() as store:
        async with following(store) as (follower, driver, _):
            assert step(driver, "101") == "Ring"
            place.commit(ACME.replace("ring: 20s, v", "do_not_disturb: yes, v"), day=1)
            await until(lambda: follower.revision == 2)
            assert step(driver, "101") == "Voicemail"
            assert follower.reason() == ""


async def test_an_announced_flip_is_taken_at_once_and_without_the_store(place: StoredPlace) -> None:
    with place.store() as store:
        async with following(store, poll=60) as (follower, driver, _):
            follower.announced(news(2, "acme", {DND: "1"}))
            assert step(driver, "101") == "Voicemail"
            follower.announced(news(3, "acme", {DND: None}))
            assert step(driver, "101") == "Ring"
            assert follower.revision == 3


async def test_an_announcement_of_more_makes_it_read_again(place: StoredPlace) -> None:
    with place.store() as store:
        async with following(store, poll=60) as (follower, driver, _):
            more = ACME.replace('"102":', '"103": {voicemail: yes}\n  "102":')
            revision = place.commit(more, day=1)
            assert step(driver, "103") != "Voicemail"
            follower.announced(news(revision, "acme", None))
            await until(lambda: follower.revision == revision)
            assert step(driver, "103") == "Voicemail"


async def test_flips_behind_a_gap_are_not_trusted(place: StoredPlace) -> None:
    with place.store() as store:
        async with following(store, poll=60) as (follower, driver, _):
            place.commit(ACME.replace("ring: 20s, v", "do_not_disturb: yes, v"), day=1)
            place.commit(ACME.replace("ring: 20s, v", "do_not_disturb: yes, ring: 9, v"), day=2)
            follower.announced(news(3, "acme", {}))
            assert follower.revision == 1
            await until(lambda: follower.revision == 3)
            assert step(driver, "101") == "Voicemail"


async def test_old_and_senseless_announcements_change_nothing(place: StoredPlace) -> None:
    with place.store() as store:
        async with following(store, poll=60) as (follower, driver, _):
            senseless: list[dict[str, object]] = [{}, {"revision": "x"}, {"revision": "-5"}]
            for variables in (*senseless, news(1, "acme", {DND: "1"})):
                follower.announced(variables)
            assert follower.revision == 1
            assert step(driver, "101") == "Ring"


async def test_a_store_that_is_gone_is_said_and_come_back_from(place: StoredPlace) -> None:
    file = place.folder / "controlplane.sqlite"
    with place.store() as store:
        async with following(store) as (follower, driver, failed):
            store.database.close()
            hidden = file.rename(place.folder / "elsewhere")
            file.mkdir()
            await until(lambda: follower.reason())
            assert follower.reason().startswith("the store: ")
            assert "store" in failed
            assert step(driver, "101") == "Ring"
            file.rmdir()
            hidden.rename(file)
            await until(lambda: not follower.reason())
