"""Session: what all verbs share — options, the configuration, the store, the author."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from controlplane.diagnostics import printable

if TYPE_CHECKING:
    from controlplane.apply.applier import Progress
    from controlplane.cli.config import Configured
    from controlplane.service.changes.door import Door
    from controlplane.store.store import Store

_Verb = TypeVar("_Verb", bound=Callable[..., Any])


class Format(StrEnum):
    TABLE = "table"
    JSON = "json"
    YAML = "yaml"


@dataclass
class Session:
    """One run of `ctl`. The options may stand before or behind the verb."""

    config: str | None = None
    output: Format = Format.TABLE

    @cached_property
    def configured(self) -> Configured:
        """Raises Faults where there is no configuration file, or a bad one."""
        from controlplane.cli.config import find, load

        return load(find(self.config))

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The store, open. Raises Faults where it cannot be."""
        from controlplane.store.store import Store

        store = Store.open(self.configured.deployment.database)
        try:
            yield store
        finally:
            store.close()

    def door(self, store: Store, tell: Progress = lambda _: None) -> Door:
        """The door of every change, where what phones turned on and off has gone in. Raises
        Faults."""
        from controlplane.service.changes.door import Door
        from controlplane.service.dialled.phone_flips import catch_up

        deployment = self.configured.deployment
        door = Door(deployment, store, tell=tell)
        catch_up(deployment, store, door, _warn)
        return door

    @cached_property
    def author(self) -> str:
        """Who commits: $CTL_AUTHOR, else who called sudo, else the login name."""
        for name in ("CTL_AUTHOR", "SUDO_USER"):
            if author := os.environ.get(name, "").strip():
                return author
        import pwd

        try:
            return pwd.getpwuid(os.getuid()).pw_name
        except KeyError:
            return f"uid {os.getuid()}"

    def state_folder(self) -> Path:
        """Where details of a crash go: beside the embedded database, where it is known."""
        configured = self.__dict__.get("configured")
        if configured is not None:
            found: Path = configured.state_folder
            return found
        return Path(tempfile.gettempdir())

    @property
    def colour(self) -> bool:
        """Whether lines of our own on stdout may be coloured."""
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        return sys.stdout.isatty() and not plain


def _warn(text: str) -> None:
    click.echo(f"warning: {printable(text)}", err=True)


pass_session = click.make_pass_decorator(Session, ensure=True)


def config_option(verb: _Verb) -> _Verb:
    return click.option(
        "--config",
        "-c",
        metavar="PATH",
        expose_value=False,
        callback=_keep("config"),
        help="Configuration file.  [env: CONTROLPLANE_CONFIG; default: ./controlplane.yaml, "
        "then /etc/controlplane/controlplane.yaml]",
    )(verb)


def output_option(verb: _Verb) -> _Verb:
    return click.option(
        "--output",
        "-o",
        type=click.Choice([item.value for item in Format]),
        expose_value=False,
        callback=_keep("output", Format),
        help="How to print data.  [default: table]",
    )(verb)


def common(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The options of every verb that prints data; the verb gets the session first."""
    return config_option(output_option(pass_session(verb)))


def _keep(name: str, kind: Callable[[str], Any] = str) -> Callable[..., None]:
    def keep(ctx: click.Context, _option: click.Parameter, value: str | None) -> None:
        if value is not None:
            setattr(ctx.ensure_object(Session), name, kind(value))

    return keep
