"""What the verbs of `ctl voicemail` share: the mailbox they are about, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from controlplane.cli.printing import print_data
from controlplane.cli.session import Format, Session

if TYPE_CHECKING:
    from controlplane.service.voicemail import Voicemail
    from controlplane.voicemail.mailboxes import Box

_Verb = TypeVar("_Verb", bound=Callable[..., Any])


def engine_option(command: _Verb) -> _Verb:
    return click.option("--engine", default="", help="Only this engine.  [all]")(command)


@contextmanager
def opened(session: Session, address: str, engine: str) -> Iterator[tuple[Voicemail, Box]]:
    """The mailbox at an address. Raises Faults where there is none."""
    from controlplane.service.voicemail import Voicemail

    with session.store() as store:
        voicemail = Voicemail(session.configured.deployment, store, engine)
        yield voicemail, voicemail.box(address)[0]


def said(session: Session, text: str, **data: Any) -> None:
    """What was done: a line for a person, data for a program."""
    if session.output is Format.TABLE:
        click.echo(text)
    else:
        print_data(data, session.output)
