"""Engines made up by tests: one that is connected to, and one that brings a call to a server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import quote

from tests.unit.live.esl.engine_reader import EngineReader, ReadCommand

PASSWORD = "s3cret"
CALL = "c0ffee00-0000-4000-8000-000000000001"


class Peer:
    """The engine's end of one connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self._commands = EngineReader()
        self._read: list[ReadCommand] = []

    async def next(self) -> ReadCommand:
        """The next command. Raises EOFError where the other side has closed."""
        while not self._read:
            data = await self.reader.read(65_536)
            if not data:
                raise EOFError
            self._read += self._commands.feed(data)
        return self._read.pop(0)

    def say(self, *frames: bytes) -> None:
        self.writer.write(b"".join(frames))

    async def greet(self) -> None:
        """Ask for the password and take whatever subscriptions follow."""
        self.say(b"Content-Type: auth/request\n\n")
        command = await self.next()
        right = command.first == f"auth {PASSWORD}"
        self.say(reply("+OK accepted" if right else "-ERR invalid"))
        while right:
            command = await self.next()
            if command.first.startswith("event "):
                self.say(reply("+OK event listener enabled plain"))
                return
            self.say(reply("+OK filter added."))

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        self.writer.transport.abort()


Talk = Callable[[Peer], Awaitable[None]]


@dataclass
class MadeUpEngine:
    port: int
    connections: int = 0


@asynccontextmanager
async def engine(talk: Talk) -> AsyncIterator[MadeUpEngine]:
    """`talk` runs for each connection, which closes when it returns."""
    tasks: set[asyncio.Task[None]] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made_up.connections += 1
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await talk(Peer(reader, writer))
        except (EOFError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    made_up = MadeUpEngine(server.sockets[0].getsockname()[1])
    try:
        yield made_up
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def call_to(port: int) -> AsyncIterator[Peer]:
    """An engine that brings a call to the outbound server on `port`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        yield Peer(reader, writer)
    finally:
        writer.close()


def reply(text: str, *headers: str) -> bytes:
    lines = ["Content-Type: command/reply", f"Reply-Text: {text}", *headers]
    return "\n".join(lines).encode() + b"\n\n"


def response(body: str) -> bytes:
    content = body.encode()
    return b"Content-Type: api/response\nContent-Length: %d\n\n%s" % (len(content), content)


def event(name: str, body: str = "", **headers: str) -> bytes:
    """`Unique_ID` stands for `Unique-ID`; `variable_x` stays."""
    pairs = {"Event-Name": name} | {_header(key): value for key, value in headers.items()}
    lines = [f"{key}: {quote(value, safe='/,!()')}" for key, value in pairs.items()]
    inner = "\n".join(lines).encode() + b"\n"
    if body:
        inner += b"Content-Length: %d\n" % len(body.encode())
    inner += b"\n" + body.encode()
    return b"Content-Length: %d\nContent-Type: text/event-plain\n\n%s" % (len(inner), inner)


def channel_data(**headers: str) -> bytes:
    """The answer to `connect`."""
    pairs = {"Event-Name": "CHANNEL_DATA", "Unique-ID": CALL}
    pairs |= {_header(key): value for key, value in headers.items()}
    pairs |= {"Content-Type": "command/reply", "Reply-Text": "+OK\n"}
    pairs |= {"Socket-Mode": "async", "Control": "full"}
    lines = [f"{key}: {quote(value, safe='/,!()')}" for key, value in pairs.items()]
    return "\n".join(lines).encode() + b"\n\n"


def completion(command: ReadCommand, response: str = "_none_", **headers: str) -> bytes:
    """The end of the application that `command` asked for."""
    told = {
        "Unique_ID": CALL,
        "Application": command.headers["execute-app-name"],
        "Application_Response": response,
        "Application_UUID": command.headers.get("Event-UUID", "the-engines-own"),
        "variable_current_application": command.headers["execute-app-name"],
    }
    return event("CHANNEL_EXECUTE_COMPLETE", **(told | headers))


def hang_up(cause: str = "NORMAL_CLEARING") -> bytes:
    """What a lingering socket says when the call ends."""
    notice = (
        b"Content-Type: text/disconnect-notice\nControlled-Session-UUID: %s\n"
        b"Content-Disposition: linger\nChannel-Name: x\nLinger-Time: 5\nContent-Length: 0\n\n"
    )
    return (
        event("CHANNEL_HANGUP", Unique_ID=CALL, Hangup_Cause=cause)
        + notice % CALL.encode()
        + event("CHANNEL_HANGUP_COMPLETE", Unique_ID=CALL, Hangup_Cause=cause)
    )


def goodbye() -> bytes:
    text = b"Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
    return b"Content-Type: text/disconnect-notice\nContent-Length: %d\n\n%s" % (len(text), text)


def _header(key: str) -> str:
    return key if key.startswith("variable_") else key.replace("_", "-")
