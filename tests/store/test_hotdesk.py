"""Logins to handsets: exclusive both ways, also where many come at once, on both databases."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from controlplane.calls.given import Binding
from controlplane.diagnostics import Faults
from controlplane.model.change import Change
from controlplane.model.change_set import ChangeSet
from controlplane.model.deployment import Deployment
from controlplane.model.documents import from_documents
from controlplane.routing.steps import Outcome
from controlplane.routing.stored import state_of
from controlplane.service.changes import flips
from controlplane.service.changes.door import Door
from controlplane.service.dialled.doors import LOGIN_SECONDS, DoorKeeper
from controlplane.service.handsets.hotdesk import HotDesk, LoginRefused, Why, line_of
from controlplane.store.store import Store

Put = Callable[..., int]

MAIN, OWN, KEPT = "+442071838750", "+442071838751", "+442071838752"

OFFICE: dict[str, Any] = {
    "settings": {},
    "sites/london": {"main_number": MAIN},
    "users/ada": {"first": "Ada", "last": "Byron"},
    "lines/101": {"user": "ada"},
    "lines/102": {},
    "lines/103": {},
    "numbers/" + MAIN: {"to": "line/103"},
    "numbers/" + OWN: {"to": "line/101"},
    "handsets/D1": {"site": "london"},
    "handsets/D2": {"line": "103"},
    "handsets/D3": {},
}


def desk_on(store: Store) -> HotDesk:
    """Without engines: what is tested here is who is let in."""
    deployment = Deployment(database=store.database.place, engines={})
    return HotDesk(store, Door(deployment, store))


@pytest.fixture
def desk(store: Store, put: Put) -> HotDesk:
    put(OFFICE)
    return desk_on(store)


def login_of(store: Store, handset: str) -> str | None:
    found: str | None = (store.object_at(f"acme/handsets/{handset}")[1] or {}).get("login")
    return found


def refused(desk: HotDesk, line: str, handset: str) -> LoginRefused:
    before = desk.store.latest_revision()
    with pytest.raises(LoginRefused) as error:
        desk.login("acme", line, handset, "bob")
    assert desk.store.latest_revision() == before, "nothing changes"
    return error.value


@pytest.mark.proves("G1", "G2", "H6")
def test_a_line_logs_in_and_out(desk: HotDesk, store: Store) -> None:
    assert desk.login("acme", "101", "D1", "line 101").committed
    assert login_of(store, "D1") == "101"
    assert store.history("acme/handsets/D1", 1)[0].author == "line 101"
    assert not desk.login("acme", "101", "D1", "line 101").committed, "it is so already"
    assert not desk.logout("acme", "D1", "line 102", line="102").committed, "not its login"
    assert desk.logout("acme", "D1", "line 101", line="101").committed
    assert login_of(store, "D1") is None
    assert not desk.logout("acme", "D1", "ada").committed


@pytest.mark.proves("G2")
def test_it_is_exclusive_both_ways_and_says_why(desk: HotDesk, store: Store) -> None:
    desk.login("acme", "101", "D1", "ada")
    taken = refused(desk, "102", "D1")
    assert taken.why is Why.TAKEN
    assert "handset D1 is taken: line 101 (Ada Byron) is logged in there" in str(taken)
    elsewhere = refused(desk, "101", "D2")
    assert elsewhere.why is Why.ELSEWHERE
    assert "line 101 is logged in at handset D1" in str(elsewhere)
    assert (login_of(store, "D1"), login_of(store, "D2")) == ("101", None)


def test_a_move_takes_both_from_where_they_are_in_one_commit(desk: HotDesk, store: Store) -> None:
    desk.login("acme", "101", "D1", "ada")
    desk.login("acme", "102", "D2", "ada")
    before = store.latest_revision()
    assert desk.login("acme", "101", "D2", "ada", move=True).revision == before + 1
    assert (login_of(store, "D1"), login_of(store, "D2")) == (None, "101")


def test_a_handset_of_its_own_line_takes_another_and_not_its_own(
    desk: HotDesk, store: Store
) -> None:
    assert not desk.login("acme", "103", "D2", "ada").committed
    assert desk.login("acme", "103", "D1", "ada").committed, "two phones of one line"
    assert desk.login("acme", "102", "D2", "ada").committed
    assert login_of(store, "D2") == "102"


@pytest.mark.parametrize(
    ("line", "handset", "said"),
    [
        ("109", "D1", "there is no line '109'"),
        ("101", "D9", "there is no handset 'D9'"),
    ],
)
def test_what_is_not_there(desk: HotDesk, line: str, handset: str, said: str) -> None:
    with pytest.raises(Faults, match=said):
        desk.login("acme", line, handset, "ada")


@pytest.mark.proves("G4")
def test_reserved_pending_and_main_numbers_do_not_log_in(desk: HotDesk, put: Put) -> None:
    store = desk.store
    assert line_of(store, "acme", OWN) == "101"
    assert line_of(store, "acme", "102") == "102"
    with pytest.raises(LoginRefused, match="is the main number of site london"):
        line_of(store, "acme", MAIN)
    assert desk.login("acme", "103", "D1", "ada").committed, "the line it leads to is another thing"
    for status in ("reserved", "pending"):
        put({"numbers/" + OWN: {"to": "line/101", "status": status}})
        with pytest.raises(LoginRefused, match=f"{OWN.replace('+', '.')} is {status}"):
            line_of(store, "acme", OWN)
        assert refused(desk, "101", "D3").why is Why.NUMBER
    put({"numbers/" + KEPT: {"to": "line/101"}})
    assert desk.login("acme", "101", "D3", "ada").committed, "it has an active one"


def at_once(url: str, *logins: tuple[str, str]) -> list[Why | None]:
    """All of them, by a controller each, in the same moment: why each was refused."""
    ready = threading.Barrier(len(logins))

    def one(line: str, handset: str) -> Why | None:
        with Store.open(url, lock_seconds=60) as store:
            desk = desk_on(store)
            ready.wait()
            try:
                desk.login("acme", line, handset, f"line {line}")
            except LoginRefused as error:
                return error.why
            return None

    with ThreadPoolExecutor(len(logins)) as phones:
        return list(phones.map(lambda it: one(*it), logins))


@pytest.mark.proves("G2")
def test_of_two_lines_at_one_handset_at_once_one_is_let_in(
    desk: HotDesk, store: Store, url: str
) -> None:
    for round_ in range(5):
        found = at_once(url, ("101", "D1"), ("102", "D1"), ("103", "D1"))
        assert sorted(map(str, found)) == ["None", "taken", "taken"], round_
        assert login_of(store, "D1") == ("101", "102", "103")[found.index(None)]
        desk.logout("acme", "D1", "ada")


@pytest.mark.proves("G2")
def test_of_one_line_at_three_handsets_at_once_one_is_its(
    desk: HotDesk, store: Store, url: str
) -> None:
    for round_ in range(5):
        found = at_once(url, ("101", "D1"), ("101", "D2"), ("101", "D3"))
        assert sorted(map(str, found)) == ["None", "elsewhere", "elsewhere"], round_
        holder = ("D1", "D2", "D3")[found.index(None)]
        logins = {name: login_of(store, name) for name in ("D1", "D2", "D3")}
        assert [name for name, line in logins.items() if line] == [holder]
        desk.logout("acme", holder, "ada")


def test_who_is_refused_is_judged_again_by_what_phones_did(desk: HotDesk, store: Store) -> None:
    """A phone logged out by itself, and nobody has committed that yet."""
    desk.login("acme", "101", "D1", "ada")
    late = HotDesk(store, desk.door, lambda: desk.logout("acme", "D1", "line 101", line="101"))
    assert late.login("acme", "101", "D3", "line 101").committed
    assert (login_of(store, "D1"), login_of(store, "D3")) == (None, "101")


@pytest.mark.proves("G1", "G2")
async def test_the_door_keeper_logs_in_and_says_how_that_ended(desk: HotDesk) -> None:
    doors = DoorKeeper(desk.store, desk)

    async def asked(line: str, handset: str, ago: float = 0) -> Outcome:
        since = asyncio.get_running_loop().time() - ago
        return await doors(Binding("acme", line, handset, since))

    assert await asked("101", "D1") is Outcome.DONE
    assert await asked("101", "D1") is Outcome.DONE
    assert await asked("102", "D1") is Outcome.TAKEN
    assert await asked("101", "D3") is Outcome.ELSEWHERE
    with pytest.raises(Faults, match="no time left"):
        await asked("102", "D3", LOGIN_SECONDS + 1)
    doors.close()
    assert login_of(desk.store, "D3") is None


@pytest.mark.proves("G5")
@pytest.mark.parametrize("sites", [1, 2, 5])
def test_the_keys_of_a_login_are_those_of_the_whole_tenant(
    store: Store, put: Put, sites: int
) -> None:
    """They are reckoned from the few documents around it."""
    office = {f"sites/s{n}": {"main_number": f"+44207183880{n}"} for n in range(sites)}
    office |= {f"users/u{n}": {"site": f"s{n % sites}"} for n in range(4)}
    office |= {f"lines/10{n}": {"user": f"u{n}"} for n in range(3)}
    office |= {"lines/103": {}, "handsets/B1": {"line": "101"}, "handsets/B2": {"line": "101"}}
    office |= {"handsets/D1": {"login": "101"}, "handsets/D2": {}, "handsets/D3": {"login": "103"}}
    put({"settings": {"timezone": "Europe/London"}, **office})
    logins = [("D2", "100"), ("D1", None), ("D1", "103"), ("B1", "102"), ("D3", "103"), ("D3", "")]
    for handset, line in logins:
        now = store.load("acme")
        place = f"acme/handsets/{handset}"
        before = now.documents[place]
        after = {key: it for key, it in before.items() if key != "login"}
        after |= {"login": line} if line else {}
        change_set = ChangeSet("acme", now.revision, (Change(place, before, after),))
        found = flips.of(change_set, store.around)
        was, will = (
            state_of(from_documents("acme", {**now.documents.decoded(), place: it}))
            for it in (before, after)
        )
        changed = {key: will.get(key) for key in {*was, *will} if was.get(key) != will.get(key)}
        assert found is not None
        assert found.after == changed, (handset, line)
