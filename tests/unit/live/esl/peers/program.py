"""Runs a peer as a program of its own, so that its event loop and its faults stay there."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

GREENSWITCH = (sys.executable, str(Path(__file__).parent / "with_greenswitch.py"))


def genesis(interpreter: Path) -> tuple[str, ...]:
    return (str(interpreter), str(Path(__file__).parent / "with_genesis.py"))


@asynccontextmanager
async def running(program: tuple[str, ...], *arguments: object) -> AsyncIterator[Lines]:
    process = await asyncio.create_subprocess_exec(
        *program, *map(str, arguments), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        yield Lines(process.stdout)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


class Lines:
    def __init__(self, output: asyncio.StreamReader) -> None:
        self._output = output

    async def next(self, seconds: float = 20) -> Any:
        """The next line of JSON; what is none is passed over."""
        async with asyncio.timeout(seconds):
            while line := await self._output.readline():
                try:
                    return json.loads(line)
                except ValueError:
                    continue
        raise EOFError("the peer ended")
