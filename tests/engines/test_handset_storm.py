"""Many emulated handsets boot at once, over HTTPS: each has its own files, whoever else asks."""

from __future__ import annotations

import json
import ssl
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from controlplane.cli.config import write_new
from controlplane.render.phones.catalogue import catalogue
from controlplane.render.phones.qr import setup_url
from controlplane.service.handsets.enrolment import Enrolment, token_url
from tests.engines.handset_office import RENDERED, mac_of, model_of
from tests.fleet import VENDORS, Handset
from tests.unit.cli.conftest import Place, environment
from tests.unit.service.conftest import new_deployment

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

ADDRESS, PORT = "127.0.0.232", 19282
URL = f"https://{ADDRESS}:{PORT}"
EACH = 6
"""Handsets of each vendor."""


def tenant() -> str:
    handsets = {
        f"{vendor}-{number}": {
            **{"mac": mac_of(vendor, number), "model": model_of(vendor), "line": "101"},
            **{"sip_password": f"pass-of-{vendor}-{number}"},
        }
        for vendor in RENDERED
        for number in range(1, EACH + 1)
    }
    lines = {"101": {"label": ["Ann"]}}
    return json.dumps({"tenant": "acme", "lines": lines, "handsets": handsets})


@dataclass
class Served:
    place: Place
    trust: ssl.SSLContext
    process: subprocess.Popen[bytes]
    log: Path

    def handsets(self) -> dict[str, Handset]:
        """Each as it has been given its enrolment URL."""
        made = {}
        with self.place.store() as store:
            enrolment = Enrolment(store)
            for name in (f"{it}-{number}" for it in RENDERED for number in range(1, EACH + 1)):
                vendor, _, number = name.partition("-")
                folder = token_url(URL, enrolment.enrol("acme", name, "ada").token)
                url = setup_url(catalogue().models[model_of(vendor)], folder) or folder
                mac, model = mac_of(vendor, int(number)), model_of(vendor).partition("/")[2]
                made[name] = VENDORS[vendor](mac, url, model=model, trust=self.trust)
        return made


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("storm")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    words = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    words += ["-nodes", "-days", "2", "-subj", "/CN=phones", "-keyout", str(key)]
    words += ["-addext", f"subjectAltName=IP:{ADDRESS}", "-out", str(certificate)]
    subprocess.run(words, check=True, capture_output=True)
    deployment = new_deployment(folder)
    configuration = folder / "controlplane.yaml"
    write_new(configuration, deployment)
    configuration.write_text(
        f"{configuration.read_text()}provisioning: {{address: {ADDRESS}, tls_port: {PORT}, "
        f'public_url: "{URL}", certificate: {certificate}, key: {key}}}\n'
    )
    place = Place(folder, deployment)
    place.commit(tenant())
    log = folder / "provision.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "controlplane.cli", "provision"],
            cwd=folder,
            env=environment(),
            stdout=output,
            stderr=output,
        )
    trust = ssl.create_default_context(cafile=str(certificate))
    try:
        until = time.monotonic() + 20
        probe = VENDORS["yealink"]("000000000000", f"{URL}/d/none/", trust=trust)
        while probe.get("none").status == 0:
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < until, log.read_text()
            time.sleep(0.05)
        yield Served(place, trust, process, log)
    finally:
        process.kill()
        process.wait()


@pytest.mark.proves("G8")
def test_all_boot_at_once_over_tls_and_each_has_its_own(served: Served) -> None:
    handsets = served.handsets()

    def boot(name: str) -> None:
        handset = handsets[name]
        handset.provision()
        handset.provision()

    with ThreadPoolExecutor(24) as pool:
        list(pool.map(boot, handsets))
    for name, handset in handsets.items():
        account = handset.learned().account
        assert (account.user, account.password) == (f"acme.{name}", f"pass-of-{name}")
        assert handset.url.startswith(f"{URL}/d/")
        assert handset.learned().phonebooks == () or handset.phonebook() == [("Ann", "101")]
    tokens = [it.url.split("/d/")[1].split("/")[0] for it in handsets.values()]
    assert len(set(tokens)) == len(handsets), "each has a token of its own"
    statuses = Counter(it.status for handset in handsets.values() for it in handset.asked)
    assert set(statuses) <= {200, 201, 204, 404}, statuses


# Python's own SSLSocket._create leaves the socket open where the peer resets it right before.
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
@pytest.mark.proves("G8")
def test_a_server_that_goes_in_the_midst_leaves_every_phone_what_it_has(served: Served) -> None:
    """Last: the server is killed while all of them fetch again."""
    handsets = served.handsets()
    for handset in handsets.values():
        handset.provision()
    known = {name: it.learned().account for name, it in handsets.items()}

    def again(name: str) -> None:
        until = time.monotonic() + 30
        while handsets[name].asked[-1].status != 0 and time.monotonic() < until:
            handsets[name].provision()

    with ThreadPoolExecutor(len(handsets)) as pool:
        rounds = [pool.submit(again, name) for name in handsets]
        while min(it.rounds for it in handsets.values()) < 3:
            time.sleep(0.01)
        served.process.kill()
        for it in rounds:
            it.result()
    assert {name: it.learned().account for name, it in handsets.items()} == known
    statuses = {it.status for handset in handsets.values() for it in handset.asked[-1:]}
    assert statuses == {0}
