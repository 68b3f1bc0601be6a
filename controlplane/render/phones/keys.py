"""Keys: what each programmable key of a phone does (pure)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from controlplane.model.handset import Handset
from controlplane.model.names import display_name
from controlplane.model.phone_key import KeyKind, PhoneKey
from controlplane.model.phone_system import PhoneSystem
from controlplane.model.provisioning import Provisioning
from controlplane.render.phones.vendor import Model


@dataclass(frozen=True, slots=True)
class DeskKey:
    """A programmable key; `number` counts from 1. `to` is what it dials or watches, else ""."""

    number: int
    kind: KeyKind
    to: str = ""
    label: str = ""


def wanted_keys(
    system: PhoneSystem, handset: Handset, settings: Provisioning
) -> Sequence[PhoneKey]:
    """Keys of the line that is served come first, then the handset's; those of site or tenant where
    neither has any. A key of the phone's own account comes before all, unless one is such a key."""
    line = system.lines.get(handset.serves) if handset.serves else None
    wanted = [*(line.keys if line else ()), *handset.keys] or list(settings.keys)
    if not any(key.kind is KeyKind.LINE for key in wanted):
        wanted.insert(0, PhoneKey(kind=KeyKind.LINE))
    return wanted


def placed_keys(
    system: PhoneSystem,
    handset: Handset,
    settings: Provisioning,
    model: Model,
    label: str,
    watched: str = "",
) -> Iterable[DeskKey]:
    """Every key of the model. `watched` stands before a line that one watches."""
    wanted = wanted_keys(system, handset, settings)
    for index in range(model.line_keys):
        key = wanted[index] if index < len(wanted) else None
        no_line = model.lines and index >= model.lines
        if key is None or key.kind is KeyKind.NONE or (key.kind is KeyKind.LINE and no_line):
            yield unused(index + 1)
        elif key.kind is KeyKind.LINE:
            yield DeskKey(index + 1, KeyKind.LINE, "", key.label or label)
        else:
            to = key.to or ""
            named = key.label or (display_name(system, to) if to in system.lines else to)
            before = watched if key.kind is KeyKind.BLF and to in system.lines else ""
            yield DeskKey(index + 1, key.kind, before + to, named)


@lru_cache(maxsize=256)
def unused(number: int) -> DeskKey:
    """Phones with a hundred keys have little use for most of them."""
    return DeskKey(number, KeyKind.NONE)


def used_keys(keys: Sequence[DeskKey]) -> Sequence[DeskKey]:
    """Up to the last that has a use."""
    used = len(keys)
    while used and keys[used - 1].kind is KeyKind.NONE:
        used -= 1
    return keys[:used]
