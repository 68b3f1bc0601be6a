"""Catalogue: every vendor's phones as data, read once from provisioning_templates/*/vendor.toml."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from controlplane.render.phones.vendor import Asked, Model, Seen, Vendor
from controlplane.render.phones.vendor_file import read_vendor

FOLDER = "provisioning_templates"


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
