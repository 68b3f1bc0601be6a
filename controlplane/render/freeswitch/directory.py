"""The directory: a user each handset, each trunk's address, and each mailbox."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from ipaddress import ip_network
from operator import itemgetter

from controlplane.model.boxes import mailboxes
from controlplane.model.phone_system import PhoneSystem
from controlplane.model.trunk import Trunk
from controlplane.render.bundle import TenantView
from controlplane.render.freeswitch.escape import word
from controlplane.render.freeswitch.names import FEW, PHONES, account, gateway
from controlplane.render.freeswitch.voicemail import box_params, box_variables


def handset_users(view: TenantView) -> str:
    return _grouped([_handset(view, name) for name in sorted(view.system.handsets)])


def _handset(view: TenantView, handset: str) -> str:
    tenant = view.system.tenant
    name = account(tenant, handset)
    variables = {"cp_tenant": tenant, "cp_handset": handset, "user_context": "cp-internal"}
    if cli := view.plan.handsets[handset].emergency_cli:
        variables["cp_ecli"] = cli
    secret = a1_hash(name, view.sip_passwords[handset])
    return _user(name, {"a1-hash": secret}, variables)


def a1_hash(name: str, password: str) -> str:
    """What digest authentication keeps of a password (RFC 2617, 3.2.2.2)."""
    return hashlib.md5(f"{name}:{PHONES}:{password}".encode()).hexdigest()


def trunk_users(system: PhoneSystem) -> str:
    """A call from a carrier's address is that user's. Names are resolved for no trunk: one that
    is given by name registers, or says in `accept_from` where it calls from."""
    enabled = ((name, trunk) for name, trunk in sorted(system.trunks.items()) if trunk.enabled)
    return _grouped(
        [user for name, trunk in enabled for user in _trunk(system.tenant, name, trunk)]
    )


def _trunk(tenant: str, key: str, trunk: Trunk) -> Iterator[str]:
    name = gateway(tenant, key)
    variables = {
        **trunk_variables(tenant, key),
        "cp_username": trunk.username or "anonymous",
        "cp_host": trunk.host.strip("[]"),
    }
    yield _user(name, {}, variables)
    for place, network in enumerate(_networks(trunk)):
        yield _user(f"{name}.{place}", {}, variables, f' cidr="{network}"')


def trunk_variables(tenant: str, key: str) -> Mapping[str, str]:
    return {"cp_tenant": tenant, "cp_trunk": key, "user_context": "cp-trunk"}


def _networks(trunk: Trunk) -> Iterator[str]:
    for address in trunk.accept_from or (trunk.host.strip("[]"),):
        try:
            yield str(ip_network(address, strict=False))
        except ValueError:
            continue


def mailbox_users(system: PhoneSystem) -> str:
    """A domain of the tenant's name. Nobody can log in to it."""
    boxes = sorted(mailboxes(system), key=itemgetter(0))
    return _grouped([_user(word(key), box_params(box), box_variables(box)) for key, box in boxes])


def _grouped(users: Sequence[str]) -> str:
    """Users in groups, each of which is few."""
    groups = ("\n".join(users[first : first + FEW]) for first in range(0, len(users), FEW))
    return "".join(f'<group name="-"><users>\n{group}\n</users></group>\n' for group in groups)


def _user(
    name: str, params: Mapping[str, str], variables: Mapping[str, str], attributes: str = ""
) -> str:
    kept = {key: text for key, text in variables.items() if text}
    return (
        f'<user id="{word(name)}"{attributes}>'
        f"{_group('params', 'param', params)}{_group('variables', 'variable', kept)}</user>"
    )


def _group(tag: str, item: str, values: Mapping[str, str]) -> str:
    if not values:
        return ""
    items = (f'<{item} name="{key}" value="{word(text)}"/>' for key, text in values.items())
    return f"<{tag}>{''.join(items)}</{tag}>"
