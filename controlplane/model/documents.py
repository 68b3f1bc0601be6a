"""A phone system as documents by address, and back: what is stored, compared and exported.

A document is an object's settings as JSON values, those at their defaults left out. Its address
is `tenant/collection/key`; the tenant's own settings stand at `tenant/settings`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from controlplane.diagnostics import Diagnostic, Faults
from controlplane.model.change import Document
from controlplane.model.checks.words import faults_of
from controlplane.model.part import Part
from controlplane.model.phone_system import KINDS, PhoneSystem
from controlplane.model.texts import Texts, all_encoded, json_object

SETTINGS = "settings"
COLLECTIONS: tuple[str, ...] = tuple(kind for kind in KINDS if kind != SETTINGS)


@cache
def collection_type(collection: str) -> TypeAdapter[dict[str, Part]]:
    """The validator of a whole collection, its keys included."""
    annotation: Any = PhoneSystem.model_fields[collection].annotation
    return TypeAdapter(annotation)


def document(part: Part) -> Document:
    """The canonical document of one object."""
    return part.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def to_documents(system: PhoneSystem) -> dict[str, Document]:
    """Every object of the tenant by its address, the tenant's settings first."""
    documents = {f"{system.tenant}/{SETTINGS}": document(system.settings)}
    for collection in COLLECTIONS:
        prefix = f"{system.tenant}/{collection}/"
        dumped = _dumped(collection, getattr(system, collection))
        documents.update({prefix + key: value for key, value in dumped.items()})
    return documents


def _dumped(collection: str, objects: Mapping[str, Part]) -> dict[str, Document]:
    dumped: dict[str, Document] = collection_type(collection).dump_python(
        dict(objects), mode="json", by_alias=True, exclude_defaults=True
    )
    return dumped


def texts_of(collection: str, objects: Mapping[str, Part]) -> dict[str, str]:
    """The documents of a collection by key, as canonical JSON."""
    return all_encoded(_dumped(collection, objects))


def objects_of(collection: str, texts: Mapping[str, str]) -> dict[str, Part]:
    """The objects of a collection by key, from documents as JSON. Raises ValidationError."""
    return collection_type(collection).validate_json(json_object(texts))


def from_documents(tenant: str, documents: Mapping[str, Document]) -> PhoneSystem:
    """The phone system that `documents` (by address) make.

    Raises Faults with every fault where a document is not one of ours.
    """
    if isinstance(documents, Texts):
        try:
            return _from_texts(tenant, documents.texts)
        except ValueError:
            documents = documents.decoded()
    raw: dict[str, dict[str, Any]] = {collection: {} for collection in COLLECTIONS}
    settings: Document = {}
    faults: list[Diagnostic] = []
    for address, content in documents.items():
        match address.split("/", 2):
            case [owner, collection, key] if owner == tenant and collection in raw:
                raw[collection][key] = content
            case [owner, "settings"] if owner == tenant:
                settings = content
            case _:
                faults.append(Diagnostic(f"is no address of tenant {tenant}", address))
    built: dict[str, Any] = {}
    for collection, objects in raw.items():
        try:
            built[collection] = collection_type(collection).validate_python(objects)
        except ValidationError as error:
            faults += faults_of(error, KINDS[collection], f"{tenant}/{collection}", objects, 1)
    try:
        built[SETTINGS] = KINDS[SETTINGS].model_validate(settings)
    except ValidationError as error:
        faults += faults_of(error, KINDS[SETTINGS], f"{tenant}/{SETTINGS}", settings)
    if faults:
        raise Faults(faults)
    return PhoneSystem.model_construct(tenant=tenant, **built)


def _from_texts(tenant: str, texts: Mapping[str, str]) -> PhoneSystem:
    """ValueError where it takes a closer look to say what is wrong."""
    raw: dict[str, dict[str, str]] = {collection: {} for collection in COLLECTIONS}
    settings = "{}"
    start = len(tenant) + 1
    for address, text in texts.items():
        collection, _, key = address[start:].partition("/")
        if not address.startswith(f"{tenant}/"):
            raise ValueError(address)
        if key and collection in raw:
            raw[collection][key] = text
        elif address == f"{tenant}/{SETTINGS}":
            settings = text
        else:
            raise ValueError(address)
    built: dict[str, Any] = {name: objects_of(name, objects) for name, objects in raw.items()}
    built[SETTINGS] = KINDS[SETTINGS].model_validate_json(settings)
    return PhoneSystem.model_construct(tenant=tenant, **built)
