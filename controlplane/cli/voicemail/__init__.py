"""`ctl voicemail`: messages of a mailbox, its greetings, and how much it holds."""

from __future__ import annotations

import click

from controlplane.cli.voicemail import messages
from controlplane.cli.voicemail.greetings import greetings
from controlplane.cli.voicemail.name import name


@click.group("voicemail")
def verb() -> None:
    """Messages and greetings of a mailbox, on whatever engine they are.

    BOX is TENANT/EXTENSION, as acme/101.
    """


for _command in (
    messages.list_messages,
    messages.play,
    messages.move,
    messages.delete,
    messages.clear,
    messages.usage,
    greetings,
    name,
):
    verb.add_command(_command)
