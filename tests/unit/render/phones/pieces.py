"""What is missing of a vendor: each piece by its name, so that who adds one knows what is left."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from controlplane.render.phones.catalogue import FOLDER, catalogue
from controlplane.render.phones.desk import Desk, Server
from controlplane.render.phones.directory import Directory
from controlplane.render.phones.files import unused_keys
from controlplane.render.phones.formats import FORMATS
from controlplane.render.phones.overrides import known_by
from controlplane.render.phones.vendor import Model, Vendor
from controlplane.render.phones.vendor_file import lacking
from tests.fleet import VENDORS, Handset, Malformed
from tests.fleet.phonebooks import contacts_of
from tests.unit.fleet.samples import files_of
from tests.unit.fleet.test_rounds import AGENTS, ORDER
from tests.unit.render.phones.office import desk, file_of, office

ROOT = Path(__file__).parents[4]


def folders(root: Path = ROOT) -> list[str]:
    """Of every vendor, also where there is nothing in it yet."""
    return sorted(it.name for it in (root / FOLDER).iterdir() if it.is_dir())


def missing(name: str, root: Path = ROOT) -> list[str]:
    """Of the vendor's folder in `root`, and of what stands for it elsewhere."""
    folder = root / FOLDER / name
    if not (folder / "vendor.toml").exists():
        return ["vendor.toml is missing"]
    raw = tomllib.loads((folder / "vendor.toml").read_text("utf-8"))
    found = list(_of_file(raw, folder))
    if found or root != ROOT:
        return found
    vendor = catalogue().vendors[name]
    found += _of_goldens(vendor)
    if not vendor.app:
        found += _of_emulated(name)
    if f"| {vendor.title} " not in (ROOT / "docs/handsets.md").read_text("utf-8"):
        found.append(f"docs/handsets.md: the table has no row {vendor.title}")
    for model in first_models(vendor):
        found += [f"{model.key}: {it}" for it in _of_rendered(vendor, model)]
    return found


def first_models(vendor: Vendor) -> list[Model]:
    found: dict[str, Model] = {}
    for model in vendor.models.values():
        found.setdefault(model.family.name, model)
    return list(found.values())


def _of_file(raw: dict[str, Any], folder: Path) -> Iterator[str]:
    yield from (f"vendor.toml: {it}" for it in lacking(raw))
    if raw.get("format", "") not in FORMATS:
        yield f"controlplane/render/phones/formats: there is no format {raw.get('format')!r}"
    files = raw.get("files", [])
    kinds = {it.get("kind"): it for it in files}
    for kind in ("phone", "phonebook"):
        if not kinds.get(kind, {}).get("template"):
            yield f"vendor.toml: files: none of the kind {kind} has a template"
    named = {it["template"] for it in files if it.get("template")}
    texts = {path.name: path.read_text("utf-8") for path in folder.glob("*.j2")}
    there = set(texts)
    yield from (f"{it} is missing" for it in sorted(named - there))
    starts = re.findall(r'include "([^"]+)"', "".join(texts.values()))
    included = {it for it in there if it.startswith(tuple(starts))}
    stray = there - named - included
    yield from (f"{it}: no file in vendor.toml is made of it" for it in sorted(stray))
    used = {it.get("family") for it in raw.get("models", {}).values()}
    for key in raw.get("families", {}):
        if key not in used:
            yield f"vendor.toml: models: none is of the family {key}"
    if not raw.get("notes", ["-"]):
        yield "vendor.toml: notes say nothing of where it is from and what is not confirmed"


def _of_emulated(vendor: str) -> Iterator[str]:
    if vendor not in VENDORS:
        yield "tests/fleet: there is no emulated phone"
        return
    try:
        files_of(VENDORS[vendor]("020000000001", "http://prov.example/"))
    except KeyError:
        yield "tests/unit/fleet/samples.py: there are no files as its phones read them"
    if vendor not in ORDER or vendor not in AGENTS:
        yield "tests/unit/fleet/test_rounds.py: the order of its files or its agent is not there"
    if VENDORS[vendor].phonebook is Handset.phonebook and not _reads_directory(vendor):
        yield "tests/fleet/phonebooks.py: its directory is read by nobody"


def _reads_directory(vendor: str) -> bool:
    try:
        contacts_of(vendor, b"", "")
    except KeyError:
        return False
    except Malformed:
        pass
    return True


def _of_goldens(vendor: Vendor) -> Iterator[str]:
    for model in first_models(vendor):
        folder = f"tests/golden/phones/{vendor.name}/{model.name}"
        if not (ROOT / folder / "phone").exists():
            yield f"{folder} is missing: UPDATE_GOLDEN=1 writes it"


@dataclass(frozen=True)
class _Look:
    """Whether what a phone is told depends on something. `apps`: also told to apps."""

    what: str
    change: dict[str, Any]
    apps: bool = True


_ACCOUNT = (
    _Look("the user", {"user": "other"}),
    _Look("the auth user", {"auth_user": "other"}),
    _Look("the password", {"password": "other"}),
    _Look("the display name", {"display_name": "Other"}),
    _Look("the registrar's address", {"registrar": Server("other.example", 5060)}),
    _Look("the registrar's port", {"registrar": Server("sip1.example", 5099)}),
    _Look("the outbound proxy", {"outbound_proxy": Server("proxy.example", 5060)}),
    _Look("the codecs' order", {"codecs": ("g722", "alaw", "ulaw")}),
    _Look("which codecs there are", {"codecs": ("ulaw", "alaw")}),
    _Look("the label", {"label": "Other"}, apps=False),
    _Look("the voicemail code", {"voicemail": "*0"}, apps=False),
)
_DESK = (
    _Look("where its files are", {"url": "https://other.example/d/t/"}),
    _Look("the time zone", {"zone": "Asia/Kolkata"}, apps=False),
    _Look("the time server", {"time_server": "other.example"}, apps=False),
    _Look("overrides", {"overrides": {"x.y": "1"}}),
)


def _of_rendered(vendor: Vendor, model: Model) -> Iterator[str]:
    made = desk(model.key)
    [account] = made.accounts
    plain = _told(made)
    looks = [(it, replace(made, accounts=(replace(account, **it.change),))) for it in _ACCOUNT] + [
        (it, replace(made, **it.change)) for it in _DESK
    ]
    for look, other in looks:
        if (look.apps or not vendor.app) and _told(other) == plain:
            if look.what == "overrides" and not known_by(vendor, "x.y"):
                continue
            yield f"the phone is not told {look.what}"
    for what, values in (("transport", model.family.transports), ("srtp", model.family.srtp)):
        told = {_told(replace(made, accounts=(replace(account, **{what: it}),))) for it in values}
        if len(told) < len(values):
            yield f"the phone is not told each {what} of {', '.join(values)}"
    if model.family.backup and _without_backup(made) == plain:
        yield "the phone is not told the backup server"
    if not vendor.app:
        yield from _of_phones(vendor, model, made, plain)
    yield from _of_directory(made)


def _of_phones(vendor: Vendor, model: Model, made: Desk, plain: bytes) -> Iterator[str]:
    passwords = {"admin_password": "OtherOther2", "admin_pin": "987654321"}
    if _told(replace(made, **passwords)) == plain:
        yield "the phone is not told an admin password"
    languages = model.family.languages
    if len({_told(replace(made, language=it)) for it in languages}) < len(languages):
        yield f"the phone is not told each language of {', '.join(languages)}"
    if not made.keys:
        return
    first, rest = made.keys[0], made.keys[1:]
    for change in ({"to": "199"}, {"label": "Other"}):
        blf = replace(first, kind="blf", to="102", label="Bob")
        if _told(replace(made, keys=(blf, *rest))) == _told(
            replace(made, keys=(replace(blf, **change), *rest))
        ):
            yield f"the phone is not told the {next(iter(change))} of a key"
    # Where calls are parked may be watched as anything else is.
    kinds = [it for it in model.family.keys if it != "park"]
    told = {_told(replace(made, keys=(replace(first, kind=it, to="102"), *rest))) for it in kinds}
    if len(told) < len(kinds):
        yield f"the phone is not told each kind of key of {', '.join(kinds)}"
    if not unused_keys(made, vendor.files["phone"]):
        yield "the phone is not told that a key is without use, so that an old one would stay"


def _of_directory(made: Desk) -> Iterator[str]:
    book = file_of(made, "phonebook")
    empty = office(made.model.key, lines__101__in_directory=False)
    other = file_of(replace(made, directory=Directory(empty)), "phonebook")
    if book is None or other is None or book.body == other.body:
        yield "the phonebook does not hold the directory"


def _without_backup(made: Desk) -> bytes:
    [account] = made.accounts
    return _told(replace(made, accounts=(replace(account, backup=None),)))


def _told(made: Desk) -> bytes:
    found = file_of(made, "phone")
    return found.body if found else b""
