"""Mailboxes of an Asterisk: app_voicemail's files are read, and the engine itself changes them.

Over AMI it moves and removes a message by its id, closes the gap under its own lock, and tells
phones how many are left. Two such actions at once may meet another message's number, so ours
come one after the other.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar
from uuid import uuid4

from controlplane.diagnostics import Faults, fault
from controlplane.live.ami.connection import AmiConnection
from controlplane.live.ami.settings import AmiSettings
from controlplane.live.errors import AmiError
from controlplane.model.deployment import Engine
from controlplane.render.asterisk.names import phone_leg
from controlplane.voicemail import asterisk_files as files
from controlplane.voicemail.box_folder import BoxFolder
from controlplane.voicemail.faults import clear, missing
from controlplane.voicemail.mailboxes import (
    Box,
    Folder,
    Greetings,
    Message,
    Occasion,
    Usage,
)

_HEARD = {Occasion.UNAVAILABLE: "unavail", Occasion.BUSY: "busy", Occasion.TEMPORARY: "temp"}
_NAME = "greet"
_INTO = {Folder.NEW: "INBOX", Folder.SAVED: "Old", Folder.TRASH: files.TRASH}
_RECORDINGS = "cp-recordings"
_LOOK_SECONDS = 0.2

T = TypeVar("T")


class AsteriskMailboxes:
    def __init__(self, engine: Engine, ami: AmiConnection) -> None:
        self._engine = engine
        self._ami = ami
        self._spool = Path(engine.state_seen_at) / "spool"

    async def messages(self, box: Box) -> Sequence[Message]:
        found = await self._aside(lambda: self._everything(box))
        return [message for _, message in found]

    async def sound(self, box: Box, message: str) -> BinaryIO:
        def find() -> BinaryIO | None:
            for folder in files.FOLDERS:
                if found := files.open_sound(self._folder(box) / folder, message):
                    return found
            return None

        found = await self._aside(find)
        if found is None:
            raise missing(box, message)
        return found

    async def move(self, box: Box, message: str, folder: Folder) -> None:
        async with self._alone(box):
            where = await self._where(box, message)
            if files.FOLDERS[where] is folder:
                return
            try:
                await self._do("VoicemailMove", box, where, message, _INTO[folder])
            except Faults:
                if folder is not Folder.TRASH or not await self._trash_emptied(box):
                    raise
                await self._do("VoicemailMove", box, where, message, _INTO[folder])

    async def _trash_emptied(self, box: Box) -> bool:
        """Asterisk puts no more into a folder than a mailbox may hold: the oldest goes."""
        kept = await self._aside(lambda: files.read_folder(self._folder(box) / files.TRASH))
        if not kept:
            return False
        oldest = min(kept, key=lambda message: message.received)
        await self._do("VoicemailRemove", box, files.TRASH, oldest.id)
        return True

    async def delete(self, box: Box, message: str) -> None:
        async with self._alone(box):
            await self._do("VoicemailRemove", box, await self._where(box, message), message)

    async def clear(self, box: Box) -> int:
        async with self._alone(box):
            found = await self._aside(lambda: self._everything(box))
            for where, message in found:
                await self._do("VoicemailRemove", box, where, message.id)
            broken = await self._aside(
                lambda: sum(files.remove_broken(self._folder(box) / it) for it in files.FOLDERS)
            )
            if broken:
                with clear(self._engine):
                    at = {"Context": box.tenant, "Mailbox": box.extension}
                    await self._ami.action("VoicemailRefresh", within=None, **at)
        return len(found) + broken

    async def greetings(self, box: Box) -> Greetings:
        return await self._aside(self._own(box).greetings)

    async def greeting(self, box: Box, name: str) -> bytes:
        return await self._aside(lambda: self._own(box).read(name))

    async def put_greeting(self, box: Box, name: str, wav: bytes) -> None:
        await self._aside(lambda: self._own(box).put(name, wav))

    async def delete_greeting(self, box: Box, name: str) -> None:
        await self._aside(lambda: self._own(box).delete(name))

    async def use_greeting(self, box: Box, occasion: Occasion, name: str | None) -> None:
        await self._aside(lambda: self._own(box).use(occasion, name))

    async def recorded_name(self, box: Box) -> bytes:
        return await self._aside(self._own(box).recorded_name)

    async def put_recorded_name(self, box: Box, wav: bytes | None) -> None:
        await self._aside(lambda: self._own(box).put_recorded_name(wav))

    async def clear_data(self, box: Box) -> None:
        await self.clear(box)
        await self._aside(self._own(box).clear)

    async def usage(self, box: Box) -> Usage:
        found = await self.messages(box)
        counts = {folder: sum(m.folder is folder for m in found) for folder in Folder}
        greetings = await self._aside(self._own(box).size)
        return Usage(counts, sum(message.size for message in found), greetings)

    async def record(self, box: Box, handset: str, ring: int, longest: int) -> bytes:
        name = uuid4().hex
        folder = self._spool / _RECORDINGS
        inside = f"{self._engine.state_folder}/spool/{_RECORDINGS}/{name}"
        await self._aside(lambda: _shared_folder(folder))
        file = folder / f"{name}.wav"
        try:
            with clear(self._engine):
                await self._call(phone_leg(box.tenant, handset), name, ring, longest, inside)
                await self._ended(name, longest + ring)
            return await self._aside(lambda: _recorded(file))
        finally:
            file.unlink(missing_ok=True)

    def mark(self, box: Box) -> tuple[int, ...]:
        found = []
        for folder in ("INBOX", "Urgent"):
            try:
                found.append((self._folder(box) / folder).stat().st_mtime_ns)
            except OSError:
                found.append(0)
        return (*found, max(found))

    async def _call(self, phone: str, name: str, ring: int, longest: int, inside: str) -> None:
        """Ring the phone; once it is answered, the dialplan records."""
        try:
            await self._ami.action(
                "Originate",
                within=ring + 5.0,
                Channel=phone,
                Context="cp-record",
                Exten="s",
                Priority="1",
                Timeout=str(ring * 1000),
                CallerID='"Voicemail" <>',
                Variable=[f"CP_FILE={inside}", f"CP_LONGEST={longest}", f"CP_JOB={name}"],
            )
        except AmiError as error:
            raise fault(f"the phone did not answer: {error.message}", phone) from None

    async def _ended(self, name: str, seconds: float) -> None:
        """The dialplan notes the end of the recording, whoever ended it."""
        clock = asyncio.get_running_loop().time
        until = clock() + seconds + 5.0
        while await self._ami.db_get("cp-recorded", name) is None:
            if clock() > until:
                raise fault("the recording did not end", self._engine.address)
            await asyncio.sleep(_LOOK_SECONDS)
        await self._ami.db_delete("cp-recorded", name)

    async def _do(self, action: str, box: Box, where: str, message: str, to: str = "") -> None:
        fields = {"Mailbox": box.extension, "Context": box.tenant, "Folder": where, "ID": message}
        with clear(self._engine):
            if to:
                reply = await self._ami.action(action, within=None, ToFolder=to, **fields)
            else:
                reply = await self._ami.action(action, within=None, **fields)
        if "successful" not in reply.text("Message"):
            mend = "is this mailbox on the engine? `ctl drift` compares"
            raise fault(f"the engine could not change message {message}", str(box), mend)

    async def _where(self, box: Box, message: str) -> str:
        """Asterisk's own folder that has the message."""
        for where, found in await self._aside(lambda: self._everything(box)):
            if found.id == message:
                return where
        raise missing(box, message)

    def _everything(self, box: Box) -> list[tuple[str, Message]]:
        found = [
            (where, message)
            for where in files.FOLDERS
            for message in files.read_folder(self._folder(box) / where)
            if files.is_id(message.id)
        ]
        return sorted(found, key=lambda item: (item[1].received, item[1].id), reverse=True)

    def _folder(self, box: Box) -> Path:
        return self._spool / "voicemail" / box.tenant / box.extension

    def _own(self, box: Box) -> BoxFolder:
        return BoxFolder(self._folder(box), _HEARD, _NAME)

    async def _aside(self, work: Callable[[], T]) -> T:
        """In a thread: files may be slow."""
        with clear(self._engine):
            return await asyncio.to_thread(work)

    @asynccontextmanager
    async def _alone(self, box: Box) -> AsyncIterator[None]:
        """One change of a mailbox at a time, among all processes of ours."""
        folder = self._folder(box)
        with clear(self._engine):
            if not folder.is_dir():
                yield
                return
            handle = await asyncio.to_thread(_locked, folder)
            try:
                yield
            finally:
                os.close(handle)


def _locked(folder: Path) -> int:
    """The folder itself is locked: nothing is left behind, and app_voicemail does not look."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def _shared_folder(folder: Path) -> None:
    """The engine may run as another user: it writes where it writes voicemail."""
    if not folder.is_dir():
        folder.mkdir(mode=0o770)
        parent = (folder.parent / "voicemail").stat()
        os.chown(folder, parent.st_uid, parent.st_gid)


def _recorded(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise fault("nothing was recorded", "", "speak after the tone, and end with #") from None


@asynccontextmanager
async def opened(engine: Engine) -> AsyncIterator[AsteriskMailboxes]:
    settings = AmiSettings(engine.address, engine.user, engine.password, engine.ami_port)
    ami = AmiConnection(settings)
    try:
        yield AsteriskMailboxes(engine, ami)
    finally:
        await ami.close()
