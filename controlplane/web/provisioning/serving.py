"""Serving handsets: everything put together, in the loop that runs."""

from __future__ import annotations

import asyncio
import datetime as dt
import resource
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import structlog

from controlplane.diagnostics import Faults, fault
from controlplane.model.deployment import Deployment, ProvisioningServer
from controlplane.service.handsets.enrolment import Enrolment
from controlplane.service.handsets.files import HandsetFiles, Places
from controlplane.store.handset_seen import SeenStore
from controlplane.store.store import Store
from controlplane.web.provisioning import memory
from controlplane.web.provisioning.counts import Counts
from controlplane.web.provisioning.enrolling import Enrolling
from controlplane.web.provisioning.firmware import Firmware
from controlplane.web.provisioning.following import Following
from controlplane.web.provisioning.gate import Gate
from controlplane.web.provisioning.limits import Limits
from controlplane.web.provisioning.listening import Listening
from controlplane.web.provisioning.seen import SeenBatch
from controlplane.web.provisioning.shelf import Shelf
from controlplane.web.provisioning.sources import Sources

log = structlog.get_logger(__name__)

_FILES_BESIDE = 500
"""Descriptors of other kinds than connections."""


@dataclass(frozen=True, slots=True)
class Served:
    """What is under way."""

    files: HandsetFiles
    following: Following
    listening: Listening
    counts: Counts


@asynccontextmanager
async def served(
    deployment: Deployment, store: Store, counts: Counts, limits: Limits | None = None
) -> AsyncIterator[Served]:
    """Serve handsets while the context lasts, by what is stored from moment to moment.

    Raises Faults where the store cannot be read, a port cannot be had or a certificate not used.
    """
    settings = deployment.provisioning
    if settings is None:
        raise fault("nothing is served to handsets", "provisioning", "say there where it is to be")
    limits = limits or Limits()
    tls = tls_context(settings) if settings.tls_port else None
    loop = asyncio.get_running_loop()
    files, places = HandsetFiles(store), Places(deployment)
    enrolment = Enrolment(store)
    seen = SeenBatch(SeenStore(store.database), enrolment, _now_seconds)
    shelf = Shelf(files, places, counts, settings.cache_megabytes * 1_000_000, _now().year)
    following = Following(files, seen, counts, lambda: shelf.in_year(_now().year))
    await following.look()
    enrolling = Enrolling(files, shelf, enrolment, seen, counts, _now)
    gate = Gate(
        settings,
        files,
        shelf,
        enrolling,
        Firmware(settings.firmware, counts, limits.downloads),
        seen,
        Sources(loop.time, counts),
        counts,
        following.look,
        _now,
    )
    listening = Listening(gate, limits, counts)
    gate.overloaded = lambda: listening.overloaded
    _permit_connections(limits.connections)
    beside = (following.run(), following.run_writing(), memory.run(counts))
    loops = [asyncio.create_task(it) for it in beside]
    try:
        if settings.port is not None:
            await listening.open(settings.address, settings.port)
        if settings.tls_port is not None:
            await listening.open(settings.address, settings.tls_port, tls)
        ports = [it for it in (settings.port, settings.tls_port) if it is not None]
        log.info("serving handsets", address=settings.address, ports=ports)
        yield Served(files, following, listening, counts)
    finally:
        await listening.close()
        for task in loops:
            task.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        enrolling.close()
        with suppress(Faults):
            await following.write()


def tls_context(settings: ProvisioningServer) -> ssl.SSLContext:
    """TLS 1.2 and newer. Raises Faults where certificate and key cannot be used."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.certificate or "", settings.key, lambda: "")
        if settings.client_authorities:
            context.load_verify_locations(settings.client_authorities)
            context.verify_mode = ssl.CERT_OPTIONAL
    except (OSError, ssl.SSLError) as error:
        raise fault(
            f"certificate, key or client authorities cannot be used: {_reason(error)}",
            f"provisioning: {settings.certificate}, {settings.key}",
            "give PEM files that can be read, and belong together",
        ) from error
    return context


def _reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLError):
        return (error.reason or "is no PEM file").lower().replace("_", " ")
    return (error.strerror or str(error)).lower()


def _permit_connections(count: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + _FILES_BESIDE
    if soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def _now_seconds() -> float:
    return _now().timestamp()
