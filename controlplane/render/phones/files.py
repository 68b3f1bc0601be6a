"""Files: what a phone is given when it asks for a file (pure)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Template

from controlplane.render.phones.catalogue import FOLDER, catalogue
from controlplane.render.phones.clocks import clock
from controlplane.render.phones.desk import Desk
from controlplane.render.phones.formats import FORMATS, vcard, xml
from controlplane.render.phones.keys import DeskKey, unused, used_keys
from controlplane.render.phones.plain import plain
from controlplane.render.phones.vendor import Asked, FileKind, Model
from controlplane.render.phones.zones import zone_of
from controlplane.render.templates import environment


@dataclass(frozen=True, slots=True)
class PhoneFile:
    body: bytes
    content_type: str


def render(desk: Desk, asked: Asked) -> PhoneFile | None:
    """None where there is no such file for this phone: another vendor's, or another phone's."""
    model = desk.model
    if asked.vendor != model.vendor or asked.mac not in (None, desk.mac):
        return None
    if asked.code not in (None, model.code):
        return None
    kind = catalogue().vendors[asked.vendor].files[asked.kind]
    if not kind.template:
        return None
    if kind.settings:
        form = model.family.format or catalogue().vendors[asked.vendor].format
        text = FORMATS[form](settings_of(desk, kind.kind))
    else:
        text = _template(asked.vendor, kind).render(_names(desk, kind, asked.page, desk.keys))
    if kind.writes == "vcard":
        text = text.replace("\n", "\r\n")  # RFC 6350, 3.2
    return PhoneFile(text.encode("utf-8"), kind.content_type)


def settings_of(desk: Desk, kind: str = "phone") -> dict[str, str]:
    """What a file that lists settings says, by the vendor's names: the clock, the template, and
    over both what is overridden."""
    vendor = catalogue().vendors[desk.model.vendor]
    file = vendor.files[kind]
    settings = clock(desk.model.family.format or vendor.format, zone_of(desk.zone, desk.year))
    settings |= unused_keys(desk, file)
    settings |= from_template(desk, file, used_keys(desk.keys))
    settings.update(
        (key, plain(value)) for key, value in desk.overrides.items() if plain(key) == key
    )
    return settings


def from_template(desk: Desk, file: FileKind, keys: Sequence[DeskKey]) -> dict[str, str]:
    """What the template says of a desk that has these keys."""
    text = _template(desk.model.vendor, file).render(_names(desk, file, 1, keys))
    return settings_in(text.split("\n"))


def unused_keys(desk: Desk, file: FileKind) -> Mapping[str, str]:
    """What the template says of keys without use. It is the same for all phones of a model, which
    may have a hundred and use ten, so that it is asked for once a model."""
    known = _UNUSED.get((desk.model, file))
    if known is None:
        keys = [unused(number) for number in range(1, desk.model.line_keys + 1)]
        without = from_template(desk, file, ())
        found = from_template(desk, file, keys).items()
        known = {key: value for key, value in found if key not in without}
        _UNUSED[desk.model, file] = known
    return known


_UNUSED: dict[tuple[Model, FileKind], Mapping[str, str]] = {}


def settings_in(lines: Iterable[str]) -> dict[str, str]:
    """The settings of a template, a line each: `name = value`. Of two with one name, the last.

    No expression of a template brings a line of its own: see `plain`.
    """
    settings: dict[str, str] = {}
    for line in lines:
        key, equals, value = line.partition(" =")
        if equals:
            settings[key] = value.strip()
        elif line and not line.startswith("#"):
            raise ValueError(f"{line!r} is no setting")
    return settings


ESCAPES: Mapping[str, Callable[[Any], str]] = {
    "settings": plain,
    "vcard": lambda value: vcard.text(plain(value)),
    "xml": lambda value: xml.text(plain(value)),
}
"""By what a template writes: what every expression in it goes through."""


def sip_quoted(text: str) -> str:
    """A quoted string of SIP (RFC 3261, 25.1)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


@cache
def _template(vendor: str, kind: FileKind) -> Template:
    escape = ESCAPES["settings" if kind.settings else kind.writes]
    templates = environment(f"{FOLDER}/{vendor}", escape)
    templates.filters["sip_quoted"] = sip_quoted
    return templates.get_template(kind.template)


def _names(desk: Desk, kind: FileKind, page: int, keys: Sequence[DeskKey]) -> dict[str, Any]:
    """What a template may name. `entries` of the directory are made only for one that does."""
    return {
        "keys": keys,
        "entries": lambda: desk.directory.page(page, kind.entries),
        "page": page,
        "more": lambda: desk.directory.has(page + 1, kind.entries),
        "desk": desk,
        "url": urlsplit(desk.url),
        "account": desk.accounts[0],
        "model": desk.model,
        "family": desk.model.family,
    }
