"""Kept secrets: what a file does not say about a password or PIN stays as it is stored."""

from __future__ import annotations

from functools import lru_cache

from controlplane.model.change import HIDDEN, Document, Documents, masked
from controlplane.model.phone_system import KINDS


@lru_cache(maxsize=1)
def secret_settings() -> dict[str, tuple[str, ...]]:
    """Collection -> its settings that are secrets, for those that have any."""
    found = {
        collection: tuple(
            name
            for name in (field.alias or key for key, field in kind.model_fields.items())
            if masked("x", name) == HIDDEN
        )
        for collection, kind in KINDS.items()
    }
    return {collection: names for collection, names in found.items() if names}


def with_kept_secrets(wanted: dict[str, Document], stored: Documents) -> dict[str, Document]:
    """`wanted` itself where nothing is to be kept, so that it can be told apart by identity."""
    names_of = secret_settings()
    kept: dict[str, Document] = {}
    for address, document in stored.items():
        names = names_of.get(address.split("/", 2)[1])
        if names is None or address not in wanted:
            continue
        missing = {
            name: document[name]
            for name in names
            if name in document and name not in wanted[address]
        }
        if missing:
            kept[address] = {**wanted[address], **missing}
    return {**wanted, **kept} if kept else wanted
