"""Commands the engine carries out beside the connection, each told apart by its Job-UUID."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from controlplane.live.errors import LiveError
from controlplane.live.esl.commands import Command, background_api
from controlplane.live.esl.errors import OutcomeLost
from controlplane.live.esl.messages import Event


class Jobs:
    """Those accepted or on their way; each is there until it is done, lost or given up."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[Command, asyncio.Future[str]]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def new(self, name: str, argument: str) -> tuple[Command, asyncio.Future[str]]:
        """Register before it is sent: a short job ends before its own answer is read."""
        job = str(uuid4())
        command = background_api(name, argument, job)
        future: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._waiting[job] = (command, future)
        future.add_done_callback(lambda _: self._waiting.pop(job, None))
        return command, future

    def finished(self, event: Event) -> bool:
        """Whether the BACKGROUND_JOB event was one of ours."""
        _, future = self._waiting.pop(event.get("Job-UUID"), (None, None))
        if future is None:
            return False
        if not future.done():
            future.set_result(event.body)
        return True

    def lose(self, reason: LiveError) -> None:
        """The link is gone; what the engine accepted it may still carry out."""
        for command, future in list(self._waiting.values()):
            if not future.done():
                future.set_exception(
                    OutcomeLost(f"{command} was accepted, its end unknown: {reason}")
                )
                future.exception()
        self._waiting.clear()
