"""Phones that ring at once and answer when told to: the called side of a measurement."""

from __future__ import annotations

import itertools

from tests.bench.sip_message import Message, answer, sdp
from tests.bench.sip_socket import SipSocket

RTP_PORT = 4000
"""Written in every SDP; nobody sends or reads media there."""


class Phones:
    """Any number of accounts at one socket. Every reply goes to the engine's address."""

    def __init__(self, ip: str, engine: tuple[str, int]) -> None:
        self.socket = SipSocket(ip)
        self._engine = engine
        self._calls: dict[str, Message] = {}
        self._tags = itertools.count(1)
        self._tag: dict[str, str] = {}
        self.rang: list[str] = []

    @property
    def contact(self) -> str:
        return f"sip:{self.socket.ip}:{self.socket.port}"

    @property
    def busy(self) -> bool:
        """Whether a call is not over yet."""
        return bool(self._calls)

    def answer(self) -> None:
        """Answer every call that rings."""
        for invite in self._calls.values():
            self._reply(invite, "200 OK", answered=True)

    def handle(self) -> None:
        """Take one message."""
        message = self.socket.receive()
        if message.status:
            return
        call = message.call_id
        match message.method:
            case "ACK":
                pass
            case "INVITE" if message.in_dialog:
                self._reply(message, "200 OK", answered=True)
            case "INVITE" if call not in self._calls:
                self._calls[call] = message
                self._tag[call] = f"p{next(self._tags)}"
                self._reply(message, "180 Ringing")
                self.rang.append(message.start.split()[1])
            case "INVITE":  # again
                pass
            case "CANCEL":
                self._reply(message, "200 OK")
                if invite := self._calls.get(call):
                    self._reply(invite, "487 Request Terminated")
                self._forget(call)
            case "BYE":
                self._reply(message, "200 OK")
                self._forget(call)
            case _:
                self._reply(message, "200 OK")

    def _reply(self, request: Message, status: str, *, answered: bool = False) -> None:
        tag = self._tag.get(request.call_id, "none")
        body = sdp(self.socket.ip, RTP_PORT) if answered else ""
        self.socket.send(
            answer(request, status, tag=tag, contact=self.contact, body=body), self._engine
        )

    def _forget(self, call: str) -> None:
        self._calls.pop(call, None)
        self._tag.pop(call, None)
