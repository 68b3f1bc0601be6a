"""Gateways of the SIP profile: one for each trunk."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from controlplane.diagnostics import fault
from controlplane.model.phone_system import PhoneSystem
from controlplane.model.trunk import Transport, Trunk
from controlplane.render.freeswitch.directory import trunk_variables
from controlplane.render.freeswitch.escape import value, word
from controlplane.render.freeswitch.names import gateway

MADE = "cp_made"
"""A variable of each gateway: the digest of all else about it, for `sofia_gateway_data`."""


def tenant_gateways(system: PhoneSystem) -> str:
    enabled = ((key, trunk) for key, trunk in sorted(system.trunks.items()) if trunk.enabled)
    return "".join(_gateway(system.tenant, key, trunk) for key, trunk in enabled)


def _gateway(tenant: str, key: str, trunk: Trunk) -> str:
    address = f"{tenant}/trunks/{key}/password"
    params = "".join(
        f'<param name="{name}" value="{text}"/>' for name, text in _params(trunk, address)
    )
    variables = "".join(
        f'<variable name="{name}" value="{text}" direction="inbound"/>'
        for name, text in trunk_variables(tenant, key).items()
    )
    name = gateway(tenant, key)
    made = hashlib.sha256(f"{params}{variables}".encode()).hexdigest()[:16]
    variables += f'<variable name="{MADE}" value="{made}" direction="inbound"/>'
    return f'<gateway name="{name}">{params}<variables>{variables}</variables></gateway>\n'


def _params(trunk: Trunk, address: str) -> Iterator[tuple[str, str]]:
    user = word(trunk.username or "anonymous")
    yield "username", user
    yield "from-user", user
    yield "realm", trunk.host
    yield "from-domain", trunk.host
    yield "proxy", f"{trunk.host}:{trunk.port}"
    yield "register", "true" if trunk.registers else "false"
    yield "register-transport", trunk.transport.value
    if trunk.transport is not Transport.UDP:
        yield "contact-params", f"transport={trunk.transport.value}"
    # What is not registered needs no secret, and yet the parameter.
    yield "password", _secret(trunk.password or "-", address)
    yield "caller-id-in-from", "true"
    yield "expire-seconds", "600"
    yield "retry-seconds", "20"
    yield "context", "cp-trunk"
    yield "extension", "auto_to_user"


def _secret(secret: str, address: str) -> str:
    try:
        return value(secret)
    except ValueError as error:
        raise fault(f"FreeSWITCH cannot hold this password: it {error}", address) from None
