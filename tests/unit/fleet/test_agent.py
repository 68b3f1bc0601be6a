"""The SIP side of an emulated handset, told by a peer that writes its messages by hand."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator

import pytest

from tests.bench.sip_message import Message, credentials, packed, parse
from tests.fleet.learned import Account
from tests.fleet.sip_agent import SipAgent

ACCOUNT = Account("acme.LDN-01", "auth-LDN-01", "s3cr;t&<'", "127.0.0.1")
URI = "sip:acme.LDN-01@127.0.0.1"


class Peer:
    """Sends requests to the agent, and reads what it answers."""

    def __init__(self, agent: SipAgent) -> None:
        self._there = agent.address
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(5)
        self._count = 0

    def notify(self, event: str, *more: str) -> Message:
        self._count += 1
        host, port = self._socket.getsockname()
        head = [
            f"Via: SIP/2.0/UDP {host}:{port};branch=z9hG4bK{self._count}",
            f"From: <sip:engine@{host}>;tag=e{self._count}",
            f"To: <{URI}>",
            f"Call-ID: peer-{self._count}",
            f"CSeq: {self._count} NOTIFY",
            f"Event: {event}",
        ]
        self._socket.sendto(packed(f"NOTIFY {URI} SIP/2.0", [*head, *more]), self._there)
        return parse(self._socket.recv(65535), 0)

    def close(self) -> None:
        self._socket.close()


def peer(agent: SipAgent) -> Iterator[Peer]:
    made = Peer(agent)
    yield made
    made.close()


@pytest.fixture
def asked() -> Iterator[tuple[SipAgent, Peer]]:
    """An agent that asks who sends it a NOTIFY."""
    with SipAgent("127.0.0.1", ACCOUNT, challenges=lambda it: it == "check-sync") as agent:
        for it in peer(agent):
            yield agent, it


def until(true: Callable[[], bool]) -> None:
    """It answers before it goes by what it was told."""
    end = time.monotonic() + 5
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def proof(reply: Message, password: str) -> str:
    given = credentials(reply.get("www-authenticate"), ACCOUNT.auth_user, password, "NOTIFY", URI)
    return f"Authorization: {given}"


def test_a_notify_is_heard() -> None:
    heard: list[str] = []
    with SipAgent("127.0.0.1", ACCOUNT, on_event=heard.append) as agent:
        for it in peer(agent):
            assert it.notify("check-sync;reboot=false").status == 200
            until(lambda: heard == ["check-sync;reboot=false"])
            assert agent.events == heard


def test_who_knows_no_password_is_not_heard(asked: tuple[SipAgent, Peer]) -> None:
    agent, it = asked
    reply = it.notify("check-sync")
    assert reply.status == 401
    assert it.notify("check-sync", proof(reply, "guessed")).status == 401
    assert agent.events == []
    assert it.notify("message-summary").status == 200
    until(lambda: agent.events == ["message-summary"])
    assert agent.challenged == ["check-sync"] * 2


def test_who_knows_the_password_is_heard_once_a_nonce(asked: tuple[SipAgent, Peer]) -> None:
    agent, it = asked
    right = proof(it.notify("check-sync"), ACCOUNT.password)
    assert it.notify("check-sync", right).status == 200
    until(lambda: agent.events == ["check-sync"])
    assert it.notify("check-sync", right).status == 401, "it was seen on the way"
    assert agent.events == ["check-sync"]
