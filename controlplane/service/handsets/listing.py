"""Handsets: which there are, and which line each serves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from controlplane.diagnostics import fault
from controlplane.model.change import masked
from controlplane.model.checks.nearest import nearest
from controlplane.model.handset import Handset
from controlplane.service.handsets.registrations import account_of
from controlplane.store.store import Store


@dataclass(frozen=True, slots=True)
class Phone:
    """A stored handset, its SIP password included. `revision`: the store's when it was read."""

    tenant: str
    id: str
    revision: int
    handset: Handset

    @property
    def account(self) -> str:
        """Its SIP account, which is permanent."""
        return account_of(self.tenant, self.id)

    @property
    def address(self) -> str:
        return f"{self.tenant}/handsets/{self.id}"


def address_of(handset: str) -> str:
    """`acme/LDN-07` or `acme/handsets/LDN-07` as the address of a handset. Raises Faults."""
    match handset.strip("/").split("/"):
        case [tenant, phone] | [tenant, "handsets", phone] if tenant and phone:
            return f"{tenant}/handsets/{phone}"
    raise fault("is no handset", handset, "write TENANT/PHONE-ID, as acme/LDN-07")


def listed(store: Store, tenant: str = "") -> Iterator[Phone]:
    """Those of a tenant, or of all, by Phone ID. Raises Faults where there is no such tenant."""
    names = store.tenants()
    if tenant and tenant not in names:
        near = nearest(tenant, names)
        mend = f"did you mean {near!r}?" if near else "`ctl get` lists the tenants"
        raise fault(f"there is no tenant {tenant!r}", tenant, mend)
    for name in [tenant] if tenant else names:
        yield from _phones(store, name)


def _phones(store: Store, tenant: str) -> Iterator[Phone]:
    snapshot = store.load(tenant)
    prefix = f"{tenant}/handsets/"
    documents = snapshot.with_secrets()
    for address in sorted(it for it in documents if it.startswith(prefix)):
        handset = Handset.model_validate(documents[address])
        yield Phone(tenant, address[len(prefix) :], snapshot.revision, handset)


def shown(store: Store, handset: str) -> Phone:
    """One of them. Raises Faults, with the nearest Phone ID, where there is none."""
    address = address_of(handset)
    tenant, _, phone = address.split("/")
    snapshot = store.load(tenant)
    documents = snapshot.with_secrets()
    if address not in documents:
        prefix = f"{tenant}/handsets/"
        near = nearest(phone, [it[len(prefix) :] for it in documents if it.startswith(prefix)])
        mend = f"did you mean {near!r}?" if near else f"`ctl handset list {tenant}` lists them"
        raise fault("there is no such handset", address, mend)
    return Phone(tenant, phone, snapshot.revision, Handset.model_validate(documents[address]))


def phone_data(phone: Phone, *, reveal: bool = False) -> dict[str, Any]:
    """For programs: all settings, defaults included, passwords hidden unless asked for."""
    settings = phone.handset.model_dump(mode="json", by_alias=True)
    data = {
        "tenant": phone.tenant,
        "handset": phone.id,
        "account": phone.account,
        "serves": phone.handset.serves,
        **settings,
        "revision": phone.revision,
    }
    if reveal:
        return data
    hidden: dict[str, Any] = masked(data)
    return hidden
