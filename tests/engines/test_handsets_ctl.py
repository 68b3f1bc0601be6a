"""`ctl handset` on real engines with real phones: what it ends, and what goes on."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.engines.deployed import engine_of, initialised
from tests.phones import ANSWERS, Caller, Manner, Phone, PhoneBank, SippFailed
from tests.unit.cli.conftest import run_process

pytestmark = [pytest.mark.engine, pytest.mark.timeout(240)]

ADDRESSES = {
    "asterisk": ("127.0.0.135", "127.0.0.136"),
    "freeswitch": ("127.0.0.137", "127.0.0.138"),
}
ACME = """\
tenant: acme
lines:
  "101": {ring: 20s}
  "102": {ring: 20s}
  "103": {}
handsets:
  A1: {line: 101, sip_password: secret-a1, model: yealink/T54W}
  B1: {line: 102, sip_password: secret-b1, model: yealink/T54W}
  C1: {line: 103, sip_password: secret-c1}
"""


@dataclass(frozen=True)
class Office:
    """A deployment made by `ctl init`, its engine running, its phones registered."""

    kind: str
    folder: Path
    bank: PhoneBank

    def ctl(self, *args: str, exits: int = 0) -> subprocess.CompletedProcess[str]:
        done = run_process(*args, cwd=self.folder, env={"CTL_AUTHOR": "ada"})
        assert done.returncode == exits, f"{args}: {done.stdout}\n{done.stderr}"
        assert "secret-" not in done.stdout + done.stderr
        return done

    def data(self, *args: str, exits: int = 0) -> Any:
        return json.loads(self.ctl(*args, "--output", "json", exits=exits).stdout)

    def register(self, name: str, password: str = "") -> None:
        secret = password or f"secret-{name.lower()}"
        self.bank.register_all({Phone(f"acme.{name}", secret): ANSWERS})

    def refused(self, name: str, password: str = "") -> None:
        with pytest.raises(SippFailed, match="not registered"):
            self.register(name, password)


@pytest.fixture(params=sorted(ADDRESSES))
def office(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Office]:
    kind: str = request.param
    (tmp_path / "acme.yaml").write_text(ACME)
    address, phones = ADDRESSES[kind]
    initialised(tmp_path, kind, address, "--rtp", "17100-17199")
    with ExitStack() as stack:
        stack.enter_context(engine_of(tmp_path, kind, address))
        bank = stack.enter_context(PhoneBank(address, phones))
        made = Office(kind, tmp_path, bank)
        made.ctl("apply", "acme.yaml")
        for name in ("A1", "B1", "C1"):
            made.register(name)
        yield made


@pytest.mark.proves("G7")
def test_a_deleted_handset_is_refused_at_once_and_its_call_goes_on(office: Office) -> None:
    lasting = office.bank.place(Caller("acme.A1", "secret-a1"), "102", Manner(hang_up_after=8.0))
    assert lasting.wait_answered()
    began = time.monotonic()
    office.ctl("handset", "delete", "acme/A1", "--yes")
    took = time.monotonic() - began
    assert office.data("drift") == {office.kind: []}
    office.refused("A1")
    called = office.bank.call(Caller("acme.A1", "secret-a1"), "102")
    assert not called.answered, "a handset that is no more calls nobody"
    assert office.bank.call(Caller("acme.C1", "secret-c1"), "102").answered
    result = lasting.wait()
    assert result.answered
    assert result.seconds is not None
    assert result.seconds > 7.5, f"the call it was in ended early (delete took {took:.1f} s)"


@pytest.mark.proves("G7")
def test_another_password_ends_the_registration_of_the_old_one(office: Office) -> None:
    since = time.time()
    office.ctl("handset", "edit", "acme/A1", "sip_password=secret-new")
    assert office.bank.call(Caller("acme.B1", "secret-b1"), "101").status != 200
    assert office.bank.observed("acme.A1", since=since) == []
    office.refused("A1")
    office.register("A1", "secret-new")
    assert office.bank.call(Caller("acme.B1", "secret-b1"), "101").answered
    assert office.data("drift") == {office.kind: []}
