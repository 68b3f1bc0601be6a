"""SIP accounts in pjsip.conf: one for each handset, and one for each trunk."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.diagnostics import fault
from controlplane.model.phone_system import PhoneSystem
from controlplane.model.trunk import Transport, Trunk
from controlplane.render.asterisk.escape import value, word
from controlplane.render.asterisk.names import account, hints_context, phone_box, trunk_account
from controlplane.render.bundle import TenantView


def handset_accounts(view: TenantView) -> str:
    """Three sections a handset; what they share is in templates."""
    tenant = view.system.tenant
    lines = [
        f"[phone@{word(tenant)}](!,phone)",
        f"set_var = CP_TENANT={tenant}",
        f"subscribe_context = {hints_context(tenant)}",
        f"named_call_group = {tenant}",
    ]
    lines += [_handset(view, handset) for handset in sorted(view.system.handsets)]
    return "\n".join(lines) + "\n"


def _handset(view: TenantView, handset: str) -> str:
    tenant = view.system.tenant
    name = account(tenant, handset)
    cli = view.plan.handsets[handset].emergency_cli
    password = _secret(view.sip_passwords[handset], tenant, f"handsets/{handset}/sip_password")
    emergency = f"set_var = CP_ECLI={word(cli)}\n" if cli else ""
    # The handset's, whatever line it serves: so that no login reloads an account.
    box = phone_box(tenant, handset)
    return f"""\
[{name}](phone@{tenant})
auth = {name}
aors = {name}
set_var = CP_HANDSET={handset}
{emergency}mailboxes = {box}
[{name}](digest-auth)
username = {name}
password = {password}
[{name}](phone-aor)
mailboxes = {box}"""


def trunk_accounts(system: PhoneSystem) -> str:
    lines: list[str] = []
    for name, trunk in sorted(system.trunks.items()):
        if trunk.enabled:
            lines += _trunk(system.tenant, name, trunk)
    return "\n".join(lines) + "\n"


def _trunk(tenant: str, key: str, trunk: Trunk) -> Iterator[str]:
    name = trunk_account(tenant, key)
    uri = _uri(trunk)
    yield f"[{name}](trunk)"
    yield f"transport = transport-{trunk.transport.value}"
    yield f"aors = {name}"
    yield f"from_domain = {trunk.host}"
    yield f"set_var = CP_TENANT={tenant}"
    yield f"set_var = CP_TRUNK={key}"
    yield f"set_var = CP_USERNAME={word(trunk.username or '')}"
    if trunk.password:
        yield f"outbound_auth = {name}"
    yield f"[{name}](trunk-aor)"
    yield f"contact = {uri}"
    if not trunk.qualify:
        yield "qualify_frequency = 0"
    yield f"[{name}]"
    yield "type = identify"
    yield f"endpoint = {name}"
    yield f"match = {','.join(trunk.accept_from) or trunk.host}"
    if trunk.password:
        yield f"[{name}](digest-auth)"
        yield f"username = {word(trunk.username or '')}"
        yield f"password = {_secret(trunk.password, tenant, f'trunks/{key}/password')}"
    if trunk.registers:
        yield from _registration(name, trunk, uri)


def _registration(name: str, trunk: Trunk, uri: str) -> Iterator[str]:
    scheme, _, rest = uri.partition(":")
    user = word(trunk.username or "")
    yield f"[{name}]"
    yield "type = registration"
    yield f"transport = transport-{trunk.transport.value}"
    yield f"server_uri = {uri}"
    yield f"client_uri = {scheme}:{user}@{rest}"
    # Never what could be a number that is called.
    yield f"contact_user = {user if user[:1].isalpha() and user[1:] else f'cp{user}'}"
    if trunk.password:
        yield f"outbound_auth = {name}"
    yield "expiration = 600"
    yield "retry_interval = 20"
    yield "forbidden_retry_interval = 300"
    yield "max_retries = 1000000"
    # The carrier's calls come to the address we registered: tells tenants of one carrier apart.
    yield "line = yes"
    yield f"endpoint = {name}"


def _uri(trunk: Trunk) -> str:
    # A plain `;` would begin a comment.
    suffix = "" if trunk.transport is Transport.UDP else f"\\;transport={trunk.transport.value}"
    return f"sip:{trunk.host}:{trunk.port}{suffix}"


def _secret(secret: str, tenant: str, place: str) -> str:
    try:
        return value(secret)
    except ValueError as error:
        address = f"{tenant}/{place}"
        raise fault(f"Asterisk cannot hold this password: it {error}", address) from None
