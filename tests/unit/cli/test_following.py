"""Following the store: flips at once, everything else by reading again, faults by waiting."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from controlplane.apply.news import news
from controlplane.cli.following import Follower, Mind, read_mind
from controlplane.routing.state import dnd_key
from controlplane.store.store import Store
from tests.unit.cli.conftest import ACME, Place

DND = dnd_key("101")


@asynccontextmanager
async def following(
    store: Store, poll: float = 0.05
) -> AsyncIterator[tuple[Follower, list[Mind], list[str]]]:
    taken: list[Mind] = []
    failed: list[str] = []
    follower = Follower(store, read_mind(store), taken.append, failed.append, poll)
    task = asyncio.create_task(follower.run())
    try:
        yield follower, taken, failed
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], object], seconds: float = 5.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def test_a_commit_is_found_without_an_announcement(place: Place) -> None:
    with place.store() as store:
        async with following(store) as (follower, taken, _):
            place.commit(ACME.replace("ring: 20s, v", "do_not_disturb: yes, v"), day=1)
            await until(lambda: taken)
            assert follower.mind.revision == 2
            assert follower.mind.tenants["acme"][1][DND] == "1"
            assert follower.reason() == ""


async def test_an_announced_flip_is_taken_at_once_and_without_the_store(place: Place) -> None:
    with place.store() as store:
        async with following(store, poll=60) as (follower, taken, _):
            await asyncio.sleep(0.2)
            before = follower.mind
            follower.announced(news(2, "acme", {DND: "1"}))
            assert [mind.revision for mind in taken] == [2]
            assert taken[0].tenants["acme"][1][DND] == "1"
            assert DND not in before.tenants["acme"][1]
            follower.announced(news(3, "acme", {DND: None}))
            assert DND not in taken[1].tenants["acme"][1]


async def test_an_announcement_of_more_makes_it_read_again(place: Place) -> None:
    with place.store() as store:
        async with following(store, poll=60) as (follower, taken, _):
            await asyncio.sleep(0.2)
            revision = place.commit(ACME.replace('"102":', '"103": {}\n  "102":'), day=1)
            follower.announced(news(revision, "acme", None))
            await until(lambda: taken)
            assert "103" in follower.mind.tenants["acme"][0].extensions


async def test_flips_behind_a_gap_are_not_trusted(place: Place) -> None:
    with place.store() as store:
        async with following(store, poll=60) as (follower, taken, _):
            await asyncio.sleep(0.2)
            place.commit(ACME.replace("ring: 20s, v", "ring: 30s, v"), day=1)
            place.commit(ACME.replace("ring: 20s, v", "do_not_disturb: yes, v"), day=2)
            follower.announced(news(3, "acme", {DND: "1"}))
            await until(lambda: taken)
            assert follower.mind.revision == 3


async def test_old_and_senseless_announcements_change_nothing(place: Place) -> None:
    with place.store() as store:
        async with following(store, poll=60) as (follower, taken, _):
            for variables in ({}, {"revision": "x"}, {"revision": 1}, {"revision": "-5"}):
                follower.announced(variables)
            follower.announced(news(1, "acme", {DND: "1"}))
            assert taken == []


async def test_a_store_that_is_gone_is_said_and_come_back_from(place: Place) -> None:
    file = place.folder / "controlplane.sqlite"
    with place.store() as store:
        async with following(store) as (follower, taken, failed):
            await asyncio.sleep(0.1)
            store.database.close()
            hidden = file.rename(place.folder / "elsewhere")
            file.mkdir()
            await until(lambda: follower.reason())
            assert follower.reason().startswith("the store: ")
            assert "store" in failed
            file.rmdir()
            hidden.rename(file)
            await until(lambda: not follower.reason())
            assert taken == []
