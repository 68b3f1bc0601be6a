"""What every check is given: the phone system, and what is known to be missing from it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from controlplane.diagnostics import Diagnostic, Severity
from controlplane.model.checks.nearest import Suggestions
from controlplane.model.phone_system import PhoneSystem


@dataclass(frozen=True)
class Context:
    """`faulty`: keys of objects that were written but are not valid, by collection.

    They are not in `system`, yet they exist: a reference to one is no second fault. Under
    `settings` stand the faulty fields of the tenant's own settings.
    """

    system: PhoneSystem
    faulty: Mapping[str, Collection[str]] = field(default_factory=dict)
    suggestions: Suggestions = field(default_factory=Suggestions)

    def is_faulty(self, collection: str, key: str) -> bool:
        return key in self.faulty.get(collection, ())

    def exists(self, collection: str, key: str | None) -> bool:
        if key is None:
            return False
        return key in getattr(self.system, collection) or self.is_faulty(collection, key)

    def knows_setting(self, name: str) -> bool:
        """Whether a setting of the tenant is as written, not a default in place of a fault."""
        return not self.is_faulty("settings", name)

    def fault(self, place: str, message: str, mend: str) -> Diagnostic:
        return Diagnostic(message, f"{self.system.tenant}/{place}", mend)

    def warning(self, place: str, message: str, mend: str) -> Diagnostic:
        address = f"{self.system.tenant}/{place}"
        return Diagnostic(message, address, mend, severity=Severity.WARNING)

    @cached_property
    def main_number_sites(self) -> dict[str, str]:
        """Main number -> the first site that has it."""
        found: dict[str, str] = {}
        for name, site in self.system.sites.items():
            if site.main_number:
                found.setdefault(site.main_number, name)
        return found
