"""The phone system and the engine of the call tests, and a controller process for them.

`python -m tests.engines.calls_office` is that controller; it prints a line once it is connected.
"""

from __future__ import annotations

import asyncio
import logging
import signal
from random import Random
from typing import Any

import structlog

from controlplane.live.asterisk.engine import AsteriskDriver
from controlplane.live.driver import Driver
from controlplane.model.deployment import Engine
from controlplane.model.phone_system import PhoneSystem
from controlplane.render.bundle import TenantView
from controlplane.routing.compiler import compile_plan
from controlplane.routing.stored import state_of

ADDRESS, PHONES, CARRIER, TRUNK = "127.0.0.41", "127.0.0.42", "127.0.0.43", "127.0.0.44"
CARRIER_PORT = 21000
PASSWORD = "opens-the-test-engine"
PHONE_PASSWORD = "phone-secret"
NAME = 'A";b, ${X} é'

OFFICE: dict[str, Any] = {
    "tenant": "acme",
    "sites": {"london": {"main_number": "+442071838750"}},
    "lines": {
        "101": {"label": [NAME], "ring": 2, "presented_number": "+442071838751"},
        "102": {"label": ["Bob"], "ring": 2, "voicemail": {}},
        "103": {"label": ["Cy"], "ring": 2},
        "104": {"ring": 2, "do_not_disturb": True},
        "105": {"ring": 2, "forward": {"always": "line/103"}},
        "106": {"ring": 2, "hide_caller_id": True},
        "107": {"ring": 2, "forward": {"always": "line/108"}},
        "108": {"ring": 2, "forward": {"always": "line/107"}},
        "109": {"ring": 2, "forward": {"always": ["line/103", "+447700900901"]}},
    },
    "numbers": {"+442071838750": {"to": "group/sales-uk"}, "+442071838751": {"to": "line/101"}},
    "groups": {
        "sales-uk": {
            "extension": "600",
            "members": ["102", "103", "104"],
            "ring": 2,
            "overflow": "mailbox/102",
            "caller_name_prefix": "S;{}",
        }
    },
    "handsets": {
        "A1": {"line": "101"},
        "B1": {"line": "102"},
        "C1": {"line": "103"},
        "D1": {"line": "104"},
        "H1": {"line": "106"},
        "X1": {"site": "london"},
    },
    "trunks": {
        "uplink": {
            "host": CARRIER,
            "port": CARRIER_PORT,
            "username": "acme",
            "password": "s;cret",
            "accept_from": [TRUNK],
        }
    },
}


def office() -> TenantView:
    system = PhoneSystem.model_validate(OFFICE)
    passwords = dict.fromkeys(system.handsets, PHONE_PASSWORD)
    return TenantView(system, compile_plan(system), state_of(system), passwords)


def engine(folder: str) -> Engine:
    return Engine(
        address=ADDRESS,
        password=PASSWORD,
        folder=folder,
        rtp_first=16000,
        rtp_last=16099,
        phones_behind_nat=False,
    )


class _Watch:
    def decided(self, engine: str, step: str, after: str, seconds: float) -> None:
        print("decided", after, step, flush=True)

    def connected(self, engine: str, up: bool) -> None:
        print("connected" if up else "lost", flush=True)

    def failed(self, kind: str) -> None:
        print("failed", kind, flush=True)


async def _control() -> None:
    view = office()
    driver = Driver()
    driver.follow({"acme": (view.plan, view.state)})
    live = AsteriskDriver("test", engine("/none"), driver, _Watch(), lambda *news: None, Random(1))
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await live.serve(stop, 5)
    print("drained", flush=True)


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(_control())
