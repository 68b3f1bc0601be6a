"""Kept secrets: what a file does not say about a password or PIN stays as it is stored."""

from __future__ import annotations

from functools import lru_cache

from controlplane.model.change import HIDDEN, Documents, masked
from controlplane.model.phone_system import KINDS
from controlplane.model.texts import Texts, encoded


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


def with_kept_secrets(wanted: Documents, stored: Documents) -> Texts:
    wanted, stored = Texts.of(wanted), Texts.of(stored)
    names_of = secret_settings()
    kept: dict[str, str] = {}
    for address in stored.differing(wanted):
        names = names_of.get(address.split("/", 2)[1])
        if names is None or address not in wanted or address not in stored:
            continue
        new, old = wanted[address], stored[address]
        if missing := {name: old[name] for name in names if name in old and name not in new}:
            kept[address] = encoded({**new, **missing})
    return Texts({**wanted.texts, **kept}) if kept else wanted
