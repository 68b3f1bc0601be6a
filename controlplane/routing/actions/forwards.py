"""Forwards: always, when busy, when unanswered, when offline; to one target or several."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.model.answering import Answering
from controlplane.routing.builder import Builder
from controlplane.routing.nodes import Arg, Forward, Occasion
from controlplane.routing.state import forward_key


def stored(prefix: str, rule: Answering) -> Iterator[tuple[str, str]]:
    forward = rule.forward
    if not forward.model_fields_set:
        return
    for occasion, targets in (
        (Occasion.ALWAYS, forward.always),
        (Occasion.BUSY, forward.busy),
        (Occasion.UNANSWERED, forward.unanswered),
        (Occasion.OFFLINE, forward.offline),
    ):
        if targets:
            yield forward_key(prefix, occasion), "&".join(map(str, targets))


def node(build: Builder, line: Arg, occasion: Occasion, unset: int, failed: int) -> int:
    return build.add(Forward(line, occasion, unset, failed))
