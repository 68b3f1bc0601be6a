"""Control: what is asked of a running engine while a bundle is applied.

The connections to engines implement it; each method raises Faults with one clear line, and
bounds its wait.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from controlplane.apply.store_keys import Delta
from controlplane.model.deployment import Engine


class Control(Protocol):
    async def read(self, keys: Iterable[str]) -> dict[str, str]:
        """Those of the stored keys that exist."""
        ...

    async def tree(self, root: str) -> dict[str, str]:
        """Every stored key below `root`, by its full name."""
        ...

    async def write(self, change: Delta) -> None:
        """Put and delete stored keys; a key to delete need not exist."""
        ...

    async def reload(self, module: str, seconds: float) -> None:
        """Have a module read its files again, and wait until it has."""
        ...

    async def variable(self, name: str) -> str:
        """A global variable of the engine; empty where there is none."""
        ...

    async def command(self, text: str) -> str:
        """What a command of the engine prints."""
        ...

    async def started(self) -> str:
        """When the engine started; another text after each start."""
        ...

    async def announce(self, event: str, variables: Mapping[str, str]) -> None:
        """Tell a driver that listens; where none does, nothing happens."""
        ...


Connect = Callable[[Engine], AbstractAsyncContextManager[Control]]
"""Opens a connection. Raises Faults where the engine does not answer or refuses us."""
