"""Health and metrics, fetched over HTTP."""

from __future__ import annotations

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from controlplane.diagnostics import Faults
from controlplane.web.health import Status, application, served
from controlplane.web.metrics import Metrics

ADDRESS, PORT = "127.0.0.72", 19188


async def _get(path: str) -> tuple[int, str, str]:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://{ADDRESS}:{PORT}{path}") as answer,
    ):
        return answer.status, await answer.text(), answer.headers["Content-Type"]


@pytest.mark.parametrize(
    ("status", "code", "reason"),
    [
        (Status(7, 7, {"asterisk": ""}), 200, ""),
        (Status(7, 7, {"asterisk": "nothing answers"}), 503, "asterisk: nothing answers"),
        (Status(6, 7, {"asterisk": ""}, following="behind"), 503, "behind"),
        (Status(7, 7, {"asterisk": ""}, draining=True), 503, "draining: no new calls are decided"),
    ],
)
async def test_health_is_200_only_in_good_order(status: Status, code: int, reason: str) -> None:
    async with served(application(lambda: status, Metrics()), ADDRESS, PORT):
        found, body, kind = await _get("/healthz")
    assert found == code
    assert kind.startswith("application/json")
    import json

    told = json.loads(body)
    assert told["ok"] is (code == 200)
    assert told["reason"] == reason
    assert told["revision"] == status.revision


async def test_metrics_are_prometheus_text() -> None:
    metrics = Metrics()
    metrics.decided("asterisk", "ring", "entry", 0.0004)
    metrics.decided("asterisk", "hangup", "busy", 0.002)
    metrics.failed("store")
    look = lambda: Status(6, 7, {"asterisk": "gone"})  # noqa: E731
    async with served(application(look, metrics), ADDRESS, PORT):
        status, text, _ = await _get("/metrics")
    assert status == 200
    samples = {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert samples["controlplane_decisions_total", "asterisk", "entry", "ring"] == 1
    assert samples["controlplane_decision_seconds_count", "asterisk"] == 2
    assert samples["controlplane_connected", "asterisk"] == 0
    assert samples["controlplane_revision_in_memory",] == 6
    assert samples["controlplane_revision_stored",] == 7
    assert samples["controlplane_errors_total", "store"] == 1


async def test_a_taken_port_is_one_clear_fault() -> None:
    app = application(lambda: Status(0, 0), Metrics())
    async with served(app, ADDRESS, PORT):
        with pytest.raises(Faults, match=f"{ADDRESS}:{PORT}: error: health cannot be served"):
            async with served(application(lambda: Status(0, 0), Metrics()), ADDRESS, PORT):
                pass
