"""Streams a FreeSWITCH 1.11.1 sent, as they came off the wire (host name and calls made up)."""

from __future__ import annotations

from pathlib import Path

from controlplane.live.esl.messages import Event, Message
from controlplane.live.esl.parser import Parser

FOLDER = Path(__file__).parents[3] / "data/esl"

COMMANDS = (FOLDER / "commands.txt").read_bytes()
OUTBOUND = (FOLDER / "outbound.txt").read_bytes()
REJECTION = (FOLDER / "rude-rejection.txt").read_bytes()
WRONG_PASSWORD = (FOLDER / "wrong-password.txt").read_bytes()
STREAMS = {
    "commands": COMMANDS,
    "outbound": OUTBOUND,
    "rude-rejection": REJECTION,
    "wrong-password": WRONG_PASSWORD,
}


def parsed(stream: bytes) -> list[Message]:
    return Parser().feed(stream)


def events(stream: bytes) -> list[Event]:
    return [message for message in parsed(stream) if isinstance(message, Event)]
