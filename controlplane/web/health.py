"""Health and metrics of a running controller over HTTP: /healthz and /metrics."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field

from aiohttp import web

from controlplane.diagnostics import fault
from controlplane.web.metrics import Metrics

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Status:
    """A controller now. `engines`: "" while connected, else why not. `reason`: why not in order.

    `revision` is what calls are decided by, `stored` the newest in the store as last seen.
    """

    revision: int
    stored: int
    engines: Mapping[str, str] = field(default_factory=dict)
    draining: bool = False
    following: str = ""

    @property
    def reason(self) -> str:
        """The first thing that keeps calls from being decided as stored; "" in good order."""
        if self.draining:
            return "draining: no new calls are decided"
        for name, why in self.engines.items():
            if why:
                return f"{name}: {why}"
        return self.following


Look = Callable[[], Status]


def application(look: Look, metrics: Metrics) -> web.Application:
    """200 from /healthz while connected and following the store; 503 and the reason otherwise."""

    async def healthz(_request: web.Request) -> web.Response:
        status = look()
        body = {"ok": not status.reason, "reason": status.reason, **asdict(status)}
        return web.json_response(body, status=503 if status.reason else 200)

    async def exposition(_request: web.Request) -> web.Response:
        status = look()
        metrics.revisions(status.revision, status.stored)
        for name, why in status.engines.items():
            metrics.connected(name, not why)
        return web.Response(body=metrics.text(), headers={"Content-Type": METRICS_TYPE})

    app = web.Application(client_max_size=1024)
    app.add_routes([web.get("/healthz", healthz), web.get("/metrics", exposition)])
    return app


@asynccontextmanager
async def served(app: web.Application, address: str, port: int) -> AsyncIterator[None]:
    """Serve `app` while the context lasts. Faults where the port cannot be had."""
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, address, port)
        try:
            await site.start()
        except OSError as error:
            raise fault(
                f"health cannot be served: {error.strerror or error}",
                f"run: {address}:{port}",
                "stop what uses the port, or choose another under run: in the configuration",
            ) from error
        yield
    finally:
        await runner.cleanup()
