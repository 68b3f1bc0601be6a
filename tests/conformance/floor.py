"""Floor: the scenarios' phones, carriers and callers, as real SIP clients of one engine."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Protocol

from controlplane.calls.world import Behaviour
from controlplane.render.bundle import TenantView
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of
from tests import phones
from tests.conformance.ending import Ending, display
from tests.conformance.reader import simulated
from tests.conformance.scenario import Carrier, Numbered, Phone

AT_ONCE = 10
"""Calls under way at the same time."""

EMERGENCY = ("112", "999")
"""Numbers all tenants have: their calls out need a carrier of the tenant's own to be told apart."""

LEAVES_A_MESSAGE = phones.Manner(digits="#", digits_after=0.4, talks=True, hang_up_after=4)

SAYS_A_NAME = phones.Manner(digits="#", digits_after=2.5, talks=True, hang_up_after=8)

BEFORE = phones.Manner(abandon_after=1, hang_up_after=0.3)
"""Of a call that was placed before: it is over soon, answered or not."""

RINGS = phones.Manner(abandon_after=4, hang_up_after=3)
"""Of a call that rings until somebody takes it."""

SERVED: Mapping[Behaviour, phones.Served] = {
    Behaviour.ANSWERS: phones.Answers(after=0.4),
    Behaviour.REFUSES: phones.Answers(after=0.4, presses="22"),
    Behaviour.BUSY: phones.BUSY,
    Behaviour.DECLINES: phones.Rejects(603, after=0.2),
    Behaviour.RINGS_OUT: phones.RINGS_OUT,
    Behaviour.FAILS: phones.NO_CIRCUIT,
}
ACCEPTS = phones.Answers(after=0.4, presses="11", presses_after=1.2)
"""Answers, and says yes to whatever may be asked."""
AWAY: Mapping[Behaviour, phones.Behaviour] = {
    Behaviour.OFFLINE: phones.OFFLINE,
    Behaviour.UNREACHABLE: phones.UNREACHABLE,
}


class Kept(Protocol):
    """What an engine tells of the messages left in it, and of what it recorded."""

    def recordings(self, tenant: str) -> int:
        """Files of recorded calls of the tenant."""
        ...

    def messages(self, tenant: str) -> Mapping[str, int]:
        """Messages by mailbox of the tenant, complete ones only."""
        ...


@dataclass(frozen=True)
class Floor:
    """Everybody who calls and is called. `block` makes the second part of their addresses."""

    bank: phones.PhoneBank
    scenarios: Sequence[Numbered]
    block: int = 1
    at_once: int = AT_ONCE

    def views(self) -> list[TenantView]:
        """Of all tenants, as `view`."""
        return [self.view(calls[0]) for calls in self._by_tenant()]

    def _by_tenant(self) -> list[list[Numbered]]:
        found: dict[str, list[Numbered]] = {}
        for one in self.scenarios:
            found.setdefault(one.tenant, []).append(one)
        return list(found.values())

    def view(self, numbered: Numbered) -> TenantView:
        """The tenant as the renderer is given it, with carriers where they really are."""
        system = numbered.system(self._trunks(numbered))
        passwords = {name: password(numbered, name) for name in system.handsets}
        return TenantView(system, compile_plan(system), state_of(system), passwords)

    def _trunks(self, numbered: Numbered) -> dict[str, dict[str, object]]:
        found: dict[str, dict[str, object]] = {}
        for name in numbered.scenario.model.get("trunks", {}):
            behaviour = numbered.scenario.does.get(name, Behaviour.ANSWERS)
            own = self.address(numbered, name)
            calls = (it for it in self.scenarios if it.tenant == numbered.tenant)
            shared = not any(it.scenario.called.endswith(EMERGENCY) for it in calls)
            carrier = self.bank.carrier(_served(numbered, behaviour), ip=None if shared else own)
            found[name] = {"host": carrier.ip, "port": carrier.port, "accept_from": [own]}
        return found

    def address(self, numbered: Numbered, trunk: str) -> str:
        """Where the trunk's carrier calls from: an address no other tenant's has."""
        place = sorted(numbered.scenario.model["trunks"]).index(trunk) + 1
        return f"127.{self.block}.{numbered.number}.{place}"

    def register(self) -> None:
        """All phones of all tenants."""
        self.bank.register_all(
            {
                _phone(one, name): self._behaviour(one, does)
                for one in self.scenarios
                for name in one.scenario.model["handsets"]
                if (does := one.scenario.does.get(name, Behaviour.ANSWERS)) is not Behaviour.OFFLINE
            }
        )

    def unreachable(self) -> list[str]:
        """The accounts at whose contact nobody listens."""
        return [
            f"{one.tenant}.{name}"
            for one in self.scenarios
            for name, does in one.scenario.does.items()
            if does is Behaviour.UNREACHABLE
        ]

    @staticmethod
    def _behaviour(numbered: Numbered, does: Behaviour) -> phones.Behaviour:
        return AWAY.get(does) or _served(numbered, does)

    def put_through(self, engine: Kept) -> dict[str, Ending]:
        """Every scenario's call, several at once, but for those in one tenant."""

        def one_by_one(calls: Sequence[Numbered]) -> list[tuple[str, Ending]]:
            return [(one.key, self._call(one, engine)) for one in calls]

        with ThreadPoolExecutor(self.at_once) as pool:
            return dict(pair for pairs in pool.map(one_by_one, self._by_tenant()) for pair in pairs)

    def place(
        self, numbered: Numbered, manner: phones.Manner = phones.HANGS_UP_SOON
    ) -> phones.PlacedCall:
        """The scenario's call, with another caller's patience."""
        return self.bank.place(self._caller(numbered), numbered.call.called, manner)

    def _call(self, numbered: Numbered, engine: Kept) -> Ending:
        wanted = simulated(numbered)
        with self._held(numbered):
            self._dial_codes(numbered)
            self._call_before(numbered)
            rings = self._ring(numbered)
            before, since = engine.messages(numbered.tenant), time.time()
            recorded = engine.recordings(numbered.tenant)
            result = self.place(numbered, _manner(numbered)).wait()
        picked_up = rings is not None and rings.wait().answered
        self._settle(numbered, since)
        mailbox = _new_message(engine, numbered.tenant, before, patient=bool(wanted.mailbox))
        seen = list(self._observed(numbered, since))
        return Ending(
            rang=frozenset(_leg(numbered, one) for one in seen if one.rang),
            answered=frozenset(
                leg
                for leg in (_leg(numbered, one) for one in seen if one.answered)
                if leg in wanted.answered or not _refuses(numbered, leg)
            ),
            mailbox=mailbox,
            status=result.status,
            cause=None if result.answered else result.cause,
            told=183 in result.provisional and not result.answered,
            screened=wanted.screened and result.answered,
            confirmed=wanted.confirmed and result.answered,
            picked_up=picked_up,
            recorded=_one_more(engine, numbered.tenant, recorded, wanted=wanted.recorded),
            shown={_leg(numbered, one): _shown(numbered, one) for one in seen},
        )

    def _dial_codes(self, numbered: Numbered) -> None:
        for handset, code in numbered.scenario.codes:
            account = f"{numbered.tenant}.{handset}"
            caller = phones.Caller(account, password(numbered, handset))
            placed = self.bank.place(caller, numbered.own(code), phones.HANGS_UP_SOON)
            assert placed.wait().answered, f"{code} is not taken"

    def _call_before(self, numbered: Numbered) -> None:
        """Calls that are over when it begins."""
        for by, called in numbered.scenario.called_before:
            self.bank.place(self._who(numbered, by), numbered.own(called), BEFORE).wait()
            # The engine writes of it once it is over for the engine, too.
            time.sleep(0.5)

    def _ring(self, numbered: Numbered) -> phones.PlacedCall | None:
        """A call that rings when it begins, until somebody takes it."""
        if numbered.scenario.ringing is None:
            return None
        handset, called, _ = numbered.scenario.ringing
        placed = self.bank.place(self._who(numbered, Phone(handset)), called, RINGS)
        assert placed.wait_ringing(), placed.wait()
        return placed

    @contextmanager
    def _held(self, numbered: Numbered) -> Iterator[None]:
        """The calls under way before."""
        with ExitStack() as held:
            for handset, called in numbered.scenario.held:
                account = f"{numbered.tenant}.{handset}"
                caller = phones.Caller(account, password(numbered, handset))
                placed = self.bank.place(caller, called, phones.Manner(hang_up_after=6))
                assert placed.wait_answered(), placed.wait()
                held.callback(placed.wait)
            yield

    def _caller(self, numbered: Numbered) -> phones.Caller:
        return self._who(numbered, numbered.scenario.caller)

    def _who(self, numbered: Numbered, by: Phone | Carrier) -> phones.Caller:
        match by:
            case Phone(handset):
                account = f"{numbered.tenant}.{handset}"
                return phones.Caller(account, password(numbered, handset))
            case Carrier(trunk, caller):
                name = caller.name.replace("\\", "\\\\").replace('"', '\\"')
                number = numbered.own(caller.number)
                return phones.Caller(number, display=name, ip=self.address(numbered, trunk))

    def _observed(self, numbered: Numbered, since: float) -> Iterator[phones.Observation]:
        number = numbered.number
        outside = re.compile(rf"\+(44207|447700|33140){number}\d+")
        for one in self.bank.observed(since=since):
            own = f"@127.{self.block}.{number}." in one.invite.uri
            if own or outside.fullmatch(one.called) or one.called.startswith(numbered.tenant + "."):
                yield one

    def _settle(self, numbered: Numbered, since: float, seconds: float = 1.0) -> None:
        """The called phones may hear of the end a little after the caller."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if all(one.ended_by != "nobody" for one in self._observed(numbered, since)):
                return
            time.sleep(0.05)


def _served(numbered: Numbered, does: Behaviour) -> phones.Served:
    asked = numbered.scenario.asks and does is Behaviour.ANSWERS
    return ACCEPTS if asked else SERVED[does]


def _refuses(numbered: Numbered, leg: str) -> bool:
    """Whether somebody refuses there: a handset, or whoever is behind the carrier."""
    does = numbered.scenario.does
    inside = leg in numbered.scenario.model["handsets"]
    carriers = (does[name] for name in _trunks(numbered) if name in does)
    return (does.get(leg) if inside else next(carriers, None)) is Behaviour.REFUSES


def _trunks(numbered: Numbered) -> Mapping[str, object]:
    trunks: Mapping[str, object] = numbered.scenario.model.get("trunks", {})
    return trunks


def _phone(numbered: Numbered, handset: str) -> phones.Phone:
    return phones.Phone(f"{numbered.tenant}.{handset}", password(numbered, handset))


def password(numbered: Numbered, handset: str) -> str:
    return f"secret-{numbered.tenant}-{handset}"


def _manner(numbered: Numbered) -> phones.Manner:
    patience = numbered.scenario.patience
    if patience is not None:
        return phones.Manner(abandon_after=patience)
    if presses := numbered.scenario.presses:
        return phones.Manner(digits=presses, digits_after=1.0, hang_up_after=6)
    ending = simulated(numbered)
    if ending.screened:
        return SAYS_A_NAME
    return LEAVES_A_MESSAGE if ending.mailbox else phones.HANGS_UP_SOON


def _new_message(engine: Kept, tenant: str, before: Mapping[str, int], *, patient: bool) -> str:
    """The mailbox that has more messages than `before`; waits for it only if one is expected."""
    until = time.monotonic() + (3.0 if patient else 0.0)
    while True:
        now = engine.messages(tenant)
        if more := [box for box, count in now.items() if count > before.get(box, 0)]:
            return " ".join(sorted(more))
        if time.monotonic() >= until:
            return ""
        time.sleep(0.1)


def _one_more(engine: Kept, tenant: str, before: int, *, wanted: bool) -> bool:
    """Whether there is one recording more; waits a while for what is `wanted`.

    Asterisk takes the file of a call that nobody answered away when the call has ended.
    """
    until = time.monotonic() + 3.0
    while (found := engine.recordings(tenant) == before + 1) != wanted:
        if time.monotonic() > until:
            break
        time.sleep(0.1)
    return found


def _leg(numbered: Numbered, one: phones.Observation) -> str:
    return one.called.removeprefix(numbered.tenant + ".")


def _shown(numbered: Numbered, one: phones.Observation) -> str:
    inside = one.called.startswith(numbered.tenant + ".")
    return display(one.caller.display if inside else "", one.caller.number)
