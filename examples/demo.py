"""The demonstration: real calls decided by the controller, then the same calls without it.

Starts Asterisk in a container and the controller on an embedded database, applies acme.yaml,
registers real SIP phones, places calls, kills the controller, places the same calls again, and
compares both with what the simulator said beforehand. Leaves nothing running.
"""

from __future__ import annotations

import datetime as dt
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from controlplane.calls.call import Call, FromHandset, FromTrunk
from controlplane.calls.facts import Facts
from controlplane.calls.simulator import Journey, simulate
from controlplane.calls.world import Behaviour, World
from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.compiler import compile_plan
from controlplane.routing.steps import CallerId, PhoneLeg
from controlplane.routing.stored import state_of
from controlplane.store.store import Store
from examples.stack import ROOT, Stack, StackFailed
from tests import phones

ENGINE, CARRIER, PHONES = "127.0.0.11", "127.0.0.12", "127.0.0.13"
TENANT = "acme"
DOES: Mapping[str, Behaviour] = {"LDS-01": Behaviour.BUSY, "LDN-01": Behaviour.RINGS_OUT}
"""What the phones do; those not named answer. LDS-03, where nobody is logged in, only calls."""

SERVED: Mapping[Behaviour, phones.Served] = {
    Behaviour.ANSWERS: phones.Answers(after=0.3),
    Behaviour.BUSY: phones.BUSY,
    Behaviour.RINGS_OUT: phones.RINGS_OUT,
}
STATUS = {1: "404", 17: "486", 19: "480", 20: "480", 21: "403", 25: "500", 34: "503"}
MESSAGE = phones.Manner(digits="#", digits_after=0.4, talks=True, hang_up_after=2.0)


@dataclass(frozen=True)
class Placed:
    """One call of the demonstration."""

    what: str
    call: Call


CALLS = (
    Placed("101 calls a colleague", Call("102", FromHandset("LDN-01"))),
    Placed("102 calls 103, who is busy", Call("103", FromHandset("LDN-02"))),
    Placed("101 calls 104: do not disturb", Call("104", FromHandset("LDN-01"))),
    Placed("102 calls 160: always forwarded", Call("160", FromHandset("LDN-02"))),
    Placed(
        "a customer calls the main number",
        Call("02071838750", FromTrunk("uplink", CallerId("07700900123", "Customer"))),
    ),
    Placed(
        "a nuisance calls 101",
        Call("02071838751", FromTrunk("uplink", CallerId("07700900999", ""))),
    ),
    Placed("101 calls a mobile", Call("07700900456", FromHandset("LDN-01"))),
    Placed("an emergency, nobody logged in", Call("999", FromHandset("LDS-03"))),
    Placed("a number nobody has", Call("555", FromHandset("LDN-02"))),
    Placed("nobody logged in here", Call("102", FromHandset("LDS-03"))),
)


@dataclass(frozen=True)
class Seen:
    """How a real call ended, in the simulator's words, and its post-dial delay in ms."""

    ending: str
    ring_ms: float | None


class Office:
    """Acme's phones and its carrier, as real SIP clients."""

    def __init__(
        self,
        stack: Stack,
        bank: phones.PhoneBank,
        carrier: phones.PhoneBank,
        passwords: Mapping[str, str],
    ) -> None:
        self._bank = bank
        self._carrier = carrier
        self._boxes = stack.folder / "asterisk-state" / "spool" / "voicemail" / TENANT
        self._passwords = passwords

    def register(self) -> None:
        self._bank.register_all(
            {
                phones.Phone(f"{TENANT}.{name}", password): SERVED[
                    DOES.get(name, Behaviour.ANSWERS)
                ]
                for name, password in self._passwords.items()
            }
        )

    def place(self, call: Call, expects_mailbox: bool) -> Seen:
        before, since = self._messages(), time.time()
        manner = MESSAGE if expects_mailbox else phones.HANGS_UP_SOON
        result = self._bank.call(self._caller(call), call.called, manner)
        mailbox = self._new_message(before) if expects_mailbox else ""
        seen = [*self._bank.observed(since=since), *self._carrier.observed(since=since)]
        if one := next((one for one in seen if one.answered), None):
            name = one.called.removeprefix(f"{TENANT}.")
            shown = CallerId(one.caller.number, one.caller.display)
            inside = name in self._passwords
            return Seen(f"{name} answers, sees {_shown(shown, inside)}", result.ring_ms)
        if mailbox:
            return Seen(f"message in mailbox {mailbox}", result.ring_ms)
        return Seen(f"refused: {result.status}", result.ring_ms)

    def _caller(self, call: Call) -> phones.Caller:
        match call.source:
            case FromHandset(handset):
                return phones.Caller(f"{TENANT}.{handset}", self._passwords[handset])
            case FromTrunk(_, caller):
                return phones.Caller(caller.number, display=caller.name, ip=CARRIER)

    def _messages(self) -> dict[str, int]:
        boxes = self._boxes.iterdir() if self._boxes.is_dir() else ()
        return {box.name: len(list(box.glob("INBOX/msg*.txt"))) for box in boxes}

    def _new_message(self, before: Mapping[str, int]) -> str:
        until = time.monotonic() + 3
        while time.monotonic() < until:
            for box, count in self._messages().items():
                if count > before.get(box, 0):
                    return box
            time.sleep(0.1)
        return ""


def expected(journey: Journey) -> str:
    """How the simulator says the call ends."""
    if leg := journey.answered:
        inside = isinstance(leg, PhoneLeg)
        name = leg.handset if isinstance(leg, PhoneLeg) else leg.number
        return f"{name} answers, sees {_shown(journey.shown[leg], inside)}"
    if journey.mailbox:
        return f"message in mailbox {journey.mailbox}"
    return f"refused: {STATUS.get(journey.cause or 0, '?')}"


def _shown(caller: CallerId, inside: bool) -> str:
    return f"{caller.name} <{caller.number}>" if inside and caller.name else caller.number


def stored(stack: Stack) -> tuple[PhoneSystem, dict[str, str]]:
    """The tenant as stored, and the SIP passwords the store made."""
    with Store.open(f"sqlite:///{stack.folder / 'controlplane.sqlite'}") as store:
        snapshot = store.load(TENANT)
        return store.system(TENANT), dict(snapshot.secrets)


def journeys(system: PhoneSystem) -> Iterator[Journey]:
    plan, state, world = compile_plan(system), state_of(system), World(handsets=DOES)
    for placed in CALLS:
        yield simulate(plan, state, placed.call, world, Facts(dt.datetime.now(dt.UTC)))


def show(console: Console, wanted: list[str], live: list[Seen], static: list[Seen]) -> bool:
    """Prints the table; whether all agree."""
    table = Table(title="the same calls, with the controller and after kill -9")
    for heading in ("call", "expected", "live", "static"):
        table.add_column(heading)
    table.add_column("post-dial delay, live / static", justify="right")
    for placed, want, with_it, without in zip(CALLS, wanted, live, static, strict=True):
        delay = f"{_ms(with_it)} / {_ms(without)}"
        table.add_row(placed.what, want, _mark(want, with_it), _mark(want, without), delay)
    console.print(table)
    delays = [statistics.median(s.ring_ms for s in one if s.ring_ms) for one in (live, static)]
    console.print(f"median post-dial delay: live {delays[0]:.1f} ms, static {delays[1]:.1f} ms")
    return all(w == a.ending == b.ending for w, a, b in zip(wanted, live, static, strict=True))


def _mark(want: str, seen: Seen) -> str:
    return "as expected" if seen.ending == want else f"DIFFERS: {seen.ending}"


def _ms(seen: Seen) -> str:
    return f"{seen.ring_ms:.1f} ms" if seen.ring_ms is not None else "-"


def run(stack: Stack, console: Console) -> bool:
    started = time.monotonic()

    def tell(what: str) -> None:
        console.print(f"[{time.monotonic() - started:5.1f} s] {what}", markup=False)

    tell("ctl init: configuration, database, the files an engine starts with")
    stack.init()
    tell("Asterisk starts in a container")
    stack.start_engine()
    tell("ctl apply examples/acme.yaml")
    stack.ctl("apply", str(ROOT / "examples" / "acme.yaml"), "--yes")
    system, passwords = stored(stack)
    foreseen = list(journeys(system))
    wanted = [expected(journey) for journey in foreseen]
    boxes = [journey.mailbox is not None for journey in foreseen]
    tell("ctl run: the controller")
    stack.start_controller()
    with (
        phones.PhoneBank(ENGINE, PHONES) as bank,
        phones.PhoneBank(ENGINE, CARRIER, base_port=5060) as carrier,
    ):
        carrier.carrier(phones.Answers(after=0.3))
        office = Office(stack, bank, carrier, passwords)
        office.register()
        tell(f"{len(passwords)} SIP phones are registered; {len(CALLS)} calls, decided live")
        live = [office.place(p.call, box) for p, box in zip(CALLS, boxes, strict=True)]
        tell("kill -9 the controller; the same calls")
        stack.end_controller(signal.SIGKILL)
        static = [office.place(p.call, box) for p, box in zip(CALLS, boxes, strict=True)]
    tell("done")
    return show(console, wanted, live, static)


def main() -> int:
    console = Console(width=None if sys.stdout.isatty() else 150)
    with tempfile.TemporaryDirectory(prefix="controlplane-demo-") as folder:
        stack = Stack(Path(folder), address=ENGINE, run_port=9189)
        try:
            return 0 if run(stack, console) else 1
        except (StackFailed, phones.SippFailed) as error:
            console.print(str(error), markup=False)
            return 1
        finally:
            stack.down()


if __name__ == "__main__":
    sys.exit(main())
