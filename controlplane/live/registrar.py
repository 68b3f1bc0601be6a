"""Registrar: what is asked of an engine about the phones that are registered at it.

An account is a handset's (`acme.LDN-07`), and has one registration at most: the newest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol

from controlplane.model.deployment import Engine


@dataclass(frozen=True, slots=True)
class Registration:
    """`contact`: the SIP URI that the phone named. `address`: `host:port` it registered from, as
    the engine saw it, "" where it does not say. `agent`: the phone's User-Agent. `reachable`:
    whether it answers the engine's OPTIONS; None where that is not known yet."""

    account: str
    contact: str
    address: str
    agent: str
    reachable: bool | None


@dataclass(frozen=True, slots=True)
class Held:
    """One registration as it was looked at. `key` is the engine's for it, and `until` when it
    would end, as the engine writes that: of one that was made anew since, either is another."""

    account: str
    key: str
    until: str


class Registrar(Protocol):
    """Every method raises Faults with one clear line, and bounds its wait."""

    async def registered(self) -> Mapping[str, Registration]:
        """By account: every phone of ours."""
        ...

    async def notify(self, account: str, event: str) -> None:
        """Send the account's contact a NOTIFY with this Event header, outside of any dialog.

        That it returns means that the engine took it. Whether the phone did shows in what the
        phone does next. Nobody is told where the account is not registered.
        """
        ...

    async def held(self, accounts: Iterable[str]) -> frozenset[Held]:
        """Those that these accounts have now."""
        ...

    async def end(self, held: Iterable[Held]) -> None:
        """The engine forgets these, and it is read back that it has. What a phone has made anew
        since they were looked at stays: it was made with what the phone was given meanwhile."""
        ...


Open = Callable[[Engine], AbstractAsyncContextManager[Registrar]]
"""Opens a connection. Raises Faults where the engine does not answer or refuses us."""
