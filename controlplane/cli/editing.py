"""Settings as they are typed: values, `SETTING=VALUE`, and items of lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from controlplane.cli.outcome import tell_outcome
from controlplane.cli.printing import Progress
from controlplane.cli.session import Session
from controlplane.diagnostics import fault

if TYPE_CHECKING:
    from controlplane.model.change_set import ChangeSet
    from controlplane.service.changes.setting import Edit
    from controlplane.store.store import Store


def seen_option(verb: Callable[..., Any]) -> Callable[..., Any]:
    return click.option(
        "--seen",
        type=click.IntRange(0),
        metavar="REVISION",
        help="Refuse where this was changed after the revision you looked at.",
    )(verb)


def commit(session: Session, made: Callable[[Store], ChangeSet]) -> None:
    """Commit what is made of the store, bring the engines to it, and say so. Raises Faults."""

    with session.store() as store:
        tell = Progress()
        door = session.door(store, tell)
        with tell:
            outcome = door.change(made(store))
        tell_outcome(session, outcome, [])


def settings(address: str, pairs: tuple[str, ...]) -> dict[str, Edit]:
    """`SETTING=VALUE` of what stands at `address`, by setting. Raises Faults."""
    from controlplane.service.changes.setting import Put

    made: dict[str, Edit] = {}
    for pair in pairs:
        name, equals, text = pair.partition("=")
        if not equals or not name.strip("/"):
            raise fault(f"{pair!r} sets nothing", address, "write SETTING=VALUE, as ring=20s")
        name = name.strip("/ ")
        made[name] = Put(value(f"{address}/{name}", text))
    return made


def value(address: str, text: str) -> Any:
    """As in a tenant's file. Raises Faults."""
    from controlplane.store.yaml.syntax import ProblemError
    from controlplane.store.yaml.text import load

    if not text:
        return ""
    try:
        loaded = load(text)
    except ProblemError as problem:
        raise fault(problem.message, address, problem.mend) from None
    if loaded.problems:
        raise fault(loaded.problems[0].message, address, loaded.problems[0].mend)
    return loaded.value
