"""A running engine with the office's bundle, its phones and carrier, and a controller."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from controlplane.live.ami.connection import AmiConnection
from controlplane.live.ami.settings import AmiSettings
from controlplane.render.asterisk import render
from tests.engines.asterisk_container import AsteriskContainer
from tests.engines.calls_office import (
    ADDRESS,
    CARRIER,
    CARRIER_PORT,
    PASSWORD,
    PHONE_PASSWORD,
    PHONES,
    TRUNK,
    engine,
    office,
)
from tests.phones import (
    ANSWERS,
    Behaviour,
    Caller,
    CallResult,
    Identity,
    Manner,
    Observation,
    Phone,
    PhoneBank,
    PlacedCall,
)

_TOP = Path(__file__).parents[2]
HANDSETS = ("A1", "B1", "C1", "D1", "H1", "X1")


Leg = tuple[str, bool, bool, Identity, str]
"""Called, rang, answered, caller shown, privacy asked for."""


@dataclass(frozen=True)
class Seen:
    """How a call went: to its caller, and at each phone or carrier that got it."""

    status: int | None
    cause: int | None
    provisional: tuple[int, ...]
    legs: frozenset[Leg]


def seen(result: CallResult, observed: list[Observation]) -> Seen:
    legs = frozenset((o.called, o.rang, o.answered, o.caller, o.privacy) for o in observed)
    return Seen(result.status, result.cause, result.provisional, legs)


class Controller:
    """A controller in a process of its own."""

    def __init__(self) -> None:
        words = [sys.executable, "-m", "tests.engines.calls_office"]
        self._process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=_TOP)
        self.wait_for("connected")

    def wait_for(self, word: str) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith(word):
                return
        raise AssertionError(f"the controller ended before it was {word}")

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(10)

    def close(self) -> None:
        """Ends it however it is, and what was read from it."""
        self.signal(signal.SIGCONT)
        self.kill()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def end(self) -> int:
        """As a service manager does; its exit status."""
        self._process.terminate()
        return self._process.wait(10)


@contextmanager
def controlling() -> Iterator[Controller]:
    controller = Controller()
    try:
        yield controller
    finally:
        controller.close()


class Stand:
    def __init__(self, asterisk: AsteriskContainer, bank: PhoneBank, carriers: PhoneBank) -> None:
        self.asterisk = asterisk
        self._bank = bank
        self._carriers = carriers
        self._does: dict[str, Behaviour] = {}

    def phones(self, **does: Behaviour) -> None:
        """What each handset does; those not named answer."""
        wanted = {name: does.get(name, ANSWERS) for name in HANDSETS}
        changed = {n: b for n, b in wanted.items() if self._does.get(n) != b}
        self._bank.register_all({Phone(f"acme.{n}", PHONE_PASSWORD): b for n, b in changed.items()})
        self._does = wanted

    def place(self, who: str, called: str, manner: Manner | None = None) -> PlacedCall:
        """`who` is a handset, or empty for the carrier."""
        if who:
            caller = Caller(f"acme.{who}", PHONE_PASSWORD)
        else:
            caller = Caller("07700900555", display="Eve; <x> ${Y}", ip=TRUNK)
        return self._bank.place(caller, called, manner or Manner(hang_up_after=1.0))

    def call(self, who: str, called: str, manner: Manner | None = None) -> Seen:
        since = time.time()
        result = self.place(who, called, manner).wait()
        time.sleep(0.2)
        observed = self._bank.observed(since=since) + self._carriers.observed(since=since)
        return seen(result, observed)

    def store(self, keys: Mapping[str, str]) -> None:
        async def put() -> None:
            async with AmiConnection(AmiSettings(ADDRESS, "controlplane", PASSWORD)) as ami:
                pairs = ((key.partition("/"), value) for key, value in keys.items())
                await ami.db_put_many((family, key, value) for (family, _, key), value in pairs)

        asyncio.run(put())

    def wait_carrier(self, seconds: float = 15.0) -> None:
        """A carrier that came up after the engine is called only once it was looked at."""
        give_up = time.monotonic() + seconds
        while "Avail " not in self.asterisk.cli("pjsip show contacts").split(CARRIER, 1)[1][:80]:
            assert time.monotonic() < give_up, "the carrier stays unavailable"
            time.sleep(0.2)


@contextmanager
def stand(home: Path) -> Iterator[Stand]:
    bundle = render([office()], engine(str(home / "engine")))
    for name, content in bundle.files.items():
        path = home / "engine" / "bundles" / "1" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    (home / "engine" / "current").symlink_to("bundles/1")
    with (
        PhoneBank(ADDRESS, CARRIER, base_port=CARRIER_PORT) as carriers,
        PhoneBank(ADDRESS, PHONES) as bank,
    ):
        carriers.carrier(ANSWERS)
        with AsteriskContainer(ADDRESS, home / "engine", home / "state") as asterisk:
            made = Stand(asterisk, bank, carriers)
            made.store(bundle.store)
            made.phones()
            made.wait_carrier()
            yield made
