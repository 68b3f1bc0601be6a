"""Trunks that register, over UDP, TCP and TLS, with a carrier that asks for a password."""

from __future__ import annotations

import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from controlplane.capabilities import Capability
from controlplane.diagnostics import Faults
from controlplane.engines import ENGINES
from controlplane.model.phone_system import PhoneSystem
from controlplane.render.bundle import TenantView
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of
from tests.conformance.asterisk import AsteriskStand
from tests.conformance.stand import STANDS, Stand
from tests.engines.freeswitch_process import require_freeswitch
from tests.phones import ANSWERS, Caller, Manner, Phone, PhoneBank
from tests.phones.carrier import Carrier

pytestmark = [pytest.mark.engine, pytest.mark.timeout(180)]

ADDRESSES = {
    "asterisk": ("127.0.0.105", "127.0.0.106", "127.2.105.1"),
    "freeswitch": ("127.0.0.107", "127.0.0.108", "127.2.107.1"),
}
PASSWORD = "phone-password"
MAIN, OUTSIDE = "+442071838750", "+447700900901"


class Office:
    def __init__(self, kind: str, stand: Stand, bank: PhoneBank, folder: Path) -> None:
        self.folder = folder
        self.kind = kind
        self.stand = stand
        self.bank = bank
        self.carrier_ip = ADDRESSES[kind][2]

    def load(self, carrier: Carrier) -> None:
        system = PhoneSystem.model_validate(
            {
                "tenant": "acme",
                "sites": {"london": {"main_number": MAIN}},
                "lines": {"101": {"ring": 10}},
                "numbers": {MAIN: {"to": "line/101"}},
                "handsets": {"A1": {"line": "101"}},
                "trunks": {
                    "uplink": {
                        "host": carrier.ip,
                        "port": carrier.port,
                        "transport": carrier.transport,
                        "username": carrier.user,
                        "password": carrier.password,
                        "register": True,
                        "qualify": False,
                    }
                },
            }
        )
        view = TenantView(system, compile_plan(system), state_of(system), {"A1": PASSWORD})
        self.stand.load([view])
        self.bank.register_all({Phone("acme.A1", PASSWORD): ANSWERS})

    def tls(self) -> ssl.SSLContext:
        """Of the carrier, with a certificate by an authority that the engine is told to trust."""
        made = self.folder / "tls"
        if not made.exists():
            made.mkdir()
            certify(made, self.carrier_ip)
            if isinstance(self.stand, AsteriskStand):
                self.trust(self.stand, (made / "ca.pem").read_text(), made)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(made / "carrier.pem", made / "carrier.key")
        return context

    def trust(self, stand: AsteriskStand, authority: str, made: Path) -> None:
        name = openssl("x509", "-hash", "-noout", "-in", str(made / "ca.pem")).strip()
        file = f"/etc/ssl/certs/{name}.0"
        stand.container.execute("sh", "-c", f"printf %s '{authority}' > {file}")


def openssl(*arguments: str) -> str:
    done = subprocess.run(["openssl", *arguments], check=True, capture_output=True, text=True)
    return done.stdout


def certify(made: Path, ip: str) -> None:
    key, days = ["-newkey", "rsa:2048", "-nodes"], ["-days", "2"]
    ca = ["-keyout", str(made / "ca.key"), "-out", str(made / "ca.pem")]
    openssl("req", "-x509", *key, *days, "-subj", "/CN=Test authority", *ca)
    request = ["-keyout", str(made / "carrier.key"), "-out", str(made / "carrier.csr")]
    openssl("req", *key, "-subj", f"/CN={ip}", *request)
    (made / "names").write_text(f"subjectAltName=IP:{ip}\n")
    signed = ["-CA", str(made / "ca.pem"), "-CAkey", str(made / "ca.key"), "-CAcreateserial"]
    given = ["-in", str(made / "carrier.csr"), "-out", str(made / "carrier.pem")]
    openssl("x509", "-req", *days, *signed, *given, "-extfile", str(made / "names"))


@pytest.fixture(scope="module", params=sorted(STANDS))
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Office]:
    kind: str = request.param
    if kind == "freeswitch":
        require_freeswitch()
    folder: Path = tmp_path_factory.mktemp(kind)
    address, phones, _ = ADDRESSES[kind]
    with STANDS[kind](folder, address) as stand, PhoneBank(stand.sip, phones) as bank:
        yield Office(kind, stand, bank, folder)


USERS = pytest.mark.parametrize("user", ["acme-user", "445551234"])


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@USERS
def test_registers_is_called_and_calls(office: Office, transport: str, user: str) -> None:
    with Carrier(office.carrier_ip, transport, user, "s3cret;x") as carrier:
        _registers_is_called_and_calls(office, carrier)


TLS = Capability.TLS_TRUNKS
OVER_TLS = [kind.value for kind, row in ENGINES.items() if TLS in row.capabilities]
NOT_OVER_TLS = [kind.value for kind, row in ENGINES.items() if TLS not in row.capabilities]


@pytest.mark.parametrize("office", OVER_TLS, indirect=True)
@USERS
def test_registers_is_called_and_calls_over_tls(office: Office, user: str) -> None:
    with Carrier(office.carrier_ip, "tls", user, "s3cret;x", tls=office.tls()) as carrier:
        _registers_is_called_and_calls(office, carrier)


@pytest.mark.parametrize("office", NOT_OVER_TLS, indirect=True)
def test_no_trunk_over_tls_gets_to_an_engine_without(office: Office) -> None:
    """It is refused before anything changes: the trunk that is there goes on."""
    with Carrier(office.carrier_ip, "udp", "acme-user", "s3cret;x") as carrier:
        office.load(carrier)
        with (
            Carrier(office.carrier_ip, "tls", "acme-user", "-", tls=office.tls()) as other,
            pytest.raises(Faults, match=r"acme/trunks/uplink/transport: .* no trunks over TLS"),
        ):
            office.load(other)
        _registers_is_called_and_calls(office, carrier, loaded=True)


def _registers_is_called_and_calls(
    office: Office, carrier: Carrier, *, loaded: bool = False
) -> None:
    if not loaded:
        office.load(carrier)
    carrier.wait(lambda: bool(carrier.registered), "a registration with the password")
    time.sleep(1.5)  # FreeSWITCH looks once a second whether it is registered.
    assert carrier.call("+447700900555", MAIN) == 200
    assert office.bank.wait_observed("acme.A1")[-1].caller.number == "+447700900555"
    caller = Caller("acme.A1", PASSWORD)
    assert office.bank.place(caller, OUTSIDE, Manner(hang_up_after=0.5)).wait().answered
    assert any(OUTSIDE in uri for uri in carrier.called)


def test_registers_again_before_it_ends(office: Office) -> None:
    with Carrier(office.carrier_ip, "tcp", "acme-user", "s3cret;x", expires=12) as carrier:
        office.load(carrier)
        carrier.wait(lambda: len(carrier.registered) > 1, "a second registration", 25)
        assert carrier.registered[1] - carrier.registered[0] < 12
