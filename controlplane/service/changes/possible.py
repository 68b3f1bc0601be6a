"""Possible: whether engines and handsets do what a phone system asks for (pure)."""

from __future__ import annotations

from controlplane.diagnostics import Faults, Severity
from controlplane.engines import ENGINES
from controlplane.model.deployment import Deployment
from controlplane.model.phone_system import PhoneSystem
from controlplane.render.phones.lacking import lacking as phones_lack
from controlplane.render.phones.lacking import unknown_engines


def refuse_impossible(deployment: Deployment, system: PhoneSystem) -> None:
    """Faults where it asks for what an engine of the deployment does not do, or a handset."""
    kinds = {engine.kind for engine in deployment.engines.values()}
    lacks = [it for kind in sorted(kinds) for it in ENGINES[kind].lacks(system)]
    lacks += phones_lack(system)
    lacks += unknown_engines(system, deployment.engines)
    if any(it.severity is Severity.ERROR for it in lacks):
        raise Faults(lacks)
