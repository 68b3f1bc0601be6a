"""A real SMTP server for tests, which can be away, and keeps what it was given."""

from __future__ import annotations

import time
from collections.abc import Callable
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller


class MailServer:
    """`refuse`: what it answers to each mail instead of taking it; "" takes it."""

    def __init__(self, address: str, port: int) -> None:
        self.address = address
        self.port = port
        self.refuse = ""
        self.got: list[EmailMessage] = []
        self.raw: list[bytes] = []
        self._controller: Controller | None = None

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        if self.refuse:
            return self.refuse
        parsed = message_from_bytes(envelope.content, policy=default)
        assert isinstance(parsed, EmailMessage)
        self.raw.append(envelope.content)
        self.got.append(parsed)
        return "250 OK"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        self._controller = Controller(self, hostname=self.address, port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def wait(self, count: int, seconds: float = 30.0, log: Callable[[], str] = str) -> None:
        until = time.monotonic() + seconds
        while len(self.got) < count:
            assert time.monotonic() < until, f"{len(self.got)} mails of {count}\n{log()}"
            time.sleep(0.1)
