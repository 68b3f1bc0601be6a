"""A bank of real SIP phones, callers and carriers made of sipp processes."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

from tests.phones.behaviour import (
    ANSWERS,
    HANGS_UP_SOON,
    Answers,
    Behaviour,
    Caller,
    Manner,
    Offline,
    Phone,
    Served,
    Unreachable,
)
from tests.phones.callee import callee_scenario
from tests.phones.caller import caller_scenario, register_scenario
from tests.phones.observe import CallResult, Calls, Observation
from tests.phones.placed import PlacedCall
from tests.phones.sipp import PidFile, PortBlocks, Ports, Sipp, SippFailed
from tests.phones.sound import write_tone
from tests.phones.trace import Message, Trace

ATTEMPTS = 5


@dataclass(frozen=True)
class Address:
    """Where SIP is spoken: an IP address and a UDP port."""

    ip: str
    port: int

    def __str__(self) -> str:
        return f"{self.ip}:{self.port}"


@dataclass
class _Server:
    """A process that serves all phones of one behaviour at one address."""

    sipp: Sipp
    address: Address
    trace: Trace
    calls: Calls


class PhoneBank:
    """Phones at `ip` that talk to the engine at `engine` ("address" or "address:port").

    A context manager; all processes end with it. Calls may run at the same time, also from
    several threads. Phones of equal behaviour share one process and are told apart by the user
    part of their contact, so an engine must send INVITEs to the contact as registered (no
    rewrite_contact). `longest_call` bounds every call, in seconds.
    """

    def __init__(
        self,
        engine: str,
        ip: str,
        *,
        base_port: int = 20000,
        directory: Path | None = None,
        longest_call: float = 120.0,
    ) -> None:
        host, _, port = engine.partition(":")
        self.engine = Address(host, int(port or 5060))
        self.ip = ip
        self._longest = longest_call
        self._ports = PortBlocks(base_port)
        self._pids = PidFile(f"{ip}-{base_port}")
        self._owned = directory is None
        self._directory = directory or Path(tempfile.mkdtemp(prefix="phones-"))
        self._servers: dict[tuple[str, Served], _Server] = {}
        self._calls: dict[int, Sipp] = {}
        self._contacts: dict[str, int] = {}
        self._count = 0
        self._lock = threading.RLock()

    def __enter__(self) -> PhoneBank:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def start(self) -> None:
        """Ends what an interrupted run left behind; phones start as they are needed."""
        if shutil.which("sipp") is None:
            raise SippFailed("sipp is not installed (Debian package sip-tester)")
        self._pids.end_stale()
        self._tone = write_tone(self._directory / "tone.ul")

    def close(self) -> None:
        """Ends every process by its id; safe to call twice."""
        with self._lock:
            running = [*(server.sipp for server in self._servers.values()), *self._calls.values()]
            self._servers.clear()
            self._calls.clear()
        for sipp in running:
            sipp.end()
        self._pids.remove()
        if self._owned:
            shutil.rmtree(self._directory, ignore_errors=True)

    # --- phones -----------------------------------------------------------------------------

    def register(self, account: str, password: str, behaviour: Behaviour = ANSWERS) -> None:
        """Registers one phone that will behave so; `Offline()` unregisters it."""
        self.register_all({Phone(account, password): behaviour})

    def unregister(self, account: str, password: str) -> None:
        """Removes the phone's contact from the engine."""
        self.register(account, password, Offline())

    def register_all(self, phones: Mapping[Phone, Behaviour]) -> None:
        """Registers many phones in one go; raises SippFailed naming those refused."""
        gone = [phone for phone, b in phones.items() if isinstance(b, Offline)]
        stay = {p: self._port(b) for p, b in phones.items() if not isinstance(b, Offline)}
        moved = [p for p, port in stay.items() if self._contacts.get(p.account, port) != port]
        # Without this, a moved phone would have two contacts and ring at both.
        old = [(p, self._contacts.pop(p.account)) for p in moved]
        old += [(p, self._contacts.pop(p.account, self.engine.port)) for p in gone]
        self._send_registrations([(phone, port, 0) for phone, port in old])
        self._send_registrations([(phone, port, 3600) for phone, port in stay.items()])
        self._contacts.update((phone.account, port) for phone, port in stay.items())

    def _port(self, behaviour: Served | Unreachable) -> int:
        if isinstance(behaviour, Unreachable):
            return 9
        return self._server(behaviour, self.ip).address.port

    def _send_registrations(self, rows: list[tuple[Phone, int, int]]) -> None:
        """On a busy machine an answer may be lost: who got none asks again."""
        said = ""
        for _ in range(ATTEMPTS):
            if not rows:
                return
            accepted, said = self._register_once(rows)
            rows = [row for row in rows if row[0].account not in accepted]
        if rows:
            refused = ", ".join(sorted({phone.account for phone, _, _ in rows}))
            raise SippFailed(f"not registered: {refused}: {said}")

    def _register_once(self, rows: list[tuple[Phone, int, int]]) -> tuple[set[str], str]:
        """The accounts that were accepted, and what sipp complains of."""
        name = self._name("register")
        table = self._directory / f"{name}.csv"
        lines = [f"{p.account};{_credentials(p)};{port};{age}" for p, port, age in rows]
        table.write_text("SEQUENTIAL\n" + "\n".join(lines) + "\n", encoding="utf-8")
        count = str(len(rows))
        arguments = [
            "-inf",
            str(table),
            "-m",
            count,
            "-r",
            "200",
            "-l",
            "100",
            "-timeout",
            "60s",
            "-nd",
        ]
        sipp, ports = self._client(name, self.ip, arguments, register_scenario(), {})
        sipp.wait(65)
        sipp.end()
        self._ended(sipp, ports)
        accepted = {
            m.header("to").split(":", 1)[1].split("@", 1)[0]
            for m in Trace(sipp.trace).messages()
            if not m.sent and m.status == 200
        }
        return accepted, sipp.complaint()

    # --- carriers ---------------------------------------------------------------------------

    def carrier(self, behaviour: Served = ANSWERS, *, ip: str | None = None) -> Address:
        """The address of a carrier that takes calls to any number, and any REGISTER."""
        return self._server(behaviour, ip or self.ip).address

    # --- calls ------------------------------------------------------------------------------

    def place(self, caller: Caller, called: str, manner: Manner = HANGS_UP_SOON) -> PlacedCall:
        """Starts a call and returns at once."""
        keys = {
            "account": caller.number,
            "display": caller.display,
            "called": called.replace("#", "%23"),
            **{f"extra{number}": header for number, header in enumerate(caller.headers)},
        }
        xml = caller_scenario(caller, manner, str(self._tone))
        limit = str(round(self._longest))
        arguments = ["-m", "1", "-timeout", f"{limit}s", "-timer_resol", "1"]
        if caller.password is not None:
            arguments += ["-au", caller.account, "-ap", caller.password]
        ip = caller.ip or self.ip
        sipp, ports = self._client(self._name("call"), ip, arguments, xml, keys)
        longest = self._longest + 5
        return PlacedCall(sipp, longest=longest, forget=lambda: self._ended(sipp, ports))

    def call(self, caller: Caller, called: str, manner: Manner = HANGS_UP_SOON) -> CallResult:
        """Places a call and waits for its end."""
        return self.place(caller, called, manner).wait()

    # --- what was seen ----------------------------------------------------------------------

    def observed(self, called: str | None = None, *, since: float = 0.0) -> list[Observation]:
        """The calls phones and carriers got, oldest first.

        Those to the account or number `called` (None: all) that came at `since` (seconds since
        the epoch, as time.time() gives) or later.
        """
        with self._lock:
            seen = [one for server in self._servers.values() for one in server.calls.seen()]
        wanted = (o for o in seen if called in (None, o.called) and o.at >= since)
        return sorted(wanted, key=lambda one: one.at)

    def wait_observed(
        self, called: str, *, since: float = 0.0, ended: bool = False, seconds: float = 5.0
    ) -> list[Observation]:
        """Like `observed`, but waits until there is one (all of them `ended`, if so asked)."""
        give_up = time.monotonic() + seconds
        while True:
            seen = self.observed(called, since=since)
            if seen and not (ended and any(one.ended_by == "nobody" for one in seen)):
                return seen
            if time.monotonic() > give_up:
                return seen
            time.sleep(0.02)

    def requests(self, method: str, *, since: float = 0.0) -> list[Message]:
        """Requests of that method (REGISTER, OPTIONS, NOTIFY ...) phones and carriers got."""
        with self._lock:
            traces = [server.trace.messages() for server in self._servers.values()]
        found = (m for messages in traces for m in messages if m.method == method and not m.sent)
        return sorted((m for m in found if m.at >= since), key=lambda m: m.at)

    # --- processes --------------------------------------------------------------------------

    def _ended(self, sipp: Sipp, ports: Ports) -> None:
        """Forgets a process that has ended and lets its ports be used again."""
        with self._lock:
            self._calls.pop(sipp.pid, None)
        self._ports.give_back(ports)

    def _name(self, kind: str) -> str:
        with self._lock:
            self._count += 1
            return f"{kind}-{self._count}"

    def _client(
        self, name: str, ip: str, arguments: Iterable[str], xml: str, keys: Mapping[str, str]
    ) -> tuple[Sipp, Ports]:
        ports = self._ports.take()
        words = [str(self.engine), *ports.arguments(ip), *arguments]
        with self._lock:
            sipp = Sipp(name, self._directory, words, xml=xml, keys=keys)
            self._calls[sipp.pid] = sipp
            self._pids.add(sipp.pid)
        return sipp, ports

    def _server(self, behaviour: Served, ip: str) -> _Server:
        with self._lock:
            known = self._servers.get((ip, behaviour))
            if known is not None and known.sipp.running():
                return known
            ports = self._ports.take()
            words = [str(self.engine), *ports.arguments(ip), "-timer_resol", "5"]
            name = self._name(type(behaviour).__name__.lower())
            tone = ""
            if isinstance(behaviour, Answers) and behaviour.talks:
                place = self._directory / f"{behaviour.talks}.ul"
                tone = str(write_tone(place, hertz=behaviour.talks))
            else:
                words.append("-rtp_echo")
            sipp = Sipp(name, self._directory, words, xml=callee_scenario(behaviour, tone))
            self._pids.add(sipp.pid)
            trace = Trace(sipp.trace)
            server = _Server(sipp, Address(ip, ports.first), trace, Calls(trace))
            self._servers[(ip, behaviour)] = server
            sipp.wait_bound(ip, ports.first)
            return server


def _credentials(phone: Phone) -> str:
    if set(phone.account + phone.password) & set("[]; ="):
        raise ValueError(f"sipp cannot register {phone.account}: no []; = in account or password")
    return f"[authentication username={phone.account} password={phone.password}]"
