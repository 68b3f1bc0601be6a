"""`ctl report`: calls that have ended, one by one or summed by line or group; also as CSV."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from controlplane.cli.printing import print_data, print_table
from controlplane.cli.session import Format, Session, config_option, pass_session
from controlplane.diagnostics import fault

if TYPE_CHECKING:
    from controlplane.reports.report import Asked, Report
    from controlplane.store.store import Store

_KINDS = ("calls", "line", "group")
_OUTPUTS = ("table", "json", "yaml", "csv")
_OUTCOMES = (
    "answered",
    "voicemail",
    "busy",
    "no-answer",
    "offline",
    "gone",
    "unknown-number",
    "barred",
    "failed",
)
_AGO = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SHORT = {
    "calls": ("began", "direction", "number", "name", "dialled", "reached", "outcome", "talk"),
}
"""Columns of a table for people, where there are more of data."""


@click.command("report")
@click.argument("kind", type=click.Choice(_KINDS))
@click.option("--tenant", help="Whose calls; needed where there are several tenants.")
@click.option("--from", "start", help="From then on: 2026-12-24, 2026-12-24T10:00, or 2h, 7d.")
@click.option("--to", "end", help="Before then; a day alone is meant whole.")
@click.option("--line", help="Only calls that had to do with this line.")
@click.option("--group", help="Only calls that came to this hunt group.")
@click.option("--number", help="Only calls from or to this number, as +442071838750.")
@click.option("--outcome", type=click.Choice(_OUTCOMES), help="Only calls that ended so.")
@click.option("--limit", type=click.IntRange(1), help="Calls at most, newest first.")
@click.option("--ingest", is_flag=True, help="First read what the engines have written.")
@click.option("--output", "-o", type=click.Choice(_OUTPUTS), help="How to print.  [default: table]")
@config_option
@pass_session
def verb(session: Session, /, kind: str, ingest: bool, output: str | None, **options: Any) -> None:
    """Print ended calls, or sums by line or hunt group. Times are the tenant's."""
    chosen = output or session.output.value
    if chosen != "csv":
        session.output = Format(chosen)
    now = dt.datetime.now(dt.UTC)
    with session.store() as store:
        if ingest:
            from controlplane.cli.ingest import ingest as read

            read(session, store, now)
        asked = _asked(store, now, options)
        found: Report = import_module(f"controlplane.reports.{kind}").report(store, asked)
    _print(kind, found, chosen)


def _asked(store: Store, now: dt.datetime, options: dict[str, Any]) -> Asked:
    from controlplane.reports.report import Asked
    from controlplane.store.call_log import CallOutcome

    tenant = _tenant(store, options["tenant"])
    zone = _zone(store, tenant)
    outcome = options["outcome"]
    return Asked(
        tenant=tenant,
        zone=zone,
        start=_moment(options["start"], "--from", zone, now),
        end=_moment(options["end"], "--to", zone, now, whole=True),
        line=options["line"],
        group=options["group"],
        number=_e164(store, tenant, options["number"]),
        outcome=CallOutcome(outcome) if outcome else None,
        limit=options["limit"],
    )


def _tenant(store: Store, given: str | None) -> str:
    """A tenant that is gone may be asked for: its calls are kept."""
    if given:
        return given
    tenants = store.tenants()
    if len(tenants) != 1:
        names = ", ".join(tenants) or "none yet"
        raise fault("say whose calls", "--tenant", f"tenants are: {names}")
    return tenants[0]


def _e164(store: Store, tenant: str, number: str | None) -> str | None:
    """As rows have it, of a number as it is dialled in the tenant's country."""
    from controlplane.model.numbering import rules_for

    if number is None:
        return None
    _, settings = store.object_at(f"{tenant}/settings")
    plain = re.sub(r"[\s().-]", "", number)
    return rules_for(str((settings or {}).get("country", "GB"))).to_e164(plain) or plain


def _zone(store: Store, tenant: str) -> ZoneInfo:
    _, settings = store.object_at(f"{tenant}/settings")
    return ZoneInfo(str((settings or {}).get("timezone", "UTC")))


def _moment(
    text: str | None, option: str, zone: ZoneInfo, now: dt.datetime, *, whole: bool = False
) -> dt.datetime | None:
    """A time without a zone is the tenant's; `whole`: the end of a day that is named alone."""
    if text is None:
        return None
    if ago := re.fullmatch(r"(\d{1,5})([mhdw])", text):
        return now - dt.timedelta(**{_AGO[ago[2]]: int(ago[1])})
    try:
        found = dt.datetime.fromisoformat(text)
        if whole and re.fullmatch(r"\d{4}-?\d\d-?\d\d", text):
            found += dt.timedelta(days=1)
        return found if found.tzinfo else found.replace(tzinfo=zone)
    except (ValueError, OverflowError):
        mend = "write 2026-12-24, 2026-12-24T10:00, 30m, 2h or 7d"
        raise fault(f"{text!r} is no time", option, mend) from None


def _print(kind: str, found: Report, output: str) -> None:
    if output == "csv":
        click.echo(_csv(found), nl=False)
    elif output == "table":
        records = found.records()
        columns = _SHORT.get(kind, found.columns)
        rows = [[_cell(record, name) for name in columns] for record in records]
        heads = [name.upper().replace("_", " ") for name in columns]
        print_table(heads, rows, "no calls")
    else:
        print_data(found.records(), Format(output))


def _cell(record: dict[str, Any], name: str) -> Any:
    if name == "began":
        return record[name][:19].replace("T", " ")
    if name == "reached":
        place = record["path"][-1] if record["path"] else record["called"]
        return record["answered_by"] or record["mailbox"] or place
    return record[name]


def _csv(found: Report) -> str:
    """RFC 4180, in UTF-8. A cell that a spreadsheet would take for a formula gets a quote first."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(found.columns)
    writer.writerows([_csv_cell(value) for value in row] for row in found.rows)
    return text.getvalue()


def _csv_cell(value: Any) -> Any:
    match value:
        case None:
            return ""
        case dict():
            return " ".join(f"{name}:{count}" for name, count in value.items())
        case list():
            return "; ".join(map(str, value))
        case str() if value.startswith(("=", "@", "-", "\t")) or _formula(value):
            return f"'{value}"
    return value


def _formula(text: str) -> bool:
    """A plus begins a telephone number, too."""
    return text.startswith("+") and not text[1:].isdecimal()
