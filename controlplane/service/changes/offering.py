"""What there is to choose from for a setting: only what exists, and what the setting takes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Any, get_args

from controlplane.model.answering import AnsweringRule
from controlplane.model.boxes import mailboxes
from controlplane.model.destination import Destination, Kind
from controlplane.model.part import Part
from controlplane.model.phone_system import KINDS, PhoneSystem
from controlplane.model.places import NumberStatus
from controlplane.render.phones.catalogue import catalogue
from controlplane.routing.identity import site_of_line

_KEYS = {
    "when": "time_frames",
    "members": "lines",
    "logged_out": "lines",
    "line": "lines",
    "login": "lines",
    "user": "users",
    "site": "sites",
}
"""Settings that name an object, and the collection it is in."""

_LISTS = ("allowed", "blocked")
_OWN_NUMBERS = ("presented_number", "emergency_caller_id")


def settings(kind: type[Part]) -> Iterator[str]:
    """The settings of an object, those inside of one by their path: `forward/busy`."""
    for name, field in kind.model_fields.items():
        if isinstance(inner := field.annotation, type) and issubclass(inner, Part):
            yield from (f"{name}/{path}" for path in settings(inner))
        else:
            yield field.alias or name


def values(system: PhoneSystem, collection: str, key: str, path: str) -> Iterator[str]:
    """What a setting of an object may be; nothing where anything may be written."""
    *outer, name = path.split("/")
    kind: type[Part] | None = KINDS[collection]
    if outer[:1] == ["rules"]:
        kind, outer = AnsweringRule, outer[2:]
    for step in outer:
        kind = _inside(kind, step)
    field = kind.model_fields.get(name) if kind else None
    if field is None:
        return
    line = key if collection == "lines" else ""
    itself = _itself(collection, key, name)
    if name in _KEYS:
        yield from getattr(system, _KEYS[name])
    elif (collection, name) == ("handsets", "model"):
        yield from catalogue().models
    elif name in _LISTS:
        yield from (f"list/{it}" for it in system.number_lists)
    elif name in _OWN_NUMBERS:
        yield from numbers(system, line)
    else:
        yield from _of_types(system, itself, list(_types(field.annotation)))


def _itself(collection: str, key: str, name: str) -> Destination | None:
    """Where the setting `name` of an object would lead back to where a call comes from."""
    if name == "operator" and collection in ("lines", "mailboxes"):
        return Destination(Kind.MAILBOX, key)
    kind = {"lines": Kind.LINE, "groups": Kind.GROUP}.get(collection)
    return Destination(kind, key) if kind else None


def _of_types(system: PhoneSystem, itself: Destination | None, types: list[type]) -> Iterator[str]:
    if bool in types:
        yield from ("yes", "no")
    for it in types:
        if issubclass(it, StrEnum):
            yield from (member.value for member in it)
        elif it is Destination:
            yield from map(str, destinations(system, itself))
        elif issubclass(it, Part) and "to" in it.model_fields:
            ringing = (one for one in destinations(system, itself) if one.kind in _RING_BESIDE)
            yield from map(str, ringing)


_RING_BESIDE = (Kind.LINE, Kind.HANDSET)
"""What rings together with others."""


def destinations(system: PhoneSystem, itself: Destination | None = None) -> Iterator[Destination]:
    """Where calls can be sent: all there is but where they come from. A number outside may be
    any."""
    there: dict[Kind, Iterable[str]] = {
        Kind.LINE: system.lines,
        Kind.HANDSET: system.handsets,
        Kind.MAILBOX: (extension for extension, box in mailboxes(system) if box.enabled),
        Kind.GROUP: system.groups,
    }
    for kind, keys in there.items():
        yield from (it for key in keys if (it := Destination(kind, key)) != itself)


def numbers(system: PhoneSystem, line: str = "") -> Iterator[str]:
    """The active numbers of the line's site, its main number included; all active ones where the
    line has no site."""
    here = site_of_line(system, line) if line in system.lines else None
    main = {site.main_number: name for name, site in system.sites.items() if site.main_number}
    for e164, number in system.numbers.items():
        owner = number.site or main.get(e164)
        if number.status is NumberStatus.ACTIVE and here in (None, owner):
            yield e164


def _inside(kind: type[Part] | None, step: str) -> type[Part] | None:
    field = kind.model_fields.get(step) if kind else None
    types = _types(field.annotation) if field else iter(())
    return next((it for it in types if issubclass(it, Part)), None)


def _types(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type):
        yield annotation
    for inner in get_args(annotation):
        yield from _types(inner)
