"""Current files: what handsets would be given now, as they get it and as it may be shown."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from controlplane.diagnostics import fault
from controlplane.model.change import HIDDEN, masked
from controlplane.model.checks.nearest import nearest
from controlplane.model.deployment import Deployment
from controlplane.render.phones.catalogue import catalogue
from controlplane.render.phones.desk import Desk
from controlplane.render.phones.files import PhoneFile, render
from controlplane.render.phones.vendor import FileKind
from controlplane.service.handsets.files import FilesOf, HandsetFiles, Places, fingerprint
from controlplane.service.handsets.listing import Phone
from controlplane.store.store import Store

OWN = "phone"
"""The kind of a phone's own configuration, of every vendor."""


class CurrentFiles:
    """As of the store's newest revision, each time it is asked. Raises Faults where nothing is
    served to handsets. Not for several threads at once."""

    def __init__(self, deployment: Deployment, store: Store) -> None:
        if deployment.provisioning is None:
            mend = "say there where they fetch their files, see docs/provisioning-server.md"
            raise fault("nothing is served to handsets", "provisioning", mend)
        self._store = store
        self._places = Places(deployment)
        self._files = HandsetFiles(store)
        self._revision = -1
        self._known: dict[tuple[str, str, str], str | None] = {}

    def names(self, phone: Phone) -> tuple[str, ...]:
        """The files that it may ask for, its own configuration first. Raises Faults."""
        kinds = self._kinds(self._desk(phone))
        return tuple(kinds)

    def file(self, phone: Phone, name: str = "", *, reveal: bool = False) -> PhoneFile:
        """Its own configuration where no name is given. Passwords are hidden unless they are to
        be revealed; the token in URLs always is. Raises Faults where there is no such file."""
        desk = self._desk(phone)
        kinds = self._kinds(desk)
        name = name or next(iter(kinds))
        asked = catalogue().asked(name, desk.model.vendor)
        made = render(desk if reveal else _hidden(desk), asked) if asked else None
        if made is None:
            near = nearest(name, kinds)
            mend = f"did you mean {near!r}?" if near else f"there are {', '.join(kinds)}"
            raise fault(f"{name!r} is no file of this handset", phone.address, mend)
        return made

    def is_current(self, tenant: str, handset: str, name: str, fetched: str) -> bool:
        """Whether a file of that fingerprint is what the handset would get now."""
        self._follow()
        key = (tenant, handset, name)
        if key not in self._known:
            self._known[key] = self._fingerprint(*key)
        return self._known[key] == fetched

    def _fingerprint(self, tenant: str, handset: str, name: str) -> str | None:
        """None where it would be given no such file."""
        found = self._files.tenants.get(tenant)
        try:
            desk = (
                found.desk(handset, self._places.of(dt.datetime.now(dt.UTC).year))
                if found
                else None
            )
        except LookupError:
            return None
        asked = catalogue().asked(name, desk.model.vendor) if desk else None
        made = render(desk, asked) if desk and asked else None
        return fingerprint(made.body) if made else None

    def _follow(self) -> None:
        newest = self._store.latest_revision()
        if newest != self._revision:
            self._files.take(self._files.look())
            self._revision = newest
            self._known.clear()

    def _desk(self, phone: Phone) -> Desk:
        self._follow()
        found: FilesOf | None = self._files.tenants.get(phone.tenant)
        if found is None:
            raise fault(f"there is no tenant {phone.tenant!r}", phone.address)
        try:
            return found.desk(phone.id, self._places.of(dt.datetime.now(dt.UTC).year))
        except LookupError as reason:
            text = f"nothing is served to it: {reason.args[0]}"
            raise fault(text, phone.address, "give it a model of ours") from None

    def _kinds(self, desk: Desk) -> dict[str, FileKind]:
        """By name, of files that there are; its own configuration first."""
        kinds = sorted(catalogue().vendors[desk.model.vendor].files.values(), key=_rank)
        mac = desk.mac
        return {
            kind.name.format(mac=mac, MAC=mac.upper(), code=desk.model.code, page=1): kind
            for kind in kinds
            if kind.template
        }


def _rank(kind: FileKind) -> int:
    return 0 if kind.kind == OWN else 1


def _hidden(desk: Desk) -> Desk:
    accounts = tuple(replace(it, password=HIDDEN) for it in desk.accounts)
    overrides: dict[str, Any] = masked(dict(desk.overrides))
    return replace(
        desk,
        accounts=accounts,
        admin_password=HIDDEN,
        admin_pin=HIDDEN,
        overrides=overrides,
    )
