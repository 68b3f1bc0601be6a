"""`ctl log`: who changed what, when, why, and from what to what."""

from __future__ import annotations

import datetime as dt
import re
from itertools import islice

import click

from controlplane.cli.completing import complete
from controlplane.cli.printing import print_data, print_table
from controlplane.cli.session import Format, Session, common
from controlplane.cli.text import in_words
from controlplane.diagnostics import fault
from controlplane.service.data import Data, audit_data, pin_data
from controlplane.service.dialled.pins import pin_history

_AGO = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


@click.command("log")
@click.argument("address", default="", shell_complete=complete)
@click.option("--author", help="Only what this person changed.")
@click.option("--since", help="Only from then on: 2026-12-24, 2026-12-24T10:00, or 30m, 2h, 7d.")
@click.option("--limit", type=click.IntRange(1), default=200, help="Objects at most.  [200]")
@common
def verb(session: Session, address: str, author: str | None, since: str | None, limit: int) -> None:
    """Show the changes of everything, of a tenant, an object or a setting; newest first."""
    start = _moment(since) if since else None
    address = address.strip("/")
    filtered = author is not None or start is not None
    with session.store() as store:
        # Author and time are sifted here, so that the limit counts what is shown.
        most = 1_000_000 if filtered else limit
        rows = store.audit(address, most)
        events = pin_history(store, address, most)
    wanted = (
        row
        for row in rows
        if (author is None or row.commit.author == author)
        and (start is None or row.commit.at >= start)
    )
    entries = [it for row in islice(wanted, limit) for it in audit_data(row, address)]
    pins = (
        pin_data(it)
        for it in events
        if (author is None or it.author == author) and (start is None or it.at >= start)
    )
    entries = _newest_first(entries, list(pins))
    if session.output is not Format.TABLE:
        print_data(entries, session.output)
        return
    columns = ("REVISION", "AT", "AUTHOR", "ADDRESS", "FROM", "TO", "REASON")
    names = ("revision", "at", "author", "address", "from", "to", "reason")
    shown = ({**it, "from": in_words(it["from"]), "to": in_words(it["to"])} for it in entries)
    print_table(columns, ([it[name] for name in names] for it in shown), "nothing was changed")


def _newest_first(changes: list[Data], events: list[Data]) -> list[Data]:
    """What has no revision among what has, which keeps its order."""
    made: list[Data] = []
    for change in changes:
        while events and events[0]["at"] >= change["at"]:
            made.append(events.pop(0))
        made.append(change)
    return [*made, *events]


def _moment(text: str) -> dt.datetime:
    """A time of day without a zone is local."""
    if ago := re.fullmatch(r"(\d{1,5})([mhdw])", text):
        return dt.datetime.now(dt.UTC) - dt.timedelta(**{_AGO[ago[2]]: int(ago[1])})
    try:
        return dt.datetime.fromisoformat(text).astimezone()
    except ValueError:
        raise fault(
            f"{text!r} is no time", "--since", "write 2026-12-24, 2026-12-24T10:00, 30m, 2h or 7d"
        ) from None
