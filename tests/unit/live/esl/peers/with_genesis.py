"""An ESL client and an outbound server made with genesis; run as a program, prints JSON.

Takes and prints what `with_greenswitch` does. Runs in an environment of its own.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from typing import Any

from genesis import Inbound, Outbound
from genesis.exceptions import SessionGoneAway
from genesis.session import Session


def flat(event: Any) -> dict[str, str]:
    return {key: value if isinstance(value, str) else value[0] for key, value in event.items()}


async def client(host: str, port: str, password: str, seconds: str, *wanted: str) -> None:
    events: list[dict[str, str]] = []

    async def heard(event: Any) -> None:
        events.append(flat(event) | ({"body": event.body} if event.body else {}))

    async with Inbound(host, int(port), password) as esl:
        esl.on("*", heard)
        replies = []
        for command in wanted:
            answer = await esl.send(command)
            replies.append(answer.body or answer.get("Reply-Text"))
        await asyncio.sleep(float(seconds))
    print(json.dumps({"replies": replies, "events": events}), flush=True)


async def call(session: Session) -> None:
    told = {"uuid": session.context["Unique-ID"], "stage": session.context["variable_stage"]}
    await session.sendmsg("execute", "answer", block=True)
    played = await session.sendmsg("execute", "playback", "tone", block=True)
    told["response"] = played["Application-Response"]
    try:
        await session.sendmsg("execute", "playback", "tone", block=True)
        told["end"] = "completed"
    except SessionGoneAway:
        told["end"] = "gone"
    print(json.dumps(told), flush=True)


async def server() -> None:
    outbound = Outbound(call, "127.0.0.1", 0)
    await outbound.start(block=False)
    assert outbound.server is not None
    print(outbound.server.sockets[0].getsockname()[1], flush=True)
    await asyncio.sleep(60)


if __name__ == "__main__":
    logging.disable()
    asyncio.run({"client": client, "server": server}[sys.argv[1]](*sys.argv[2:]))
