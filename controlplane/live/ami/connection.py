"""AMI for what ARI has no verb: the engine's database, CLI commands, SIP NOTIFY.

A lost connection is made anew by the next call; nothing is ever sent twice.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterable, Iterator, Mapping
from types import TracebackType
from typing import TypeVar

from controlplane.live.ami.protocol import ListAction, Protocol, Value, check_fields, new_action
from controlplane.live.ami.session import Reply, answer, joined, log_in
from controlplane.live.ami.settings import AmiSettings
from controlplane.live.errors import (
    AmiError,
    CommandRefused,
    RequestTimeout,
)
from controlplane.live.wire_text import checked_name

# In flight at once by the bulk verbs: enough to hide the round trip, and few enough to
# hold the event loop, which live calls share, for some 10 ms only.
_WINDOW = 200

T = TypeVar("T")

_NO_ENTRY = ("Database entry not found", "Database entry could not be deleted")


class AmiConnection:
    """Use `await AmiConnection.connect(settings)`, or `async with AmiConnection(settings)`."""

    def __init__(self, settings: AmiSettings) -> None:
        self._settings = settings
        self._protocol: Protocol | None = None
        self._connecting = asyncio.Lock()

    @classmethod
    async def connect(cls, settings: AmiSettings) -> AmiConnection:
        """A connection that is logged in. Raises EngineDown, WrongCredentials."""
        connection = cls(settings)
        await connection._ready()
        return connection

    async def __aenter__(self) -> AmiConnection:
        await self._ready()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    @property
    def up(self) -> bool:
        return self._protocol is not None and not self._protocol.closed

    async def close(self) -> None:
        if self._protocol is not None:
            self._protocol.close()
            self._protocol = None

    async def action(self, name: str, *, within: float | None = None, **fields: Value) -> Reply:
        """Any action; `within` is seconds. A sequence becomes one header a value.

        Raises CommandRefused before anything is sent where a name or value holds a control
        character or is too long; AmiError where the engine answers an error; EngineDown,
        WrongCredentials, LinkLost, RequestTimeout.
        """
        return await self._do(name, fields, within)

    async def _do(
        self, name: str, fields: Mapping[str, Value], within: float | None = None
    ) -> Reply:
        action = new_action(name, fields)
        protocol = await self._ready()
        protocol.submit(action)
        return await self._within(within, protocol, name, answer(action))

    async def command(self, cli: str, *, within: float | None = None) -> str:
        """The output of a CLI command. Raises AmiError, with that output, where it failed."""
        reply = await self.action(
            "Command", within=within, Command=checked_name("the command", cli)
        )
        return reply.text("Output")

    async def get_global(self, variable: str) -> str:
        """A global dialplan variable; empty where there is none."""
        reply = await self.action("Getvar", Variable=checked_name("the variable", variable))
        return reply.text("Value")

    async def pjsip_notify(
        self, *, endpoint: str = "", uri: str = "", variables: Iterable[tuple[str, str]]
    ) -> None:
        """Send SIP NOTIFY to every contact of `endpoint`, or to `uri`.

        `variables` are SIP headers (`("Event", "check-sync;reboot=false")`) and `Content`.
        That it returns means queued, not delivered. Needs the module res_pjsip_notify,
        which runs only where pjsip_notify.conf exists.
        """
        if bool(endpoint) == bool(uri):
            raise CommandRefused("a NOTIFY takes an endpoint or a URI")
        target = {"Endpoint": endpoint} if endpoint else {"URI": uri}
        pairs = [f"{_notify_text(name)}={_notify_text(value)}" for name, value in variables]
        await self._do("PJSIPNotify", {"Variable": pairs, **target})

    async def db_put(self, family: str, key: str, value: str) -> None:
        """Set one entry of the engine's database. See `db_put_many` for what is refused."""
        await self._do("DBPut", _entry(family, key, value))

    async def db_delete(self, family: str, key: str) -> bool:
        """Whether there was such an entry."""
        try:
            await self._do("DBDel", _entry(family, key))
        except AmiError as error:
            if error.message in _NO_ENTRY:
                return False
            raise
        return True

    async def db_get(self, family: str, key: str) -> str | None:
        """None where there is no such entry."""
        try:
            reply = await self._do("DBGet", _entry(family, key))
        except AmiError as error:
            if error.message in _NO_ENTRY:
                return None
            raise
        values = [joined(event["Val"]) for event in reply.events if "Val" in event]
        return values[0] if values else None

    async def db_tree(self, family: str, *, within: float | None = None) -> dict[str, str]:
        """Every entry below `family`, keys without it (`{}` where there is none).

        Asterisk matches `%` and `_` in a family as wildcards and ignores the case of
        letters; what does not really lie below `family` is left out here.
        """
        reply = await self.action(
            "DBGetTree", within=within, Family=checked_name("the family", family)
        )
        prefix = f"/{family}/"
        pairs = ((joined(e.get("Key", "")), joined(e.get("Val", ""))) for e in reply.events)
        return {path[len(prefix) :]: value for path, value in pairs if path.startswith(prefix)}

    async def db_put_many(self, items: Iterable[tuple[str, str, str]]) -> int:
        """Set many (family, key, value), pipelined; the number of them.

        All are checked before the first is sent. Refused besides control characters: an
        empty family or key, a line over 1,000 bytes, and a blank at the beginning of any
        of the three, which AMI would drop. Raises what `action` does; entries before the
        one that failed are then set, and later ones may be.
        """
        return await self._bulk("DBPut", [_entry(*item) for item in items])

    async def db_delete_many(self, items: Iterable[tuple[str, str]]) -> int:
        """Delete many (family, key), pipelined; the number that existed."""
        return await self._bulk("DBDel", [_entry(*item) for item in items])

    async def _bulk(self, name: str, entries: list[dict[str, str]]) -> int:
        for entry in entries:
            check_fields(name, entry)
        done = 0
        for window in _batched(entries, _WINDOW):
            protocol = await self._ready()
            actions = [new_action(name, entry) for entry in window]
            protocol.submit(*actions)
            done += await self._within(None, protocol, name, _succeeded(actions))
        return done

    async def _within(
        self, seconds: float | None, protocol: Protocol, name: str, wait: Coroutine[None, None, T]
    ) -> T:
        seconds = self._settings.timeout if seconds is None else seconds
        try:
            async with asyncio.timeout(seconds):
                return await wait
        except TimeoutError:
            # AMI does one action after another: what is behind this one is stuck as well,
            # and a peer that is gone shows itself only so. The next call connects anew.
            protocol.close()
            raise RequestTimeout(
                f"AMI at {self._settings.address} did not answer {name} within {seconds:g} s"
            ) from None

    async def _ready(self) -> Protocol:
        """The live connection, made if there is none."""
        async with self._connecting:
            if self._protocol is None or self._protocol.closed:
                self._protocol = await log_in(self._settings)
            return self._protocol


async def _succeeded(actions: list[ListAction]) -> int:
    """Wait for all; the number that did something. Raises the first error there was."""
    done = 0
    first: AmiError | None = None
    for action in actions:
        try:
            await answer(action)
            done += 1
        except AmiError as error:
            if error.message not in _NO_ENTRY:
                first = first or error
    if first is not None:
        raise first
    return done


def _batched(items: list[T], size: int) -> Iterator[list[T]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _entry(family: str, key: str, *value: str) -> dict[str, str]:
    fields = {"Family": checked_name("the family", family), "Key": checked_name("the key", key)}
    if value:
        fields["Val"] = value[0]
    for name, text in fields.items():
        if text.startswith(" "):
            raise CommandRefused(f"{name} begins with a blank, which AMI would drop")
    return fields


def _notify_text(text: str) -> str:
    # Asterisk splits `Variable` at commas and takes quotes and backslashes away.
    if any(character in text for character in ',"\\'):
        raise CommandRefused("a NOTIFY variable contains a comma, quote or backslash")
    return checked_name("a NOTIFY variable", text)
