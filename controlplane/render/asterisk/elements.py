"""What routines are written of: extensions, and the expressions of values and stored keys."""

from __future__ import annotations

from collections.abc import Iterator

from controlplane.render.asterisk.escape import word
from controlplane.routing.nodes import Arg, Value

ACTIVE = "${CP_PREFIX}"
"""What the keys of the active rule begin with."""


def extension(name: str, *applications: str) -> Iterator[str]:
    """What is done there, one after the other."""
    first, *others = applications
    yield f"exten => {name},1,{first}"
    for application in others:
        yield f" same => n,{application}"


def value(of: Value) -> str:
    """The value, or the dialplan expression that yields it."""
    return f"${{CUT(CP_ARGS,&,{of.index + 1})}}" if isinstance(of, Arg) else word(of)


def state(key: str) -> str:
    return f"${{DB(cp/${{CP_TENANT}}/{key})}}"
