"""Catalogue: every vendor's phones as data, read once from provisioning_templates/*/vendor.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

FOLDER = "provisioning_templates"
_MARKS = {
    "mac": "[0-9a-f]{12}",
    "MAC": "[0-9A-F]{12}",
    "page": "[1-9][0-9]{0,3}",
}


@dataclass(frozen=True, slots=True)
class FileKind:
    """One of the files that a vendor's phones ask for.

    `name` as they write it: `{mac}` in small letters, `{MAC}` in capitals, `{code}` the model's,
    `{page}` of a directory, which has `entries` a page.
    `template`: of the vendor's folder; without one there is no such file, and a phone that asks is
    told so. `settings`: whether the template lists settings, which are written in the vendor's
    format; otherwise it is the file, `writes` of which kind. `uploads`: phones send it to us, and
    it is thrown away. `shared`: it is the same for every handset of a tenant.
    """

    kind: str
    name: str
    template: str = ""
    content_type: str = "text/plain"
    settings: bool = False
    writes: str = "xml"
    uploads: bool = False
    entries: int = 0
    shared: bool = False

    def pattern(self, codes: Iterable[str]) -> str:
        """Of the names of such files, where the vendor's models have these codes."""
        marks = {**_MARKS, "code": "|".join(map(re.escape, sorted(set(codes))))}
        parts = re.split(r"\{(\w+)\}", self.name)
        return "".join(
            f"(?P<{part}>{marks[part]})" if index % 2 else re.escape(part)
            for index, part in enumerate(parts)
        )


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """What phones of one family can do. The lists hold what the model's own words name.

    `settings`: by the vendor's names, over what the templates say. `format`: where it is not that
    of the vendor's other phones.
    """

    name: str
    title: str
    transports: tuple[str, ...]
    srtp: tuple[str, ...]
    codecs: tuple[str, ...]
    keys: tuple[str, ...]
    languages: tuple[str, ...]
    backup: bool = True
    format: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """`key` is `vendor/name`. `code`: how the vendor's file names call it. `line_keys`: all its
    programmable keys, of which the first `lines` can be lines; 0 where any can. `firmware`:
    settings by `vendor/name/beginning of the firmware`. `words`: what the vendor's templates want
    to know of it besides."""

    key: str
    vendor: str
    name: str
    family: Family
    code: str
    line_keys: int
    lines: int = 0
    settings: Mapping[str, str] = field(default_factory=dict)
    firmware: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    title: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a User-Agent says of a phone; "" for what it does not."""

    vendor: str
    model: str = ""
    firmware: str = ""
    mac: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a file name asks for. `mac` in small letters, None where the name has none; `code`
    likewise for the model."""

    vendor: str
    kind: str
    name: str
    mac: str | None = None
    code: str | None = None
    uploads: bool = False
    page: int = 1


@dataclass(frozen=True, slots=True)
class Vendor:
    """`format`: of its settings, see `controlplane.render.phones.formats`. `check_sync` and
    `restart`: the Event of the NOTIFY that makes a phone fetch again, or start anew; "" where
    there is none. `known`: its settings by name, `N` for a number and `*` for anything; those of
    the templates need not be among them. `not_in_passwords`: characters that its phones cannot be
    told in a SIP password; `pins`: nor anything but digits as an admin password. `app`: on a device
    that has a clock, a language and passwords of its own. `notes`: what is not confirmed."""

    name: str
    title: str
    format: str
    user_agents: tuple[re.Pattern[str], ...]
    ouis: frozenset[str]
    check_sync: str
    restart: str
    files: Mapping[str, FileKind]
    names: tuple[tuple[re.Pattern[str], FileKind], ...]
    known: re.Pattern[str]
    families: Mapping[str, Family]
    models: Mapping[str, Model]
    notes: tuple[str, ...]
    names_known: tuple[str, ...] = ()
    not_in_passwords: str = ""
    longest_password: int = 128
    admin_passwords: tuple[int, int] = (4, 32)
    pins: bool = False
    mixed: bool = False
    app: bool = False

    def asked(self, name: str) -> Asked | None:
        for pattern, kind in self.names:
            if found := pattern.fullmatch(name):
                parts = found.groupdict()
                mac = parts.get("mac") or parts.get("MAC")
                return Asked(
                    self.name,
                    kind.kind,
                    name,
                    mac.lower() if mac else None,
                    parts.get("code"),
                    kind.uploads,
                    int(parts.get("page") or 1),
                )
        return None


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Vendors by folder, models by `vendor/name`."""

    vendors: Mapping[str, Vendor]
    models: Mapping[str, Model]

    def asked(self, name: str, vendor: str | None = None) -> Asked | None:
        """What a file name asks for, in exactly the letters its vendor's phones write.

        Several vendors' phones ask for names of one form (`805ec0123456.cfg`): of a known handset
        say its `vendor`. Without one: the first vendor, by name, whose phones ask for it.
        """
        if vendor is not None:
            known = self.vendors.get(vendor)
            return known.asked(name) if known else None
        return next((it for each in self.vendors.values() if (it := each.asked(name))), None)

    def seen(self, user_agent: str) -> Seen | None:
        """Whose phone a User-Agent says it is. It says so, no more: it admits nobody."""
        for vendor in self.vendors.values():
            for pattern in vendor.user_agents:
                if found := pattern.match(user_agent):
                    parts = {key: text or "" for key, text in found.groupdict().items()}
                    parts["mac"] = re.sub("[:-]", "", parts.get("mac", "")).lower()
                    return Seen(vendor.name, **parts)
        return None

    def vendor_of(self, mac: str) -> str | None:
        """The vendor with the first six digits of `mac` (twelve small hexadecimal digits)."""
        return next((it.name for it in self.vendors.values() if mac[:6] in it.ouis), None)


@cache
def catalogue() -> Catalogue:
    """Of the folders that stand beside the package, in a tree or a wheel."""
    place = Path(str(files("controlplane"))).parent / FOLDER
    vendors = {
        path.parent.name: read_vendor(path.parent.name, path.read_text(encoding="utf-8"))
        for path in sorted(place.glob("*/vendor.toml"))
    }
    models = {it.key: it for vendor in vendors.values() for it in vendor.models.values()}
    return Catalogue(vendors, models)


def read_vendor(name: str, text: str) -> Vendor:
    """A vendor from its vendor.toml. KeyError, TypeError or ValueError where that is not right."""
    raw = tomllib.loads(text)
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


_OPTIONAL = (
    "not_in_passwords",
    "longest_password",
    "admin_passwords",
    "pins",
    "mixed",
    "app",
)


def _family(name: str, raw: Mapping[str, Any]) -> Family:
    lists = ("transports", "srtp", "codecs", "keys", "languages")
    return Family(name=name, **{**raw, **{key: tuple(raw[key]) for key in lists}})


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
