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
from controlplane.model.deployment import Engine, ProvisioningServer, Run

_ENOUGH_ROOM = 200 * 2**20
_CLOCKS_APART = 5.0
"""Seconds."""

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
    for folder in _template_folders(configured):
        findings += _templates(folder)
    findings += _clock()
    for name, engine in configured.deployment.engines.items():
        findings += _folder(name, engine)
        findings += [it async for it in _engine(name, engine, revision)]
    if (served := configured.deployment.provisioning) is not None:
        findings += _handsets(served)
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


def _template_folders(configured: Configured) -> list[str]:
    from controlplane.engines import ENGINES

    kinds = (engine.kind for engine in configured.deployment.engines.values())
    return sorted({ENGINES[kind].templates for kind in kinds})


def _templates(folder: str) -> Iterator[Finding]:
    from controlplane.render.templates import environment

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
    from controlplane.apply.engine_keys import REVISION
    from controlplane.engines import ENGINES
    from controlplane.live.errors import EngineDown, LiveError

    stored: str | None = None
    for look in ENGINES[engine.kind].looks:
        what = f"engine {name}: {look.wire}"
        try:
            seen = await look.ask(engine, REVISION, _PATIENCE)
        except EngineDown as error:
            yield fail(what, str(error), "start the engine, or check its address")
            return
        except LiveError as error:
            yield fail(what, str(error), look.mend)
            continue
        ahead = (
            0.0 if seen.clock is None else (seen.clock - dt.datetime.now(dt.UTC)).total_seconds()
        )
        if abs(ahead) > _CLOCKS_APART:
            mend = "keep both clocks right with chrony or systemd-timesyncd"
            yield warn(what, f"its clock is {ahead:+.0f} s from ours", mend)
        else:
            yield ok(what, look.place(engine))
        stored = seen.stored if seen.stored is not None else stored
    if stored is not None:
        runs = int(stored) if stored.isdecimal() else None
        yield _revision(f"engine {name}: revision", runs, revision)


def _revision(what: str, runs: int | None, stored: int | None) -> Finding:
    if runs is None:
        return warn(what, "it never had a revision of ours", "bring it up to date: ctl apply")
    if stored is not None and runs != stored:
        mend = "bring it up to date: ctl apply"
        return warn(what, f"it runs {runs}, the store is at {stored}", mend)
    return ok(what, f"it runs {runs}")


def _handsets(served: ProvisioningServer) -> Iterator[Finding]:
    """What handsets are served with, before one of them asks."""
    from controlplane.web.provisioning.serving import tls_context

    if served.tls_port is None:
        mend = "give tls_port, certificate and key where they do HTTPS"
        yield warn("handsets", "are served in clear, passwords included", mend)
    else:
        try:
            tls_context(served)
            yield ok("handsets", f"certificate {served.certificate}")
        except Faults as faults:
            yield from (fail("handsets", it.message, it.mend) for it in faults.diagnostics)
    if served.firmware and not Path(served.firmware).is_dir():
        mend = "make the folder, or leave firmware out"
        yield fail("handsets: firmware", f"{served.firmware} is not there", mend)


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
