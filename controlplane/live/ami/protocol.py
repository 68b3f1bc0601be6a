"""panoramisk's AMI protocol, with what we need otherwise.

panoramisk 1.4 supplies the action format, the header parser and the matching of answers
to actions. Replaced here, each for a fault seen in its source or on the wire:

* `data_received` decodes every TCP segment by itself and drops what does not decode, so
  a character cut in two by a segment border is lost. Ours splits first, decodes last.
  It also strips every message, so that a last header loses its trailing blanks.
* An action counts as a list by the words of the answer ("will follow", "successfully
  queued"), and then waits for ever for a list that PJSIPNotify never sends. Ours goes by
  the `EventList` header alone.
* Its Manager retries a refused password for ever, and after a reconnect repeats the
  actions that had no answer, although the engine may have carried them out. We do not use
  the Manager: pending actions fail with LinkLost and the caller decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from panoramisk.actions import Action
from panoramisk.ami_protocol import AMIProtocol
from panoramisk.message import Message

from controlplane.live.errors import CommandRefused, LinkLost
from controlplane.live.wire_text import checked, checked_name

LONGEST_LINE = 1000
"""Bytes of `Key: value`. From 1,022 on Asterisk answers "line too long" without an
ActionID, and reads the rest of the line as lines of their own (seen on 22.10)."""

MOST_LINES = 100
"""Asterisk reads 128 headers an action."""

Value = str | Sequence[str]


class ListAction(Action):
    """An action whose future yields all its messages: the response, then the listed events."""

    def __init__(self, headers: Mapping[str, Value]) -> None:
        super().__init__(headers)  # type: ignore[no-untyped-call]

    def add_message(self, message: Message) -> bool:
        """Whether the action is complete now."""
        self.responses.append(message)
        mark = str(message.eventlist).lower()
        complete = mark != "start" if len(self.responses) == 1 else mark in _LIST_ENDS
        if complete and not self.future.done():
            self.future.set_result(self.responses)
        return complete


_LIST_ENDS = ("complete", "cancelled")


def new_action(name: str, fields: Mapping[str, Value]) -> ListAction:
    """An action ready to send; call it in a running loop. Raises as `check_fields`.

    A sequence becomes one header a value.
    """
    check_fields(name, fields)
    return ListAction({"Action": name, **fields})


def check_fields(name: str, fields: Mapping[str, Value]) -> None:
    """Raises CommandRefused for what AMI would misread.

    Control characters in any name or value (CR LF would start another action), names that
    are no header name, lines and actions longer than Asterisk reads.
    """
    checked_name("the action", name)
    lines = 0
    for key, value in fields.items():
        if not (key.isascii() and key.isalnum()) or key.lower() in ("action", "actionid"):
            raise CommandRefused(f"{key!r} cannot be a header of the action {name}")
        values = (value,) if isinstance(value, str) else value
        lines += len(values)
        for item in values:
            checked(f"{key} of the action {name}", item)
            if len(key) + 2 + len(item.encode()) > LONGEST_LINE:
                raise CommandRefused(f"{key} of the action {name} is longer than AMI reads")
    if lines > MOST_LINES:
        raise CommandRefused(f"the action {name} has more headers than AMI reads")


class Protocol(AMIProtocol):
    """One AMI connection. Its end fails what is pending with LinkLost."""

    encoding = "utf-8"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[no-untyped-call]
        self._buffer = b""

    def submit(self, *actions: ListAction) -> None:
        """Send at once; their futures get the messages."""
        if self.closed:
            raise LinkLost("the AMI connection is closed")
        self.responses.update((action.id, action) for action in actions)
        self.transport.write("".join(map(str, actions)).encode(self.encoding))

    def data_received(self, data: bytes) -> None:
        *blocks, self._buffer = (self._buffer + data).split(b"\r\n\r\n")
        for block in blocks:
            text = block.decode(self.encoding, "replace")
            message = Message.from_line(text)  # type: ignore[no-untyped-call]
            if message is not None:
                self.handle_message(message)

    def handle_message(self, message: Message) -> None:
        action = self.responses.get(message.id)
        if action is not None and action.add_message(message):
            self.responses.pop(action.id, None)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self.close()

    def close(self) -> None:
        self.closed = True
        self.transport.close()
        pending, self.responses = self.responses, {}
        for action in pending.values():
            if not action.future.done():
                action.future.set_exception(
                    LinkLost(f"the AMI connection broke during {action['Action']}")
                )
                # Whoever gave up waiting leaves no "never retrieved" complaint behind.
                action.future.exception()
