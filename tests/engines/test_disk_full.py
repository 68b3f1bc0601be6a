"""Full disks, for real: one clear line, nothing half done, and the next apply after room converges.

Each folder that is written to is a file system of its own, of 4 MB.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.engines.asterisk_container import AsteriskContainer
from tests.unit.cli.conftest import ACME, run_process

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

ADDRESS, SECOND = "127.0.0.71", "127.0.0.73"
CHANGED = (
    ACME.replace("ring: 20s, v", "ring: 31s, v") + "time_frames: {office: {sat: 09:00-12:00}}\n"
)
"""A key of the engine and its dialplan."""
SYNCED_SECONDS = 1.5
"""Asterisk writes its store to the disk at most a second late."""


@contextmanager
def small_disk(place: Path, size: str = "4m") -> Iterator[None]:
    place.mkdir(parents=True, exist_ok=True)
    options = ["-o", f"size={size},nr_inodes=400,mode=0755", "tmpfs", str(place)]
    try:
        done = subprocess.run(["mount", "-t", "tmpfs", *options], capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("there is no program to mount a file system with")
    if done.returncode != 0:
        pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextmanager
def full(place: Path, leave: int = 0) -> Iterator[None]:
    """All but `leave` bytes of the disk are taken."""
    disk = os.statvfs(place)
    filler = place / "filler"
    filler.write_bytes(b"x" * (disk.f_bavail * disk.f_frsize - leave))
    try:
        yield
    finally:
        filler.unlink()


@contextmanager
def no_more_files(place: Path, leave: int) -> Iterator[None]:
    """There is room, but for `leave` files more only."""
    fillers = [place / f"filler-{number}" for number in range(os.statvfs(place).f_ffree - leave)]
    for filler in fillers:
        filler.touch()
    try:
        yield
    finally:
        for filler in fillers:
            filler.unlink()


@dataclass(frozen=True)
class Office:
    """A deployment that runs; `var` holds the database, `state` what the engine writes."""

    folder: Path
    engine: AsteriskContainer

    @property
    def var(self) -> Path:
        return self.folder / "var"

    @property
    def bundles(self) -> Path:
        return self.folder / "var/asterisk"

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def ctl(self, *args: str) -> subprocess.CompletedProcess[str]:
        return run_process(*args, cwd=self.folder, env={"CTL_AUTHOR": "ada"})

    def start(self) -> None:
        """The file is applied, and then changed."""
        (self.folder / "acme.yaml").write_text(ACME)
        done = self.ctl("apply", "acme.yaml")
        assert done.returncode == 0, done.stderr
        (self.folder / "acme.yaml").write_text(CHANGED)

    def refused(self, *args: str) -> list[str]:
        """What is said on stderr, line by line."""
        done = self.ctl(*args)
        assert (done.returncode, done.stdout) == (1, "")
        return done.stderr.splitlines()

    def revision(self) -> int:
        """What the engine says it runs."""
        return int(self.engine.cli("database get cp revision").removeprefix("Value: "))

    def assert_runs(self, ring: str) -> None:
        """`ring` seconds of line 101 are stored, and the engine runs what is stored."""
        assert self.ctl("get", "acme/lines/101/ring").stdout == f"{ring}\n"
        drift = self.ctl("drift")
        assert drift.returncode == 0, drift.stdout

    def assert_converges(self) -> None:
        """With room again."""
        done = self.ctl("apply", "acme.yaml")
        assert done.returncode == 0, done.stderr
        self.assert_runs("31")
        assert not list(self.bundles.rglob(".unfinished*"))


@contextmanager
def office_on(address: str, folder: Path, *disks: str) -> Iterator[Office]:
    with ExitStack() as mounted:
        for disk in disks:
            mounted.enter_context(small_disk(folder / disk))
        (folder / "acme.yaml").write_text(ACME)
        options = ("--address", address, "--rtp", "17100-17199", "--run-port", "19188")
        done = run_process("init", *options, cwd=folder)
        assert done.returncode == 0, done.stderr
        with AsteriskContainer(address, folder / "var/asterisk", folder / "state") as engine:
            yield Office(folder, engine)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("disks")
    with office_on(ADDRESS, folder, "var", "var/asterisk", "state") as made:
        yield made


@pytest.fixture
def office(running: Office) -> Office:
    """The database, the bundles and what the engine writes are on a disk each."""
    running.start()
    return running


def test_no_room_for_a_bundle_is_seen_before_anything_is_stored(office: Office) -> None:
    before = office.ctl("log", "acme").stdout
    with full(office.bundles):
        (said,) = office.refused("apply", "acme.yaml")
        assert "KB left" in said
        assert "free some space; nothing was changed" in said
        office.assert_runs("20")
        assert office.ctl("log", "acme").stdout == before
        flip = office.ctl("set", "acme/lines/102/do_not_disturb", "yes")
        assert flip.returncode == 0, flip.stderr
    office.assert_converges()


@pytest.mark.parametrize("files", [0, 2])
def test_no_room_in_the_middle_of_a_bundle_takes_the_commit_back(
    office: Office, files: int
) -> None:
    with no_more_files(office.bundles, files):
        (said,) = office.refused("apply", "acme.yaml")
        assert "No space left on device (free some space)" in said
        office.assert_runs("20")
        last = office.ctl("log", "acme/lines/101/ring").stdout.splitlines()[1]
        assert "taken back: " in last
    office.assert_converges()


@pytest.mark.parametrize("leave", [0, 20_000, 40_000])
def test_no_room_for_the_database(office: Office, leave: int) -> None:
    with full(office.var, leave):
        (said,) = office.refused("apply", "acme.yaml")
        assert "the disk is full (free some space; nothing was changed)" in said
        (said,) = office.refused("set", "acme/lines/101/ring", "40")
        assert "the disk is full" in said
    office.assert_runs("20")
    office.assert_converges()


def test_no_room_on_the_disk_of_database_and_bundles(tmp_path: Path) -> None:
    with office_on(SECOND, tmp_path, "var") as office:
        office.start()
        for leave in (0, 64_000, 90_000, 120_000):
            with full(office.var, leave):
                (said,) = office.refused("apply", "acme.yaml")
                assert "free some space; nothing was changed" in said
            office.assert_runs("20")
        office.assert_converges()


def test_no_room_for_the_keys_of_the_engine(office: Office) -> None:
    time.sleep(SYNCED_SECONDS)
    before = office.revision()
    with full(office.state):
        for change in (["apply", "acme.yaml"], ["set", "acme/lines/101/do_not_disturb", "yes"]):
            why, what = office.refused(*change)
            assert "the disk of its state folder has room" in why
            assert what == f"error: nothing was changed: the engine runs revision {before} again"
            assert office.ctl("get", "acme/lines/101/ring").stdout == "20\n"
            assert office.revision() == before
    office.assert_converges()
