"""An office with mailboxes on a running engine of either kind: `ctl`, phones, and callers."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.engines.asterisk_container import AsteriskContainer
from tests.engines.freeswitch_process import FreeSwitchProcess, require_freeswitch
from tests.phones import ANSWERS, BUSY, Behaviour, Caller, CallResult, Manner, Phone, PhoneBank
from tests.unit.cli.conftest import run_process

ADDRESSES = {
    "asterisk": ("127.0.0.121", "127.0.0.122"),
    "freeswitch": ("127.0.0.123", "127.0.0.124"),
}
RUN_PORTS = {"asterisk": 19121, "freeswitch": 19123}
PASSWORD = "phone-secret"
OFFICE: dict[str, Any] = {
    "tenant": "acme",
    "country": "GB",
    "users": {"bob": {"first": "Bob", "email": ["bob@acme.example"]}},
    "lines": {
        "101": {"label": ["Ada"], "ring": 2},
        "102": {"user": "bob", "ring": 2, "voicemail": {"notify": "none"}},
        "103": {"label": ["Cy"], "ring": 2},
    },
    "mailboxes": {"600": {}},
    "groups": {"sales": {"extension": "700", "members": ["103"], "ring": 5}},
    "handsets": {
        "A1": {"line": "101", "sip_password": PASSWORD},
        "B1": {"line": "102", "sip_password": PASSWORD},
        "C1": {"line": "103", "sip_password": PASSWORD},
    },
}

Engine = AsteriskContainer | FreeSwitchProcess


@dataclass
class Office:
    """A deployment with its engine running and phones registered."""

    kind: str
    folder: Path
    state: Path
    engine: Engine
    bank: PhoneBank

    def ctl(self, *args: str, exits: int = 0) -> subprocess.CompletedProcess[str]:
        done = run_process(*args, cwd=self.folder, env={"CTL_AUTHOR": "ada"})
        assert done.returncode == exits, f"{args}: {done.stdout}\n{done.stderr}"
        return done

    def data(self, *args: str, exits: int = 0) -> Any:
        return json.loads(self.ctl(*args, "--output", "json", exits=exits).stdout)

    def apply(self, **lines: Mapping[str, Any]) -> None:
        """The office, with more settings of some lines (`l102=…`)."""
        whole = json.loads(json.dumps(OFFICE))
        for name, more in lines.items():
            whole["lines"][name.removeprefix("l")] |= more
        (self.folder / "acme.yaml").write_text(json.dumps(whole))
        self.ctl("apply", "acme.yaml", "--yes")

    def phones(self, **does: Behaviour) -> None:
        wanted = {"A1": ANSWERS, "B1": BUSY, "C1": ANSWERS} | does
        self.bank.register_all({Phone(f"acme.{n}", PASSWORD): b for n, b in wanted.items()})

    def call(self, called: str, manner: Manner, display: str = "", who: str = "A1") -> CallResult:
        caller = Caller(f"acme.{who}", PASSWORD, display)
        return self.bank.call(caller, called, manner)

    def leave(self, box: str = "102", seconds: float = 7.0) -> None:
        """A message from A1: after the greeting is skipped, `seconds` of tone and of waiting."""
        before = len(self.messages(box))
        self.call(box, Manner(digits="#", digits_after=0.6, hang_up_after=seconds, talks=True))
        until = time.monotonic() + 10
        while len(self.messages(box)) == before:
            assert time.monotonic() < until, f"no message arrived\n{self.log()}"
            time.sleep(0.3)

    def messages(self, box: str = "102") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.data("voicemail", "list", f"acme/{box}")
        return found

    def waiting(self, box: str = "102") -> tuple[int, int]:
        """New and old messages, as the engine itself counts."""
        if isinstance(self.engine, FreeSwitchProcess):
            new, saved = self.engine.api("vm_boxcount", f"{box}@acme|all").split(":")[:2]
            return int(new), int(saved)
        told = self.engine.cli("voicemail show users for acme")
        [row] = [line for line in told.splitlines() if f" {box} " in f" {line} "]
        old = len(list((self.state / f"spool/voicemail/acme/{box}/Old").glob("*.txt")))
        return int(row.split()[-1]), old

    def log(self) -> str:
        return self.engine.logs()[-3000:]


@contextmanager
def office(
    kind: str, folder: Path, state: Path | None = None, *, rtp: str = "17300-17399"
) -> Iterator[Office]:
    address, phones = ADDRESSES[kind]
    state = state or folder / "state"
    options = ["--kind", kind, "--address", address, "--live-address", address, "--no-nat"]
    options += [
        "--rtp",
        rtp,
        "--run-port",
        str(RUN_PORTS[kind]),
        "--state-at",
        str(state),
    ]
    if kind == "freeswitch":
        require_freeswitch()
        options += ["--state-folder", str(state)]
    done = run_process("init", *options, cwd=folder)
    assert done.returncode == 0, done.stderr
    engine: Engine
    if kind == "freeswitch":
        config = (folder / "controlplane.yaml").read_text()
        password = config.split("password: ")[1].split("\n")[0]
        current = folder / "var/freeswitch/current"
        engine = FreeSwitchProcess(address, current, state, password=password)
    else:
        engine = AsteriskContainer(address, folder / "var/asterisk", state)
    with engine, PhoneBank(address, phones) as bank:
        made = Office(kind, folder, state, engine, bank)
        made.apply()
        made.phones()
        yield made
