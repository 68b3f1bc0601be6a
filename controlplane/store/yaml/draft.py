"""From the plain values of a tenant's file to its objects, with every fault of every object."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any, get_args

from pydantic import TypeAdapter, ValidationError

from controlplane.diagnostics import Diagnostic, printable
from controlplane.model.checks.words import faults_of, keys_at, reworded, unknown_key
from controlplane.model.documents import (
    COLLECTIONS,
    SETTINGS,
    collection_type,
    document,
    objects_of,
    texts_of,
)
from controlplane.model.part import Part
from controlplane.model.phone_system import KINDS, PhoneSystem, TenantKey
from controlplane.model.places import Tenant
from controlplane.model.texts import Texts, encoded

NO_TENANT = "tenant"
"""Stands in addresses while the file does not say whose it is."""


class Everything(Collection[str]):
    """Contains every key and lists none: a collection that could not be read at all."""

    def __contains__(self, key: object) -> bool:
        return True

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0


@dataclass
class Draft:
    """The valid objects, the keys of those that are not, and why."""

    tenant: str = NO_TENANT
    settings: Tenant = field(default_factory=Tenant)
    collections: dict[str, dict[str, Part]] = field(default_factory=dict)
    faulty: dict[str, Collection[str]] = field(default_factory=dict)
    faults: list[Diagnostic] = field(default_factory=list)
    _texts: dict[str, dict[str, str]] = field(default_factory=dict)

    def texts(self, collection: str) -> dict[str, str]:
        """The documents of a collection's valid objects by key, as canonical JSON."""
        if collection not in self._texts:
            self._texts[collection] = texts_of(collection, self.collections[collection])
        return self._texts[collection]

    def replace(self, collection: str, texts: dict[str, str]) -> None:
        """Give a collection the objects of these documents."""
        self._texts[collection] = texts
        self.collections[collection] = objects_of(collection, texts)

    def documents(self) -> Texts:
        """Those of `system`, by address."""
        made = {f"{self.tenant}/{SETTINGS}": encoded(document(self.settings))}
        for collection in COLLECTIONS:
            prefix = f"{self.tenant}/{collection}/"
            made.update({prefix + key: text for key, text in self.texts(collection).items()})
        return Texts(made)

    def system(self) -> PhoneSystem:
        """The valid objects as a phone system; they are not validated again."""
        parts: dict[str, Any] = dict(self.collections)
        return PhoneSystem.model_construct(tenant=self.tenant, settings=self.settings, **parts)


def draft(value: Any) -> Draft:
    """`value`: the file's top-level mapping as text, lists and dicts."""
    made = Draft()
    if not isinstance(value, dict):
        what = "empty" if value is None else "a list" if isinstance(value, list) else "one text"
        made.faults.append(Diagnostic(f"the file is {what}", mend="start it with tenant: NAME"))
        return made
    _read_tenant(made, value)
    _read_settings(made, value)
    for collection in COLLECTIONS:
        made.collections[collection] = _read_collection(made, collection, value.get(collection))
    return made


@cache
def _key_type(collection: str) -> TypeAdapter[str]:
    return TypeAdapter(get_args(PhoneSystem.model_fields[collection].annotation)[0])


_TENANT_KEY: TypeAdapter[str] = TypeAdapter(TenantKey)


def _read_tenant(made: Draft, value: dict[str, Any]) -> None:
    if "tenant" not in value:
        made.faults.append(Diagnostic("tenant is missing", mend="start the file with tenant: NAME"))
        return
    try:
        made.tenant = _TENANT_KEY.validate_python(value["tenant"])
    except ValidationError as error:
        message, mend = reworded(error.errors()[0], "tenant")
        made.faults.append(Diagnostic(message, "tenant", mend))


def _read_settings(made: Draft, value: dict[str, Any]) -> None:
    """The tenant's own settings stand at the top level of the file, beside the collections."""
    settings = {k: v for k, v in value.items() if k != "tenant" and k not in COLLECTIONS}
    fields = keys_at(Tenant, ())
    for key in settings.keys() - set(fields):
        message, mend = unknown_key(key, ("tenant", *fields, *COLLECTIONS))
        made.faults.append(Diagnostic(message, f"{made.tenant}/{printable(key)}", mend))
    settings = {key: settings[key] for key in fields if key in settings}
    try:
        made.settings = Tenant.model_validate(settings)
    except ValidationError as error:
        made.faults += faults_of(error, Tenant, f"{made.tenant}/{SETTINGS}", settings)
        bad = {str(details["loc"][0]) for details in error.errors() if details["loc"]}
        made.faulty[SETTINGS] = bad
        made.settings = Tenant.model_validate(
            {key: kept for key, kept in settings.items() if key not in bad}
        )


def _read_collection(made: Draft, collection: str, value: Any) -> dict[str, Part]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        mend = "write its entries under it, each as KEY: {setting: value}"
        message = f"{collection} is not a group of entries"
        made.faults.append(Diagnostic(message, f"{made.tenant}/{collection}", mend))
        made.faulty[collection] = Everything()
        return {}
    entries = {key: {} if entry is None else entry for key, entry in value.items()}
    try:
        parts = collection_type(collection).validate_python(entries)
        if len(parts) == len(entries):
            return parts
    except ValidationError:
        pass
    return _read_entries(made, collection, entries)


def _read_entries(made: Draft, collection: str, entries: dict[str, Any]) -> dict[str, Part]:
    """One by one: keeps the valid entries, and says what is wrong with the others."""
    parts: dict[str, Part] = {}
    faulty: set[str] = set()
    for written, entry in entries.items():
        address = f"{made.tenant}/{collection}/{printable(written)}"
        before = len(made.faults)
        key = _read_key(made, collection, written, address)
        try:
            part = KINDS[collection].model_validate(entry)
        except ValidationError as error:
            made.faults += faults_of(error, KINDS[collection], address, entry)
        if key in parts or key in faulty:
            made.faults.append(
                Diagnostic(f"{key} is here twice, in two spellings", address, "keep one of the two")
            )
            parts.pop(key, None)
        if len(made.faults) == before:
            parts[key] = part
        else:
            faulty.add(key)
    made.faulty[collection] = faulty
    return parts


def _read_key(made: Draft, collection: str, written: str, address: str) -> str:
    try:
        return _key_type(collection).validate_python(written)
    except ValidationError as error:
        message, mend = reworded(error.errors()[0], "")
        made.faults.append(Diagnostic(message, address, mend))
        return written
