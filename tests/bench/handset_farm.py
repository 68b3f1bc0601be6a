"""Thousands of handsets in one process: they register, and fetch over HTTP when a NOTIFY says so.

    python -m tests.bench.handset_farm ENGINE IP URL FILE

FILE has a line a handset: account, password, file name, token, and how many NOTIFYs it lets pass
without a fetch, with tabs between. Prints `registered` once all are.
"""  # fmt: skip

from __future__ import annotations

import asyncio
import itertools
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import aiohttp

from tests.bench.sip_message import Message, answer, credentials, packed, parse

_AT_ONCE = 60
_ATTEMPTS = 8
_PATIENCE = 1.0


@dataclass
class Handset:
    account: str
    password: str
    name: str
    token: str
    deaf: int
    etag: str = ""


class Farm(asyncio.DatagramProtocol):
    """All at one socket, told apart by the user part of their contact."""

    def __init__(self, engine: str, url: str, handsets: list[Handset]) -> None:
        self._engine = (engine, 5060)
        self._url = url
        self._handsets = {it.account: it for it in handsets}
        self._numbers = itertools.count(1)
        self._run = time.time_ns()
        self._waiting: dict[tuple[str, str], asyncio.Future[Message]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._seen: set[str] = set()

    async def register_all(self) -> None:
        at_once = asyncio.Semaphore(_AT_ONCE)

        async def one(handset: Handset) -> None:
            async with at_once:
                await self._register(handset)

        await asyncio.gather(*map(one, self._handsets.values()))

    async def _register(self, handset: Handset) -> None:
        host, port = self.transport.get_extra_info("sockname")
        uri, account = f"sip:{self._engine[0]}", handset.account
        number = next(self._numbers)
        call = f"farm-{self._run}-{number}"
        proof: list[str] = []
        for sequence in (1, 2):
            headers = [
                f"Via: SIP/2.0/UDP {host}:{port};rport;branch=z9hG4bK{call}-{sequence}",
                "Max-Forwards: 70",
                f"From: <sip:{account}@{self._engine[0]}>;tag=f{number}",
                f"To: <sip:{account}@{self._engine[0]}>",
                f"Call-ID: {call}",
                f"CSeq: {sequence} REGISTER",
                f"Contact: <sip:{account}@{host}:{port}>",
                "Expires: 3600",
                *proof,
            ]
            request = packed(f"REGISTER {uri} SIP/2.0", headers)
            reply = await self._answered(request, (call, f"{sequence} REGISTER"))
            if reply.status == 200:
                return
            challenge = reply.get("www-authenticate")
            word = credentials(challenge, account, handset.password, "REGISTER", uri)
            proof = [f"Authorization: {word}"]
        raise RuntimeError(f"{account} was not registered: {reply.start}")

    async def _answered(self, request: bytes, key: tuple[str, str]) -> Message:
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[key] = future
        for _ in range(_ATTEMPTS):
            self.transport.sendto(request, self._engine)
            done, _pending = await asyncio.wait([future], timeout=_PATIENCE)
            if done:
                return future.result()
        raise RuntimeError(f"no answer to {key}")

    # --- what the engine sends ------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # In 3.11 what a loop makes is no DatagramTransport by name.
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, source: tuple[str, int]) -> None:
        message = parse(data, 0)
        if message.status:
            future = self._waiting.get((message.call_id, message.get("cseq")))
            if future and not future.done() and message.status >= 200:
                future.set_result(message)
            return
        self.transport.sendto(answer(message, "200 OK", tag="f"), source)
        if message.method == "NOTIFY" and message.get("event").startswith("check-sync"):
            self._told(message)

    def _told(self, message: Message) -> None:
        # A NOTIFY that is sent again because its answer was late is the same one.
        if message.call_id in self._seen:
            return
        self._seen.add(message.call_id)
        account = message.start.split()[1].removeprefix("sip:").partition("@")[0]
        handset = self._handsets[account]
        if handset.deaf:
            handset.deaf -= 1
            return
        task = asyncio.get_running_loop().create_task(self._fetch(handset))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _fetch(self, handset: Handset) -> None:
        headers = {"User-Agent": "Yealink SIP-T54W 96.86.0.75"}
        if handset.etag:
            headers["If-None-Match"] = handset.etag
        url = f"{self._url}/d/{handset.token}/{handset.name}"
        async with self.http.get(url, headers=headers) as got:
            await got.read()
            handset.etag = got.headers.get("ETag", "")

    async def serve(self) -> None:
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=20)) as self.http:
            await asyncio.Event().wait()


def handsets_in(file: Path) -> list[Handset]:
    rows = (line.split("\t") for line in file.read_text().splitlines())
    return [Handset(account, password, name, token, int(deaf))
            for account, password, name, token, deaf in rows]  # fmt: skip


async def main(engine: str, ip: str, url: str, handsets: list[Handset]) -> None:
    loop = asyncio.get_running_loop()
    transport, farm = await loop.create_datagram_endpoint(
        lambda: Farm(engine, url, handsets), local_addr=(ip, 0)
    )
    transport.get_extra_info("socket").setsockopt(1, 8, 4_000_000)  # SO_RCVBUF
    serving = loop.create_task(farm.serve())
    await farm.register_all()
    print("registered", flush=True)
    await serving


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], sys.argv[3], handsets_in(Path(sys.argv[4]))))
