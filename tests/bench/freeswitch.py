"""FreeSWITCH for the benchmark: its stack, its baselines, and how its reloads are counted."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from controlplane.cli.config import load
from controlplane.model.deployment import EngineKind
from controlplane.render.freeswitch.names import PHONES, PROFILE
from examples.stack import Stack
from tests.bench.dialled import NATIVE, STATIC, TENANT
from tests.engines.freeswitch_process import VARIABLE, FreeSwitchProcess, freeswitch_binary

if TYPE_CHECKING:
    from tests.bench.place import Loaded

CONTEXT = '<context name="cp-internal">'
"""Where the calls of handsets come in."""

ALONE = "from-handset XML cp-t-${cp_tenant}"
"""Where a call goes on that no controller decides."""

_DIALLED = "^(?=.*[+*#0-9]$)([*#]*)(?:[a-z0-9][a-z0-9-]*[.])?([+*#0-9]*)$"
_ASKING = ("cp_next=", "socket_resume=", "sched_transfer", '"socket"', "${cp_next}")
"""The applications of the entry that have to do with asking the controller."""

_REFUSING = ("anti-action",)
"""What the entry does with a number that is none; another extension's are not for this one."""


def missing() -> str:
    """Why nothing can be measured; "" where it can."""
    binary = freeswitch_binary()
    if binary is None:
        return f"{VARIABLE} names no FreeSWITCH, and none is in the usual places"
    return "" if os.access(binary, os.X_OK) else f"{binary} cannot be run"


def version() -> str:
    words = [str(freeswitch_binary()), "-version"]
    return subprocess.run(words, capture_output=True, text=True, timeout=60).stdout.strip()


@dataclass(frozen=True)
class FreeSwitchStack(Stack):
    """A FreeSWITCH in a process of its own, instead of the container."""

    _engine: list[FreeSwitchProcess] = field(default_factory=list, repr=False)

    @property
    def engine_name(self) -> str:
        return EngineKind.FREESWITCH.value

    @property
    def _state(self) -> Path:
        return self.folder / "state"

    def init_options(self) -> Sequence[str]:
        kind = ("--kind", EngineKind.FREESWITCH.value, "--live-address", self.address)
        return (*kind, "--state-folder", str(self._state))

    def start_engine(self) -> None:
        engine = load(self.config).deployment.engines[self.engine_name]
        current = Path(engine.folder) / "current"
        process = FreeSwitchProcess(
            engine.address, current, self._state, password=engine.password, port=engine.esl_port
        )
        self._engine.append(process)
        process.start()

    def end_engine(self) -> None:
        while self._engine:
            self._engine.pop().kill()

    def engine_pid(self) -> int:
        return self._engine[-1].pid

    def api(self, name: str, argument: str = "") -> str:
        return self._engine[-1].api(name, argument, 60)


def add_baselines(loaded: Loaded) -> None:
    """Into the file that runs: the next apply writes another."""
    assert isinstance(loaded.stack, FreeSwitchStack)
    path = Path(loaded.engine.folder) / "current/dialplan/calls.xml"
    new = path.with_suffix(".new")
    new.write_text(with_baselines(path.read_text()))
    new.rename(path)
    answer = loaded.stack.api("reloadxml")
    if "+OK" not in answer or "[[" in answer:
        raise RuntimeError(f"the engine took no baseline extension: {answer}")


def with_baselines(calls: str) -> str:
    """The rendered file of all calls, with both baselines in it."""
    head, found, tail = calls.partition(CONTEXT)
    if 'name="bench-native"' in tail:
        return calls
    if not found:
        raise RuntimeError(f"the rendered calls have no {CONTEXT}")
    return "\n".join((head + CONTEXT, _native(), _static(tail), tail))


def _native() -> str:
    return (
        '<extension name="bench-native">'
        f'<condition field="destination_number" expression="^\\{NATIVE}([0-9]+)$">'
        f'<action application="bridge" data="sofia/{PROFILE}/{TENANT}.PH-$1%{PHONES}"/>'
        "</condition></extension>"
    )


def _static(context: str) -> str:
    """The entry as it is rendered, without what asks; and on to where nobody's answer leads."""
    entry, end, _ = context.partition("</extension>")
    left = (*_ASKING, *_REFUSING)
    lines = [line for line in entry.strip().split("\n") if not any(it in line for it in left)]
    alone, changed = re.subn(
        r"(</condition>\s*)$",
        lambda found: f'<action application="transfer" data="{ALONE}"/>\n{found[1]}',
        "\n".join(lines),
    )
    named = alone.replace('name="entry"', 'name="bench-static"')
    # What is before a tenant's name, and what is behind it.
    dialled = named.replace(_DIALLED, f"^()\\{STATIC}([0-9]+)$")
    if not changed or dialled == named:
        raise RuntimeError("the rendered entry is not as the benchmark knows it")
    return dialled + end
