"""The checks of `ctl doctor`, from the configuration file up to the running controller."""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from controlplane.cli.config import Configured
from controlplane.cli.session import Session
from controlplane.diagnostics import Faults
from controlplane.model.deployment import Engine, Run

_ENOUGH_ROOM = 200 * 2**20
_PATIENCE = 3.0
"""Seconds for each question to an engine or controller."""


class State(StrEnum):
    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, what was found, and how to mend it where it is not ok."""

    state: State
    what: str
    detail: str
    mend: str = ""


def ok(what: str, detail: str) -> Finding:
    return Finding(State.OK, what, detail)


def warn(what: str, detail: str, mend: str) -> Finding:
    return Finding(State.WARN, what, detail, mend)


def fail(what: str, detail: str, mend: str) -> Finding:
    return Finding(State.FAIL, what, detail, mend)


async def checkup(session: Session) -> list[Finding]:
    """Every check that the ones before it leave possible."""
    findings: list[Finding] = []
    try:
        configured = session.configured
    except Faults as faults:
        return [fail("configuration", it.message, it.mend) for it in faults.diagnostics]
    findings += _file(configured.path)
    revision, found = await asyncio.to_thread(_store, configured)
    findings += found
    findings += _templates()
    findings += _clock()
    for name, engine in configured.deployment.engines.items():
        findings += _folder(name, engine)
        findings += [it async for it in _engine(name, engine, revision)]
    findings.append(await _controller(configured.deployment.run, revision))
    return findings


def _file(path: Path) -> Iterator[Finding]:
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        yield warn("configuration", f"{path} is readable by others", f"chmod 600 {path}")
    else:
        yield ok("configuration", str(path))


def _store(configured: Configured) -> tuple[int | None, list[Finding]]:
    from controlplane.store.schema import SCHEMA
    from controlplane.store.store import Store

    try:
        with Store.open(configured.deployment.database, lock_seconds=_PATIENCE) as store:
            revision = store.latest_revision()
            tenants = store.tenants()
            place = store.database.place
            zones = [(name, store.documents(name)) for name in tenants]
    except Faults as faults:
        return None, [
            fail("store", f"{it.address}: {it.message}", it.mend) for it in faults.diagnostics
        ]
    found = [ok("store", f"{place}, schema {SCHEMA}, revision {revision}")]
    if not tenants:
        found.append(warn("tenants", "none", "apply a file: ctl apply FILE"))
    for name, documents in zones:
        found.append(_zone(name, documents.get(f"{name}/settings", {}).get("timezone", "UTC")))
    return revision, found


def _zone(tenant: str, timezone: str) -> Finding:
    try:
        now = dt.datetime.now(ZoneInfo(timezone))
    except (ZoneInfoNotFoundError, ValueError):
        mend = "install the package tzdata, or correct the tenant's timezone"
        return fail(f"tenant {tenant}", f"the time zone {timezone} is not known here", mend)
    return ok(f"tenant {tenant}", f"it is {now:%Y-%m-%d %H:%M} in {timezone}")


def _templates() -> Iterator[Finding]:
    from controlplane.render.templates import environment

    folder = "dialplan_templates/asterisk"
    try:
        found = len(environment(folder).list_templates())
    except (ImportError, OSError) as error:
        yield fail("templates", f"{folder} cannot be read: {error}", "install the package again")
        return
    if found:
        yield ok("templates", f"{found} in {folder}")
    else:
        yield fail("templates", f"{folder} is empty", "install the package again")


def _clock() -> Iterator[Finding]:
    now = dt.datetime.now(dt.UTC)
    made = dt.datetime.fromtimestamp(Path(__file__).stat().st_mtime, dt.UTC)
    if now < made - dt.timedelta(days=1):
        mend = "set the clock, and keep it right with chrony or systemd-timesyncd"
        yield fail("clock", f"{now:%Y-%m-%d %H:%M} UTC is before this program was made", mend)
    else:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M} UTC")


def _folder(name: str, engine: Engine) -> Iterator[Finding]:
    what = f"engine {name}: folder"
    folder = Path(engine.folder)
    if not folder.is_dir():
        yield fail(what, f"{folder} is not there", "make it with `ctl init`")
        return
    if not os.access(folder, os.W_OK | os.X_OK):
        yield fail(what, f"{folder} cannot be written", "check its owner and mode")
        return
    room = os.statvfs(folder)
    free = room.f_bavail * room.f_frsize
    if free < _ENOUGH_ROOM:
        yield warn(what, f"{folder} has {free // 2**20} MB left", "free some space")
    elif not (folder / "current").exists():
        yield fail(what, f"{folder} holds no bundle", "make the first with `ctl init`")
    else:
        yield ok(what, str(folder))


async def _engine(name: str, engine: Engine, revision: int | None) -> AsyncIterator[Finding]:
    from controlplane.live.errors import EngineDown, LiveError

    try:
        yield await _ari(name, engine)
    except EngineDown as error:
        yield fail(f"engine {name}: ARI", str(error), "start the engine, or check its address")
        return
    except LiveError as error:
        mend = "the engine may still run with older files: `ctl apply`, or restart it"
        yield fail(f"engine {name}: ARI", str(error), mend)
    try:
        runs = await _running_revision(engine)
    except LiveError as error:
        yield fail(f"engine {name}: AMI", str(error), "restart the engine after `ctl apply`")
        return
    yield ok(f"engine {name}: AMI", f"{engine.address}:{engine.ami_port}")
    yield _revision(f"engine {name}: revision", runs, revision)


async def _ari(name: str, engine: Engine) -> Finding:
    from controlplane.live.ari.requests import ping
    from controlplane.live.ari.rest import AriHttp
    from controlplane.live.ari.settings import AriSettings

    url = f"http://{engine.address}:{engine.ari_port}"
    settings = AriSettings(url, engine.user, engine.password, engine.application)
    async with AriHttp(settings) as ari:
        answer = await ari.request(ping(), within=_PATIENCE)
    what = f"engine {name}: ARI"
    stamp = answer.body.get("timestamp") if isinstance(answer.body, dict) else None
    if isinstance(stamp, str) and abs(_ahead(stamp)) > 5:
        mend = "keep both clocks right with chrony or systemd-timesyncd"
        return warn(what, f"its clock is {_ahead(stamp):+.0f} s from ours", mend)
    return ok(what, url)


def _ahead(stamp: str) -> float:
    """Seconds that the engine's clock, as ARI writes it, is ahead of ours."""
    try:
        theirs = dt.datetime.strptime(stamp, "%Y-%m-%dT%H:%M:%S.%f%z")
    except ValueError:
        return 0.0
    return (theirs - dt.datetime.now(dt.UTC)).total_seconds()


async def _running_revision(engine: Engine) -> int | None:
    from controlplane.apply.engine_keys import REVISION
    from controlplane.live.ami.connection import AmiConnection
    from controlplane.live.ami.settings import AmiSettings

    settings = AmiSettings(
        engine.address, engine.user, engine.password, engine.ami_port, timeout=_PATIENCE
    )
    async with AmiConnection(settings) as ami:
        family, _, key = REVISION.rpartition("/")
        found = await ami.db_get(family, key)
    return int(found) if found and found.isdecimal() else None


def _revision(what: str, runs: int | None, stored: int | None) -> Finding:
    if runs is None:
        return warn(what, "it never had a revision of ours", "bring it up to date: ctl apply")
    if stored is not None and runs != stored:
        mend = "bring it up to date: ctl apply"
        return warn(what, f"it runs {runs}, the store is at {stored}", mend)
    return ok(what, f"it runs {runs}")


async def _controller(run: Run, revision: int | None) -> Finding:
    import aiohttp

    url = f"http://{run.address}:{run.port}/healthz"
    timeout = aiohttp.ClientTimeout(total=_PATIENCE)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.get(url) as answer,
        ):
            body = await answer.json()
            reason, has = str(body["reason"]), int(body["revision"])
    except (aiohttp.ClientConnectionError, TimeoutError):
        return warn(
            "controller", f"none answers at {url}", "start it: ctl run; calls go on without it"
        )
    except (aiohttp.ClientError, ValueError, KeyError, TypeError):
        return fail("controller", f"something else answers at {url}", "choose another run: port")
    if reason:
        return fail("controller", reason, "see its log")
    if revision is not None and has != revision:
        return warn("controller", f"decides by {has}, the store is at {revision}", "see its log")
    return ok("controller", f"decides by revision {has}")
