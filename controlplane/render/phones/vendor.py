"""Vendor: whose phones there are, what files they ask for and what each model can do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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
