"""A controller alone: decides one engine's calls by the tenants in a file, until it is killed.

    python -m tests.conformance.controller TENANTS.json

Prints `ready` when calls are decided, and then a line for each decision: what came before it.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import structlog

from controlplane.engines import ENGINES
from controlplane.live.driver import Driver
from controlplane.model.deployment import Engine
from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of


class Printed:
    """What is counted, as lines."""

    def decided(self, engine: str, step: str, after: str, seconds: float) -> None:
        print(after, flush=True)

    def connected(self, engine: str, up: bool) -> None:
        pass

    def failed(self, kind: str) -> None:
        print(f"failed: {kind}", flush=True)


async def decide(told: Mapping[str, Any]) -> None:
    systems = [PhoneSystem.model_validate(one) for one in told["tenants"]]
    ahead = dt.timedelta(seconds=told["seconds_ahead"])
    driver = Driver(lambda: dt.datetime.now(dt.UTC) + ahead)
    driver.follow({one.tenant: (compile_plan(one), state_of(one)) for one in systems})
    engine = Engine.model_validate(told["engine"])
    row = ENGINES[engine.kind]
    live = row.live("one", engine, driver, Printed(), lambda *_: None, Random())
    running = asyncio.create_task(live.serve(asyncio.Event(), 0))
    while live.down and not running.done():  # noqa: ASYNC110 - it has no event for that
        await asyncio.sleep(0.02)
    if not running.done():
        print("ready", flush=True)
    await running


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(decide(json.loads(Path(sys.argv[1]).read_text())))
