"""`ctl rules`: the answering rules of a line, in their order."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from controlplane.cli.completing import (
    complete_frame,
    complete_line,
    complete_rule,
    complete_rule_settings,
)
from controlplane.cli.editing import commit, seen_option, settings
from controlplane.cli.outcome import sure
from controlplane.cli.printing import print_data, print_table
from controlplane.cli.session import Format, Session, common
from controlplane.cli.text import in_words
from controlplane.diagnostics import fault, printable

if TYPE_CHECKING:
    from controlplane.model.change import Document
    from controlplane.service.changes.rules import Place, Rules, Standing

_Verb = Callable[..., Any]


@click.group("rules")
def verb() -> None:
    """Answering rules of a line: the first that is enabled and whose time frame holds is active.

    LINE is TENANT/EXTENSION, as acme/101. RULE is a rule's name; `default` is the line's own
    settings, the rule that comes last and always holds. A change takes effect, whole, when the
    command commits; --seen refuses it where somebody changed the line since you looked.
    """


def _line(command: _Verb) -> _Verb:
    return click.argument("line", shell_complete=complete_line)(command)


def _rule(command: _Verb) -> _Verb:
    return click.argument("rule", shell_complete=complete_rule)(command)


def _settings(command: _Verb) -> _Verb:
    metavar = "SETTING=VALUE"
    return click.argument(
        "values", nargs=-1, metavar=metavar, shell_complete=complete_rule_settings
    )(command)


def _changes(command: _Verb) -> _Verb:
    reason = click.option("--reason", default="", help="Why, for the audit.")
    return seen_option(reason(common(command)))


def _place(command: _Verb) -> _Verb:
    for name, text in (("after", "Right after this one."), ("before", "Right before this one.")):
        option = click.option(f"--{name}", metavar="RULE", help=text, shell_complete=complete_rule)
        command = option(command)
    command = click.option("--last", is_flag=True, help="Last of all but the default.")(command)
    return click.option("--first", is_flag=True, help="First of all.")(command)


@verb.command("list", short_help="List them in order, and mark the active one.")
@_line
@click.option("--at", default="", help="When, by the clock of the line's user.  [default: now]")
@common
def list_rules(session: Session, line: str, at: str) -> None:
    """List the rules of LINE in order, and mark the one that is active."""
    found = _standing(session, line, at)
    if session.output is not Format.TABLE:
        print_data(_data(found), session.output)
        return
    print_table(
        ("NOW", "RULE", "WHEN", "ENABLED", "SETTINGS"),
        (
            ("active" if it.active else "", it.name, it.when, it.enabled, _words(it))
            for it in found.rules
        ),
    )
    click.echo(f"at {found.at:%Y-%m-%d %H:%M} ({found.timezone}), revision {found.revision}")
    if found.overruled:
        click.echo("do not disturb of the line is on, and wins over every rule")


@verb.command("show", short_help="Show one, and why it is active or not.")
@_line
@_rule
@click.option("--at", default="", help="When, by the clock of the line's user.  [default: now]")
@common
def show(session: Session, line: str, rule: str, at: str) -> None:
    """Show the settings of RULE, and why it is active or not."""
    found = _standing(session, line, at)
    one = next((it for it in found.rules if it.name == rule), None)
    if one is None:
        there = ", ".join(it.name for it in found.rules)
        raise fault(f"there is no rule {rule!r}", f"{found.address}/rules", f"there are {there}")
    if session.output is not Format.TABLE:
        print_data({**asdict(one), "revision": found.revision}, session.output)
        return
    rows = [("when", one.when), ("enabled", one.enabled), *one.settings.items()]
    print_table(("SETTING", "VALUE"), ((name, in_words(it)) for name, it in rows))
    click.echo(printable(one.reason))


@verb.command("add", short_help="Add one; the last but the default where no place is named.")
@_line
@click.argument("name")
@click.option(
    "--when",
    required=True,
    metavar="FRAME",
    help="The time frame in which it holds.",
    shell_complete=complete_frame,
)
@_settings
@click.option("--disabled", is_flag=True, help="It is to be enabled later.")
@_place
@_changes
def add(
    session: Session,
    line: str,
    name: str,
    when: str,
    values: tuple[str, ...],
    disabled: bool,
    seen: int | None,
    reason: str,
    **place: Any,
) -> None:
    """Add the rule NAME to LINE; without settings it just rings the line.

    \b
      ctl rules add acme/101 away --when holidays forward/always=mailbox/101 --first
    """  # fmt: skip
    from controlplane.service.changes.rules import LAST, adding, address_of

    at = f"{address_of(line)}/rules"
    to = _place_of(place) or LAST
    edits = settings(f"{at}/{name}", values)
    made = adding(name, when, not disabled, edits, to, at)
    _commit(session, line, made, reason or f"add rule {name}", seen)


@verb.command("edit", short_help="Change settings of one, all at once.")
@_line
@_rule
@_settings
@_changes
def edit(
    session: Session, line: str, rule: str, values: tuple[str, ...], seen: int | None, reason: str
) -> None:
    """Change settings of RULE; null puts one back to its default. `name` renames it.

    \b
      ctl rules edit acme/101 office ring="4 rings" also_ring=[line/102,+447700900123]
      ctl rules edit acme/101 default call_waiting=no forward/busy=line/102
    """
    from controlplane.service.changes.rules import address_of, editing

    if not values:
        raise click.UsageError("Missing SETTING=VALUE.")
    at = f"{address_of(line)}/rules"
    made = editing(rule, settings(f"{at}/{rule}", values), at)
    _commit(session, line, made, reason or f"edit rule {rule}", seen)


@verb.command("enable", short_help="Enable one.")
@_line
@_rule
@_changes
def enable(session: Session, line: str, rule: str, seen: int | None, reason: str) -> None:
    """Enable RULE."""
    _enable(session, line, rule, True, seen, reason)


@verb.command("disable", short_help="Disable one, and keep it.")
@_line
@_rule
@_changes
def disable(session: Session, line: str, rule: str, seen: int | None, reason: str) -> None:
    """Disable RULE: it is kept, and never active."""
    _enable(session, line, rule, False, seen, reason)


def _enable(
    session: Session, line: str, rule: str, enabled: bool, seen: int | None, reason: str
) -> None:
    from controlplane.service.changes.rules import address_of, enabling

    made = enabling(rule, enabled, f"{address_of(line)}/rules")
    does = "enable" if enabled else "disable"
    _commit(session, line, made, reason or f"{does} rule {rule}", seen)


@verb.command("move", short_help="Put one elsewhere in the order.")
@_line
@_rule
@_place
@_changes
def move(
    session: Session, line: str, rule: str, seen: int | None, reason: str, **place: Any
) -> None:
    """Put RULE first, last, or right before or after another."""
    from controlplane.service.changes.rules import address_of, moving

    to = _place_of(place)
    if to is None:
        raise click.UsageError("Missing --first, --last, --before or --after.")
    made = moving(rule, to, f"{address_of(line)}/rules")
    _commit(session, line, made, reason or f"move rule {rule}", seen)


@verb.command("reorder", short_help="Put all in a new order, at once.")
@_line
@click.argument("rules", nargs=-1, required=True, metavar="RULE...", shell_complete=complete_rule)
@_changes
def reorder(
    session: Session, line: str, rules: tuple[str, ...], seen: int | None, reason: str
) -> None:
    """Put the rules of LINE in this order: every one is named, the first to be active first."""
    from controlplane.service.changes.rules import address_of, reordering

    made = reordering(rules, f"{address_of(line)}/rules")
    _commit(session, line, made, reason or "reorder rules", seen)


@verb.command("delete", short_help="Delete one; asks first.")
@_line
@_rule
@click.option("--yes", "-y", is_flag=True, help="Do not ask.")
@_changes
def delete(
    session: Session, line: str, rule: str, yes: bool, seen: int | None, reason: str
) -> None:
    """Delete RULE. The default rule cannot be deleted."""
    from controlplane.service.changes.rules import address_of, deleting, found

    at = address_of(line)
    made = deleting(rule, f"{at}/rules")
    with session.store() as store:
        revision, before = store.object_at(at)
    if before is not None:
        found(before, rule, f"{at}/rules")
        sure(f"Delete rule {rule} of {at}?", yes)
    # What was asked about is what is deleted.
    _commit(
        session, line, made, reason or f"delete rule {rule}", revision if seen is None else seen
    )


def _commit(
    session: Session,
    line: str,
    made: Callable[[Document], Document],
    reason: str,
    seen: int | None,
) -> None:
    from controlplane.service.changes.rules import address_of
    from controlplane.service.changes.setting import changed_object

    at = address_of(line)
    commit(
        session, lambda store: changed_object(store, at, made, session.author, reason, seen)
    )  # fmt: skip


def _place_of(given: dict[str, Any]) -> Place | None:
    """None where none is named."""
    from controlplane.service.changes.rules import Place, Where

    named = {name: value for name, value in given.items() if value}
    if len(named) > 1:
        raise click.UsageError(f"Only one of {', '.join(f'--{it}' for it in named)}.")
    for name, value in named.items():
        return Place(Where(name), "" if value is True else value)
    return None


def _standing(session: Session, line: str, at: str) -> Rules:
    from controlplane.service.changes.rules import standing

    with session.store() as store:
        return standing(store, line, at, dt.datetime.now(dt.UTC))


def _data(found: Rules) -> dict[str, Any]:
    return {**asdict(found), "at": found.at.isoformat()}


def _words(rule: Standing) -> str:
    return ", ".join(f"{name}: {in_words(it)}" for name, it in rule.settings.items())
