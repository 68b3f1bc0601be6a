"""Recording at a handset, which is called: a greeting, or a name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from controlplane.diagnostics import fault

if TYPE_CHECKING:
    from controlplane.service.mailboxes.voicemail import Voicemail
    from controlplane.voicemail.mailboxes import Box

handset_option = click.option(
    "--from", "handset", default="", help="The handset.  [that of the line]"
)


def recorded(voicemail: Voicemail, box: Box, handset: str) -> bytes:
    """WAV, as a mailbox keeps it. Raises Faults where it is not clear whom to call."""
    if not handset:
        found = voicemail.handsets(box)
        if len(found) != 1:
            known = ", ".join(found) if found else "no handset"
            raise fault(f"{known} would be called", str(box), "choose one with --from HANDSET")
        [handset] = found
    from controlplane.voicemail.sound import convert

    return convert(voicemail.record(box, handset), "the recording")
