"""Bundle folder: an engine's bundles beside each other, and one link to the live one.

    <folder>/bundles/41/…     one folder a bundle, never changed once it has its name
    <folder>/current          link to the live bundle; the engine reads all its files through it
    <folder>/lock             held while anything here is changed

A bundle is written under a temporary name, flushed to the disk and renamed; the link is
replaced by a rename. So a kill or a power cut at any moment leaves the old or the new bundle
live, whole. What is left over under a temporary name is removed by whoever comes next.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path, PurePosixPath

from controlplane.apply.manifest import (
    MANIFEST,
    Entry,
    Manifest,
    differences,
    digest_of,
    encoded,
    read_manifest,
    untouched,
)
from controlplane.diagnostics import fault

KEEP = 5
LOCK_SECONDS = 30.0

_SPARE = 2**20
"""Bytes that are to be left beside a new bundle, for the database and all else."""

_FILE_MODE = 0o640
_FOLDER_MODE = 0o750
_UNFINISHED = ".unfinished-"

_MENDS = {
    errno.ENOSPC: "free some space",
    errno.EDQUOT: "free some space, or raise the quota",
    errno.EROFS: "mount it writable",
    errno.EACCES: "give us the right to write there",
    errno.EPERM: "give us the right to write there",
}


@contextmanager
def clear_faults(folder: Path) -> Iterator[None]:
    """Turn what the system raises into one fault that names the place."""
    try:
        yield
    except OSError as error:
        place = error.filename if isinstance(error.filename, str) else str(folder)
        reason = error.strerror or str(error)
        mend = _MENDS.get(error.errno or 0, "")
        raise fault(f"the engine's folder cannot be changed: {reason}", place, mend) from error


class BundleFolder:
    """All paths are below `folder`. Call what changes anything only while `locked`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.bundles = folder / "bundles"
        self.link = folder / "current"

    @asynccontextmanager
    async def locked(self, seconds: float = LOCK_SECONDS) -> AsyncIterator[None]:
        """Alone in this folder; what an interrupted process left is cleared away first.

        Raises Faults where another process still has it after `seconds`.
        """
        with clear_faults(self.folder):
            self.bundles.mkdir(mode=_FOLDER_MODE, parents=True, exist_ok=True)
            held = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            await self._wait(held, seconds)
            with clear_faults(self.folder):
                self._clear()
            yield
        finally:
            os.close(held)

    async def _wait(self, held: int, seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if clock() >= until:
                    raise fault(
                        "another apply is changing this engine",
                        str(self.folder),
                        "try again when it has finished",
                    ) from None
                await asyncio.sleep(0.05)
            else:
                return

    def refuse_full(self) -> None:
        """Faults where another bundle as large as the live one may not find room.

        Where folder and database share a disk, a bundle that does not fit would be found out
        after a commit that then cannot be taken back.
        """
        try:
            disk = os.statvfs(self.folder)
        except OSError:
            return
        left, live = disk.f_bavail * disk.f_frsize, self.live()
        needed = _SPARE + sum(entry.size for entry in live.files.values()) if live else _SPARE
        if left < needed:
            raise fault(
                f"the engine's folder has {left // 1024} KB left,"
                f" and a new bundle may take {needed // 1024}",
                str(self.folder),
                "free some space; nothing was changed",
            )

    def live(self) -> Manifest | None:
        """The bundle that the link names; None without one, or where it is none of ours."""
        try:
            target = self.link.readlink()
        except OSError:
            return None
        return read_manifest(self.bundles / target.name)

    def live_name(self) -> str | None:
        """The folder that the link names, whatever is in it."""
        try:
            return self.link.readlink().name
        except OSError:
            return None

    def intact(self, manifest: Manifest) -> bool:
        """Whether no file was touched since it was written, judged by size and time."""
        folder = self.bundles / manifest.name
        return all(untouched(folder / path, entry) for path, entry in manifest.files.items())

    def differences(self, manifest: Manifest) -> list[tuple[str, str]]:
        """Files edited, missing or added by somebody else, and which of these it is."""
        return differences(self.bundles / manifest.name, manifest)

    def texts(self, name: str | None) -> dict[str, str]:
        """The files of a bundle by path; none for no bundle. Raises Faults."""
        found = read_manifest(self.bundles / name) if name else None
        with clear_faults(self.folder):
            return (
                {path: (self.bundles / str(name) / path).read_text() for path in found.files}
                if found
                else {}
            )

    def write(self, files: Mapping[str, str], revision: int) -> Manifest:
        """The bundle of these files, on the disk and not yet live.

        Files that the live bundle holds too are hard links to it. Raises Faults.
        """
        contents = {path: encoded(path, text) for path, text in files.items()}
        digests = {path: digest_of(content) for path, content in contents.items()}
        with clear_faults(self.folder):
            name = self._free_name(revision, digests)
            if (found := read_manifest(self.bundles / name)) is not None:
                return found
            unfinished = self.bundles / f"{_UNFINISHED}{name}"
            _make_folder(unfinished)
            entries = self._fill(unfinished, contents, digests)
            manifest = Manifest(name, revision, entries)
            _write_file(unfinished / MANIFEST, manifest.to_json().encode())
            for folder in {unfinished / path.parent for path in map(PurePosixPath, files)}:
                _flush_folder(folder)
            _flush_folder(unfinished)
            unfinished.rename(self.bundles / name)
            _flush_folder(self.bundles)
            return manifest

    def switch(self, name: str | None) -> None:
        """Make the bundle live; None: no bundle. Raises Faults, the link then stays."""
        with clear_faults(self.folder):
            if name is None:
                self.link.unlink(missing_ok=True)
            else:
                new = self.folder / f"{_UNFINISHED}current"
                new.unlink(missing_ok=True)
                new.symlink_to(Path("bundles") / name)
                new.rename(self.link)
            _flush_folder(self.folder)

    def discard(self, name: str) -> None:
        """Remove a bundle that is not live, as far as that goes."""
        if name != self.live_name():
            shutil.rmtree(self.bundles / name, ignore_errors=True)

    def prune(self, keep: int = KEEP) -> None:
        """Remove all but the live bundle and the newest others, `keep` in all."""
        with contextlib.suppress(OSError):
            live = self.live_name()
            others = [item for item in self.bundles.iterdir() if item.name != live]
            others.sort(key=lambda item: item.stat().st_mtime_ns, reverse=True)
            for item in others[keep - 1 :]:
                shutil.rmtree(item, ignore_errors=True)

    def _clear(self) -> None:
        for item in self.bundles.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(item)
        for item in self.folder.glob(f"{_UNFINISHED}*"):
            item.unlink()

    def _free_name(self, revision: int, digests: Mapping[str, str]) -> str:
        """The revision; with a count where its name is taken by other files that may be live."""
        live, count = self.live_name(), 1
        while True:
            name = str(revision) if count == 1 else f"{revision}-{count}"
            folder = self.bundles / name
            if not os.path.lexists(folder):
                return name
            found = read_manifest(folder)
            if found and found.digests() == digests and self.intact(found):
                return name
            if name != live:
                shutil.rmtree(folder)
                return name
            count += 1

    def _fill(
        self, folder: Path, contents: Mapping[str, bytes], digests: Mapping[str, str]
    ) -> dict[str, Entry]:
        live = self.live()
        entries: dict[str, Entry] = {}
        for path, content in contents.items():
            target = folder / _inside(path)
            _make_folder(target.parent)
            old = live.files.get(path) if live else None
            if live and old and old.digest == digests[path]:
                source = self.bundles / live.name / path
                if untouched(source, old) and _linked(source, target):
                    entries[path] = old
                    continue
            _write_file(target, content)
            found = target.stat()
            entries[path] = Entry(digests[path], found.st_size, found.st_mtime_ns)
        return entries


def _inside(path: str) -> PurePosixPath:
    parts = PurePosixPath(path)
    if parts.is_absolute() or ".." in parts.parts or path in ("", MANIFEST):
        raise fault(f"{path!r} is no path inside a bundle")
    return parts


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        _make_folder(folder.parent)
        folder.mkdir()
        folder.chmod(_FOLDER_MODE)


def _linked(source: Path, target: Path) -> bool:
    """Whether `target` is now the same file; not every file system has hard links."""
    try:
        target.hardlink_to(source)
    except OSError as error:
        if error.errno in (errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.EXDEV, errno.ENOENT):
            return False
        raise
    return True


def _write_file(path: Path, content: bytes) -> None:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
    try:
        # Whatever the umask: the engine may run as another user of our group.
        os.fchmod(file, _FILE_MODE)
        view = memoryview(content)
        while view:
            view = view[os.write(file, view) :]
        os.fsync(file)
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
    finally:
        os.close(file)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
