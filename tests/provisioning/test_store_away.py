"""The database goes away in the midst of a storm: who is known is served, and nothing is lost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane.model.deployment import ProvisioningServer
from controlplane.store.handset_seen import SeenStore
from controlplane.store.store import Store
from controlplane.web.provisioning.beside import Beside
from controlplane.web.provisioning.counts import Counts
from tests.postgresql import Cluster
from tests.postgresql import cluster as cluster
from tests.provisioning.conftest import ACME, ADDRESS, MAC, OTHER_MAC, Handsets, free_port
from tests.unit.service.conftest import StoredPlace, new_deployment

NAME = "provisioning_away"


@pytest.fixture
def handsets(cluster: Cluster, tmp_path: Path) -> Iterator[Handsets]:
    cluster.run(f"CREATE DATABASE {NAME}")
    port, url = free_port(), cluster.url(NAME)
    settings = ProvisioningServer(address=ADDRESS, port=port, public_url=f"http://{ADDRESS}:{port}")
    deployment = new_deployment(tmp_path).model_copy(
        update={"database": url, "provisioning": settings}
    )
    Store.create(url).close()
    place = StoredPlace(tmp_path, deployment)
    place.commit(ACME)
    store = Store.open(url, lock_seconds=1)
    counts = Counts()
    beside = Beside(deployment, store, counts)
    beside.start()
    made = Handsets(place, store, port, None, counts, beside)
    yield made
    made.close()
    beside.stop()
    store.close()
    cluster.run(f"DROP DATABASE {NAME} WITH (FORCE)")


@pytest.mark.postgres
@pytest.mark.proves("G8")
def test_the_database_is_away_during_a_storm(handsets: Handsets, cluster: Cluster) -> None:
    token, enrolment = handsets.token(), handsets.enrolment("LDN-08")
    own = handsets.get(f"/d/{token}/{MAC}.cfg")
    assert own.status == 200
    assert handsets.get(f"/d/{enrolment}/{OTHER_MAC}.boot").status == 200
    cluster.run(f"ALTER DATABASE {NAME} ALLOW_CONNECTIONS false")
    cluster.run(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{NAME}'")
    statuses: Counter[int] = Counter()
    until = time.monotonic() + 4
    line = handsets.line()
    while time.monotonic() < until:
        found = handsets.get(f"/d/{token}/{MAC}.cfg", line=line)
        assert found.body == own.body
        statuses[found.status] += 1
        tag = f"If-None-Match: {own.headers['etag']}"
        statuses[handsets.get(f"/d/{token}/{MAC}.cfg", headers=(tag,), line=line).status] += 1
    assert set(statuses) == {200, 304}
    assert statuses[200] > 200
    assert handsets.get(f"/d/{token}/phonebook.xml").status == 200, "also what was not asked before"
    for path in (f"/d/{'u' * 24}/{MAC}.cfg", f"/d/{enrolment}/{OTHER_MAC}.cfg"):
        refused = handsets.get(path)
        assert (refused.status, "retry-after" in refused.headers) == (503, True)
    assert handsets.get(f"/{MAC}.cfg").status == 404
    assert handsets.served is not None
    assert handsets.served.reason().startswith("handsets: ")
    _back(handsets, cluster)
    assert handsets.get(f"/d/{enrolment}/{OTHER_MAC}.cfg").status == 200, "it was not used up"


def _back(handsets: Handsets, cluster: Cluster) -> None:
    cluster.run(f"ALTER DATABASE {NAME} ALLOW_CONNECTIONS true")
    until = time.monotonic() + 15
    assert handsets.served is not None
    while handsets.served.reason():
        assert time.monotonic() < until, handsets.served.reason()
        time.sleep(0.1)
    seen = SeenStore(handsets.store.database)
    while "LDN-07" not in seen.of("acme"):
        assert time.monotonic() < until, "what was seen meanwhile is not written"
        time.sleep(0.1)
    assert seen.of("acme")["LDN-07"].file == f"{MAC}.cfg"
