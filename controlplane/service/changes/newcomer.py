"""Newcomer: a user who is added, with a line and the first phone, in one commit."""

from __future__ import annotations

import string
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from controlplane.diagnostics import fault
from controlplane.model.change import Change, Document, Documents
from controlplane.model.change_set import ChangeSet
from controlplane.model.documents import SETTINGS
from controlplane.model.phone_system import KINDS
from controlplane.service.changes.setting import Edit, sound, with_edit
from controlplane.store.store import Store


@dataclass(frozen=True, slots=True)
class FirstPhone:
    """`id` is its Phone ID; "" for the first that is free of 111a, 111b … of the line 111."""

    id: str = ""
    mac: str | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """`change_set` adds the user. `line` and `phone` are theirs, "" for none."""

    change_set: ChangeSet
    line: str
    phone: str


def added_user(
    store: Store,
    place: str,
    edits: Mapping[str, Edit],
    author: str,
    reason: str,
    *,
    line: str = "",
    phone: FirstPhone | None = None,
) -> Newcomer:
    """A new user at `place`, as `acme/users/ada`. The line is made where there is none.

    Raises Faults where there is such a user, or no such tenant or setting; where the line is
    somebody's, or a phone is wanted without a line.
    """
    tenant, _, user = place.split("/")
    snapshot = store.load(tenant)
    documents = snapshot.documents
    if f"{tenant}/{SETTINGS}" not in documents:
        raise fault(f"there is no tenant {tenant!r}", place, "`ctl get` lists the tenants")
    if place in documents:
        raise fault("is there already", place, "choose another key, or edit it")
    wanted: Document = {}
    for path, edit in edits.items():
        wanted = with_edit(wanted, path.split("/"), edit, f"{place}/{path}")
    made = sound(place, KINDS["users"], wanted)
    changes = [Change(place, None, made)]
    if line:
        changes.append(_line(documents, tenant, line, user))
    name = ""
    if phone is not None:
        if not line:
            raise fault("a phone serves a line", place, "say which, with --line")
        name = phone.id or next_phone_id(line, _keys(documents, f"{tenant}/handsets/"))
        changes.append(_phone(documents, f"{tenant}/handsets/{name}", line, phone, made))
    change_set = ChangeSet(tenant, snapshot.revision, tuple(changes), author=author, reason=reason)
    return Newcomer(change_set, line, name)


def next_phone_id(line: str, taken: Collection[str]) -> str:
    """The first that is free of 111a to 111z, then of 111-27 and on, of the line 111."""
    for letter in string.ascii_lowercase:
        if f"{line}{letter}" not in taken:
            return f"{line}{letter}"
    number = len(string.ascii_lowercase) + 1
    while f"{line}-{number}" in taken:
        number += 1
    return f"{line}-{number}"


def _line(documents: Documents, tenant: str, line: str, user: str) -> Change:
    """Whose it is from now on."""
    address = f"{tenant}/lines/{line}"
    before = documents.get(address)
    if before is not None and before.get("user"):
        text = f"line {line} is assigned to {before['user']}"
        raise fault(text, f"{address}/user", "choose another, or unassign it first")
    return Change(address, before, sound(address, KINDS["lines"], {**(before or {}), "user": user}))


def _phone(
    documents: Documents, address: str, line: str, phone: FirstPhone, user: Document
) -> Change:
    """At the user's site, where that is known."""
    if address in documents:
        raise fault("is there already", address, "choose another Phone ID, or edit it")
    wanted = {"line": line, "mac": phone.mac, "model": phone.model, "site": user.get("site")}
    given = {name: value for name, value in wanted.items() if value is not None}
    return Change(address, None, sound(address, KINDS["handsets"], given))


def _keys(documents: Documents, prefix: str) -> set[str]:
    return {it.removeprefix(prefix) for it in documents if it.startswith(prefix)}
