"""The bundle folder: one switch, hard links, and a whole bundle live whatever is interrupted."""

import asyncio
import errno
import os
import signal
from pathlib import Path

import pytest

from controlplane.apply.bundle_folder import BundleFolder
from controlplane.diagnostics import Faults

OLD = {"extensions.conf": "[one]\n", "acme/lines.conf": "101\n" * 50, "pjsip.conf": "a\n"}
NEW = {"extensions.conf": "[two]\n", "acme/lines.conf": "101\n" * 50, "queues.conf": "q\n"}

FILE_OPERATIONS = (
    "mkdir", "open", "write", "fsync", "fchmod", "chmod", "link", "rename", "symlink", "unlink",
)  # fmt: skip


def put(folder: BundleFolder, files: dict[str, str], revision: int) -> None:
    async def main() -> None:
        async with folder.locked(seconds=0.2):
            manifest = folder.write(files, revision)
            folder.switch(manifest.name)
            folder.prune()

    asyncio.run(main())


def read_live(folder: BundleFolder) -> dict[str, str]:
    """What an engine finds through the link."""
    found = {}
    for path in folder.link.rglob("*"):
        name = path.relative_to(folder.link).as_posix()
        if path.is_file() and name != "manifest.json":
            found[name] = path.read_text()
    return found


class Interrupted:
    """Patches `os`: the operation number `at` (from 1) calls `act` instead of happening."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, at: int, act) -> None:  # type: ignore[no-untyped-def]
        self.count = 0
        for name in FILE_OPERATIONS:
            monkeypatch.setattr(os, name, self._wrap(getattr(os, name), at, act))

    def _wrap(self, real, at, act):  # type: ignore[no-untyped-def]
        def counted(*args, **kwargs):  # type: ignore[no-untyped-def]
            self.count += 1
            if self.count == at:
                act()
            return real(*args, **kwargs)

        return counted


@pytest.fixture
def folder(tmp_path: Path) -> BundleFolder:
    made = BundleFolder(tmp_path / "engine")
    put(made, OLD, 1)
    return made


def faults_of(folder: BundleFolder) -> list[str]:
    try:
        put(folder, NEW, 2)
    except Faults as faults:
        return [str(item) for item in faults.diagnostics]
    return []


def operations(tmp_path: Path) -> int:
    """How many file operations the second apply takes."""
    made = BundleFolder(tmp_path / "counted")
    put(made, OLD, 1)
    with pytest.MonkeyPatch.context() as patch:
        interrupted = Interrupted(patch, 0, lambda: None)
        put(made, NEW, 2)
    return interrupted.count


def test_the_link_names_a_bundle_with_exactly_the_wanted_files(folder: BundleFolder) -> None:
    put(folder, NEW, 2)
    assert read_live(folder) == NEW
    assert folder.link.readlink() == Path("bundles/2")
    live = folder.live()
    assert live is not None
    assert live.revision == 2


def test_unchanged_files_are_the_same_file_on_the_disk(folder: BundleFolder) -> None:
    put(folder, NEW, 2)
    same, changed = "acme/lines.conf", "extensions.conf"
    one, two = folder.bundles / "1", folder.bundles / "2"
    assert (one / same).samefile(two / same)
    assert not (one / changed).samefile(two / changed)


def test_an_edited_file_is_not_carried_into_the_next_bundle(folder: BundleFolder) -> None:
    edited = folder.link / "acme/lines.conf"
    edited.write_text("999\n" * 50)
    live = folder.live()
    assert live is not None
    assert folder.differences(live) == [("acme/lines.conf", "was edited")]
    assert not folder.intact(live)
    put(folder, NEW, 2)
    assert read_live(folder) == NEW


def test_the_same_revision_again_mends_an_edited_live_bundle(folder: BundleFolder) -> None:
    (folder.link / "pjsip.conf").unlink()
    (folder.link / "stray.conf").write_text("x")
    put(folder, OLD, 1)
    assert read_live(folder) == OLD
    assert folder.link.readlink() == Path("bundles/1-2")


def test_nothing_is_written_for_a_bundle_that_is_there(folder: BundleFolder) -> None:
    put(folder, NEW, 2)
    before = (folder.bundles / "1").stat().st_mtime_ns
    put(folder, OLD, 1)
    assert (folder.bundles / "1").stat().st_mtime_ns == before
    assert read_live(folder) == OLD


def test_five_bundles_are_kept_and_the_live_one_is_among_them(folder: BundleFolder) -> None:
    for revision in range(2, 10):
        put(folder, {"a.conf": str(revision)}, revision)
    assert sorted(item.name for item in folder.bundles.iterdir()) == ["5", "6", "7", "8", "9"]


def test_others_may_read_nothing(folder: BundleFolder) -> None:
    for path in (folder.bundles / "1").rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o750 if path.is_dir() else 0o640)


def test_a_second_apply_at_once_gets_one_clear_line(folder: BundleFolder) -> None:
    async def main() -> None:
        async with folder.locked(), BundleFolder(folder.folder).locked(seconds=0.1):
            pytest.fail("both hold the lock")

    with pytest.raises(Faults, match="another apply is changing this engine"):
        asyncio.run(main())


@pytest.mark.parametrize("path", ["../escape", "/etc/passwd", "manifest.json", ""])
def test_no_file_outside_the_bundle(folder: BundleFolder, path: str) -> None:
    with pytest.raises(Faults):
        put(folder, {path: "x"}, 2)
    assert read_live(folder) == OLD


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (errno.ENOSPC, "No space left on device"),
        (errno.EROFS, "Read-only file system"),
        (errno.EACCES, "Permission denied"),
    ],
)
def test_an_error_at_any_file_operation_leaves_a_whole_bundle_live(
    tmp_path: Path, number: int, text: str
) -> None:
    def fail() -> None:
        raise OSError(number, os.strerror(number))

    total = operations(tmp_path)
    assert total > 15
    refused = 0
    for at in range(1, total + 1):
        folder = BundleFolder(tmp_path / f"engine{at}")
        put(folder, OLD, 1)
        with pytest.MonkeyPatch.context() as patch:
            Interrupted(patch, at, fail)
            lines = faults_of(folder)
        assert [line for line in lines if text not in line] == []
        assert len(lines) <= 1
        refused += len(lines)
        assert read_live(folder) in (OLD, NEW)
        put(folder, NEW, 2)
        assert read_live(folder) == NEW
        assert not list(folder.folder.rglob(".unfinished*"))
    assert refused > 10


def test_a_kill_at_any_file_operation_leaves_a_whole_bundle_live(tmp_path: Path) -> None:
    total = operations(tmp_path)
    killed = 0
    for at in range(1, total + 1):
        folder = BundleFolder(tmp_path / f"engine{at}")
        put(folder, OLD, 1)
        child = os.fork()
        if child == 0:
            Interrupted(pytest.MonkeyPatch(), at, lambda: os.kill(os.getpid(), signal.SIGKILL))
            put(folder, NEW, 2)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        killed += os.WIFSIGNALED(status)
        assert read_live(folder) in (OLD, NEW)
        put(folder, NEW, 2)
        assert read_live(folder) == NEW
        assert not list(folder.folder.rglob(".unfinished*"))
    assert killed == total


def test_a_disk_without_room_for_another_bundle_is_refused(
    folder: BundleFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.refuse_full()
    real = os.statvfs(folder.folder)
    few = (300 * 2**10) // real.f_frsize
    full = os.statvfs_result((*real[:4], few, *real[5:]))
    monkeypatch.setattr(os, "statvfs", lambda _: full)
    with pytest.raises(Faults, match="has 300 KB left, and a new bundle may take 1024"):
        folder.refuse_full()
