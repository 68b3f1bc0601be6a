"""Key change: which stored keys an engine is told to put and to delete."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol


class KeyChange(Protocol):
    """`put`: value by key. `delete`: keys."""

    @property
    def put(self) -> Mapping[str, str]: ...

    @property
    def delete(self) -> tuple[str, ...]: ...
