"""The demonstration's handset: from its box to somebody's desk, with the controller and without.

An emulated phone of tests/fleet is given the one URL that `ctl handset enrol` prints. It fetches
its files as its vendor's phones do, reads them with a parser of its own, and registers with what it
read.
"""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from controlplane.calls.call import Call, FromHandset
from controlplane.model.names import display_name
from controlplane.model.phone_system import PhoneSystem
from examples.demo_office import (
    ENGINE,
    TENANT,
    Office,
    Placed,
    Seen,
    expected,
    journeys,
    mark,
    stored,
)
from examples.stack import Stack, StackFailed
from tests.fleet import VENDORS, FleetPhone

HANDSET, LINE, LEAVES, COLLEAGUE = "LDS-03", "101", "LDN-01", "LDN-02"
"""Who is nobody's, who logs in there, where it is until then; who calls it."""

IP = "127.0.0.14"
PORT = 18087
"""Where the controller serves handsets."""

LOGGED_IN = (
    Placed(f"102 calls {LINE}", Call(LINE, FromHandset(COLLEAGUE))),
    Placed(f"{HANDSET} calls 102", Call("102", FromHandset(HANDSET))),
    Placed(f"{LEAVES}, which {LINE} has left, calls 102", Call("102", FromHandset(LEAVES))),
)
LOGGED_OUT = (
    Placed(f"102 calls {LINE}, logged in nowhere", Call(LINE, FromHandset(COLLEAGUE))),
    Placed(f"{HANDSET}, nobody's again, calls 102", Call("102", FromHandset(HANDSET))),
)


@dataclass(frozen=True)
class Row:
    """`live` and `static` are what was seen; None where there is nothing to see."""

    what: str
    want: str
    live: Seen | None
    static: Seen | None

    @property
    def good(self) -> bool:
        return all(it is None or it.ending == self.want for it in (self.live, self.static))


def serve(stack: Stack) -> None:
    """Has the controller serve handsets; before it starts."""
    url = f"http://{ENGINE}:{PORT}"
    with stack.config.open("a") as config:
        config.write(f'provisioning: {{address: {ENGINE}, port: {PORT}, public_url: "{url}"}}\n')


def play(stack: Stack, office: Office, tell: Callable[[str], None]) -> list[Row]:
    """The controller is down before, and afterwards."""
    tell("a handset, from its box; the controller is started again")
    stack.start_controller()
    url = json.loads(stack.ctl("handset", "enrol", f"{TENANT}/{HANDSET}", "-o", "json"))["url"]
    tell(f"ctl handset enrol {TENANT}/{HANDSET}: {url}")
    with emulated(stored(stack)[0], url) as phone:
        phone.boot()
        office.handsets[HANDSET] = phone
        files = sum(it.good for it in phone.handset.asked)
        tell(f"it has fetched {files} files, and is registered by what it read")
        rows = [booted(stack)]
        tell(f"ctl handset login {TENANT}/{HANDSET} {LINE} --move; calls, decided live")
        stack.ctl("handset", "login", f"{TENANT}/{HANDSET}", LINE, "--move")
        system = stored(stack)[0]
        foreseen = journeys(system, LOGGED_IN)
        live = office.place_all(LOGGED_IN, foreseen)
        rows.append(on_its_screen(phone, system))
        tell("kill -9 the controller; the same calls")
        stack.end_controller(signal.SIGKILL)
        static = office.place_all(LOGGED_IN, foreseen)
        for placed, journey, *seen in zip(LOGGED_IN, foreseen, live, static, strict=True):
            rows.append(Row(placed.what, expected(journey), *seen))
        tell(f"ctl handset logout {TENANT}/{HANDSET}, without a controller")
        stack.ctl("handset", "logout", f"{TENANT}/{HANDSET}")
        foreseen = journeys(stored(stack)[0], LOGGED_OUT)
        static = office.place_all(LOGGED_OUT, foreseen)
        for placed, journey, one in zip(LOGGED_OUT, foreseen, static, strict=True):
            rows.append(Row(placed.what, expected(journey), None, one))
        del office.handsets[HANDSET]
    return rows


def emulated(system: PhoneSystem, url: str) -> FleetPhone:
    """A phone of the model that the handset is stored with; it has fetched nothing yet."""
    stored_as = system.handsets[HANDSET]
    vendor, _, model = (stored_as.model or "").partition("/")
    made = VENDORS[vendor](str(stored_as.mac), url, model=model)
    until = time.monotonic() + 10
    while made.get("").status == 0:
        if time.monotonic() > until:
            raise StackFailed(f"nothing is served to handsets at {ENGINE}:{PORT}")
        time.sleep(0.1)
    made.asked.clear()
    return FleetPhone(made, IP)


def booted(stack: Stack) -> Row:
    """What the engine and the controller know of it."""
    want = "registered at asterisk, its files current"
    until = time.monotonic() + 5
    while True:
        fleet = json.loads(stack.ctl("handset", "fleet", TENANT, "-o", "json"))
        [stands] = [it for it in fleet if it["handset"] == HANDSET]
        where = ", ".join(stands["registered"]) or "nowhere"
        files = "current" if stands["current"] else "old"
        seen = f"registered at {where}, its files {files}"
        if seen == want or time.monotonic() > until:
            return Row(f"{HANDSET} boots", want, Seen(seen), None)


def on_its_screen(phone: FleetPhone, system: PhoneSystem) -> Row:
    """After the NOTIFY that a login brings."""
    name = display_name(system, LINE)
    with suppress(AssertionError):  # which waits no longer
        phone.wait_learned(lambda it: it.account.display_name == name, 20)
    seen = phone.agent.account.display_name
    return Row("its screen, by a file fetched anew", f"shows {name}", Seen(f"shows {seen}"), None)


def show(console: Console, rows: list[Row]) -> bool:
    """Prints the table; whether all agree."""
    table = Table(title="a handset, from its box to a login and back")
    for heading in ("what", "expected", "live", "static"):
        table.add_column(heading)
    for row in rows:
        seen = (mark(row.want, it) if it else "-" for it in (row.live, row.static))
        table.add_row(row.what, row.want, *seen)
    console.print(table)
    return all(row.good for row in rows)
