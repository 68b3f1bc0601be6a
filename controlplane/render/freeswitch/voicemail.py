"""Voicemail profiles: what FreeSWITCH knows of no single mailbox is a profile of its own.

All profiles share one database and one folder, so that a mailbox keeps its messages when its
settings change. FreeSWITCH loads a profile when it is first named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from controlplane.model.boxes import mailboxes
from controlplane.model.mailbox import Limits, Mailbox
from controlplane.render.bundle import TenantView
from controlplane.render.freeswitch.escape import attribute

DEFAULT = "default"
DATABASE = "voicemail_default"
LONGEST = 1_000
"""Seconds of one message; mod_voicemail takes no more."""

MESSAGES = Limits().messages

OPERATOR = "operator"
"""The extension of our dialplan, in the context that the call is in."""

UNAVAILABLE, BUSY = "1", "2"
"""The numbers of the greetings that the dialplan asks for."""

_SETTINGS = {
    "file-extension": "wav",
    "tone-spec": "%(300,0,640)",
    "terminator-key": "#",
    "skip-greet-key": "#",
    "min-record-len": "1",
    "record-silence-threshold": "20",
    "record-silence-hits": "10",
    "max-retries": "3",
    "digit-timeout": "5000",
    # An empty one would mean the default, which is 0. No PIN opens a mailbox but by us.
    "login-keys": "D",
    "allow-empty-password-auth": "false",
    "vmain-key": "",
    "operator-key": "0",
    "dbname": DATABASE,
}


def profile_of(box: Mailbox) -> str:
    """The name says what it does: order, announcements, seconds."""
    seconds = min(box.limits.seconds, LONGEST)
    plain = not box.newest_first and box.announce_time
    if plain and seconds == Limits().seconds:
        return DEFAULT
    order = "newest" if box.newest_first else "oldest"
    return f"{order}-{'time' if box.announce_time else 'plain'}-{seconds}"


def profiles(views: Sequence[TenantView], state_folder: str) -> str:
    """Every profile that some mailbox is in, and the first in any case."""
    found = {DEFAULT: Mailbox()}
    for view in views:
        for _, box in mailboxes(view.system):
            found.setdefault(profile_of(box), box)
    return "".join(_profile(name, found[name], state_folder) for name in sorted(found))


def _profile(name: str, box: Mailbox, state_folder: str) -> str:
    settings = {
        "storage-dir": f"{state_folder}/voicemail",
        **_SETTINGS,
        "max-record-len": str(min(box.limits.seconds, LONGEST)),
        "play-new-messages-lifo": _switch(box.newest_first),
        "play-saved-messages-lifo": _switch(box.newest_first),
        "play-date-announcement": "first" if box.announce_time else "never",
    }
    return f'<profile name="{attribute(name)}">{"".join(_params(settings))}</profile>\n'


def _params(settings: Mapping[str, str]) -> Iterable[str]:
    return (
        f'<param name="{name}" value="{attribute(value)}"/>' for name, value in settings.items()
    )


def _switch(on: bool) -> str:
    return "true" if on else "false"


def box_params(box: Mailbox) -> Mapping[str, str]:
    """Settings of one mailbox, those at their defaults left out."""
    found = {}
    if box.operator is not None:
        found["vm-operator-extension"] = OPERATOR
    if box.limits.megabytes is not None:
        found["vm-disk-quota"] = str(box.limits.total_seconds)
    return found


def box_variables(box: Mailbox) -> Mapping[str, str]:
    """What the dialplan reads of a mailbox; "" is left out."""
    profile, most = profile_of(box), box.limits.messages
    return {
        "cp_profile": "" if profile == DEFAULT else profile,
        "cp_most": "" if most == MESSAGES else str(most),
        "vm_announce_cid": "true" if box.announce_caller else "",
    }
