"""Screening: the caller says a name, the called person hears it and accepts or refuses.

There is no node of its own: ringing a line asks for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.model.answering import Answering
from controlplane.routing.state import ON, screen_key


def stored(prefix: str, rule: Answering) -> Iterator[tuple[str, str]]:
    if rule.screening:
        yield screen_key(prefix), ON
