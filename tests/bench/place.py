"""The place of a benchmark: its folder, its stacks by size of the tenant, and its phones."""

from __future__ import annotations

import re
import resource
import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from controlplane.cli.config import load
from controlplane.model.deployment import Deployment, Engine
from controlplane.service.changes.door import Door
from controlplane.store.store import Store
from controlplane.store.yaml.reader import read_file
from examples.generate_large import extensions, large_tenant
from examples.stack import Stack
from tests.bench.dialled import TENANT
from tests.bench.engines import Measured
from tests.bench.figures import Timed
from tests.bench.sip_caller import SipBench


@dataclass
class Loaded:
    """A stack with a tenant of `lines` lines applied."""

    measured: Measured
    stack: Stack
    lines: int
    file: Path

    @property
    def keys(self) -> list[str]:
        return extensions(self.lines)

    @property
    def deployment(self) -> Deployment:
        return load(self.stack.config).deployment

    @property
    def engine(self) -> Engine:
        return self.deployment.engines[self.stack.engine_name]

    def account(self, key: str) -> str:
        """The SIP account of the handset that serves a line."""
        return f"{TENANT}.PH-{key}"

    def passwords(self, keys: Sequence[str]) -> dict[str, str]:
        """SIP passwords by account."""
        with Store.open(self.deployment.database) as store:
            secrets = store.load(TENANT).secrets
        return {self.account(key): secrets[f"PH-{key}"] for key in keys}

    @contextmanager
    def door(self) -> Iterator[Door]:
        """What a service that changes settings holds."""
        with Store.open(self.deployment.database) as store:
            yield Door(self.deployment, store)

    def change_ring(self, run: int) -> None:
        """Write another ring time for one line into the file."""
        key = self.keys[self.lines // 2 + run]
        text = self.file.read_text()
        head = f'  "{key}":\n    user: user-{key}\n    ring: '
        changed = re.sub(rf"(?<={re.escape(head)})\d+s", f"{40 + run % 20}s", text)
        assert changed != text, f"the ring time of line {key} was not found"
        self.file.write_text(changed)

    @contextmanager
    def controller(self) -> Iterator[int]:
        """`ctl run`, following; its process id."""
        self.stack.start_controller()
        try:
            pid = self.stack.controller_pid()
            assert pid is not None
            yield pid
        finally:
            self.stack.end_controller(signal.SIGTERM)

    @contextmanager
    def phones(self, keys: Sequence[str]) -> Iterator[tuple[SipBench, dict[str, str]]]:
        """Registered phones of these lines, and their passwords by account."""
        passwords = self.passwords(keys)
        with SipBench(self.measured.address, self.measured.phones) as bench:
            bench.register(passwords)
            yield bench, passwords


@dataclass
class Place:
    """`quick`: as few runs as say anything at all."""

    folder: Path
    engine: Measured
    quick: bool = False
    _loaded: Loaded | None = field(default=None)
    _other: Loaded | None = field(default=None)

    def runs(self, usual: int) -> int:
        return 1 if self.quick else usual

    def tell(self, text: str) -> None:
        print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)

    def file(self, lines: int) -> Path:
        """The YAML file of a tenant of that size."""
        path = self.folder / f"tenant-{lines}.yaml"
        if not path.exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            path.write_text(large_tenant(lines, TENANT))
        return path

    def empty_stack(self, name: str) -> Stack:
        """Configuration and an empty store in a new folder; nothing runs."""
        self.end()
        folder = self.folder / name
        shutil.rmtree(folder, ignore_errors=True)
        stack = self.engine.stack(folder, self.engine.address, self.engine.run_port)
        stack.init()
        return stack

    def first_apply(self, lines: int) -> Timed:
        """Time of the first `ctl apply` to a fresh engine, which stays and is `loaded`."""
        loaded = self._loaded = self._fresh(self.file(lines), lines)
        return timed_ctl(loaded.stack, "apply", str(loaded.file), "--yes")

    def applied(self, file: Path, lines: int) -> Loaded:
        """A fresh engine with another tenant than the usual one; nothing else is loaded then."""
        self.tell(f"starting an engine with {file.name}")
        loaded = self._other = self._fresh(file, lines)
        with loaded.door() as door:
            door.apply(door.plan(read_file(loaded.file).system, str(loaded.file)))
        return loaded

    def _fresh(self, source: Path, lines: int) -> Loaded:
        stack = self.empty_stack(f"applied-{lines}")
        file = stack.folder / "tenant.yaml"
        shutil.copyfile(source, file)
        stack.start_engine()
        return Loaded(self.engine, stack, lines, file)

    def loaded(self, lines: int) -> Loaded:
        """A running engine with a tenant of that size; the one that is there, if it is."""
        if self._loaded is None or self._loaded.lines != lines:
            self.tell(f"starting an engine with {lines} lines")
            self.first_apply(lines)
        assert self._loaded is not None
        return self._loaded

    def end(self) -> None:
        """Ends whatever runs."""
        for loaded in (self._loaded, self._other):
            if loaded is not None:
                loaded.stack.down()
                shutil.rmtree(loaded.stack.folder, ignore_errors=True)
        self._loaded = self._other = None


def timed_ctl(stack: Stack, *words: str, accept: Sequence[int] = (0,)) -> Timed:
    """Time of the whole process."""
    before, start = _children_cpu(), time.perf_counter()
    stack.ctl(*words, accept=accept)
    return Timed(time.perf_counter() - start, _children_cpu() - before)


def _children_cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
