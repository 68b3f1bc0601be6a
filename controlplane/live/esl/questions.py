"""The server the dialplan asks: one short connection a question, read, answered and closed.

FreeSWITCH's `socket … async` holds the channel until the first `connect` and then parks it,
where a channel without media looks at its queue every 20 ms. So `connect` is never sent: the
question is one channel variable and the answer some others. The dialplan sets `socket_resume`,
so that the channel's own thread goes on in it as soon as the connection ends, whatever ends it.

Whoever is not answered goes on by itself: a transfer that the dialplan scheduled before. Then
an answer would do harm: none is given that late, or to a call that asks no more.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from controlplane.live.errors import EngineDown, LinkLost, LiveError, ProtocolError
from controlplane.live.esl.commands import Command, api, first_variable, leave
from controlplane.live.esl.link import Link
from controlplane.live.esl.messages import ApiResponse, DisconnectNotice, Message, Reply

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 0.9
"""The dialplan waits for two seconds of a clock that has whole ones: that is one at least."""

CHECK_SECONDS = 3.9
"""The same, where something must be looked up: see `record.CHECK_SECONDS`."""

_MOST_AT_ONCE = 10_000
_CUT_AT = 511
"""FreeSWITCH cuts a variable to this many bytes where it gives it as a reply."""

Answer = tuple[Command, ...]
OnQuestion = Callable[[str], Answer | Awaitable[Answer]]
"""Given the text of a question, what is to be carried out, if anything; now, or when something
was looked up. It does not fail."""


class QuestionServer:
    """Listens from `start` to `drain` or `close`."""

    def __init__(self, host: str, port: int, variable: str, on_question: OnQuestion) -> None:
        self._host = host
        self._port = port
        self._variable = variable
        self._on_question = on_question
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()

    @property
    def listens(self) -> bool:
        return self._server is not None

    async def start(self) -> None:
        """Raises EngineDown where the address is taken or not ours."""
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                self._new_link, self._host, self._port, backlog=1024
            )
        except OSError as error:
            reason = error.strerror or error
            place = f"{self._host}:{self._port}"
            raise EngineDown(f"cannot listen on {place} for calls: {reason}") from None

    async def drain(self, seconds: float) -> None:
        """Take no more questions, and see those under way through."""
        if self._server is not None:
            self._server.close()
            self._server = None
        if self._open:
            await asyncio.wait(set(self._open), timeout=seconds)
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def close(self) -> None:
        await self.drain(0)

    def _new_link(self) -> Link:
        return Link("FreeSWITCH", _unasked, self._begin)

    def _begin(self, link: Link) -> None:
        if len(self._open) >= _MOST_AT_ONCE:
            link.abort(LinkLost("too many questions at once"))
            return
        task = asyncio.get_running_loop().create_task(self._serve(link))
        self._open.add(task)
        task.add_done_callback(self._open.discard)

    async def _serve(self, link: Link) -> None:
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                text = await self._question(link)
            answer = self._on_question(text) if text else ()
            if not isinstance(answer, tuple):
                async with asyncio.timeout(CHECK_SECONDS):
                    answer = await answer
            if text:
                sent = link.send_together((*answer, leave()))
                # The engine must have read it all before we close, or it is lost.
                async with asyncio.timeout(ANSWER_SECONDS):
                    await asyncio.gather(*sent, return_exceptions=True)
        except (LiveError, TimeoutError) as error:
            # The caller may hang up, or the dialplan go on, while we decide.
            log.debug("question without answer", reason=str(error) or "too late")
        finally:
            link.end(LinkLost("the question is answered"))

    async def _question(self, link: Link) -> str:
        answer = await link.send(first_variable(self._variable))
        if not isinstance(answer, Reply):
            raise ProtocolError("a variable is not told")
        text = answer.text
        if len(text.encode()) < _CUT_AT:
            return text
        channel = text.partition("|")[0]
        whole = await link.send(api("uuid_getvar", f"{channel} {self._variable}"))
        if not isinstance(whole, ApiResponse):
            raise ProtocolError("a variable is not told")
        return whole.body


def _unasked(message: Message) -> None:
    if not isinstance(message, DisconnectNotice):
        raise ProtocolError(f"{type(message).__name__} unasked")
