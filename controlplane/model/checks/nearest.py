"""The known word nearest to one that is not known."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

_COMPARISONS = 200_000
"""Comparisons one run may spend on suggestions, about a second; after that there are none."""


class Suggestions:
    """Offers the nearest known word until the run has spent its comparisons."""

    def __init__(self, comparisons: int = _COMPARISONS) -> None:
        self._left = comparisons

    def mend(self, word: str, known: Collection[str], otherwise: str) -> str:
        """`did you mean 'ada'?`, or `otherwise` where nothing is near."""
        self._left -= len(known)
        if self._left < 0:
            return otherwise
        found = nearest(word, known)
        return f"did you mean {found!r}?" if found else otherwise


def nearest(word: str, known: Collection[str]) -> str | None:
    matches = get_close_matches(word.lower(), [item.lower() for item in known], n=1, cutoff=0.6)
    return next((item for item in known if item.lower() == matches[0]), None) if matches else None
