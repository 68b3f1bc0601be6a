"""The demonstration's phones and carrier, and what the simulator says of their calls beforehand."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from controlplane.calls.call import Call, FromHandset, FromTrunk
from controlplane.calls.facts import Facts
from controlplane.calls.simulator import Journey, simulate
from controlplane.calls.world import Behaviour, World
from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.compiler import compile_plan
from controlplane.routing.steps import CallerId, PhoneLeg
from controlplane.routing.stored import state_of
from controlplane.store.store import Store
from examples.stack import Stack
from tests import phones
from tests.fleet import FleetPhone

ENGINE, CARRIER, PHONES = "127.0.0.11", "127.0.0.12", "127.0.0.13"
TENANT = "acme"
DOES: Mapping[str, Behaviour] = {"LDS-01": Behaviour.BUSY, "LDN-01": Behaviour.RINGS_OUT}
"""What the phones do; those not named answer."""

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


@dataclass(frozen=True)
class Seen:
    """How a real call ended, in the simulator's words, and its post-dial delay in ms."""

    ending: str
    ring_ms: float | None = None


class Office:
    """Acme's phones and its carrier, as real SIP clients. Emulated `handsets` are put in by their
    name, and are the phone of that name from then on."""

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
        self.handsets: dict[str, FleetPhone] = {}

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
        status, ring_ms = self._call(call, expects_mailbox)
        mailbox = self._new_message(before) if expects_mailbox else ""
        if answered := self._answered(since):
            return Seen(answered, ring_ms)
        if mailbox:
            return Seen(f"message in mailbox {mailbox}", ring_ms)
        return Seen(f"refused: {status}", ring_ms)

    def place_all(self, calls: Iterable[Placed], foreseen: Iterable[Journey]) -> list[Seen]:
        """One after the other; where a message is foreseen, its caller leaves one."""
        both = zip(calls, foreseen, strict=True)
        return [self.place(it.call, journey.mailbox is not None) for it, journey in both]

    def _call(self, call: Call, expects_mailbox: bool) -> tuple[int | None, float | None]:
        """Its final status, and its post-dial delay in ms."""
        match call.source:
            case FromHandset(name) if name in self.handsets:
                return self.handsets[name].call(call.called, talk=0.5).status, None
            case FromHandset(name):
                caller = phones.Caller(f"{TENANT}.{name}", self._passwords[name])
            case FromTrunk(_, shown):
                caller = phones.Caller(shown.number, display=shown.name, ip=CARRIER)
        manner = MESSAGE if expects_mailbox else phones.HANGS_UP_SOON
        result = self._bank.call(caller, call.called, manner)
        return result.status, result.ring_ms

    def _answered(self, since: float) -> str:
        """Who did, and what it showed; "" for nobody."""
        for name, handset in self.handsets.items():
            for ringing in handset.agent.ringing(since):
                return answers(name, CallerId(ringing.number, ringing.name), True)
        seen = [*self._bank.observed(since=since), *self._carrier.observed(since=since)]
        for one in seen:
            if one.answered:
                name = one.called.removeprefix(f"{TENANT}.")
                shown = CallerId(one.caller.number, one.caller.display)
                return answers(name, shown, name in self._passwords)
        return ""

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
        name = leg.handset if isinstance(leg, PhoneLeg) else leg.number
        return answers(name, journey.shown[leg], isinstance(leg, PhoneLeg))
    if journey.mailbox:
        return f"message in mailbox {journey.mailbox}"
    return f"refused: {STATUS.get(journey.cause or 0, '?')}"


def answers(name: str, shown: CallerId, inside: bool) -> str:
    """In the words of the tables; outside nobody sees a name."""
    text = f"{shown.name} <{shown.number}>" if inside and shown.name else shown.number
    return f"{name} answers, sees {text}"


def stored(stack: Stack) -> tuple[PhoneSystem, dict[str, str]]:
    """The tenant as stored, and the SIP passwords the store made."""
    with Store.open(f"sqlite:///{stack.folder / 'controlplane.sqlite'}") as store:
        snapshot = store.load(TENANT)
        return store.system(TENANT), dict(snapshot.secrets)


def journeys(system: PhoneSystem, calls: Iterable[Placed]) -> list[Journey]:
    """What the simulator says of them now."""
    plan, state, world = compile_plan(system), state_of(system), World(handsets=DOES)
    now = Facts(dt.datetime.now(dt.UTC))
    return [simulate(plan, state, placed.call, world, now) for placed in calls]


def mark(want: str, seen: Seen) -> str:
    return "as expected" if seen.ending == want else f"DIFFERS: {seen.ending}"
