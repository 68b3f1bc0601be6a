"""Telling people of voicemail: new messages are found on every engine, and mailed once each.

An engine is not asked to tell us. How a mailbox looks on its disk says whether one may have come,
also while no controller ran; what the engine then lists is noted in the outbox, and sent from
there. All of it runs in a thread of its own, so that no call waits for it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import structlog

from controlplane.diagnostics import Faults
from controlplane.engines import ENGINES
from controlplane.model.boxes import mail_addresses, mailbox_name, mailboxes
from controlplane.model.deployment import Deployment, MailServer
from controlplane.model.mailbox import AfterMail, Mailbox, Notify
from controlplane.model.phone_system import PhoneSystem
from controlplane.store.outbox import Mail, MailState, Outbox
from controlplane.store.store import Store
from controlplane.voicemail.mail import Notice, link_to, mail_of
from controlplane.voicemail.mailboxes import Box, Folder, Mailboxes, Message
from controlplane.voicemail.smtp import NeverTaken, NotNow, hand_over

log = structlog.get_logger(__name__)

SETTLED_SECONDS = 10
"""A mailbox that changed so recently is looked at again: its engine writes sound before text."""

WHOLE_SECONDS = 600.0
"""How often every mailbox is looked at, however it looks."""

OLDEST = dt.timedelta(days=7)
"""Of a message that is still told: a mailbox that is given an address does not send its past."""

REMEMBERED = dt.timedelta(days=35)
_CLOCKS = dt.timedelta(minutes=1)
"""How far those of two controllers may differ."""

LEASE = dt.timedelta(minutes=10)
_STOP_SECONDS = 5.0


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, slots=True)
class Told:
    """A mailbox whose messages are mailed, and what a mail about them says."""

    settings: Mailbox
    to: tuple[str, ...]
    name: str
    zone: str


class Notifier:
    """`run` until cancelled. Whatever goes wrong is logged, and tried again later."""

    def __init__(
        self, deployment: Deployment, server: MailServer, store: Store,
        now: Callable[[], dt.datetime] = _utc_now,
    ) -> None:  # fmt: skip
        self._deployment = deployment
        self._server = server
        self._store = store
        self._outbox = Outbox(store.database)
        self._now = now
        self._told: dict[Box, Told] = {}
        self._revision = -1
        self._marks: dict[tuple[str, Box], tuple[int, ...]] = {}
        self._whole_at = 0.0
        self._not_before = now()
        self._trouble: dict[str, str] = {}

    async def run(self) -> None:
        """Messages are looked for and mails sent side by side: a slow server hides no message."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._again(self.look, self._server.look_seconds))
            group.create_task(self._again(self.send, min(1.0, self._server.look_seconds)))

    async def _again(self, work: Callable[[], Coroutine[Any, Any, None]], seconds: float) -> None:
        while True:
            try:
                await work()
                self._well("store")
            except Faults as faults:
                self._ill("store", str(faults))
            except Exception:
                log.exception("mails", at=work.__name__)
            await asyncio.sleep(seconds)

    async def look(self) -> None:
        """Note every new message of every engine that can be asked."""
        self._follow()
        if not self._told:
            return
        clock = time.monotonic()
        if whole := clock - self._whole_at > WHOLE_SECONDS or not self._whole_at:
            self._outbox.forget(self._now() - REMEMBERED)
        failed = False
        for name, engine in self._deployment.engines.items():
            try:
                async with ENGINES[engine.kind].mailboxes(engine) as opened:
                    await self._look_at(name, opened, whole)
                self._well(name)
            except Faults as faults:
                failed = True
                self._ill(name, str(faults))
        if whole and not failed:
            self._whole_at = clock

    async def _look_at(self, name: str, opened: Mailboxes, whole: bool) -> None:
        for box in self._told:
            mark = opened.mark(box)
            settled = mark[-1] < (time.time() - SETTLED_SECONDS) * 1e9
            if self._marks.get((name, box)) == mark and settled and not whole:
                continue
            found = [
                self._mail(name, box, it) for it in await opened.messages(box) if self._new(it)
            ]
            if count := self._outbox.add(found):
                log.info("messages to be mailed", engine=name, mailbox=str(box), count=count)
            self._marks[name, box] = mark

    def _new(self, message: Message) -> bool:
        return message.folder is Folder.NEW and message.received > self._now() - OLDEST

    def _mail(self, engine: str, box: Box, message: Message) -> Mail:
        now = self._now()
        domain = self._server.sender.rpartition("@")[2]
        return Mail(
            engine=engine,
            message=message.id,
            tenant=box.tenant,
            mailbox=box.extension,
            state=MailState.WAITING,
            attempts=0,
            found=now,
            due=now,
            mail_id=f"<voicemail.{uuid4().hex}@{domain}>",
        )

    async def send(self) -> None:
        """All that is due now."""
        most = max(LEASE, dt.timedelta(seconds=self._server.retry_most_seconds)) + _CLOCKS
        while not self._waits() and (mail := self._outbox.claim(self._now(), LEASE, most)):
            if mail.state is MailState.SENT:
                await self._put_away(mail)
            else:
                await self._send(mail)

    def _waits(self) -> bool:
        """For a server that was away; not for a clock that was set back."""
        left = self._not_before - self._now()
        return dt.timedelta() < left <= dt.timedelta(seconds=self._server.retry_first_seconds)

    async def _send(self, mail: Mail) -> None:
        box = Box(mail.tenant, mail.mailbox)
        if not self._told:
            self._follow()
        told = self._told.get(box)
        if told is None:
            self._end(mail, MailState.DROPPED, "nobody is told of this mailbox any more")
            return
        try:
            composed = await self._composed(mail, box, told)
            if composed is None:
                self._end(mail, MailState.DROPPED, "the message was deleted before it was mailed")
                return
            await hand_over(self._server, composed)
        except NotNow as error:
            # The others need not all find out by themselves.
            self._not_before = self._now() + dt.timedelta(seconds=self._server.retry_first_seconds)
            self._later(mail, str(error))
        except Faults as error:
            self._later(mail, str(error))
        except (NeverTaken, ValueError) as error:
            self._end(mail, MailState.DROPPED, str(error))
        else:
            log.info("message mailed", mailbox=str(box), message=mail.message, to=len(told.to))
            self._end(mail, MailState.SENT, due=self._now())

    async def _composed(self, mail: Mail, box: Box, told: Told) -> Any:
        """The mail; None where its message is gone. Raises Faults where the engine is away."""
        engine = self._deployment.engines.get(mail.engine)
        if engine is None:
            return None
        async with ENGINES[engine.kind].mailboxes(engine) as opened:
            found = [it for it in await opened.messages(box) if it.id == mail.message]
            if not found:
                return None
            [message] = found
            sound = None
            largest = self._server.largest_megabytes * 2**20
            if told.settings.notify.attaches and message.size <= largest:
                with await opened.sound(box, mail.message) as file:
                    sound = file.read(largest)
        portal = self._deployment.portal_url
        notice = Notice(
            message=message,
            tenant=box.tenant,
            mailbox=box.extension,
            name=told.name,
            form=told.settings.notify,
            after=told.settings.after_mail if sound is not None else AfterMail.NEW,
            to=told.to,
            sender=self._server.sender,
            mail_id=mail.mail_id,
            zone=told.zone,
            link=link_to(portal, box.tenant, box.extension, mail.message),
        )
        return mail_of(notice, sound, self._now())

    async def _put_away(self, mail: Mail) -> None:
        """The message goes where it belongs once its mail was sent."""
        box = Box(mail.tenant, mail.mailbox)
        told, engine = self._told.get(box), self._deployment.engines.get(mail.engine)
        if told is None or engine is None or not told.settings.notify.attaches:
            self._end(mail, MailState.DONE)
            return
        folder = Folder(told.settings.after_mail.value)
        try:
            if folder is not Folder.NEW:
                async with ENGINES[engine.kind].mailboxes(engine) as opened:
                    there = {it.id: it for it in await opened.messages(box)}.get(mail.message)
                    largest = self._server.largest_megabytes * 2**20
                    # Who has heard it meanwhile, or could not get it, decides for themselves.
                    if there and there.folder is Folder.NEW and there.size <= largest:
                        await opened.move(box, mail.message, folder)
        except Faults as faults:
            self._later(mail, str(faults))
        else:
            self._end(mail, MailState.DONE)

    def _later(self, mail: Mail, reason: str) -> None:
        """Try again, ever less often, until the message is too old to be told."""
        server, now = self._server, self._now()
        if now - mail.found > dt.timedelta(hours=server.give_up_hours):
            ended = MailState.DONE if mail.state is MailState.SENT else MailState.DROPPED
            self._end(mail, ended, f"given up: {reason}")
            return
        doubled = server.retry_first_seconds * 2 ** min(mail.attempts - 1, 20)
        wait = dt.timedelta(seconds=min(doubled, server.retry_most_seconds))
        state = MailState.SENT if mail.state is MailState.SENT else MailState.WAITING
        log.warning("mail not sent yet", message=mail.message, reason=reason, again=wait.seconds)
        self._outbox.end(mail, state, reason, now + wait)

    def _end(
        self, mail: Mail, state: MailState, reason: str = "", due: dt.datetime | None = None
    ) -> None:
        if state is MailState.DROPPED:
            log.error("mail dropped", message=mail.message, mailbox=mail.mailbox, reason=reason)
        self._outbox.end(mail, state, reason, due)

    def _follow(self) -> None:
        """Who is told of what, as of the newest revision."""
        newest = self._store.latest_revision()
        if newest == self._revision:
            return
        told: dict[Box, Told] = {}
        for tenant in self._store.tenants():
            told |= told_of(self._store.system(tenant))
        self._told, self._revision = told, newest

    def _ill(self, what: str, reason: str) -> None:
        if self._trouble.get(what) != reason:
            log.warning("voicemail not looked at", what=what, reason=reason)
        self._trouble[what] = reason

    def _well(self, what: str) -> None:
        self._trouble.pop(what, None)


def told_of(system: PhoneSystem) -> Mapping[Box, Told]:
    """The mailboxes of a tenant whose messages are mailed."""
    found = {}
    for extension, box in mailboxes(system):
        to = mail_addresses(system, extension)
        if to and box.notify is not Notify.NONE:
            name = mailbox_name(system, extension)
            zone = _zone(system, extension)
            found[Box(system.tenant, extension)] = Told(box, to, name, zone)
    return found


def _zone(system: PhoneSystem, extension: str) -> str:
    line = system.lines.get(extension)
    user = system.users.get(line.user) if line is not None and line.user else None
    return (user.timezone if user else None) or system.settings.timezone


class Beside:
    """Runs a coroutine in a thread of its own, until `stop`."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, None]], name: str = "mails") -> None:
        self._work = work
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        # A daemon: a server that does not answer must not keep a controller from ending.
        self._thread = threading.Thread(target=self._main, name=name, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """What is under way is given up, and taken up again by the next controller."""
        loop, task = self._loop, self._task
        if loop is not None and task is not None and self._thread.is_alive():
            loop.call_soon_threadsafe(task.cancel)
            self._thread.join(_STOP_SECONDS)

    def _main(self) -> None:
        async def run() -> None:
            self._loop = asyncio.get_running_loop()
            self._task = asyncio.create_task(self._work())
            try:
                await self._task
            except asyncio.CancelledError:
                return

        asyncio.run(run())
