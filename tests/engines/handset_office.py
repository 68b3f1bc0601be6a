"""A deployment that serves handsets: an engine, the controller, and emulated phones of each vendor.

Handsets are free to be logged in at, but for `own`, which has a line for good.
"""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from controlplane.render.phones.catalogue import catalogue
from tests.engines.deployed import Engine, engine_of, initialised
from tests.engines.test_run import Controller, controller
from tests.fleet import VENDORS, FleetPhone, Handset
from tests.unit.cli.conftest import run_process

PLACES = {
    "asterisk": ("127.0.0.225", "127.0.0.226", 19273, 19274),
    "freeswitch": ("127.0.0.227", "127.0.0.228", 19275, 19276),
}
"""Of the engine, of its phones; the ports of the controller and of what it serves to handsets."""

SERVED = "127.0.0.229"

CHALLENGING = {
    "cisco": {"Auth_Resync-Reboot_1_": "Yes"},
    "grandstream": {"sip.notify.challenge": "Yes"},
    "snom": {"challenge_checksync": "on"},
}
"""Settings with which phones ask for a password before they obey a NOTIFY."""

RENDERED = sorted(set(VENDORS) & {it.partition("/")[0] for it in catalogue().models})

TOLD = [it for it in RENDERED if catalogue().vendors[it].check_sync]
"""Vendors whose phones are told to fetch; apps fetch when they start."""


def model_of(vendor: str) -> str:
    """The emulator's own model where it is in the catalogue, else the vendor's first."""
    own = f"{vendor}/{VENDORS[vendor].default_model}"
    models = catalogue().models
    return own if own in models else min(it for it in models if it.startswith(f"{vendor}/"))


def mac_of(vendor: str, number: int) -> str:
    digits = f"{VENDORS[vendor].oui}{number:06x}"
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


def serving(address: str, port: int) -> str:
    """The part of a configuration that has handsets served there."""
    url = f"http://{address}:{port}"
    return f'provisioning: {{address: {address}, port: {port}, public_url: "{url}"}}\n'


def tenant() -> str:
    handsets = {
        **{f"{it}-1": {"mac": mac_of(it, 1), "model": model_of(it)} for it in RENDERED},
        "yealink-2": {"mac": mac_of("yealink", 2), "model": model_of("yealink")},
        **{
            f"{it}-9": {"mac": mac_of(it, 9), "model": model_of(it), "overrides": settings}
            for it, settings in CHALLENGING.items()
        },
        "own": {"mac": mac_of("yealink", 3), "model": model_of("yealink"), "line": "103"},
    }
    made = {
        "tenant": "acme",
        "sites": {"london": {"main_number": "+442071838750"}},
        "numbers": {"+442071838750": {"site": "london", "to": "line/103"}},
        "lines": {
            "101": {"label": ["Ann"], "default_pin": "2468"},
            "102": {"label": ["Bob"]},
            "103": {"label": ["Cy"]},
        },
        "handsets": {name: {**it, "site": "london"} for name, it in handsets.items()},
    }
    return json.dumps(made)  # which is YAML, too


@dataclass
class Office:
    kind: str
    folder: Path
    engine: Engine
    running: Controller
    phones: dict[str, FleetPhone] = field(default_factory=dict)

    def ctl(self, *args: str, exits: int = 0) -> str:
        """What it prints, or what it complains of."""
        done = self._done(args, exits)
        return done.stdout if exits == 0 else done.stderr

    def data(self, *args: str, exits: int = 0) -> Any:
        return json.loads(self._done((*args, "--output", "json"), exits).stdout)

    def _done(self, args: tuple[str, ...], exits: int) -> subprocess.CompletedProcess[str]:
        done = run_process(*args, cwd=self.folder, env={"CTL_AUTHOR": "ada"})
        assert done.returncode == exits, f"{args}: {done.stdout}\n{done.stderr}"
        return done

    def enrol(self, name: str) -> str:
        """The URL that an installer enters at the phone."""
        url: str = self.data("handset", "enrol", f"acme/{name}")["url"]
        return url

    def handset(self, name: str, url: str) -> Handset:
        stored = self.data("get", f"acme/handsets/{name}")
        vendor, _, model = stored["model"].partition("/")
        return VENDORS[vendor](stored["mac"], url, model=model)

    def boot(self, name: str) -> FleetPhone:
        """Enrolled, fetched and registered; the same phone if it was before."""
        if name not in self.phones:
            phone = FleetPhone(self.handset(name, self.enrol(name)), PLACES[self.kind][1])
            phone.boot()
            self.phones[name] = phone
        return self.phones[name]

    def noted(self, *names: str) -> None:
        """Until it is written that they have fetched what is current: a moment after they did."""
        until = time.monotonic() + 10
        while set(names) - {
            it["handset"] for it in self.data("handset", "fleet", "acme") if it["current"]
        }:
            assert time.monotonic() < until
            time.sleep(0.2)

    @contextmanager
    def away(self) -> Iterator[None]:
        """The controller is dead meanwhile."""
        self.running.process.kill()
        self.running.process.wait()
        yield
        self.running = Controller(self.folder, self.running.port)
        self.running.until(lambda status, _: status == 200)

    def leave(self, name: str) -> None:
        """Its plug is pulled, if it has booted."""
        if phone := self.phones.pop(name, None):
            phone.__exit__(None, None, None)

    def rings(self, caller: FleetPhone, called: str, *expected: FleetPhone) -> None:
        """A call rings at these and at no others."""
        since = time.time()
        caller.call(called, ring=3.0)
        rang = [name for name, it in self.phones.items() if it.agent.ringing(since)]
        assert rang == [name for name, it in self.phones.items() if it in expected]


@contextmanager
def handset_office(kind: str, home: Path) -> Iterator[Office]:
    address, _, port, served = PLACES[kind]
    (home / "acme.yaml").write_text(tenant())
    ports = ("--rtp", "17700-17799", "--run-port", str(port))
    configuration = initialised(home, kind, address, *ports)
    configuration.write_text(configuration.read_text() + serving(SERVED, served))
    with ExitStack() as stack:
        engine = stack.enter_context(engine_of(home, kind, address))
        applied = run_process("apply", "acme.yaml", cwd=home)
        assert applied.returncode == 0, applied.stderr
        running = stack.enter_context(controller(home, port))
        made = Office(kind, home, engine, running)
        try:
            yield made
        finally:
            for phone in made.phones.values():
                phone.__exit__(None, None, None)
            made.running.process.kill()
            made.running.process.wait()
