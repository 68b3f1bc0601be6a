"""`ctl init`: the first configuration, its database, and the files an engine starts with."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

import click

from controlplane.cli.config import PLACES, Configured, load, write_new
from controlplane.cli.printing import print_data, print_table, working
from controlplane.cli.session import Format, Session, common
from controlplane.diagnostics import Diagnostic, Faults, fault
from controlplane.model.deployment import Deployment, EngineKind

_PASSWORD_BYTES = 24


@click.command("init")
@click.option("--dir", "folder", type=click.Path(path_type=Path), help="For all data.  [./var]")
@click.option("--database", help="PostgreSQL by URL, instead of SQLite in --dir.")
@click.option(
    "--kind", type=click.Choice([kind.value for kind in EngineKind]), help="The engine.  [asterisk]"
)
@click.option("--engine", default=None, help="The engine's name.  [that of its kind]")
@click.option("--address", help="The address the engine binds to.  [127.0.0.1]")
@click.option("--sip-port", type=int, help="[5060]")
@click.option("--ari-port", type=int, help="Asterisk.  [8088]")
@click.option("--ami-port", type=int, help="Asterisk.  [5038]")
@click.option("--esl-port", type=int, help="FreeSWITCH.  [8021]")
@click.option("--live-address", help="Where `ctl run` is asked by FreeSWITCH.  [127.0.0.1]")
@click.option("--live-port", type=int, help="Likewise.  [8084]")
@click.option("--state-folder", help="Where the engine, as it sees it, keeps its own.  [/state]")
@click.option("--state-at", help="Where `ctl` sees that folder, for voicemail.  [the same]")
@click.option("--rtp", metavar="FIRST-LAST", help="Media ports.  [10000-20000]")
@click.option(
    "--nat/--no-nat",
    "phones_behind_nat",
    default=None,
    help="Whether phones may be behind NAT.  [yes]",
)
@click.option("--run-port", type=int, help="Where `ctl run` serves health.  [9188]")
@common
def verb(session: Session, folder: Path | None, database: str | None, **options: Any) -> None:
    """Write the configuration with new passwords, make the database, and write the files the
    engine starts with.

    A configuration that exists is never overwritten: its database is brought up to date, and
    what is missing is made.
    """
    import asyncio

    from controlplane.service.changes.bringing import start_folder
    from controlplane.store.store import Store

    path = Path(session.config or _default_path())
    given = {name: it for name, it in options.items() if it is not None}
    exists = path.exists()
    if exists and (given or folder or database):
        raise fault(
            "there is a configuration already, and it is not overwritten",
            str(path),
            "edit it, choose another with --config, or move it away",
        )
    if exists:
        configured = load(path)
    else:
        configured = _new(path.absolute(), (folder or Path("var")).absolute(), database, given)
    with working("making the database"):
        configured.state_folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        Store.create(configured.deployment.database).close()
    if not exists:
        write_new(configured.path, configured.deployment)
    for engine in configured.deployment.engines.values():
        asyncio.run(start_folder(engine))
    _tell(session, configured, exists)


def _default_path() -> str:
    import os

    from controlplane.cli.config import VARIABLE

    return os.environ.get(VARIABLE) or str(PLACES[0])


def _new(path: Path, folder: Path, database: str | None, given: dict[str, Any]) -> Configured:
    from pydantic import ValidationError

    name = given.pop("engine", None) or str(given.get("kind", EngineKind.ASTERISK))
    run = {"port": given.pop("run_port")} if "run_port" in given else {}
    if "rtp" in given:
        first, dash, last = given.pop("rtp").partition("-")
        if not (dash and first.isdecimal() and last.isdecimal() and int(first) <= int(last)):
            raise fault("is no range of ports", "--rtp", "write FIRST-LAST, as 10000-20000")
        given |= {"rtp_first": first, "rtp_last": last}
    engine = {
        **given,
        "password": secrets.token_urlsafe(_PASSWORD_BYTES),
        "folder": str(folder / name),
    }
    if "state_folder" not in given:
        # The engine runs in a container, as compose.yaml starts it.
        engine.setdefault("state_at", str(folder / f"{name}-state"))
    url = database or f"sqlite:///{folder / 'controlplane.sqlite'}"
    raw = {"database": url, "engines": {name: engine}, "run": run}
    try:
        return Configured(path, Deployment.model_validate(raw))
    except ValidationError as error:
        raise _refused(error, raw) from None


def _refused(error: Any, raw: dict[str, Any]) -> Faults:
    from controlplane.model.checks.words import explain, path_of

    found = []
    for details in error.errors(include_url=False):
        setting = path_of(details, Deployment, raw)[-1]
        option = "--rtp" if setting.startswith("rtp") else f"--{setting.replace('_', '-')}"
        found.append(Diagnostic(*_swapped(option, explain(details, Deployment))))
    return Faults(found)


def _swapped(option: str, words: tuple[str, str]) -> tuple[str, str, str]:
    message, mend = words
    return message, option, mend


def _tell(session: Session, configured: Configured, existed: bool) -> None:
    from controlplane.store.connection import shown

    database = shown(configured.deployment.database)
    rows = [("configuration", f"{configured.path} ({'kept' if existed else 'written'})")]
    rows.append(("database", database))
    for name, engine in configured.deployment.engines.items():
        rows.append((f"engine {name}", f"{engine.folder} at {engine.address}"))
    if session.output is Format.TABLE:
        print_table(("WHAT", "WHERE"), rows)
        click.echo("next: start the engine, then `ctl plan FILE` and `ctl apply FILE`")
    else:
        print_data(dict(rows), session.output)
