"""Do not disturb: nothing rings; voicemail, or engaged without one."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.model.answering import Answering
from controlplane.routing.builder import Builder
from controlplane.routing.nodes import Arg, IfDoNotDisturb
from controlplane.routing.state import ON, dnd_key


def stored(prefix: str, rule: Answering) -> Iterator[tuple[str, str]]:
    if rule.do_not_disturb:
        yield dnd_key(prefix), ON


def node(build: Builder, line: Arg, on: int, off: int) -> int:
    return build.add(IfDoNotDisturb(line, on, off))
