"""THE table of what is measured: an engine, and everything about it that is the benchmark's."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from controlplane.model.deployment import Engine
from examples.stack import Stack
from tests.bench import asterisk, freeswitch
from tests.bench.ami import Ami
from tests.bench.esl import Esl

if TYPE_CHECKING:
    from tests.bench.place import Loaded


class Reloads(Protocol):
    def reloads(self) -> int:
        """How often the engine has read its files or a module anew."""
        ...


@dataclass(frozen=True, slots=True)
class Measured:
    """`prefix` of its keys. `missing`: why it cannot be measured, "" where it can.

    `stack` makes one, of a folder, an address and a port; its phones are at `phones`.
    """

    name: str
    prefix: str
    address: str
    phones: str
    run_port: int
    missing: Callable[[], str]
    version: Callable[[], str]
    stack: Callable[[Path, str, int], Stack]
    add_baselines: Callable[[Loaded], None]
    reloads: Callable[[Engine], AbstractContextManager[Reloads]]


MEASURED = (
    Measured(
        name="asterisk",
        prefix="",
        address="127.0.0.81",
        phones="127.0.0.82",
        run_port=9281,
        missing=asterisk.missing,
        version=asterisk.version,
        stack=Stack,
        add_baselines=asterisk.add_baselines,
        reloads=Ami,
    ),
    Measured(
        name="freeswitch",
        prefix="freeswitch_",
        address="127.0.0.83",
        phones="127.0.0.84",
        run_port=9283,
        missing=freeswitch.missing,
        version=freeswitch.version,
        stack=freeswitch.FreeSwitchStack,
        add_baselines=freeswitch.add_baselines,
        reloads=Esl,
    ),
)
