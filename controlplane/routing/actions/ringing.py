"""Ringing: the line's own phones, others beside them (simultaneous ring), or just the line."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.model.answering import AlsoRing, Answering
from controlplane.model.destination import Kind
from controlplane.routing.builder import Builder
from controlplane.routing.nodes import Arg, RingLine
from controlplane.routing.state import ON, also_key, not_own_key


def stored(prefix: str, rule: Answering) -> Iterator[tuple[str, str]]:
    if not rule.ring_own:
        yield not_own_key(prefix), ON
    if rule.also_ring:
        yield also_key(prefix), "&".join(map(_text, rule.also_ring))


def _text(also: AlsoRing) -> str:
    outside = also.to.kind is Kind.EXTERNAL
    confirm = outside if also.confirm is None else also.confirm
    return f"{also.to}:{also.delay}:{int(confirm)}"


def node(build: Builder, line: Arg, busy: int, no_answer: int, offline: int) -> int:
    return build.add(RingLine(line, busy, no_answer, offline))
