"""The mailbox that a verb of `ctl voicemail` is about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from controlplane.cli.session import Session

if TYPE_CHECKING:
    from controlplane.service.mailboxes.voicemail import Voicemail
    from controlplane.voicemail.mailboxes import Box

_Verb = TypeVar("_Verb", bound=Callable[..., Any])


def engine_option(command: _Verb) -> _Verb:
    return click.option("--engine", default="", help="Only this engine.  [all]")(command)


@contextmanager
def opened(session: Session, address: str, engine: str) -> Iterator[tuple[Voicemail, Box]]:
    """The mailbox at an address. Raises Faults where there is none."""
    from controlplane.service.mailboxes.voicemail import Voicemail

    with session.store() as store:
        voicemail = Voicemail(session.configured.deployment, store, engine)
        yield voicemail, voicemail.box(address)[0]
