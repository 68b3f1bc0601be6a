"""Lamps of lines that are not to be disturbed: what FreeSWITCH is told, and when it is told again.

mod_sofia makes NOTIFYs (RFC 4235 `dialog`, RFC 3856 `presence`) of PRESENCE_IN events, one a state
of a call. An event about a call that there is not counts as well, and lasts until the next event
about the same user: so whoever ends a call of the line has to tell it again.
"""

from __future__ import annotations

from collections.abc import Mapping

from controlplane.render.freeswitch.names import PHONES, REALM

QUIET: Mapping[str, str] = {
    "Event-Name": "PRESENCE_IN",
    "proto": "sip",
    "from": f"${{cp_watched}}@{PHONES}",
    "login": f"${{cp_watched}}@{PHONES}",
    "event_type": "presence",
    "alt_event_type": "dialog",
    "unique-id": "quiet.${cp_watched}",
    "presence-call-direction": "outbound",
    "answer-state": "${cp_state}",
    "status": "Do Not Disturb",
    "force-status": "${cond(${cp_state} == confirmed ? Do Not Disturb : Available)}",
    "rpid": "unknown",
    "resub": "false",
    "Caller-Caller-ID-Number": "${cp_line}",
    "Caller-Caller-ID-Name": "Do Not Disturb",
}
"""The first header of a name counts: those of the channel that tells come behind them."""


def quiet() -> str:
    """For the application `event`."""
    return ",".join(f"{name}={value}" for name, value in QUIET.items())


def told_again() -> str:
    """A hook at the end of a call: `presence_id` is whose lamp it showed at.

    A channel holds no variable that names another, unless that comes through `multiset` escaped.
    """
    key = f"{REALM}/${{regex(${{presence_id}}|^([^.]+)[.]([^@]+)|%1.line.%2.dnd)}}"
    tell = "bgapi originate {cp_rest=${presence_id}}null/lamps quiet XML cp-lamps"
    hook = f"${{cond(x${{db(select/{key})}} == x1 ? {tell} : echo -)}}"
    return "expand " + hook.replace("${", r"\\\${")
