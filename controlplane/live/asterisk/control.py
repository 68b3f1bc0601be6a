"""Control of an Asterisk: what applying a bundle asks of it, over AMI, and one event over ARI.

Asterisk keeps stored keys as family and key. `cp/acme/line/101/dnd` is the key
`acme/line/101/dnd` of the family `cp`; in the dialplan, `${DB(cp/acme/line/101/dnd)}`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from http.client import HTTPConnection, HTTPException

from controlplane.diagnostics import fault
from controlplane.live.ami.connection import AmiConnection
from controlplane.live.ami.settings import AmiSettings
from controlplane.live.ari.requests import (
    Request,
    get_application,
    http_target,
    set_global,
    user_event,
)
from controlplane.live.ari.settings import AriSettings
from controlplane.live.asterisk.lamps import refresh
from controlplane.live.errors import EngineDown, LinkLost, LiveError, WrongCredentials
from controlplane.live.key_change import KeyChange
from controlplane.model.deployment import Engine

ANNOUNCE_SECONDS = 2.0

LONGEST_LINE = 200
"""Characters of a key and value that surely go into a line of AMI, which has 1,024 bytes."""

TREE_SECONDS = 30.0
"""A whole tree of keys, 100,000 of them at most."""


class AsteriskControl:
    """Every method raises Faults with one clear line."""

    def __init__(self, engine: Engine, ami: AmiConnection) -> None:
        self._engine = engine
        self._ami = ami

    async def read(self, keys: Iterable[str]) -> dict[str, str]:
        found = {}
        with clear(self._engine):
            for key in keys:
                value = await self._ami.db_get(*_family(key))
                if value is not None:
                    found[key] = value
        return found

    async def tree(self, root: str) -> dict[str, str]:
        with clear(self._engine):
            found = await self._ami.db_tree(root, within=TREE_SECONDS)
        return {f"{root}/{key}": value for key, value in found.items()}

    async def write(self, change: KeyChange) -> None:
        with clear(self._engine):
            long = {key: it for key, it in change.put.items() if len(key) + len(it) > LONGEST_LINE}
            items = ((*_family(key), it) for key, it in change.put.items() if key not in long)
            await self._ami.db_put_many(items)
            if long:
                requests = (set_global(f"DB({key})", value) for key, value in long.items())
                await asyncio.to_thread(_exchange, self._engine, *requests)
            if change.delete:
                await self._ami.db_delete_many(_family(key) for key in change.delete)
            await refresh(self._ami, change.put, change.delete)

    async def reload(self, module: str, seconds: float) -> None:
        with clear(self._engine, f"the reload of {module}"):
            await self._ami.action("Reload", within=seconds, Module=module)

    async def variable(self, name: str) -> str:
        with clear(self._engine):
            return await self._ami.get_global(name)

    async def command(self, text: str) -> str:
        with clear(self._engine):
            return await self._ami.command(text)

    async def started(self) -> str:
        with clear(self._engine):
            reply = await self._ami.action("CoreStatus")
        return f"{reply.text('CoreStartupDate')} {reply.text('CoreStartupTime')}"

    async def announce(self, event: str, variables: Mapping[str, str]) -> None:
        """Asterisk logs a warning for every event that nobody listens to: it is asked first."""
        application = self._engine.application
        with clear(self._engine):
            asked = get_application(application)
            told = user_event(event, application, variables)
            await asyncio.to_thread(_exchange, self._engine, asked, told)


def _exchange(engine: Engine, *requests: Request) -> None:
    """One after the other, until one is refused.

    By the standard library: aiohttp takes longer to import than a flip takes as a whole.
    """
    settings = AriSettings(
        f"http://{engine.address}:{engine.ari_port}/ari", engine.user, engine.password
    )
    http = HTTPConnection(engine.address, engine.ari_port, timeout=ANNOUNCE_SECONDS)
    headers = {"Authorization": settings.authorization(), "Content-Type": "application/json"}
    try:
        for request in requests:
            target = f"/ari/{http_target(request)}"
            http.request(request.method, target, request.body or None, headers)
            answer = http.getresponse()
            answer.read()
            if answer.status >= 300:
                return
    except (OSError, HTTPException) as error:
        raise LinkLost(f"ARI did not take the event: {error}") from None
    finally:
        http.close()


@asynccontextmanager
async def connect(engine: Engine) -> AsyncIterator[AsteriskControl]:
    """As `ami_of`."""
    async with ami_of(engine) as ami:
        yield AsteriskControl(engine, ami)


@asynccontextmanager
async def ami_of(engine: Engine) -> AsyncIterator[AmiConnection]:
    """Logged in, and closed at the end. Raises Faults."""
    settings = AmiSettings(engine.address, engine.user, engine.password, engine.ami_port)
    ami = AmiConnection(settings)
    try:
        with clear(engine):
            await ami.__aenter__()
        yield ami
    finally:
        await ami.close()


def _family(key: str) -> tuple[str, str]:
    family, _, rest = key.partition("/")
    return family, rest


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
