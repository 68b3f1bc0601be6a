"""The folder of one mailbox: its greetings, kept by name, and those that are heard.

Messages are the engine's business and are not touched here. Every file appears whole or not at
all: what is played at the same moment goes on as it was.
"""

from __future__ import annotations

import os
import tempfile
import wave
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from controlplane.diagnostics import fault
from controlplane.voicemail.mailboxes import Greeting, Greetings, Occasion

_LIBRARY = "greetings"
_SUFFIX = ".wav"


class BoxFolder:
    """`heard` is the file, without suffix, of each occasion; `name` that of the recorded name.

    Raises OSError, and Faults where a greeting is not there.
    """

    def __init__(self, path: Path, heard: Mapping[Occasion, str], name: str) -> None:
        self.path = path
        self._heard = {occasion: path / f"{stem}{_SUFFIX}" for occasion, stem in heard.items()}
        self.name_file = path / f"{name}{_SUFFIX}"
        self._library = path / _LIBRARY

    def greetings(self) -> Greetings:
        active = {occasion: _read(file) for occasion, file in self._heard.items()}
        known: list[Greeting] = []
        found: set[Occasion] = set()
        for file in sorted(self._library.glob(f"*{_SUFFIX}")):
            sound = file.read_bytes()
            occasions = tuple(it for it, heard in active.items() if heard == sound)
            found.update(occasions)
            known.append(Greeting(file.stem, seconds_of(sound), occasions))
        unnamed = tuple(it for it, heard in active.items() if heard and it not in found)
        name = _read(self.name_file)
        return Greetings(tuple(known), unnamed, seconds_of(name) if name else None)

    def read(self, name: str) -> bytes:
        try:
            return self._file(name).read_bytes()
        except FileNotFoundError:
            raise fault(f"there is no greeting {name!r}", "", "see `greetings list`") from None

    def put(self, name: str, wav: bytes) -> None:
        before = _read(self._file(name))
        self._write(self._file(name), wav)
        for file in self._heard.values():
            if before and _read(file) == before:
                self._write(file, wav)

    def delete(self, name: str) -> None:
        sound = self.read(name)
        for file in self._heard.values():
            if _read(file) == sound:
                file.unlink()
        self._file(name).unlink()

    def use(self, occasion: Occasion, name: str | None) -> None:
        if name is None:
            self._heard[occasion].unlink(missing_ok=True)
        else:
            self._write(self._heard[occasion], self.read(name))

    def recorded_name(self) -> bytes:
        try:
            return self.name_file.read_bytes()
        except FileNotFoundError:
            raise fault("no name is recorded", "", "upload or record one") from None

    def put_recorded_name(self, wav: bytes | None) -> None:
        if wav is None:
            self.name_file.unlink(missing_ok=True)
        else:
            self._write(self.name_file, wav)

    def clear(self) -> None:
        """All but messages."""
        for file in self._own():
            file.unlink(missing_ok=True)
        with suppress(FileNotFoundError):
            self._library.rmdir()

    def size(self) -> int:
        """Bytes of all but messages."""
        return sum(file.stat().st_size for file in self._own() if file.is_file())

    def heard(self, occasion: Occasion) -> Path:
        return self._heard[occasion]

    def _own(self) -> list[Path]:
        return [*self._library.glob(f"*{_SUFFIX}"), *self._heard.values(), self.name_file]

    def _file(self, name: str) -> Path:
        return self._library / f"{name}{_SUFFIX}"

    def _write(self, file: Path, content: bytes) -> None:
        # The engine makes these folders with the first message; its user is that of the parent.
        file.parent.mkdir(mode=0o770, parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".new-", dir=file.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(handle)
            folder = file.parent.stat()
            Path(temporary).chmod(0o660)
            with suppress(PermissionError):
                os.chown(temporary, folder.st_uid, folder.st_gid)
            Path(temporary).rename(file)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise


def _read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return b""


def seconds_of(wav: bytes) -> float:
    """The length of a WAV; 0 where it is none."""
    import io

    try:
        with wave.open(io.BytesIO(wav)) as sound:
            return round(float(sound.getnframes()) / float(sound.getframerate()), 1)
    except (wave.Error, EOFError, ZeroDivisionError):
        return 0.0
