"""A provisioning server for the benchmark: its store, its process on one core, its handsets."""

from __future__ import annotations

import datetime as dt
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import insert

from controlplane.cli.config import write_new
from controlplane.model.change_set import ChangeSet
from controlplane.model.deployment import Deployment, Engine
from controlplane.model.documents import to_documents
from controlplane.service.handsets.enrolment import new_token
from controlplane.store.handset_tokens import TokenKind, digest_of
from controlplane.store.schema import handset_tokens
from controlplane.store.store import Store
from controlplane.store.yaml.reader import read
from examples.generate_large import extensions, large_tenant
from tests.bench.dialled import TENANT

ADDRESS = "127.0.0.85"
SERVER_CORE, CLIENT_CORE = 0, 1
TENANT_LINES = 100
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Client:
    """A handset that is enrolled."""

    mac: str
    token: str

    def path(self, name: str) -> str:
        return f"/d/{self.token}/{name}"

    @property
    def own(self) -> str:
        """Its configuration."""
        return self.path(f"{self.mac}.cfg")


@dataclass
class Stand:
    """A store with so many lines, of which each has a handset that is enrolled."""

    folder: Path
    clients: Sequence[Client]
    port: int
    tls_port: int | None

    @contextmanager
    def server(self, core: int | None = SERVER_CORE) -> Iterator[int]:
        """`ctl provision`, alone on a core unless None; its process id."""
        words = [sys.executable, "-m", "controlplane.cli", "provision", "-c"]
        log = self.folder / "log"
        with log.open("w") as to:
            process = subprocess.Popen(
                [*words, str(self.folder / "controlplane.yaml")], stdout=to, stderr=to
            )
        if core is not None:
            os.sched_setaffinity(process.pid, {core})
        try:
            until = time.monotonic() + _SECONDS
            while "serving handsets" not in log.read_text():
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError(f"no provisioning server: {log.read_text()[-500:]}")
                time.sleep(0.05)
            yield process.pid
        finally:
            process.terminate()
            process.wait(_SECONDS)


def stand(folder: Path, lines: int, *, tls: bool = False) -> Stand:
    """In an empty folder."""
    engine = Engine(address=ADDRESS, password="none", folder=str(folder / "engine"))
    url = f"sqlite:///{folder}/store.sqlite"
    port, tls_port = _free_port(), _free_port() if tls else None
    write_new(folder / "controlplane.yaml", Deployment(database=url, engines={"pbx": engine}))
    settings = [f"address: {ADDRESS}", f"port: {port}", f"public_url: 'http://{ADDRESS}:{port}'"]
    if tls:
        settings += [f"tls_port: {tls_port}", *_certificate(folder)]
    with (folder / "controlplane.yaml").open("a") as file:
        file.write(f"provisioning: {{{', '.join(settings)}}}\n")
    with Store.create(url) as store:
        clients = _fill(store, lines)
    return Stand(folder, clients, port, tls_port)


def _fill(store: Store, lines: int) -> list[Client]:
    """Tenants of a hundred lines: ten thousand handsets are not one customer's."""
    clients = []
    for number in range(max(1, lines // TENANT_LINES)):
        clients += _fill_tenant(store, f"{TENANT}-{number}", number, min(lines, TENANT_LINES))
    return clients


def _fill_tenant(store: Store, tenant: str, number: int, lines: int) -> list[Client]:
    text = large_tenant(lines, tenant)
    text = re.sub(r'mac: "0015....', f'mac: "0015{number:04x}', text)
    text = re.sub(r"\+4420700", f"+44{2000 + number}", text)
    wanted = to_documents(read(text, "large.yaml").system)
    before = store.load(tenant)
    changes = ChangeSet.between(
        tenant, before.revision, before.documents, wanted, author="benchmark"
    )
    now = dt.datetime.now(dt.UTC)
    store.commit(changes, now, new_token)
    clients, rows = [], []
    for key in extensions(lines):
        mac = str(wanted[f"{tenant}/handsets/PH-{key}"]["mac"])
        clients.append(Client(mac, new_token()))
        rows.append({
            **{"digest": digest_of(clients[-1].token), "tenant": tenant, "handset": f"PH-{key}"},
            **{"mac": mac, "kind": TokenKind.ACTIVE.value, "made": now, "expires": None},
            **{"ended": None, "end": "", "author": "", "ended_by": "", "rotating": False},
            "change": 1,
        })  # fmt: skip
    with store.database.write() as connection:
        connection.execute(insert(handset_tokens), rows)
    return clients


def _certificate(folder: Path) -> list[str]:
    """ECDSA P-256, as docs/provisioning-server.md recommends."""
    made = {"certificate": folder / "tls.pem", "key": folder / "tls.key"}
    words = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
    subject = ["-subj", "/CN=phones.example", "-addext", f"subjectAltName=IP:{ADDRESS}"]
    files = ["-keyout", str(made["key"]), "-out", str(made["certificate"])]
    subprocess.run([*words.split(), *subject, *files], check=True, capture_output=True)
    return [f"{name}: {path}" for name, path in made.items()]


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind((ADDRESS, 0))
        return int(taken.getsockname()[1])
