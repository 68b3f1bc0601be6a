"""The demonstration: real calls decided by the controller, then the same calls without it.

Starts Asterisk in a container and the controller on an embedded database, applies acme.yaml,
registers real SIP phones, places calls, kills the controller, places the same calls again, and
compares both with what the simulator said beforehand. Then a handset comes from its box, and
somebody logs in there (`demo_handset`). Leaves nothing running.
"""

from __future__ import annotations

import signal
import statistics
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from controlplane.calls.call import Call, FromHandset, FromTrunk
from controlplane.routing.steps import CallerId
from examples import demo_handset
from examples.demo_office import (
    CARRIER,
    ENGINE,
    PHONES,
    Office,
    Placed,
    Seen,
    expected,
    journeys,
    mark,
    stored,
)
from examples.stack import ROOT, Stack, StackFailed
from tests import phones
from tests.fleet import Malformed
from tests.fleet.sip_agent import Refused

CALLS = (
    Placed("101 calls a colleague", Call("102", FromHandset("LDN-01"))),
    Placed("102 calls 103, who is busy", Call("103", FromHandset("LDN-02"))),
    Placed("101 calls 104: do not disturb", Call("104", FromHandset("LDN-01"))),
    Placed("102 calls 160: always forwarded", Call("160", FromHandset("LDN-02"))),
    Placed(
        "a customer calls the main number",
        Call("02071838750", FromTrunk("uplink", CallerId("07700900123", "Customer"))),
    ),
    Placed(
        "a nuisance calls 101",
        Call("02071838751", FromTrunk("uplink", CallerId("07700900999", ""))),
    ),
    Placed("101 calls a mobile", Call("07700900456", FromHandset("LDN-01"))),
    Placed("an emergency, nobody logged in", Call("999", FromHandset("LDS-03"))),
    Placed("a number nobody has", Call("555", FromHandset("LDN-02"))),
    Placed("nobody logged in here", Call("102", FromHandset("LDS-03"))),
)


def show(console: Console, wanted: list[str], live: list[Seen], static: list[Seen]) -> bool:
    """Prints the table; whether all agree."""
    table = Table(title="the same calls, with the controller and after kill -9")
    for heading in ("call", "expected", "live", "static"):
        table.add_column(heading)
    table.add_column("post-dial delay, live / static", justify="right")
    for placed, want, with_it, without in zip(CALLS, wanted, live, static, strict=True):
        delay = f"{_ms(with_it)} / {_ms(without)}"
        table.add_row(placed.what, want, mark(want, with_it), mark(want, without), delay)
    console.print(table)
    delays = [statistics.median(s.ring_ms for s in one if s.ring_ms) for one in (live, static)]
    console.print(f"median post-dial delay: live {delays[0]:.1f} ms, static {delays[1]:.1f} ms")
    return all(w == a.ending == b.ending for w, a, b in zip(wanted, live, static, strict=True))


def _ms(seen: Seen) -> str:
    return f"{seen.ring_ms:.1f} ms" if seen.ring_ms is not None else "-"


def run(stack: Stack, console: Console) -> bool:
    started = time.monotonic()

    def tell(what: str) -> None:
        console.print(f"[{time.monotonic() - started:5.1f} s] {what}", markup=False)

    tell("ctl init: configuration, database, the files an engine starts with")
    stack.init()
    demo_handset.serve(stack)
    tell("Asterisk starts in a container")
    stack.start_engine()
    tell("ctl apply examples/acme.yaml")
    stack.ctl("apply", str(ROOT / "examples" / "acme.yaml"), "--yes")
    system, passwords = stored(stack)
    foreseen = journeys(system, CALLS)
    tell("ctl run: the controller")
    stack.start_controller()
    with (
        phones.PhoneBank(ENGINE, PHONES) as bank,
        phones.PhoneBank(ENGINE, CARRIER, base_port=5060) as carrier,
    ):
        carrier.carrier(phones.Answers(after=0.3))
        office = Office(stack, bank, carrier, passwords)
        office.register()
        tell(f"{len(passwords)} SIP phones are registered; {len(CALLS)} calls, decided live")
        live = office.place_all(CALLS, foreseen)
        tell("kill -9 the controller; the same calls")
        stack.end_controller(signal.SIGKILL)
        static = office.place_all(CALLS, foreseen)
        rows = demo_handset.play(stack, office, tell)
    tell("done")
    good = show(console, [expected(it) for it in foreseen], live, static)
    return demo_handset.show(console, rows) and good


def main() -> int:
    console = Console(width=None if sys.stdout.isatty() else 150)
    with tempfile.TemporaryDirectory(prefix="controlplane-demo-") as folder:
        stack = Stack(Path(folder), address=ENGINE, run_port=9189)
        try:
            return 0 if run(stack, console) else 1
        except (StackFailed, phones.SippFailed, Refused, Malformed) as error:
            console.print(str(error), markup=False)
            return 1
        finally:
            stack.down()


if __name__ == "__main__":
    sys.exit(main())
