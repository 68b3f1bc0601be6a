"""Vendor files: a vendor from its vendor.toml, and what such a file lacks (pure)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from controlplane.render.phones.vendor import Family, FileKind, Model, Vendor


def read_vendor(name: str, text: str) -> Vendor:
    """A vendor from its vendor.toml. ValueError where that is not right; where something is not
    there, with everything that is not."""
    try:
        raw = tomllib.loads(text)
        if found := list(lacking(raw)):
            raise ValueError(f"\n{name}/vendor.toml: ".join(found))
        return _vendor(name, raw)
    except (TypeError, ValueError, re.error) as error:
        raise ValueError(f"{name}/vendor.toml: {error}") from error


def _vendor(name: str, raw: Mapping[str, Any]) -> Vendor:
    kinds = [FileKind(**it) for it in raw["files"]]
    families = {key: _family(key, it) for key, it in raw["families"].items()}
    models = {
        key: _model(name, raw["title"], key, it, families) for key, it in raw["models"].items()
    }
    codes = [model.code for model in models.values()]
    return Vendor(
        name=name,
        title=raw["title"],
        format=raw["format"],
        user_agents=tuple(re.compile(it) for it in raw["user_agents"]),
        ouis=frozenset(raw["ouis"]),
        check_sync=raw["check_sync"],
        restart=raw["restart"],
        files={it.kind: it for it in kinds},
        names=tuple((re.compile(it.pattern(codes)), it) for it in kinds),
        known=re.compile("|".join(map(_known, raw["known"]))),
        names_known=tuple(raw["known"]),
        families=families,
        models=models,
        notes=tuple(raw["notes"]),
        **{key: raw[key] for key in _OPTIONAL if key in raw},
    )


def lacking(raw: Mapping[str, Any]) -> Iterator[str]:
    """What a vendor's data have not, and have to have."""
    yield from (f"{key} is missing" for key in (*_WORDS, *_TABLES) if key not in raw)
    for number, file in enumerate(raw.get("files", ()), start=1):
        yield from (f"files: {it} of the {number}. is missing" for it in _FILE if it not in file)
    families = raw.get("families", {})
    for key, family in families.items():
        yield from (f"families.{key}: {it} is missing" for it in _FAMILY if it not in family)
    for key, model in raw.get("models", {}).items():
        yield from (f"models: {key}: {it} is missing" for it in _MODEL if it not in model)
        if (family := model.get("family")) is not None and family not in families:
            yield f"models: {key}: there is no family {family!r}"


_WORDS = ("title", "format", "user_agents", "ouis", "check_sync", "restart", "known", "notes")
_TABLES = ("files", "families", "models")
_FILE = ("kind", "name")
_LISTS = ("transports", "srtp", "codecs", "keys", "languages")
_FAMILY = ("title", *_LISTS)
_MODEL = ("family", "line_keys")
_OPTIONAL = (
    "not_in_passwords",
    "longest_password",
    "admin_passwords",
    "pins",
    "mixed",
    "app",
)


def _family(name: str, raw: Mapping[str, Any]) -> Family:
    return Family(name=name, **{**raw, **{key: tuple(raw[key]) for key in _LISTS}})


def _model(
    vendor: str, title: str, name: str, raw: Mapping[str, Any], families: Mapping[str, Family]
) -> Model:
    key = f"{vendor}/{name}"
    rest = {**raw, "family": families[raw["family"]], "code": raw.get("code", name)}
    firmware = {f"{key}/{start}": it for start, it in raw.get("firmware", {}).items()}
    rest |= {"firmware": firmware, "title": f"{title} {name}"}
    return Model(key=key, vendor=vendor, name=name, **rest)


def _known(name: str) -> str:
    return "".join(_known_part(part) for part in re.split(r"(N(?![A-Za-z])|\*)", name))


def _known_part(part: str) -> str:
    return {"N": "[0-9]+", "*": ".+"}.get(part) or re.escape(part)
