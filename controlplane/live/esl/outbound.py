"""The server of `socket` applications: FreeSWITCH connects here with each call it asks about."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from controlplane.live.errors import EngineDown, LinkLost, ProtocolError
from controlplane.live.esl import commands
from controlplane.live.esl.link import Link
from controlplane.live.esl.messages import ConnectData, Message
from controlplane.live.esl.session import Session
from controlplane.live.esl.settings import DEFAULT_TIMINGS, EslTimings

log = structlog.get_logger(__name__)

_MOST_EARLY = 1_000

OnCall = Callable[[Session], Awaitable[None]]


class OutboundServer:
    """One task a call runs `on_call`; when that returns or fails, the call is left.

    A call that is left, by us or by our death, goes on in the dialplan, behind `socket`; what
    is being carried out then, a bridge above all, comes to its own end first (seen on 1.11.1).
    That takes two things. The dialplan sets `socket_resume=true` before `socket`: without it
    a call whose controller closes before its first command is parked for ever. And that is
    switched off here as soon as the call is ours, for with it a lost connection ends bridges;
    the command `resume` would do so for good, so it is not used.
    """

    def __init__(
        self,
        host: str,
        port: int,
        on_call: OnCall,
        timings: EslTimings = DEFAULT_TIMINGS,
        most_calls: int = 10_000,
    ) -> None:
        self._host = host
        self._port = port
        self._on_call = on_call
        self._timings = timings
        self._most_calls = most_calls
        self._server: asyncio.Server | None = None
        self._calls: set[asyncio.Task[None]] = set()

    @property
    def port(self) -> int:
        """Where it listens, also if 0 was asked for."""
        if self._server is None:
            raise EngineDown("the ESL server is not started")
        return int(self._server.sockets[0].getsockname()[1])

    @property
    def calls(self) -> int:
        """How many connections are served now."""
        return len(self._calls)

    async def start(self) -> None:
        """Listen. Raises EngineDown where the address is taken or not ours."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                self._new_link, self._host, self._port, backlog=1024
            )
        except OSError as error:
            reason = error.strerror or error
            raise EngineDown(f"cannot listen on {self._host}:{self._port}: {reason}") from None

    async def drain(self, seconds: float) -> None:
        """Take no more calls, see those under way through for so long, then leave the rest."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._calls:
            await asyncio.wait(set(self._calls), timeout=seconds)
        for task in self._calls:
            task.cancel()
        await asyncio.gather(*self._calls, return_exceptions=True)

    async def close(self) -> None:
        """As `drain`, at once."""
        await self.drain(0)

    def _new_link(self) -> Link:
        return Link("FreeSWITCH", _unexpected, self._begin)

    def _begin(self, link: Link) -> None:
        if len(self._calls) >= self._most_calls:
            log.warning("esl call left to the dialplan", reason="too many calls")
            link.end(LinkLost("too many calls"))
            return
        task = asyncio.get_running_loop().create_task(self._serve(link))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    async def _serve(self, link: Link) -> None:
        session: Session | None = None
        try:
            session = await self._greet(link)
            session.start("set", "socket_resume=false")
            await self._on_call(session)
        except LinkLost as error:
            log.debug("esl call lost", reason=str(error))
        except TimeoutError:
            log.warning("esl peer gave no channel data in time")
        except Exception:
            # A fault of ours is no reason to lose the call: the dialplan knows the way.
            log.exception("esl call failed", call=session.uuid if session else "")
        finally:
            if session is not None:
                session.leave()
            link.end(LinkLost("the session is over"))

    async def _greet(self, link: Link) -> Session:
        """All commands at once. FreeSWITCH reads the first within 25 s or lets the call go on."""
        early: list[Message] = []
        link.deliver_to(lambda message: _keep(early, message))
        first = link.send(commands.connect())
        link.send(commands.linger(self._timings.linger))
        link.send(commands.my_events())
        async with asyncio.timeout(self._timings.connect):
            data = await first
        if not isinstance(data, ConnectData):
            raise ProtocolError("no channel data")
        return Session(link, data, early)


def _keep(early: list[Message], message: Message) -> None:
    """Events may be in the same segment as the channel's data; a peer may also just talk."""
    if len(early) >= _MOST_EARLY:
        raise ProtocolError("events before the channel's data")
    early.append(message)


def _unexpected(message: Message) -> None:
    raise ProtocolError(f"{type(message).__name__} unasked")
