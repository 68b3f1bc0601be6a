"""Many calls at once: a sipp that calls at a steady rate, and one that is all the phones."""

from __future__ import annotations

import csv
import os
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.bench.figures import quantile

_HERE = Path(__file__).parent
CALLER_PORT, PHONES_PORT = 6200, 6300

MOST_DELAY_MS = 200.0
"""Post-dial delay that 95 of 100 calls must stay below for a rate to count as clean."""

MOST_UNDER_WAY = 2000
"""Calls; more than this is a queue that never empties."""


@dataclass(frozen=True)
class Load:
    """What came of calls at one rate (a second)."""

    rate: int
    calls: int
    good: int
    failed: int
    retransmissions: int
    delay_p95_ms: float

    @property
    def clean(self) -> bool:
        """Every call answered, nothing sent twice, and the phone rang soon."""
        return (
            self.good == self.calls
            and self.failed == 0
            and self.retransmissions == 0
            and self.delay_p95_ms <= MOST_DELAY_MS
        )


class LoadPhones:
    """All phones at one port, as a process of their own. A context manager."""

    def __init__(self, folder: Path, ip: str) -> None:
        self._folder = folder
        self._ip = ip

    @property
    def contact(self) -> str:
        return f"sip:{self._ip}:{PHONES_PORT}"

    def __enter__(self) -> Self:
        self._process = _sipp(self._folder, self._ip, PHONES_PORT, "load_phones.xml", [])
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.wait()


def write_calls(path: Path, callers: Mapping[str, str], called: Sequence[str]) -> Path:
    """The table of calls that sipp takes in turn: accounts with their passwords, extensions."""
    rows = ["SEQUENTIAL"]
    accounts = list(callers.items())
    for number, extension in enumerate(called):
        account, password = accounts[number % len(accounts)]
        proof = f"[authentication username={account} password={password}]"
        rows.append(f"{account};{extension};{proof}")
    path.write_text("\n".join(rows) + "\n")
    return path


def place(folder: Path, engine: str, ip: str, calls: Path, rate: int, seconds: float) -> Load:
    """Calls at a rate for so long; every call is over when it returns."""
    count = max(round(rate * seconds), 10)
    words = [
        *("-inf", str(calls), "-r", str(rate), "-m", str(count), "-l", str(MOST_UNDER_WAY)),
        *("-recv_timeout", "4000", "-timeout", f"{round(seconds + 10)}s", "-timer_resol", "1"),
        *("-trace_stat", "-stf", "stat.csv", "-fd", "1", "-trace_rtt", "-rtt_freq", "1"),
        engine,
    ]
    for old in folder.glob("load_caller_*_rtt.csv"):
        old.unlink()
    (folder / "stat.csv").unlink(missing_ok=True)
    process = _sipp(folder, ip, CALLER_PORT, "load_caller.xml", words)
    try:
        process.wait(seconds + 20)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        process.wait()
    return _read(folder, rate, count)


def _read(folder: Path, rate: int, count: int) -> Load:
    with (folder / "stat.csv").open(newline="") as file:
        last = list(csv.DictReader(file, delimiter=";"))[-1]
    delays = []
    for path in folder.glob("load_caller_*_rtt.csv"):
        with path.open(newline="") as file:
            delays += [
                float(row["response_time_ms"]) for row in csv.DictReader(file, delimiter=";")
            ]
    return Load(
        rate,
        count,
        int(last["SuccessfulCall(C)"]),
        int(last["FailedCall(C)"]),
        int(last["Retransmissions(C)"]),
        quantile(delays, 0.95) if delays else float("inf"),
    )


def _sipp(
    folder: Path, ip: str, port: int, scenario: str, words: Sequence[str]
) -> subprocess.Popen[bytes]:
    # sipp names its files after the scenario and where that stands.
    own = folder / scenario
    own.write_bytes((_HERE / scenario).read_bytes())
    bound = ["-i", ip, "-p", str(port), "-ci", ip, "-cp", str(port + 1), "-mi", ip]
    return subprocess.Popen(
        ["sipp", "-sf", str(own), *bound, "-mp", str(port + 2), "-nostdin", *words],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "TERM": "dumb"},
    )
