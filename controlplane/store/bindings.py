"""Bindings: which handsets serve which lines, read without reading the whole tenant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, or_, select

from controlplane.model.texts import Texts
from controlplane.store import schema
from controlplane.store.schema import tables

_LONGEST_CALL = dt.timedelta(days=1)


def around(
    connection: Connection, tenant: str, handsets: Collection[str], lines: Collection[str]
) -> Texts:
    """What state a login of these lines to these handsets depends on: documents by address.

    The handsets themselves and all that serve these lines, the lines with their users, the sites of
    all these, and the tenant's settings. There is a second site wherever the tenant has one.
    """
    phones = tables["handsets"].c
    served = or_(phones.key.in_(handsets), phones.line.in_(lines), phones.login.in_(lines))
    of_lines = tables["lines"].c
    users = select(of_lines.user).where(of_lines.tenant == tenant, of_lines.key.in_(lines))
    found = Texts(
        {
            **_found(connection, tenant, "users", tables["users"].c.key.in_(users)),
            **_found(connection, tenant, "lines", of_lines.key.in_(lines)),
            **_found(connection, tenant, "handsets", served),
        }
    )
    named = {it["site"] for it in found.decoded().values() if it.get("site")}
    sites = tables["sites"].c
    some = select(sites.key).where(sites.tenant == tenant).order_by(sites.key).limit(2)
    some_keys = connection.execute(some).scalars().all()
    return Texts(
        {
            **_settings(connection, tenant),
            **_found(connection, tenant, "sites", sites.key.in_({*named, *some_keys})),
            **found.texts,
        }
    )


def numbers_to(connection: Connection, tenant: str, destination: str) -> Texts:
    """The tenant's public numbers that lead to a destination (`line/101`)."""
    table = tables["numbers"].c
    # Looked for in the text, as `texts.encoded` writes it: there are thousands.
    leads = table.document.contains(f'"to":"{destination}"', autoescape=True)
    return Texts(_found(connection, tenant, "numbers", leads))


def of_login(connection: Connection, tenant: str, handset: str, line: str) -> Texts:
    """What a login of the line to the handset is judged by: with the numbers that lead to the line,
    and the sites whose main numbers they are."""
    phones = tables["handsets"].c
    asked = select(phones.login).where(phones.tenant == tenant, phones.key == handset)
    lines = {it for it in (line, connection.execute(asked).scalar()) if it}
    found = around(connection, tenant, [handset], lines).texts
    numbers = numbers_to(connection, tenant, f"line/{line}") if line else Texts({})
    for number in numbers:
        main = f'"main_number":"{number.rpartition("/")[2]}"'
        where = tables["sites"].c.document.contains(main, autoescape=True)
        found = {**found, **_found(connection, tenant, "sites", where)}
    return Texts({**found, **numbers.texts})


@dataclass(frozen=True, slots=True)
class Login:
    """`since`: when the handset was changed last, which its login was. `timezone`: that of the
    handset's site, "" where it has none."""

    handset: str
    line: str
    since: dt.datetime
    timezone: str


def logins(connection: Connection, tenant: str) -> tuple[Login, ...]:
    """Of all handsets where somebody is logged in."""
    phone, made = tables["handsets"].c, schema.commits.c
    asked = (
        select(phone.key, phone.login, phone.site, made.at)
        .join(schema.commits, made.revision == phone.revision)
        .where(phone.tenant == tenant, phone.login.is_not(None))
        .order_by(phone.key)
    )
    sites = Texts(_found(connection, tenant, "sites", True)).decoded()
    zones = {key.rpartition("/")[2]: it.get("timezone") or "" for key, it in sites.items()}
    rows = connection.execute(asked)
    return tuple(Login(it.key, it.login, it.at, zones.get(it.site, "")) for it in rows)


def handsets_used(connection: Connection, tenant: str, since: dt.datetime) -> frozenset[str]:
    """The handsets that made or took a call that ended since then."""
    call = schema.calls.c
    # By when a call began there is an index; few last for longer than a day.
    recent = (call.tenant == tenant, call.began >= since - _LONGEST_CALL, call.ended >= since)
    found: set[str] = set()
    for name in (call.handset, call.answered_by):
        asked = select(name).where(*recent, name.is_not(None)).distinct()
        found.update(connection.execute(asked).scalars())
    return frozenset(found)


def _settings(connection: Connection, tenant: str) -> dict[str, str]:
    table = tables["settings"].c
    asked = select(table.document).where(table.tenant == tenant)
    return {f"{tenant}/settings": text for text in connection.execute(asked).scalars()}


def _found(connection: Connection, tenant: str, collection: str, where: Any) -> dict[str, str]:
    table = tables[collection].c
    asked = select(table.key, table.document).where(table.tenant == tenant)
    if where is not True:
        asked = asked.where(where)
    rows: Iterable[Any] = connection.execute(asked.order_by(table.key))
    return {f"{tenant}/{collection}/{key}": text for key, text in rows}
