"""Rung: who rings together and on which terms, each once, and how that is told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from controlplane.routing.steps import PLAIN, Leg, PhoneLeg, Terms


def once(rung: Iterable[tuple[Leg, Terms]]) -> dict[Leg, Terms]:
    """Whom several would ring is rung once, on the first terms."""
    terms: dict[Leg, Terms] = {}
    for leg, its in rung:
        terms.setdefault(leg, its)
    return terms


def unless_plain(terms: Mapping[Leg, Terms]) -> tuple[Terms, ...]:
    """As a ringing has them: none where all are plain."""
    for its in terms.values():
        if its is not PLAIN and its != PLAIN:
            return tuple(terms.values())
    return ()


def told(terms: Mapping[Leg, Terms]) -> str:
    """Their names, and the terms that are not plain."""
    return ", ".join([_name(leg) + _on(its) for leg, its in terms.items()])


def _name(leg: Leg) -> str:
    return leg.handset if isinstance(leg, PhoneLeg) else f"{leg.number} by {leg.trunk}"


def _on(terms: Terms) -> str:
    if terms is PLAIN:
        return ""
    said = [f"after {terms.delay} s"] if terms.delay else []
    said += ["to confirm"] if terms.confirm else []
    said += ["if idle"] if terms.idle_only else []
    return f" ({', '.join(said)})" if said else ""
