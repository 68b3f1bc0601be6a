"""Stand: what the suite asks of a kind of engine; a second engine joins by one row of STANDS."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from controlplane.render.bundle import TenantView
from tests.conformance.asterisk import AsteriskStand
from tests.conformance.freeswitch import FreeSwitchStand
from tests.engines.clock import Clock


class Controller(Protocol):
    """A controller in a process of its own."""

    def decisions(self) -> list[str]:
        """What came before each decision so far: `entry`, or how a step ended."""
        ...

    def kill(self) -> None:
        """At once, as `kill -9`."""
        ...

    def hang(self) -> None:
        """Stays connected and never answers again."""
        ...


class Stand(Protocol):
    """A running engine with all tenants on it, and no controller."""

    @property
    def sip(self) -> str:
        """`address:port` of its SIP."""
        ...

    def load(self, views: Sequence[TenantView]) -> None:
        """Bring exactly these tenants onto the engine."""
        ...

    def controller(self) -> AbstractContextManager[Controller]:
        """Connected and ready to decide at entry; gone at exit."""
        ...

    def messages(self, tenant: str) -> Mapping[str, int]:
        """Voicemail messages by mailbox, complete ones only."""
        ...

    def recordings(self, tenant: str) -> int:
        """Files of recorded calls of the tenant."""
        ...

    def noticed(self, unreachable: Sequence[str]) -> None:
        """Wait until the engine knows that nobody is at the contacts of these accounts."""
        ...


STANDS: Mapping[str, Callable[[Path, str, Clock], AbstractContextManager[Stand]]] = {
    "asterisk": AsteriskStand,
    "freeswitch": FreeSwitchStand,
}
"""By the word of `--engine`: given a folder of its own, an address to bind to and a clock."""
