"""Overrides: settings of phones by their vendors' names, merged in their order, and known (pure).

The order: family, tenant, site, model, firmware, handset; of firmware, the longest beginning last.
Each has its way over those before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from controlplane.diagnostics import Diagnostic, Severity
from controlplane.model.checks.nearest import Suggestions
from controlplane.model.handset import Handset
from controlplane.model.phone_system import PhoneSystem
from controlplane.render.phones.catalogue import catalogue
from controlplane.render.phones.vendor import Model, Vendor

Layer = Mapping[str, str]


def overrides_of(system: PhoneSystem, handset: Handset, model: Model) -> Layer:
    """All of them, merged."""
    site = system.sites.get(handset.site) if handset.site else None
    written = [system.settings.provisioning.overrides]
    if site is not None:
        written.append(site.provisioning.overrides)
    layers: list[Layer] = [model.family.settings]
    layers += [overrides.get(model.vendor, {}) for overrides in written]
    layers.append(model.settings)
    layers += [overrides.get(model.key, {}) for overrides in written]
    if handset.firmware:
        for overrides in (model.firmware, *written):
            layers += _of_firmware(model, handset.firmware, overrides)
    layers.append(handset.overrides)
    merged: dict[str, str] = {}
    for layer in layers:
        merged.update(layer)
    return merged


def _of_firmware(model: Model, firmware: str, overrides: Mapping[str, Layer]) -> Iterable[Layer]:
    start = f"{model.key}/"
    found = [
        whose
        for whose in overrides
        if whose.startswith(start) and firmware.startswith(whose[len(start) :])
    ]
    return [overrides[whose] for whose in sorted(found, key=len)]


def unknown_overrides(system: PhoneSystem, suggestions: Suggestions) -> Iterator[Diagnostic]:
    """Those whose name is none of the vendor's, and those that are nobody's. They are told to
    phones all the same: a vendor's newest firmware knows more than we do."""
    tenant = system.tenant
    places = [(f"{tenant}/settings/provisioning", system.settings.provisioning)]
    places += [
        (f"{tenant}/sites/{name}/provisioning", site.provisioning)
        for name, site in system.sites.items()
    ]
    for place, settings in places:
        for whose, overrides in settings.overrides.items():
            vendor, missing = _whose(whose)
            at = f"{place}/overrides/{whose}"
            if vendor is None:
                known = (*catalogue().vendors, *catalogue().models)
                mend = suggestions.mend(missing, known, "write a vendor or a model of handsets")
                yield _warning(f"there is no handset {missing!r}", at, mend)
            else:
                yield from _unknown(vendor, overrides, at, suggestions)
    for name, handset in system.handsets.items():
        if handset.overrides and (model := catalogue().models.get(handset.model or "")):
            at = f"{tenant}/handsets/{name}/overrides"
            yield from _unknown(
                catalogue().vendors[model.vendor], handset.overrides, at, suggestions
            )


def _whose(whose: str) -> tuple[Vendor | None, str]:
    """The vendor that overrides are of; without it, what does not exist."""
    vendor, _, rest = whose.partition("/")
    model = f"{vendor}/{rest.partition('/')[0]}"
    if vendor not in catalogue().vendors:
        return None, vendor
    if rest and model not in catalogue().models:
        return None, model
    return catalogue().vendors[vendor], ""


def known_by(vendor: Vendor, name: str) -> bool:
    return bool(vendor.known.fullmatch(name))


def _unknown(
    vendor: Vendor, overrides: Layer, at: str, suggestions: Suggestions
) -> Iterator[Diagnostic]:
    for name in overrides:
        if known_by(vendor, name):
            continue
        general = re.sub("[0-9]+", "N", name)
        mend = suggestions.mend(general, vendor.names_known, "see how the vendor writes it")
        yield _warning(f"{name!r} is no setting of {vendor.title} that is known here", at, mend)


def _warning(message: str, place: str, mend: str) -> Diagnostic:
    return Diagnostic(message, place, mend, severity=Severity.WARNING)
