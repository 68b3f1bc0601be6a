"""A provisioning server over loopback, and a client that sends whatever bytes it is given."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from controlplane.model.change import Change
from controlplane.model.change_set import ChangeSet
from controlplane.model.deployment import Deployment, ProvisioningServer
from controlplane.service.handsets.enrolment import Enrolment
from controlplane.store.handset_tokens import TokenStore, digest_of
from controlplane.store.store import Store
from controlplane.web.provisioning.beside import Beside
from controlplane.web.provisioning.counts import Counts
from controlplane.web.provisioning.limits import Limits
from tests.unit.service.conftest import AT, StoredPlace, new_deployment

ADDRESS = "127.0.0.73"
MAC, OTHER_MAC = "805ec0123456", "805ec0abcdef"
ACME = """\
tenant: acme
timezone: Europe/London
sites:
  london: {}
users:
  ada: {first: Ada, last: Byron, email: [ada@acme.example]}
lines:
  "101": {user: ada}
  "102": {}
handsets:
  LDN-07: {mac: "80:5e:c0:12:34:56", model: yealink/T54W, site: london, line: 101}
  LDN-08: {mac: "80:5e:c0:ab:cd:ef", model: yealink/T54W, line: 102, sip_password: hush-hush-08}
"""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes = field(repr=False)
    raw: bytes = field(repr=False, default=b"")


class Line:
    """One connection. Blocking, five seconds at most."""

    def __init__(self, address: str, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.socket = socket.create_connection((address, port), 5)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="phones.example")
        self._read = b""

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def answer(self, *, head: bool = False) -> Answer | None:
        """The next one; None where the connection ends before it."""
        while b"\r\n\r\n" not in self._read:
            if not self._more():
                return None
        start, _, rest = self._read.partition(b"\r\n\r\n")
        status, *lines = start.decode("latin-1").split("\r\n")
        pairs = (line.partition(": ") for line in lines)
        headers = {name.lower(): value for name, _, value in pairs}
        code = int(status.split(" ")[1])
        length = 0 if head or code in (100, 204, 304) else int(headers["content-length"])
        while len(rest) < length:
            if not self._more():
                return None
            rest = self._read.partition(b"\r\n\r\n")[2]
        self._read = rest[length:]
        return Answer(code, headers, rest[:length], start + b"\r\n\r\n" + rest[:length])

    def ended(self) -> bool:
        """Whether the server has closed it; waits for that."""
        try:
            while self._more():
                pass
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        self.socket.close()

    def _more(self) -> bool:
        try:
            data = self.socket.recv(65536)
        except (ConnectionResetError, BrokenPipeError, ssl.SSLError):
            return False
        self._read += data
        return bool(data)


@dataclass
class Handsets:
    """A server, and what its handsets would do. `port` over HTTP, `tls_port` over HTTPS."""

    place: StoredPlace
    store: Store
    port: int
    tls_port: int | None
    counts: Counts
    served: Beside | None

    lines: list[Line] = field(default_factory=list)

    def line(self, tls: ssl.SSLContext | None = None, port: int = 0) -> Line:
        """A connection, closed when the test ends."""
        made = Line(ADDRESS, port or (self.tls_port if tls and self.tls_port else self.port), tls)
        self.lines.append(made)
        return made

    def close(self) -> None:
        for line in self.lines:
            line.close()

    def get(
        self,
        path: str,
        method: str = "GET",
        headers: tuple[str, ...] = (),
        body: bytes = b"",
        line: Line | None = None,
    ) -> Answer:
        """On a connection of its own, unless given one."""
        own = line or self.line()
        if body:
            headers = (*headers, f"Content-Length: {len(body)}")
        text = "".join(f"{it}\r\n" for it in ("Host: phones.example", *headers))
        own.send(f"{method} {path} HTTP/1.1\r\n{text}\r\n".encode() + body)
        found = own.answer(head=method == "HEAD")
        if line is None:
            own.close()
        assert found is not None, "there was no answer"
        return found

    def delay(self, seconds: float) -> None:
        """Keep the server from everything for so long, from now on."""
        assert self.served is not None
        begun = threading.Event()

        def hold() -> None:
            begun.set()
            time.sleep(seconds)

        loop = self.served._loop
        assert loop is not None
        loop.call_soon_threadsafe(hold)
        assert begun.wait(5)

    def remove(self, handset: str) -> None:
        now = self.store.load("acme")
        address = f"acme/handsets/{handset}"
        change = Change(address, now.documents[address], None)
        self.store.commit(ChangeSet("acme", now.revision, (change,)), AT, lambda: "")

    def enrolment(self, handset: str = "LDN-07", minutes: int = 60) -> str:
        return Enrolment(self.store).enrol("acme", handset, "ada", minutes).token

    def token(self, handset: str = "LDN-07") -> str:
        """A permanent one, that its handset has not shown yet."""
        enrolment = Enrolment(self.store)
        opened = enrolment.enrol("acme", handset, "ada").token
        found = {it.digest: it for it in TokenStore(self.store.database).of("acme")}
        plain = enrolment.exchange(found[digest_of(opened)])
        assert plain is not None
        return plain


Serve = Callable[..., Handsets]


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind((ADDRESS, 0))
        return int(taken.getsockname()[1])


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Starts servers: `serve(limits=…, text=…, **settings)`."""
    begun: list[Handsets] = []

    def start(
        limits: Limits | None = None,
        text: str = ACME,
        tls_port: int | None = None,
        **settings: object,
    ) -> Handsets:
        port = free_port()
        place = StoredPlace(tmp_path, new_deployment(tmp_path))
        place.commit(text)
        served = ProvisioningServer(
            address=ADDRESS,
            port=port,
            tls_port=tls_port,
            public_url=f"http://{ADDRESS}:{port}",
            **settings,  # type: ignore[arg-type]
        )
        deployment: Deployment = place.deployment.model_copy(update={"provisioning": served})
        store, counts = Store.open(deployment.database), Counts()
        beside = Beside(deployment, store, counts, limits)
        begun.append(Handsets(place, store, port, tls_port, counts, beside))
        beside.start()
        return begun[-1]

    yield start
    for handsets in begun:
        handsets.close()
        if handsets.served:
            handsets.served.stop()
        handsets.store.close()


@pytest.fixture
def handsets(serve: Serve) -> Handsets:
    return serve()
