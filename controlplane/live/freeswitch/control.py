"""Control of a FreeSWITCH: what applying a bundle asks of it, all over one event socket.

FreeSWITCH keeps stored keys as realm and key (mod_db). `cp/acme.line.101.dnd` is the key
`acme.line.101.dnd` of the realm `cp`; in the dialplan, `${db(select/cp/acme.line.101.dnd)}`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from uuid import uuid4

from controlplane.diagnostics import fault
from controlplane.live.errors import (
    EngineDown,
    LinkLost,
    LiveError,
    RequestTimeout,
    WrongCredentials,
)
from controlplane.live.esl.commands import Command, api, background_api
from controlplane.live.esl.errors import EslError
from controlplane.live.esl.link import Answer, Link
from controlplane.live.esl.login import open_link
from controlplane.live.esl.messages import ApiResponse
from controlplane.live.esl.news import send_news
from controlplane.live.esl.settings import DEFAULT_TIMINGS, EslSettings, EslTimings
from controlplane.live.freeswitch.gateways import changed, defined
from controlplane.live.freeswitch.keys import NotedKeys
from controlplane.live.freeswitch.lamps import after_writing
from controlplane.live.key_change import KeyChange
from controlplane.model.deployment import Engine
from controlplane.render.freeswitch.gateways import MADE
from controlplane.render.freeswitch.names import PROFILE

_AT_ONCE = 200
"""Commands under way: the engine carries them out one by one, but need not wait for us."""

_NOTHING = "-ERR no reply"
"""How the event socket writes an empty answer."""

_LIST_CUT = 4_000
"""Bytes; `db list` ends a little behind them."""

_PASSED_ON_SECONDS = 0.022
"""mod_event_socket looks for events of each connection every 20 ms: by then a controller knows."""

_RESCAN = f"sofia profile {PROFILE} rescan"
_PROFILE_SECONDS = 12.0
_GONE_SECONDS = 10.0
"""A gateway that is taken away is gone when its profile next looks at it, each second."""


class FreeSwitchControl:
    """Every method raises Faults with one clear line."""

    def __init__(self, engine: Engine, link: Link, timings: EslTimings) -> None:
        self._engine = engine
        self._link = link
        self._timings = timings
        self._noted = NotedKeys(Path(engine.folder))

    async def read(self, keys: Iterable[str]) -> dict[str, str]:
        names = list(keys)
        with clear(self._engine):
            answers = await self._many([("db", f"select/{key}") for key in names])
        return {key: value for key, value in zip(names, answers, strict=True) if value}

    async def tree(self, root: str) -> dict[str, str]:
        """Those that were ever written by us: see `keys`."""
        with clear(self._engine):
            noted = self._noted.all()
            listed = await self.api("db", f"list/{root}")
        # The last of a list that was cut is perhaps no whole key; what is cut off was noted.
        some = listed.split(",")[: -1 if len(listed) >= _LIST_CUT else None]
        keys = {f"{root}/{key}" for key in some if key}
        return await self.read(sorted(keys | {key for key in noted if key.startswith(f"{root}/")}))

    async def write(self, change: KeyChange) -> None:
        with clear(self._engine):
            if change.put:
                self._noted.add(change.put)
            calls = [("db", f"insert/{key}/{value}") for key, value in change.put.items()]
            calls += [("db", f"delete/{key}") for key in change.delete]
            answers = await self._many(calls)
        if wrong := [answer for answer in answers if not answer.startswith("+OK")]:
            raise fault(f"the engine's store refuses a key: {wrong[0]}", self._engine.address)
        with clear(self._engine):
            for name, argument in after_writing(change.put, change.delete):
                # Nobody waits for a message lamp.
                await self._within(
                    self._link.send(background_api(name, argument, str(uuid4()))), name, None
                )

    async def reload(self, module: str, seconds: float) -> None:
        """`reloadxml` waits until it is done: two at once may leave half a dialplan."""
        with clear(self._engine, module):
            if module == _RESCAN:
                await self._profile_up()
                await self._drop_gateways(seconds)
            name, _, argument = module.partition(" ")
            answer = (await self.api(name, argument, seconds)).strip()
            # XML that cannot be read is `+OK [[error near line …]]`, and the old is kept.
            if "+OK" not in answer or "[[" in answer or "-ERR" in answer:
                raise EslError(answer)

    async def variable(self, name: str) -> str:
        return await self.command(f"global_getvar {name}")

    async def command(self, text: str) -> str:
        name, _, argument = text.partition(" ")
        with clear(self._engine):
            return await self.api(name, argument)

    async def started(self) -> str:
        return await self.variable("core_uuid")

    async def announce(self, event: str, variables: Mapping[str, str]) -> None:
        with clear(self._engine):
            await self._within(self._link.send(send_news(event, variables)), event, None)
            await asyncio.sleep(_PASSED_ON_SECONDS)

    async def _profile_up(self) -> None:
        """A profile that finds its port taken as the engine starts tries again every 5 s."""
        clock = asyncio.get_running_loop().time
        until = clock() + _PROFILE_SECONDS
        while clock() < until:
            if "Invalid Profile" not in await self.api("sofia", f"status profile {PROFILE}"):
                return
            await asyncio.sleep(0.1)

    async def _drop_gateways(self, seconds: float) -> None:
        """Those that differ from what the engine has read of them; a rescan only adds."""
        document = await self.api("xml_locate", "configuration configuration name sofia.conf")
        wanted = defined(document, MADE)
        names = defined(await self.api("sofia", "xmlstatus gateway"), "")
        made = await self._many([("sofia_gateway_data", f"{name} var {MADE}") for name in names])
        gone = changed(wanted, dict(zip(names, made, strict=True)))
        for name in gone:
            await self.api("sofia", f"profile {PROFILE} killgw {name}")
        clock = asyncio.get_running_loop().time
        until = clock() + min(_GONE_SECONDS, seconds)
        while gone & set(defined(await self.api("sofia", "xmlstatus gateway"), "")):
            if clock() > until:
                raise RequestTimeout(f"{len(gone)} gateways are still in use")
            await asyncio.sleep(0.05)

    async def _many(self, calls: Sequence[tuple[str, str]]) -> list[str]:
        answers: list[str] = []
        for place in range(0, len(calls), _AT_ONCE):
            commands = [api(name, argument) for name, argument in calls[place : place + _AT_ONCE]]
            sent = [(command, self._link.send(command)) for command in commands]
            answers += [await self._answer(command, one) for command, one in sent]
        return answers

    async def api(self, name: str, argument: str = "", seconds: float | None = None) -> str:
        """The answer of an API command; "" for an empty one. Raises LiveError."""
        command = api(name, argument)
        return await self._answer(command, self._link.send(command), seconds)

    async def send(self, command: Command) -> None:
        """A command that answers no more than that it was taken. Raises LiveError."""
        await self._within(self._link.send(command), str(command), None)

    async def _answer(
        self, command: Command, sent: asyncio.Future[Answer], seconds: float | None = None
    ) -> str:
        found = await self._within(sent, str(command), seconds)
        if not isinstance(found, ApiResponse):
            raise EslError("an answer of another kind", str(command))
        return "" if found.body.startswith(_NOTHING) else found.body.strip()

    async def _within(
        self, sent: asyncio.Future[Answer], what: str, seconds: float | None
    ) -> Answer:
        seconds = self._timings.request if seconds is None else seconds
        try:
            async with asyncio.timeout(seconds):
                return await sent
        except TimeoutError:
            raise RequestTimeout(f"FreeSWITCH did not answer {what} in {seconds:g} s") from None


@asynccontextmanager
async def connect(engine: Engine) -> AsyncIterator[FreeSwitchControl]:
    """Logged in, and closed at the end. Raises Faults."""
    async with AsyncExitStack() as stack:
        with clear(engine):
            control = await stack.enter_async_context(opened(engine, DEFAULT_TIMINGS))
        yield control


@asynccontextmanager
async def opened(engine: Engine, timings: EslTimings) -> AsyncIterator[FreeSwitchControl]:
    """As `connect`; raises LiveError where that raises Faults."""
    settings = EslSettings(engine.address, engine.password, engine.esl_port)
    link = await open_link(settings, timings, lambda _: None)
    try:
        yield FreeSwitchControl(engine, link, timings)
    finally:
        link.end(LinkLost("done"))


@contextmanager
def clear(engine: Engine, what: str = "") -> Iterator[None]:
    """Live errors as one clear line each."""
    try:
        yield
    except WrongCredentials as error:
        mend = "the password in the configuration is not the one the engine was started with"
        raise fault(str(error), engine.address, mend) from error
    except EngineDown as error:
        raise fault(str(error), engine.address, "start the engine, then try again") from error
    except LiveError as error:
        text = f"{what} failed: {error}" if what else str(error)
        raise fault(text, engine.address) from error
    except OSError as error:
        text = f"the engine's folder cannot be changed: {error.strerror or error}"
        raise fault(text, str(error.filename or engine.folder)) from error
