"""An ESL client and an outbound server made with greenswitch; run as a program, prints JSON.

`client HOST PORT PASSWORD SECONDS COMMAND…` prints the replies and the events it heard;
`server` prints the port it listens on, and then what came of one call.
"""

from __future__ import annotations

import json
import socket
import sys
from typing import Any

import gevent
from greenswitch.esl import (
    InboundESL,
    OutboundESLServer,
    OutboundSession,
    OutboundSessionHasGoneAway,
)


def client(host: str, port: str, password: str, seconds: str, *wanted: str) -> None:
    esl = InboundESL(host, int(port), password)
    events: list[dict[str, str]] = []
    esl.register_handle("*", lambda event: events.append(event.headers))
    esl.connect()
    replies = [esl.send(command).data for command in wanted]
    gevent.sleep(float(seconds))
    print(json.dumps({"replies": replies, "events": events}), flush=True)


class Call:
    def __init__(self, session: OutboundSession) -> None:
        self.session = session

    def run(self) -> None:
        session, told = self.session, {}
        session.myevents()
        session.linger()
        told["uuid"] = session.session_data["Unique-ID"]
        told["stage"] = session.session_data.get("variable_stage", "")
        session.call_command("answer", block=True)
        told["response"] = session.playback("tone").headers["Application-Response"]
        try:
            session.playback("tone")
            told["end"] = "completed"
        except OutboundSessionHasGoneAway:
            told["end"] = "gone"
        print(json.dumps(told), flush=True)


def server() -> None:
    # It takes 0 for a failure, so the port is found before.
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    outbound = OutboundESLServer("127.0.0.1", port, Call)
    listening = gevent.spawn(outbound.listen)
    while not outbound._running:
        gevent.sleep(0.01)
    print(port, flush=True)
    listening.join()


if __name__ == "__main__":
    arguments: list[Any] = sys.argv[2:]
    {"client": client, "server": server}[sys.argv[1]](*arguments)
