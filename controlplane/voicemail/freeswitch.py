"""Mailboxes of a FreeSWITCH: mod_voicemail is asked and told over the event socket.

It keeps messages in a database of its own and their sound in files. It looks whether a message is
of the mailbox nowhere, so we do before we change one. Every change fires its MESSAGE_WAITING.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
import shutil
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, TypeVar
from uuid import uuid4

from controlplane.diagnostics import fault
from controlplane.live.esl.settings import DEFAULT_TIMINGS
from controlplane.live.freeswitch.control import FreeSwitchControl
from controlplane.live.freeswitch.control import opened as control_opened
from controlplane.model.deployment import Engine
from controlplane.render.freeswitch.names import PHONES, PROFILE, account
from controlplane.render.freeswitch.voicemail import BUSY, DEFAULT, UNAVAILABLE
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

_CHOSEN = {occasion: f"chosen-{occasion.value}" for occasion in Occasion}
_NAME = "chosen-name"
_PLAYED = {Occasion.UNAVAILABLE: f"greeting_{UNAVAILABLE}", Occasion.BUSY: f"greeting_{BUSY}"}
"""The engine knows numbers: what a number plays is put together from what was chosen."""

_RECORDINGS = "cp-recordings"
_LOOK_SECONDS = 0.2
_UUID = re.compile(r"[0-9A-Za-z-]{1,64}")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Kept:
    message: Message
    file: Path


class FreeSwitchMailboxes:
    def __init__(self, engine: Engine, control: FreeSwitchControl) -> None:
        self._engine = engine
        self._control = control
        self._state = Path(engine.state_seen_at)

    async def messages(self, box: Box) -> Sequence[Message]:
        return [kept.message for kept in await self._everything(box)]

    async def sound(self, box: Box, message: str) -> BinaryIO:
        kept = await self._one(box, message)
        return await self._aside(lambda: kept.file.open("rb"))

    async def move(self, box: Box, message: str, folder: Folder) -> None:
        kept = await self._one(box, message)
        if kept.message.folder is folder:
            return
        at, mine = f"{box.extension}@{box.tenant}/{DEFAULT}", self._mine(box)
        if folder is Folder.TRASH:
            await self._done("vm_fsdb_msg_delete", f"{mine} {message}")
        elif kept.message.folder is Folder.TRASH:
            await self._done("vm_fsdb_msg_undelete", f"{mine} {message}")
        # What is in the trash does not light a lamp, nor does what is saved.
        read = "unread" if folder is Folder.NEW else "read"
        await self._done("vm_read", f"{at} {read} {message}")

    async def delete(self, box: Box, message: str) -> None:
        await self._one(box, message)
        at = f"{box.extension}@{box.tenant}/{DEFAULT}"
        await self._done("vm_delete", f"{at} {message}")

    async def clear(self, box: Box) -> int:
        found = await self._everything(box)
        for kept in found:
            await self.delete(box, kept.message.id)
        return len(found)

    async def greetings(self, box: Box) -> Greetings:
        return await self._aside(self._own(box).greetings)

    async def greeting(self, box: Box, name: str) -> bytes:
        return await self._aside(lambda: self._own(box).read(name))

    async def put_greeting(self, box: Box, name: str, wav: bytes) -> None:
        await self._change(box, lambda own: own.put(name, wav))

    async def delete_greeting(self, box: Box, name: str) -> None:
        await self._change(box, lambda own: own.delete(name))

    async def use_greeting(self, box: Box, occasion: Occasion, name: str | None) -> None:
        await self._change(box, lambda own: own.use(occasion, name))

    async def recorded_name(self, box: Box) -> bytes:
        return await self._aside(self._own(box).recorded_name)

    async def put_recorded_name(self, box: Box, wav: bytes | None) -> None:
        await self._aside(lambda: self._own(box).put_recorded_name(wav))
        if wav is None:
            await self._silence_name(box)
            return
        # The engine takes the file it is given away, to a place of its own.
        file = self._folder(box) / f"name-{uuid4().hex}.wav"
        await self._aside(lambda: shutil.copyfile(self._own(box).name_file, file))
        inside = f"{self._engine.state_folder}/voicemail/{box.tenant}/{box.extension}/{file.name}"
        try:
            await self._done("vm_fsdb_pref_recname_set", f"{self._mine(box)} '{inside}'")
        finally:
            file.unlink(missing_ok=True)

    async def _silence_name(self, box: Box) -> None:
        """The engine cannot be told that there is none; it says none that it does not find."""
        with clear(self._engine):
            asked = f"{DEFAULT}/{box.extension}@{box.tenant}|name_path"
            path = await self._control.api("vm_prefs", asked)
        await self._aside(lambda: self._seen(path).unlink(missing_ok=True))

    async def clear_data(self, box: Box) -> None:
        await self.clear(box)
        await self._change(box, lambda own: own.clear())
        await self._silence_name(box)

    async def usage(self, box: Box) -> Usage:
        found = await self.messages(box)
        counts = {folder: sum(m.folder is folder for m in found) for folder in Folder}
        greetings = await self._aside(self._own(box).size)
        return Usage(counts, sum(message.size for message in found), greetings)

    async def record(self, box: Box, handset: str, ring: int, longest: int) -> bytes:
        job = str(uuid4())
        folder = self._state / _RECORDINGS
        inside = f"{self._engine.state_folder}/{_RECORDINGS}/{job}.wav"
        file = folder / f"{job}.wav"
        await self._aside(lambda: folder.mkdir(mode=0o770, exist_ok=True))
        variables = (
            f"origination_uuid={job},auto_hunt=true,originate_timeout={ring},cp_file='{inside}',"
            f"cp_longest={longest},ignore_early_media=true,origination_caller_id_name=Voicemail"
        )
        phone = f"sofia/{PROFILE}/{account(box.tenant, handset)}%{PHONES}"
        try:
            with clear(self._engine):
                # A connection of its own waits for the answer: nothing else does.
                answer = await self._control.api(
                    "originate", f"{{{variables}}}{phone} record XML cp", ring + 5.0
                )
                if "+OK" not in answer:
                    reason = answer.removeprefix("-ERR").strip().lower().replace("_", " ")
                    raise fault(f"the phone did not answer: {reason}", f"{box.tenant}/{handset}")
                await self._ended(job, longest)
            return await self._aside(lambda: _recorded(file))
        finally:
            file.unlink(missing_ok=True)

    def mark(self, box: Box) -> tuple[int, ...]:
        """A file is written while somebody speaks, and named in the database after that."""
        files, newest = 0, 0
        try:
            for entry in self._folder(box).glob("msg_*.wav"):
                files += 1
                newest = max(newest, entry.stat().st_mtime_ns)
        except OSError:
            return (0, 0)
        return files, newest

    async def _ended(self, job: str, seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        until = clock() + seconds + 10.0
        while "true" in await self._control.api("uuid_exists", job):
            if clock() > until:
                raise fault("the recording did not end", self._engine.address)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _everything(self, box: Box) -> list[_Kept]:
        """Newest first."""
        found: list[_Kept] = []
        with clear(self._engine):
            for which in ("not-read", "read"):
                asked = f"json {self._mine(box)} inbox {which} DESC"
                listed = _parsed(await self._control.api("vm_fsdb_msg_list", asked))
                ids = [text for key, text in listed.items() if key.endswith("-UUID")]
                for one in ids:
                    asked = f"json {self._mine(box)} {one}"
                    values = _parsed(await self._control.api("vm_fsdb_msg_get", asked))
                    if _UUID.fullmatch(one) and values.get("VM-Message-UUID") == one:
                        found.append(self._kept(values))
        return sorted(
            found, key=lambda kept: (kept.message.received, kept.message.id), reverse=True
        )

    async def _one(self, box: Box, message: str) -> _Kept:
        for kept in await self._everything(box):
            if kept.message.id == message:
                return kept
        raise missing(box, message)

    def _kept(self, values: Mapping[str, Any]) -> _Kept:
        file = self._seen(str(values.get("VM-Message-File-Path", "")))
        try:
            size = file.stat().st_size
        except OSError:
            size = 0
        if values.get("VM-Message-Flags") == "delete":
            folder = Folder.TRASH
        else:
            folder = Folder.NEW if _whole(values, "Read-Epoch") == 0 else Folder.SAVED
        message = Message(
            id=str(values["VM-Message-UUID"]),
            folder=folder,
            number=_shown(values, "Caller-Number"),
            name=_shown(values, "Caller-Name"),
            received=dt.datetime.fromtimestamp(_whole(values, "Received-Epoch"), dt.UTC),
            seconds=_whole(values, "Duration"),
            size=size,
            urgent="URGENT" in str(values.get("VM-Message-Read-Flags", "")),
        )
        return _Kept(message, file)

    def _seen(self, inside: str) -> Path:
        """Where we see a file of the engine's state folder."""
        path = PurePosixPath(inside)
        if path.is_relative_to(self._engine.state_folder) and ".." not in path.parts:
            return self._state / path.relative_to(self._engine.state_folder)
        return Path("/nonexistent")

    async def _done(self, name: str, argument: str) -> None:
        """These commands answer -OK as well as +OK."""
        with clear(self._engine):
            answer = await self._control.api(name, argument)
        if "OK" not in answer:
            raise fault(f"{name} failed: {answer.strip() or 'no answer'}", self._engine.address)

    async def _change(self, box: Box, change: Callable[[BoxFolder], None]) -> None:
        def work() -> None:
            own = self._own(box)
            change(own)
            _put_together(own)

        await self._aside(work)

    def _mine(self, box: Box) -> str:
        return f"{DEFAULT} {box.tenant} {box.extension}"

    def _folder(self, box: Box) -> Path:
        return self._state / "voicemail" / box.tenant / box.extension

    def _own(self, box: Box) -> BoxFolder:
        return BoxFolder(self._folder(box), _CHOSEN, _NAME)

    async def _aside(self, work: Callable[[], T]) -> T:
        """In a thread: files may be slow."""
        with clear(self._engine):
            return await asyncio.to_thread(work)


def _put_together(own: BoxFolder) -> None:
    """What each number of the engine's plays, after what is chosen has changed."""
    temporary = own.heard(Occasion.TEMPORARY)
    for occasion, played in _PLAYED.items():
        chosen = temporary if temporary.exists() else own.heard(occasion)
        file = own.path / f"{played}.wav"
        if chosen.exists():
            new = file.with_suffix(".new")
            shutil.copyfile(chosen, new)
            new.rename(file)
        else:
            file.unlink(missing_ok=True)


def _parsed(answer: str) -> dict[str, Any]:
    try:
        found = json.loads(answer or "{}")
    except ValueError:
        raise fault(f"mod_voicemail did not answer: {answer[:100]}", "") from None
    return found if isinstance(found, dict) else {}


def _whole(values: Mapping[str, Any], name: str) -> int:
    text = str(values.get(f"VM-Message-{name}", ""))
    return int(text) if re.fullmatch(r"[0-9]{1,12}", text) else 0


def _shown(values: Mapping[str, Any], name: str) -> str:
    text = str(values.get(f"VM-Message-{name}", ""))
    return "" if text in ("anonymous", "Anonymous", "unknown") else text


def _recorded(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except FileNotFoundError:
        raise fault("nothing was recorded", "", "speak after the tone, and end with #") from None


@asynccontextmanager
async def opened(engine: Engine) -> AsyncIterator[FreeSwitchMailboxes]:
    with clear(engine):
        async with control_opened(engine, DEFAULT_TIMINGS) as control:
            yield FreeSwitchMailboxes(engine, control)
