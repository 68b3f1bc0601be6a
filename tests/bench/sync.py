"""A paced refresh of a whole tenant: every handset is told by NOTIFY, and fetches."""

from __future__ import annotations

import datetime as dt
import json
import os
import secrets
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from controlplane.store.handset_tokens import Token, TokenKind, TokenStore, digest_of
from controlplane.store.store import Store
from tests.bench.dialled import TENANT
from tests.bench.figures import Figure, figure
from tests.bench.place import Loaded, Place

PORT = 9285
_EVERY, _DEAD = 100, 5
"""One of so many needs two NOTIFYs; so many never fetch."""

_READY_SECONDS = 60.0
_LONGEST_SECONDS = 900.0
_ROOT = Path(__file__).parents[2]


def measure(place: Place, lines: int) -> Figure:
    loaded = place.loaded(lines)
    url = f"http://{loaded.measured.address}:{PORT}"
    rows = _handsets(loaded)
    words = ["handset", "sync", "--tenant", TENANT, "--output", "json"]
    with _serving(loaded, url), _farm(loaded, url, rows):
        done = json.loads(_ctl(loaded, words))
    expected = {
        "fetched": lines - _DEAD,
        "lost": _DEAD,
        "notifies_lost": lines // _EVERY + 3 * _DEAD,
    }
    counted = {name: done[name] for name in expected}
    assert done["handsets"] == lines, done
    reasons = Counter((it["result"], it["reason"]) for it in done["not_fetched"])
    assert counted["fetched"] == expected["fetched"], (counted, expected, done["seconds"], reasons)
    return figure(
        [done["seconds"]],
        **counted,
        expected_notifies_lost=expected["notifies_lost"],
        notifies=done["notifies"],
        notifies_per_second=round(done["notifies"] / done["seconds"], 1),
    )


def _ctl(loaded: Loaded, words: list[str]) -> str:
    """Its exit code is 1, as some never fetch."""
    done = subprocess.run(
        [sys.executable, "-m", "controlplane.cli", *words],
        env=_environment(loaded),
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=_LONGEST_SECONDS,
        check=False,
    )
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def _environment(loaded: Loaded) -> dict[str, str]:
    return {**os.environ, "CONTROLPLANE_CONFIG": str(loaded.stack.config)}


def _handsets(loaded: Loaded) -> list[str]:
    """Lines of the farm's file; each has a token from now on."""
    now = dt.datetime.now(dt.UTC)
    passwords = loaded.passwords(loaded.keys)
    rows = []
    with Store.open(loaded.deployment.database) as store:
        tokens, system = TokenStore(store.database), store.system(TENANT)
        for index, (account, password) in enumerate(passwords.items()):
            handset = account.partition(".")[2]
            mac, token = system.handsets[handset].mac or "", secrets.token_urlsafe(18)
            kind = TokenKind.ACTIVE
            tokens.add(Token(digest_of(token), TENANT, handset, mac, kind, now))
            deaf = 1000 if index < _DEAD else int(index % _EVERY == 50)
            rows.append("\t".join((account, password, f"{mac}.cfg", token, str(deaf))))
    return rows


@contextmanager
def _serving(loaded: Loaded, url: str) -> Iterator[None]:
    """`ctl provision`, and a configuration that says where it is."""
    config = loaded.stack.config
    before = config.read_text()
    address = loaded.measured.address
    served = f"provisioning: {{address: {address}, port: {PORT}, public_url: '{url}'}}\n"
    config.write_text(before + served)
    words = [sys.executable, "-m", "controlplane.cli", "provision"]
    env = _environment(loaded)
    log = loaded.stack.folder / "provision.log"
    with log.open("wb") as file:
        process = subprocess.Popen(words, env=env, stdout=file, stderr=file, cwd=_ROOT)
    try:
        _wait_for(url, process)
        yield
    finally:
        process.terminate()
        process.wait(30)
        config.write_text(before)


def _wait_for(url: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _READY_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5)
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.2)
    raise AssertionError("handsets are not served")


@contextmanager
def _farm(loaded: Loaded, url: str, rows: list[str]) -> Iterator[None]:
    """All registered."""
    file = loaded.stack.folder / "farm.tsv"
    file.write_text("\n".join(rows) + "\n")
    measured = loaded.measured
    words = [sys.executable, "-m", "tests.bench.handset_farm"]
    words += [measured.address, measured.phones, url, str(file)]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=_ROOT)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip() == "registered", "the farm ended"
        yield
    finally:
        process.terminate()
        process.wait(30)
        if process.stdout is not None:
            process.stdout.close()
