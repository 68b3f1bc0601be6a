"""A caller and the phones beside it, in one thread: call after call, timed by the kernel."""

from __future__ import annotations

import itertools
import select
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tests.bench.sip_message import ALLOW, Message, answer, credentials, packed, sdp
from tests.bench.sip_phone import RTP_PORT, Phones
from tests.bench.sip_socket import SipSocket

PATIENCE = 5.0
"""Seconds to wait for the next thing to happen in a call."""

TRYING, RINGING, OK, REFUSED = 100, 180, 200, 300

CHALLENGES = {
    401: ("www-authenticate", "Authorization"),
    407: ("proxy-authenticate", "Proxy-Authorization"),
}
"""A status that asks for credentials: where it asks, and where they go."""


class CallFailed(Exception):
    """A call did not go as it must for the measurement to mean anything."""


@dataclass(frozen=True)
class Placed:
    """One call. Times in nanoseconds of the real-time clock.

    `sent`: the INVITE with credentials was handed to the kernel; `first`: the first response to
    it after 100 had arrived, and `first_status` what it was; `rang`: whether a phone was called.
    """

    sent: int
    first: int
    first_status: int
    final_status: int
    rang: bool

    @property
    def delay_ms(self) -> float:
        """Post-dial delay."""
        return (self.first - self.sent) / 1e6


class SipBench:
    """Callers and phones at `ip`, for an engine at `engine`. A context manager."""

    def __init__(self, engine: str, ip: str, port: int = 5060) -> None:
        self._engine = (engine, port)
        self._socket = SipSocket(ip)
        self.phones = Phones(ip, self._engine)
        self._numbers = itertools.count(1)
        self._run = time.time_ns()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()
        self.phones.socket.close()

    # --- phones that can be called ----------------------------------------------------------

    def register(self, passwords: Mapping[str, str], contact: str = "") -> None:
        """Registers accounts for an hour, at `contact` or at the phones of this bench."""
        for account, password in passwords.items():
            self._register(account, password, contact or self.phones.contact)

    def _register(self, account: str, password: str, contact: str) -> None:
        uri = f"sip:{self._engine[0]}"
        dialog = self._dialog(account, account)
        more = [f"Contact: <{contact.replace('sip:', f'sip:{account}@')}>", "Expires: 3600"]
        self._request("REGISTER", uri, dialog, 1, more)
        reply = self._wait("REGISTER", dialog["Call-ID"])
        if reply.status in CHALLENGES:
            proof = _proof(reply, account, password, uri)
            self._request("REGISTER", uri, dialog, 2, [*more, proof])
            reply = self._wait("REGISTER", dialog["Call-ID"], 2)
        if reply.status != OK:
            raise CallFailed(f"{account} was not registered: {reply.start}")

    # --- calls ------------------------------------------------------------------------------

    def call(self, account: str, password: str, called: str) -> Placed:
        """Places a call, has a phone that rings answer it, hangs up, and sees it end."""
        uri = f"sip:{called}@{self._engine[0]}"
        dialog = self._dialog(account, called)
        before = len(self.phones.rang)
        more = [f"Contact: <sip:{account}@{self._socket.ip}:{self._socket.port}>", ALLOW]
        body = sdp(self._socket.ip, RTP_PORT)
        self._request("INVITE", uri, dialog, 1, more, body)
        reply = self._wait("INVITE", dialog["Call-ID"])
        if reply.status not in CHALLENGES:
            raise CallFailed(f"{account} was not asked for credentials: {reply.start}")
        self._acknowledge(reply, uri, dialog, 1)
        proof = _proof(reply, account, password, uri)
        sent = self._request("INVITE", uri, dialog, 2, [*more, proof], body)
        first = reply = self._wait("INVITE", dialog["Call-ID"], 2)
        while reply.status < OK:
            self.phones.answer()
            reply = self._wait("INVITE", dialog["Call-ID"], 2)
        self._acknowledge(reply, uri, dialog, 2)
        if reply.status < REFUSED:
            self._hang_up(reply, dialog)
        self._until(lambda: not self.phones.busy)
        rang = len(self.phones.rang) > before
        return Placed(sent, first.at, first.status, reply.status, rang)

    def _hang_up(self, answered: Message, dialog: dict[str, str]) -> None:
        self._request("BYE", answered.target, {**dialog, "To": answered.get("to")}, 3, [])
        self._wait("BYE", dialog["Call-ID"], 3)

    def _dialog(self, account: str, to: str) -> dict[str, str]:
        number = next(self._numbers)
        host = self._engine[0]
        return {
            "From": f"<sip:{account}@{host}>;tag=c{number}",
            "To": f"<sip:{to}@{host}>",
            "Call-ID": f"bench-{self._run}-{number}@{self._socket.ip}",
        }

    def _request(
        self,
        method: str,
        uri: str,
        dialog: Mapping[str, str],
        number: int,
        more: list[str],
        body: str = "",
    ) -> int:
        branch = f"z9hG4bK{dialog['Call-ID'].partition('@')[0]}-{method}-{number}"
        if method == "ACK":
            branch += "a"
        return self._send(method, uri, dialog, number, branch, more, body)

    def _acknowledge(
        self, reply: Message, uri: str, dialog: Mapping[str, str], number: int
    ) -> None:
        """ACK: its own transaction after a 2xx, the INVITE's after any other (17.1.1.3)."""
        known = {**dialog, "To": reply.get("to")}
        if reply.status < REFUSED:
            self._request("ACK", reply.target, known, number, [])
        else:
            branch = f"z9hG4bK{dialog['Call-ID'].partition('@')[0]}-INVITE-{number}"
            self._send("ACK", uri, known, number, branch, [], "")

    def _send(
        self,
        method: str,
        uri: str,
        dialog: Mapping[str, str],
        number: int,
        branch: str,
        more: list[str],
        body: str,
    ) -> int:
        here = f"{self._socket.ip}:{self._socket.port}"
        headers = [
            f"Via: SIP/2.0/UDP {here};rport;branch={branch}",
            "Max-Forwards: 70",
            *(f"{name}: {value}" for name, value in dialog.items()),
            f"CSeq: {number} {method}",
            *more,
        ]
        return self._socket.send(packed(f"{method} {uri} SIP/2.0", headers, body), self._engine)

    # --- waiting ----------------------------------------------------------------------------

    def _wait(self, method: str, call_id: str, number: int = 1) -> Message:
        """The next response to that request, 100 excepted; phones work on meanwhile."""
        wanted = f"{number} {method}"
        until = time.monotonic() + PATIENCE
        while (left := until - time.monotonic()) > 0:
            message = self._turn(left)
            if (
                message is not None
                and message.status > TRYING
                and (message.call_id, message.get("cseq")) == (call_id, wanted)
            ):
                return message
        raise CallFailed(f"no response to {method} of {call_id} in {PATIENCE:g} s")

    def _until(self, done: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not done():
            if (left := until - time.monotonic()) <= 0:
                raise CallFailed("a called phone was left in its call")
            self._turn(left)

    def _turn(self, seconds: float) -> Message | None:
        """Let one thing happen: a message for the caller, or one for a phone."""
        ready, _, _ = select.select([self.phones.socket, self._socket], [], [], seconds)
        if self.phones.socket in ready:
            self.phones.handle()
        if self._socket not in ready:
            return None
        message = self._socket.receive()
        if message.status:
            return message
        body = sdp(self._socket.ip, RTP_PORT) if message.method == "INVITE" else ""
        if message.method != "ACK":
            here = f"sip:{self._socket.ip}:{self._socket.port}"
            self._socket.send(answer(message, "200 OK", contact=here, body=body), self._engine)
        return None


def _proof(challenge: Message, account: str, password: str, uri: str) -> str:
    """The header that answers a challenge."""
    asks, answers = CHALLENGES[challenge.status]
    return (
        f"{answers}: {credentials(challenge.get(asks), account, password, challenge.method, uri)}"
    )
