"""What a made-up engine does with any outbound server and any client; the same for each peer."""

from __future__ import annotations

from controlplane.live.esl.session import Completion, Gone, Session
from tests.unit.live.esl.made_up_engine import (
    CALL,
    Peer,
    channel_data,
    completion,
    event,
    goodbye,
    hang_up,
    reply,
    response,
)

STAGE = "asked: Zoë, 100 %"
EXPECTED = {"uuid": CALL, "stage": STAGE, "response": "FILE PLAYED", "end": "gone"}


async def one_call(peer: Peer) -> list[str]:
    """Brings a call that hangs up during its third application; what was executed.

    A server may end with `exit`, or simply close.
    """
    executed: list[str] = []
    while True:
        try:
            command = await peer.next()
        except EOFError:
            return executed
        if command.first == "connect":
            peer.say(channel_data(variable_stage=STAGE))
        elif command.first.startswith("exit"):
            peer.say(reply("+OK bye"), goodbye())
            return executed
        elif command.argument == "socket_resume=false":
            peer.say(reply("+OK"), completion(command))
        elif command.headers.get("call-command") == "execute":
            executed.append(f"{command.headers['execute-app-name']} {command.argument}".strip())
            peer.say(reply("+OK"))
            if len(executed) == 3:
                peer.say(hang_up("USER_BUSY"))
            else:
                peer.say(completion(command, "FILE PLAYED"))
        else:
            peer.say(reply("+OK"))


async def answer_call(session: Session) -> dict[str, str]:
    """Our side of `one_call`, told as the peers tell theirs."""
    await session.execute("answer")
    played = await session.execute("playback", "tone")
    last = await session.execute("playback", "tone")
    return {
        "uuid": session.uuid,
        "stage": session.variable("stage"),
        "response": played.response if isinstance(played, Completion) else "",
        "end": "gone" if isinstance(last, Gone) else "completed",
    }


async def one_client(peer: Peer) -> None:
    """Greets any client, answers `api`, and tells it of two events."""
    peer.say(b"Content-Type: auth/request\n\n")
    while True:
        command = await peer.next()
        verb, _, rest = command.first.partition(" ")
        match verb:
            case "auth":
                peer.say(reply("+OK accepted"))
            case "api":
                peer.say(response(f"Zoë: {rest}"))
            case "event":
                peer.say(reply("+OK event listener enabled plain"))
                peer.say(event("HEARTBEAT", Event_Info="Zoë: 100 %", Up_Time="1 day, 2 h"))
                peer.say(event("HEARTBEAT", Event_Info="second"))
            case "exit":
                peer.say(reply("+OK bye"), goodbye())
                return
            case _:
                peer.say(reply("-ERR command not found"))
