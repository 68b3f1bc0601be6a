"""The one door, on a real Asterisk: what is stored is what runs, whatever goes wrong."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from controlplane.apply.asterisk import AsteriskApplier
from controlplane.diagnostics import Faults, fault
from controlplane.engines import ENGINES
from controlplane.model.change_set import ChangeSet
from controlplane.model.deployment import Deployment, EngineKind
from controlplane.model.documents import from_documents
from controlplane.service.changes.bringing import start_folder
from controlplane.service.changes.door import Door
from controlplane.store.store import Store
from tests.engines.apply_stand import ADDRESS, Interruption, documents, engine_in
from tests.engines.asterisk_container import AsteriskContainer

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

FILE = "acme.yaml"


class Stand:
    def __init__(self, root: Path) -> None:
        self.url = f"sqlite:///{root / 'store.sqlite'}"
        engine = engine_in(root)
        self.deployment = Deployment(database=self.url, engines={"asterisk": engine})
        self.store = Store.create(self.url)
        asyncio.run(start_folder(engine))
        self.container = AsteriskContainer(ADDRESS, Path(engine.folder), root / "state")

    def door(self) -> Door:
        return Door(self.deployment, self.store)

    def apply_file(self, lines: int, **first: Any) -> None:
        door = self.door()
        wanted = from_documents("acme", documents(lines, **first))
        door.apply(door.plan(wanted, FILE, author="ada", reason="test"))

    def planned(self, lines: int, **first: Any) -> ChangeSet:
        wanted = from_documents("acme", documents(lines, **first))
        return self.door().plan(wanted, FILE).change_set

    def assert_runs_what_is_stored(self) -> None:
        assert self.door().drift() == {"asterisk": []}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    stand = Stand(tmp_path_factory.mktemp("door"))
    with stand.container:
        yield stand
    stand.store.close()


@pytest.fixture
def stand(running: Stand) -> Stand:
    """Five lines are stored, and run."""
    running.door().converge()
    running.apply_file(5)
    running.assert_runs_what_is_stored()
    return running


@pytest.fixture
def interrupt(monkeypatch: pytest.MonkeyPatch) -> Callable[[Interruption], None]:
    """Have the engine's connection counted and interrupted."""

    def apply(interruption: Interruption) -> None:
        row = ENGINES[EngineKind.ASTERISK]
        applier = AsteriskApplier(interruption.connect)
        monkeypatch.setitem(ENGINES, EngineKind.ASTERISK, replace(row, applier=applier))  # type: ignore[arg-type]

    return apply


def refused() -> None:
    raise fault("the engine refuses the command")


def test_a_file_once_applied_changes_nothing_more(stand: Stand) -> None:
    stand.apply_file(6, ring=12)
    assert not stand.planned(6, ring=12)
    assert stand.store.last_applied("asterisk", "applied").revision == stand.store.latest_revision()  # type: ignore[union-attr]
    stand.assert_runs_what_is_stored()


def test_do_not_disturb_is_one_key_and_no_reload(stand: Stand) -> None:
    outcome = stand.door().set("acme/lines/1000/do_not_disturb", True, author="ada")
    done = outcome.engines["asterisk"]
    assert (done.reloads, done.files_changed, done.keys_changed) == ((), 0, 1)
    assert done.revision == outcome.revision == stand.store.latest_revision()
    assert stand.store.documents("acme")["acme/lines/1000"]["do_not_disturb"] is True
    stand.assert_runs_what_is_stored()
    stand.door().set("acme/lines/1000/do_not_disturb", None)
    assert "do_not_disturb" not in stand.store.documents("acme")["acme/lines/1000"]
    stand.assert_runs_what_is_stored()


def test_a_forward_is_a_key_too_and_must_lead_somewhere(stand: Stand) -> None:
    outcome = stand.door().set("acme/lines/1003/forward/unanswered", "line/1001")
    assert outcome.engines["asterisk"].reloads == ()
    stand.assert_runs_what_is_stored()
    revision = stand.store.latest_revision()
    with pytest.raises(Faults, match="999"):
        stand.door().set("acme/lines/1003/forward/unanswered", "line/999")
    assert stand.store.latest_revision() == revision


def test_a_time_frame_reloads_the_dialplan_and_a_ring_time_does_not(stand: Stand) -> None:
    outcome = stand.door().set("acme/time_frames/office/mon-fri", "08:00-16:00")
    assert outcome.engines["asterisk"].reloads == ("pbx_config.so",)
    stand.assert_runs_what_is_stored()
    outcome = stand.door().set("acme/lines/1003/ring", 33)
    assert outcome.engines["asterisk"].reloads == ()
    stand.assert_runs_what_is_stored()


@pytest.mark.proves("H8")
def test_rollback_brings_store_and_engine_back(stand: Stand) -> None:
    before, revision = stand.store.documents("acme"), stand.store.latest_revision()
    stand.apply_file(7, ring=50)
    stand.door().rollback(revision, author="ada")
    assert stand.store.documents("acme") == before
    stand.assert_runs_what_is_stored()


def test_an_engine_ahead_of_a_restored_store_is_brought_to_what_is_stored(stand: Stand) -> None:
    stand.container.cli("database put cp revision 9999")
    stand.apply_file(6)
    stand.assert_runs_what_is_stored()


def test_with_the_engine_down_nothing_is_committed(stand: Stand) -> None:
    before = stand.store.latest_revision()
    stand.container.kill()
    try:
        with pytest.raises(Faults) as caught:
            stand.apply_file(6)
    finally:
        stand.container.start()
    assert len(caught.value.diagnostics) == 1
    assert stand.store.latest_revision() == before
    stand.door().converge()
    stand.assert_runs_what_is_stored()


def test_what_an_engine_refuses_is_taken_back_from_the_store(
    stand: Stand, interrupt: Callable[[Interruption], None]
) -> None:
    before = stand.store.documents("acme")
    counting = Interruption(0, lambda: None)
    interrupt(counting)
    stand.apply_file(6, ring=12)
    refusals = 0
    for at in range(1, counting.count + 1):
        interrupt(Interruption(0, lambda: None))
        stand.apply_file(5)
        assert stand.store.documents("acme") == before
        interrupt(Interruption(at, refused))
        try:
            stand.apply_file(6, ring=12)
        except Faults:
            refusals += 1
            assert stand.store.documents("acme") == before
            assert len(stand.planned(6, ring=12).changes) > 2
        interrupt(Interruption(0, lambda: None))
        stand.assert_runs_what_is_stored()
    assert refusals > 15
    reasons = [commit.reason for commit in stand.store.history("acme", 10)]
    assert any("taken back: the engine refuses" in reason for reason in reasons)


def test_killed_at_any_step_the_next_apply_brings_the_engine_to_what_is_stored(
    stand: Stand, interrupt: Callable[[Interruption], None]
) -> None:
    counting = Interruption(0, lambda: None)
    interrupt(counting)
    with counting.files():
        stand.apply_file(6, ring=12)
    killed = 0
    for at in range(1, counting.count + 1, 3):
        interrupt(Interruption(0, lambda: None))
        stand.apply_file(5)
        stand.store.close()
        child = os.fork()
        if child == 0:
            interruption = Interruption(at, lambda: os.kill(os.getpid(), signal.SIGKILL))
            interrupt(interruption)
            with interruption.files():
                stand.apply_file(6, ring=12)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)
        assert "1004" in stand.container.cli("dialplan show cp-t-acme")
        stand.door().converge()
        stand.assert_runs_what_is_stored()
    assert killed > 10
