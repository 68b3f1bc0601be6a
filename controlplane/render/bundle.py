"""What a renderer is given, and the bundle it makes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from controlplane.model.phone_system import PhoneSystem
from controlplane.routing.plan import Plan


@dataclass(frozen=True, slots=True)
class TenantView:
    """One tenant as a renderer sees it. `sip_passwords` by handset name; repr never shows them."""

    system: PhoneSystem
    plan: Plan
    state: Mapping[str, str]
    sip_passwords: Mapping[str, str]

    def __repr__(self) -> str:
        return f"TenantView({self.system.tenant})"


@dataclass(frozen=True, slots=True)
class Bundle:
    """`files`: path below the bundle's folder -> text. `store`: what the engine's own store holds.

    Both are complete: a file or key that is not here is to be removed.
    """

    files: Mapping[str, str]
    store: Mapping[str, str]

    def digest(self) -> str:
        """Of the files only; the same files have the same digest."""
        total = hashlib.sha256()
        for path in sorted(self.files):
            total.update(f"{path}\0{self.files[path]}\0".encode())
        return total.hexdigest()[:16]
