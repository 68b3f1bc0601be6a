"""Answering: what a line does with a call — always, or while a rule's time frame holds."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, StringConstraints

from controlplane.model.destination import DestinationField
from controlplane.model.part import Name, OneOrMore, Part, Seconds

Targets = Annotated[tuple[DestinationField, ...], OneOrMore, Field(max_length=10)]
"""Where a forward goes; several ring together."""


class Forwards(Part):
    """Targets by occasion; an empty one is off. `offline`: no reachable contact."""

    always: Targets = ()
    busy: Targets = ()
    unanswered: Targets = ()
    offline: Targets = ()


def _short(value: Any) -> Any:
    return value if isinstance(value, dict) else {"to": value}


class AlsoRing(Part):
    """Somebody who rings beside the line, from `delay` seconds on.

    `confirm`: who answers must press 1, so that no answering machine takes the call; by
    default outside the tenant only. `to` is a line, a handset or an outside number.
    """

    to: DestinationField
    delay: Annotated[Seconds, Field(ge=0, le=120)] = 0
    confirm: bool | None = None


class Answering(Part):
    """The settings of an answering rule. A rule that sets none of them just rings the line.

    `screening`: the caller says a name, and who answers hears it and accepts or refuses.
    `ring_own: no`: only those in `also_ring` ring.
    """

    do_not_disturb: bool = False
    screening: bool = False
    forward: Forwards = Forwards()
    ring_own: bool = True
    also_ring: Annotated[
        tuple[Annotated[AlsoRing, BeforeValidator(_short)], ...], OneOrMore, Field(max_length=20)
    ] = ()


DEFAULT_RULE = "default"
"""What the line's own settings are called among its rules; no other rule may be."""


class AnsweringRule(Answering):
    """`when` names the time frame in which the rule holds. `ring`: by default the line's."""

    name: Name
    when: Name
    enabled: bool = True
    ring: Annotated[Seconds, Field(ge=1, le=600)] | None = None


CallerPattern = Annotated[
    str,
    StringConstraints(
        pattern=r"^(\+[1-9][0-9]{0,14}\*|\+[1-9][0-9]{6,14}|[0-9]{1,10}|list/[A-Za-z0-9][A-Za-z0-9_-]{0,39})$"
    ),
]
"""A caller: `+447700900123`, all that begin with `+4477*`, an extension, or `list/nuisance`."""

Callers = Annotated[tuple[CallerPattern, ...], OneOrMore, Field(max_length=10_000)]


ListedNumber = Annotated[
    str,
    StringConstraints(pattern=r"^(\+[1-9][0-9]{0,14}\*|\+[1-9][0-9]{6,14}|[0-9]{1,10})$"),
]


class NumberList(Part):
    """Callers that the lines of a tenant allow or block together, as `list/<key>`."""

    numbers: Annotated[tuple[ListedNumber, ...], OneOrMore, Field(max_length=100_000)] = ()
