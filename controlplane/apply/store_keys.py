"""Store keys: what differs between two sets of stored keys, and a digest that follows changes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

_SIZE = 16
_MODULUS = 1 << (8 * _SIZE)


@dataclass(frozen=True, slots=True)
class Delta:
    """Keys to write with their values, and keys to remove."""

    put: Mapping[str, str] = field(default_factory=dict)
    delete: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.put or self.delete)

    def __len__(self) -> int:
        return len(self.put) + len(self.delete)


def delta(before: Mapping[str, str], after: Mapping[str, str]) -> Delta:
    """What makes `before` into `after`."""
    if before == after:
        return Delta()
    put = {key: value for key, value in after.items() if before.get(key) != value}
    return Delta(put, tuple(key for key in before if key not in after))


def undone(change: Delta, before: Mapping[str, str]) -> Delta:
    """What takes `change` back, where `before` was there."""
    touched = (*change.put, *change.delete)
    put = {key: before[key] for key in touched if key in before}
    return Delta(put, tuple(key for key in change.put if key not in before))


def apply_delta(keys: dict[str, str], change: Delta) -> None:
    """Carry `change` out on `keys`."""
    keys.update(change.put)
    for key in change.delete:
        keys.pop(key, None)


def digest_of(keys: Mapping[str, str]) -> str:
    """The sum of a hash of every key: a change to one key changes it without the others."""
    return _written(sum(_hash(key, value) for key, value in keys.items()))


def digest_after(digest: str, change: Delta, before: Mapping[str, str]) -> str:
    """The digest once `change` is carried out; `before` holds the touched keys at least."""
    total = int(digest, 16)
    for key in (*change.put, *change.delete):
        if key in before:
            total -= _hash(key, before[key])
    total += sum(_hash(key, value) for key, value in change.put.items())
    return _written(total)


def _hash(key: str, value: str) -> int:
    content = f"{key}\0{value}".encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(content, digest_size=_SIZE).digest(), "big")


def _written(total: int) -> str:
    return f"{total % _MODULUS:0{2 * _SIZE}x}"
