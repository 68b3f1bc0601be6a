"""Apply interrupted at every file operation and every engine command, on a real Asterisk."""

from __future__ import annotations

import asyncio
import errno
import os
import signal
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

import pytest

from controlplane.apply.asterisk import AsteriskApplier
from controlplane.apply.bundle_folder import BundleFolder
from controlplane.diagnostics import Diagnostic, Faults, fault
from controlplane.live.asterisk import control as asterisk_control
from controlplane.model.deployment import Engine
from controlplane.render.asterisk import render
from controlplane.render.bundle import Bundle
from tests.engines.apply_stand import ADDRESS, Interruption, bundle, engine_in
from tests.engines.asterisk_container import AsteriskContainer

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

APPLIER = AsteriskApplier(asterisk_control.connect)


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Engine, AsteriskContainer]]:
    root = tmp_path_factory.mktemp("asterisk")
    engine = engine_in(root)
    asyncio.run(APPLIER.start_folder(engine, render((), engine)))
    with AsteriskContainer(ADDRESS, Path(engine.folder), root / "state") as container:
        yield engine, container


@pytest.fixture
def engine(stand: tuple[Engine, AsteriskContainer]) -> Engine:
    return stand[0]


@pytest.fixture
def container(stand: tuple[Engine, AsteriskContainer]) -> AsteriskContainer:
    return stand[1]


def old(engine: Engine) -> Bundle:
    return bundle(engine, 5)


def new(engine: Engine) -> Bundle:
    """Other files of each part, other keys, one key less."""
    return bundle(engine, 6, ring=12, do_not_disturb=True, label=[])


def back_to_old(engine: Engine) -> None:
    asyncio.run(APPLIER.apply(engine, old(engine), 1, lambda _: None, {}, thorough=True))
    BundleFolder(Path(engine.folder)).prune(keep=1)


def to_new(engine: Engine, interruption: Interruption | None = None) -> None:
    applier = AsteriskApplier(interruption.connect) if interruption else APPLIER
    asyncio.run(applier.apply(engine, new(engine), 2, lambda _: None, {}))


def drift(engine: Engine, wanted: Bundle, revision: int) -> list[Diagnostic]:
    return asyncio.run(APPLIER.drift(engine, wanted, revision))


def steps(engine: Engine, *, files: bool, commands: bool) -> int:
    """How many file operations and engine commands the apply takes."""
    back_to_old(engine)
    counting = Interruption(0, lambda: None)
    run(engine, counting, files=files, commands=commands)
    return counting.count


def run(engine: Engine, interruption: Interruption, *, files: bool, commands: bool) -> None:
    """Apply the new bundle, with these steps counted."""
    with interruption.files() if files else nullcontext():
        to_new(engine, interruption if commands else None)


def assert_calls_work(engine: Engine, container: AsteriskContainer) -> None:
    """The link leads to a whole bundle, and each part is wholly of one bundle or the other."""
    folder = BundleFolder(Path(engine.folder))
    live = folder.live()
    assert live is not None
    assert folder.differences(live) == []
    assert "1004" in container.cli("dialplan show cp-t-acme")
    assert "acme.phone-1004" in container.cli("pjsip show endpoints")


def disk_full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def refused() -> None:
    raise fault("the engine refuses the command")


@pytest.mark.parametrize("which", ["files", "commands"])
def test_an_error_at_any_step_leaves_the_old_or_the_new_revision_whole(
    engine: Engine, container: AsteriskContainer, which: str
) -> None:
    files, commands = which == "files", which == "commands"
    total = steps(engine, files=files, commands=commands)
    assert total > 15
    failed = 0
    for at in range(1, total + 1):
        back_to_old(engine)
        interruption = Interruption(at, disk_full if files else refused)
        try:
            run(engine, interruption, files=files, commands=commands)
        except Faults:
            failed += 1
            assert drift(engine, old(engine), 1) == [], f"step {at}"
        else:
            assert drift(engine, new(engine), 2) == [], f"step {at}"
        assert_calls_work(engine, container)
        to_new(engine)
        assert drift(engine, new(engine), 2) == []
    assert failed > 12


def test_an_engine_lost_at_any_step_is_said_plainly_and_the_next_apply_converges(
    engine: Engine, container: AsteriskContainer
) -> None:
    total = steps(engine, files=False, commands=True)
    plainly = 0
    for at in range(1, total + 1):
        back_to_old(engine)
        interruption = Interruption(at, refused, and_later=True)
        said = ""
        try:
            run(engine, interruption, files=False, commands=True)
        except Faults as faults:
            said = faults.diagnostics[-1].message
        plainly += "could not be brought back to revision 1" in said
        assert_calls_work(engine, container)
        to_new(engine)
        assert drift(engine, new(engine), 2) == []
    assert plainly > 5


def test_a_kill_at_any_step_leaves_a_working_engine_and_the_next_apply_converges(
    engine: Engine, container: AsteriskContainer
) -> None:
    total = steps(engine, files=True, commands=True)
    assert total > 40
    killed = 0
    for at in range(1, total + 1):
        back_to_old(engine)
        child = os.fork()
        if child == 0:
            interruption = Interruption(at, lambda: os.kill(os.getpid(), signal.SIGKILL))
            run(engine, interruption, files=True, commands=True)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)
        assert_calls_work(engine, container)
        to_new(engine)
        assert drift(engine, new(engine), 2) == []
    assert killed == total
