"""Applier: what every kind of engine offers to bring a revision onto it, and its report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from controlplane.apply.store_keys import Delta
from controlplane.diagnostics import Diagnostic
from controlplane.model.deployment import Engine
from controlplane.render.bundle import Bundle

Progress = Callable[[str], None]
"""Is told, in a few words, what is begun now."""

News = Mapping[str, str]
"""What a running driver is told once the revision is live; see `controlplane.apply.news`."""


@dataclass(frozen=True, slots=True)
class Applied:
    """What was done, all of it read back from the engine.

    `revision` is what the engine reported at the end, `previous` what it ran before (None:
    nothing of ours). `bundle` is the folder that is live. `reloads` are the modules that were
    reloaded, in order; `needs_restart` the files that are read only when the engine starts and
    differ from those it started with.
    """

    revision: int
    previous: int | None
    bundle: str
    files_changed: int = 0
    reloads: tuple[str, ...] = ()
    keys_changed: int = 0
    needs_restart: tuple[str, ...] = ()


class Applier(Protocol):
    """Every method raises Faults, and bounds every wait."""

    async def ready(self, engine: Engine, *, files: bool = False) -> None:
        """Faults where the engine does not answer, or refuses us.

        With `files` also where its folder has no room for one bundle more.
        """
        ...

    async def apply(
        self,
        engine: Engine,
        bundle: Bundle,
        revision: int,
        tell: Progress,
        news: News,
        *,
        thorough: bool = False,
    ) -> Applied:
        """Make the engine run `bundle` as `revision`, or what it ran before.

        `thorough` compares every file and every stored key instead of trusting what was
        remembered of them. The fault after a failure says what the engine runs now.
        """
        ...

    async def flip(
        self, engine: Engine, change: Delta, expected: int, revision: int, news: News
    ) -> Applied | None:
        """Change stored keys only, on an engine that runs revision `expected`.

        None, and nothing done, where it runs another or its keys are not as we left them.
        """
        ...

    async def drift(self, engine: Engine, bundle: Bundle, revision: int) -> list[Diagnostic]:
        """Where engine and folder differ from what is wanted, from a full comparison."""
        ...

    async def start_folder(self, engine: Engine, bundle: Bundle) -> None:
        """Give an engine that never started the files to start with, as revision 0.

        A folder that has a live bundle already is left as it is.
        """
        ...
