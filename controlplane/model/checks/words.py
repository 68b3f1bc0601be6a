"""What a value that a type refuses is told, in words for the person who wrote it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, get_args

from pydantic import StringConstraints, ValidationError
from pydantic_core import ErrorDetails

from controlplane.diagnostics import Diagnostic, printable
from controlplane.model.answering import CallerPattern, ListedNumber
from controlplane.model.checks.nearest import nearest
from controlplane.model.feature_codes import FeatureCode
from controlplane.model.line import Pin
from controlplane.model.part import DialString, Email, Extension, HostName, Name, Part
from controlplane.model.phone_key import KeyTarget
from controlplane.model.time_frame import DAYS, TimeFrame
from controlplane.model.trunk import Address

Words = tuple[str, str]
"""What is wrong, and how to mend it."""

_SECRET = frozenset({"sip_password", "admin_password", "password", "default_pin", "database"})
"""Settings whose value no message repeats."""


def _pattern(annotated: Any) -> str:
    return next(str(c.pattern) for c in get_args(annotated) if isinstance(c, StringConstraints))


_BY_FIELD: dict[str, Words] = {
    "country": ("is not a country", "write its ISO 3166 code in capitals, as GB"),
    "admin_password": ("is no password of a phone", "write 4 to 32 letters and digits"),
    "area_code": ("is not an area code", "write up to six digits"),
    "model": ("is not a handset model", "write vendor/model, as yealink/T54W"),
    "logout_at": ("is not a time of day", "write it as 19:00"),
    "username": ("is not a SIP user name", "write up to 64 letters, digits and . _ + -"),
    "calendar": ("is not a holiday calendar", "write a country or its part, as GB or GB-SCT"),
    "tenant": (
        "is not a tenant's key",
        "write up to 31 small letters, digits and -, starting with a letter or digit",
    ),
}
_CALLER = "write +447700900123, all that begin so as +4477*, an extension, or list/NAME"
_BY_PATTERN: dict[str, Words] = {
    _pattern(Extension): ("is not an extension", "write digits only, as 101"),
    _pattern(Name): (
        "is not a name",
        "write up to 40 letters, digits, - and _, starting with a letter or digit",
    ),
    _pattern(Email): ("is not an e-mail address", "write it as ada@example.com"),
    _pattern(HostName): ("is not a host", "write a host name or an IP address"),
    _pattern(CallerPattern): ("is not a caller", _CALLER),
    _pattern(ListedNumber): ("is not a caller", _CALLER.removesuffix(", or list/NAME")),
    _pattern(DialString): ("is not a number one dials", "write 2 to 20 digits, * or #"),
    _pattern(FeatureCode): ("is not a feature code", "write * or # and 1 to 7 digits, as *78"),
    _pattern(KeyTarget): ("is nothing a key dials", "write an extension, a code or a number"),
    _pattern(Pin): ("is not a PIN", "write 4 to 10 digits"),
    _pattern(Address): ("is not an IP address", "write it as 192.0.2.10 or 192.0.2.0/24"),
}


def quoted(value: object) -> str:
    """A value in quotes for a message: short, and nothing in it that a terminal would obey."""
    text = str(value)
    text = text if len(text) <= 40 else text[:39] + "…"
    return "'" + printable(text) + "'"


def faults_of(
    error: ValidationError, kind: type[Part], address: str, raw: Any, skip: int = 0
) -> list[Diagnostic]:
    """One diagnostic a fault; `skip` components of each location come before the object."""
    faults = []
    for details in error.errors(include_url=False):
        path = path_of(details, kind, raw, skip)
        message, mend = explain(details, kind, skip)
        faults.append(Diagnostic(message, "/".join([address, *map(printable, path)]), mend))
    return faults


def path_of(details: ErrorDetails, kind: type[Part], raw: Any, skip: int = 0) -> tuple[str, ...]:
    """Where the fault stands in what was written, as keys and list indexes."""
    path: list[str] = []
    for step in details["loc"]:
        if step == "[key]":
            break
        if isinstance(raw, Mapping):
            if step == "weekly" and kind is TimeFrame and len(path) == skip and step not in raw:
                continue
            path.append(str(step))
            raw = raw.get(step)
        elif isinstance(raw, (list, tuple)) and isinstance(step, int):
            path.append(str(step))
            raw = raw[step] if step < len(raw) else None
        else:
            break
    return tuple(path)


def explain(details: ErrorDetails, kind: type[Part], skip: int = 0) -> Words:
    """pydantic's error in our words."""
    location = details["loc"][skip:]
    if details["type"] == "extra_forbidden":
        return unknown_key(str(location[-1]), keys_at(kind, location[:-1]))
    names = (str(step) for step in reversed(location) if isinstance(step, str) and step != "[key]")
    return reworded(details, next(names, ""))


def reworded(details: ErrorDetails, name: str) -> Words:
    """The same for a value called `name`, wherever it stands."""
    value = details["input"]
    limits = details.get("ctx", {})
    match details["type"]:
        case "missing":
            return f"{name} is missing", f"add {name}: …"
        case "value_error":
            message, _, mend = str(limits["error"]).partition("; ")
            return _about(name, value, message), mend
    if value is None:
        return f"{name or 'this'} is empty", "write a value, or leave the key out"
    message, mend = _words(details["type"], name, limits)
    return _about(name, value, message), mend


def _about(name: str, value: object, message: str) -> str:
    if not message.startswith(("is ", "holds ", "has ")):
        return message
    if name in _SECRET:
        return f"{name} {message}"
    shown = quoted(value) if isinstance(value, (str, int, float)) else name or "this"
    return f"{shown} {message}"


def _words(fault: str, name: str, limits: Mapping[str, Any]) -> Words:
    match fault:
        case "string_pattern_mismatch":
            unknown = ("is not written as it should be", f"write it to match {limits['pattern']}")
            return _BY_FIELD.get(name) or _BY_PATTERN.get(limits["pattern"]) or unknown
        case "enum":
            return "is not one of its values", f"write {limits['expected']}"
        case "greater_than_equal":
            return "is too small", f"write {limits['ge']} or more"
        case "less_than_equal":
            return "is too large", f"write {limits['le']} or less"
        case "string_too_long":
            return "is too long", f"keep it to {limits['max_length']} characters"
        case "too_long":
            return "has too many items", f"keep it to {limits['max_length']}"
        case "string_too_short":
            return "is too short", f"it takes {limits['min_length']} or more characters"
        case "string_unicode" | "string_type":
            return "is not plain text", "write one text, in quotes if need be"
    return _wrong_type(fault.partition("_")[0], name)


def _wrong_type(fault: str, name: str) -> Words:
    match fault:
        case "int" if name == "ring":
            return "is not a time to ring", "write seconds as 20 or 20s, or rings as 4 rings"
        case "model" if name == "voicemail":
            return "is neither on nor off", "write on, off, or {email: ADDRESS}"
        case "int":
            return "is not a whole number", "write digits, as 20"
        case "bool":
            return "is neither yes nor no", "write yes or no"
        case "date":
            return "is not a date", "write it as 2026-12-25"
        case "tuple" | "list":
            return "is not a list", "write [one, two]"
        case "dict" | "model":
            return "is not a group of settings", "write its settings as key: value under it"
    return "does not fit here", "see the schema for what does"


def unknown_key(name: str, known: Collection[str]) -> Words:
    """An unknown key, with the nearest known one or else all of them."""
    found = nearest(name, known)
    mend = f"did you mean {found!r}?" if found else f"the keys here are {', '.join(known)}"
    return f"unknown key {quoted(name)}", mend


def keys_at(kind: type[Part], location: tuple[int | str, ...]) -> tuple[str, ...]:
    """The keys that the settings at `location` inside an object of this kind may have."""
    at: type[Part] | None = kind
    for step in location:
        if at is None:
            return ()
        for name, field in at.model_fields.items():
            if step in (name, field.alias):
                at = _part_in(field.annotation)
    if at is None:
        return ()
    names = tuple(field.alias or name for name, field in at.model_fields.items())
    return (*DAYS, "mon-fri", *(n for n in names if n != "weekly")) if at is TimeFrame else names


def _part_in(annotation: Any) -> type[Part] | None:
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return annotation
    return next((part for arg in get_args(annotation) if (part := _part_in(arg))), None)
