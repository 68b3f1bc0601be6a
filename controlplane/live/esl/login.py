"""Opens one inbound event socket: connect, password, subscriptions. An open link or one error."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from controlplane.live.errors import EngineDown, LinkLost, WrongCredentials
from controlplane.live.esl.commands import auth
from controlplane.live.esl.errors import AccessRefused, EslError
from controlplane.live.esl.link import Link
from controlplane.live.esl.messages import AuthRequest, Message, Rejection, Reply
from controlplane.live.esl.settings import EslSettings, EslTimings


async def open_link(
    settings: EslSettings, timings: EslTimings, on_message: Callable[[Message], None]
) -> Link:
    """`on_message` gets what comes after the password was accepted.

    Raises EngineDown, AccessRefused (our address), WrongCredentials (the password), EslError
    (an event or filter the engine does not take).
    """
    link: Link | None = None
    try:
        async with asyncio.timeout(timings.connect):
            link, greeting = await _connect(settings)
            await _greeted(link, greeting, settings)
            link.deliver_to(on_message)
            await _subscribe(link, settings)
            return link
    except TimeoutError:
        error = EngineDown(f"{settings.place} did not answer in time")
        if link is not None:
            link.abort(error)
        raise error from None
    except BaseException:
        if link is not None:
            link.end(LinkLost(f"{settings.place} was not opened"))
        raise


async def _connect(settings: EslSettings) -> tuple[Link, asyncio.Future[Message]]:
    loop = asyncio.get_running_loop()
    greeting: asyncio.Future[Message] = loop.create_future()

    def first(message: Message) -> None:
        if not greeting.done():
            greeting.set_result(message)

    try:
        _, link = await loop.create_connection(
            lambda: Link(settings.place, first), settings.host, settings.port
        )
    except OSError as error:
        reason = error.strerror or error
        raise EngineDown(f"{settings.place} is not reachable: {reason}") from None
    return link, greeting


async def _greeted(link: Link, greeting: asyncio.Future[Message], settings: EslSettings) -> None:
    await asyncio.wait((greeting, link.ended), return_when=asyncio.FIRST_COMPLETED)
    if not greeting.done():
        raise EngineDown(str(link.ended.result()))
    match greeting.result():
        case AuthRequest():
            pass
        case Rejection():
            raise AccessRefused(f"{settings.place}: its access list does not have our address")
        case _:
            raise EngineDown(f"{settings.place} did not ask for a password")
    try:
        answer = await link.send(auth(settings.password))
    except LinkLost as error:
        raise EngineDown(str(error)) from None
    if not (isinstance(answer, Reply) and answer.ok):
        raise WrongCredentials(f"{settings.place} refuses the password")


async def _subscribe(link: Link, settings: EslSettings) -> None:
    """All at once: the engine answers in order."""
    sent = [(command, link.send(command)) for command in settings.subscription()]
    for command, future in sent:
        try:
            answer = await future
        except LinkLost as error:
            raise EngineDown(str(error)) from None
        if not (isinstance(answer, Reply) and answer.ok):
            raise EslError(getattr(answer, "text", ""), f"{settings.place}: {command}")
