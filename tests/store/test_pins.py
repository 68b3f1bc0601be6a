"""PINs: counted before they are looked at, locked after three, hashed, on both databases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from controlplane.calls.given import Check, Look
from controlplane.diagnostics import Faults
from controlplane.routing.steps import Outcome
from controlplane.service.dialled.doors import DoorKeeper
from controlplane.service.dialled.pins import Attempt, PinService
from controlplane.store.pins import PinEvent, Pins
from controlplane.store.store import Store

Put = Callable[..., int]
RIGHT, CHANGE, WRONG, LOCKED = Attempt.RIGHT, Attempt.CHANGE, Attempt.WRONG, Attempt.LOCKED


@pytest.fixture
def service(store: Store, put: Put) -> PinService:
    put({"settings": {}, "lines/101": {"default_pin": "2468"}, "lines/102": {}})
    return _service(store)


def _service(store: Store) -> PinService:
    def default(tenant: str, line: str) -> str | None:
        return store.system(tenant).lines[line].default_pin

    return PinService(Pins(store.database), default)


def tried(service: PinService, *digits: str, line: str = "101") -> list[Attempt]:
    return [service.attempt("acme", line, it) for it in digits]


def test_the_default_pin_only_lets_choose_another(service: PinService) -> None:
    assert tried(service, "1357", "2468") == [WRONG, CHANGE]
    service.choose("acme", "101", "97531")
    assert tried(service, "2468", "97531") == [WRONG, RIGHT]


def test_three_wrong_ones_in_a_row_lock_it_whoever_asks(service: PinService, url: str) -> None:
    service.choose("acme", "101", "97531")
    assert tried(service, "1", "2", "97531", "3", "4") == [WRONG, WRONG, RIGHT, WRONG, WRONG]
    with Store.open(url) as another:
        assert tried(_service(another), "5", "97531") == [WRONG, LOCKED]
    assert tried(service, "97531") == [LOCKED]
    assert service.status("acme", "101").locked
    assert tried(service, "1", line="102") == [WRONG]


def test_a_reset_unlocks_and_puts_the_default_back(service: PinService) -> None:
    service.choose("acme", "101", "97531")
    tried(service, "1", "2", "3")
    service.reset("acme", "101")
    assert tried(service, "97531", "2468") == [WRONG, CHANGE]


def test_a_line_without_a_default_pin_opens_to_nobody(service: PinService) -> None:
    assert tried(service, "", "0000", "102", line="102") == [WRONG] * 3


def test_fifty_phones_that_guess_at_once_have_three_attempts(service: PinService, url: str) -> None:
    service.choose("acme", "101", "97531")
    stores = [Store.open(url, lock_seconds=60) for _ in range(5)]
    services = [_service(it) for it in stores]
    with ThreadPoolExecutor(50) as phones:
        guesses = [f"{number:04}" for number in range(50)]
        attempts = phones.map(lambda it: services[int(it) % 5].attempt("acme", "101", it), guesses)
        assert Counter(attempts) == {WRONG: 3, LOCKED: 47}
    for it in stores:
        it.close()
    assert tried(service, "97531") == [LOCKED]


def test_only_a_hash_is_stored(service: PinService, store: Store) -> None:
    service.choose("acme", "101", "97531")
    with store.database.read() as connection:
        (row,) = connection.execute(text("SELECT * FROM pins")).all()
    assert "97531" not in str(row)
    assert "$argon2id$" in str(row)


@pytest.mark.parametrize(
    "digits", ["123", "12345678901", "12a4", "١٢٣٤", "2468", "7777", "2345", "9876", "8901", ""]
)
def test_pins_that_cannot_be_chosen(service: PinService, digits: str) -> None:
    with pytest.raises(Faults):
        service.choose("acme", "101", digits)
    assert tried(service, "2468") == [CHANGE]


def test_a_pin_outlives_every_change_of_its_line_but_its_removal(
    service: PinService, put: Put
) -> None:
    service.choose("acme", "101", "97531")
    put({"lines/101": {"default_pin": "2468", "ring": 9}})
    assert tried(service, "97531") == [RIGHT]
    put({"lines/101": None})
    with pytest.raises(Faults, match="there is no such line"):
        service.reset("acme", "101")
    put({"lines/101": {"default_pin": "2468"}})
    assert tried(service, "97531", "2468") == [WRONG, CHANGE]


@pytest.mark.proves("C1")
def test_a_line_without_a_default_pin_gets_one_that_stays(service: PinService) -> None:
    made = service.default("acme", "102")
    assert service.default("acme", "102") == made
    assert made.isdecimal()
    assert len(made) == 6
    assert tried(service, made, line="102") == [CHANGE]
    with pytest.raises(Faults, match="anybody would try"):
        service.choose("acme", "102", made)
    assert service.default("acme", "101") == "2468"


@pytest.mark.proves("C4", "C5", "H6")
def test_what_happens_to_a_pin_is_kept_without_the_pin(service: PinService, store: Store) -> None:
    service.choose("acme", "101", "97531")
    tried(service, "1", "2", "3", "4")
    service.reset("acme", "101", author="grace", reason="she rang")
    tried(service, "1", line="102")
    kept = Pins(store.database).history("acme", "", 10)
    assert [(it.line, it.event, it.author, it.reason) for it in kept] == [
        ("101", PinEvent.RESET, "grace", "she rang"),
        ("101", PinEvent.LOCKED, "phone", ""),
        ("101", PinEvent.CHANGED, "phone", ""),
    ]
    assert Pins(store.database).history("beta", "", 10) == ()
    assert Pins(store.database).history("", "101", 2) == kept[:2]
    assert "97531" not in str(kept)


@pytest.mark.proves("C2", "C4")
async def test_the_door_keeper_tells_right_from_wrong_and_names_no_line(
    service: PinService, store: Store
) -> None:
    doors = DoorKeeper(store)

    async def pressed(look: Look, digits: str, line: str = "101") -> Outcome:
        return await doors(Check(look, "acme", line, digits))

    assert await pressed(Look.PIN, "2468") is Outcome.CHANGE
    assert await pressed(Look.NEW_PIN, "2468") is Outcome.WRONG
    assert await pressed(Look.NEW_PIN, "8642") is Outcome.RIGHT
    assert await pressed(Look.PIN, "8642") is Outcome.RIGHT
    assert [await pressed(Look.PIN, "1", "999") for _ in range(5)] == [Outcome.WRONG] * 5
    assert [await pressed(Look.PIN, "1") for _ in range(3)] == [Outcome.WRONG] * 3
    assert await pressed(Look.PIN, "8642") is Outcome.LOCKED
    assert service.status("acme", "101").locked
    doors.close()
