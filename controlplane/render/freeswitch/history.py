"""What FreeSWITCH writes when a call has ended: one line a call, by a log file of its own.

`api_reporting_hook` comes when all times and causes are known, and for the caller's leg alone, as
the directory gives it to who calls in. The line is a message of level `console` that `mod_logfile`
writes to one file more, by the function it comes from. Whatever a phone or a carrier sent is left
out, but for the packed name and number: the hook expands a value again that it finds.
"""

from __future__ import annotations

from typing import NamedTuple

from controlplane.render.freeswitch.names import LAST_CALLERS, PHONES, REALM
from controlplane.routing.spool import Mark, spool_line

_HANDSET = "${replace(${destination_number}|${cp_tenant}.|${cp_tenant}.handset.)}"
_LINE_KEY = f"${{replace({_HANDSET}|%{PHONES}|.line)}}"
"""Of `acme.LDN-07%cp.phones`; tenants and handsets have no dot in their names."""


def _noted(before: str, behind: str) -> str:
    """Who called, under the line that stands there among the places the call came to; nothing is
    written where there is none."""
    written = f"insert/{LAST_CALLERS}/${{cp_tenant}}.%1/${{cp_handset}}:${{cp_number}}"
    return f"${{hash(${{regex(${{cp_seen}}|{before}&line/([0-9]+){behind}|{written})}})}}"


_VALUES = {
    "call": "${uuid}",
    "tenant": "${cp_tenant}",
    "handset": "${cp_handset}",
    "trunk": "${cp_trunk}",
    "dialled": "${cp_hides}${cp_dialled}",
    "number": "${cp_number}",
    "name": "${cp_name}",
    "began": "${start_uepoch}",
    "opened": "${answer_uepoch}",
    "ended": "${end_uepoch}",
    "step": "${cp_step}",
    "peer": "${destination_number}",
    "line": f"${{db(select/{REALM}/{_LINE_KEY})}}",
    "rang": "${cp_rang}",
    "what": "${cp_rung}",
    # It has no use for this field: what it writes here is who called lines last.
    "talked": f"${{cond(x{_noted('^.*?', '.*&line/')}{_noted('^.*', '')} == 1 ? 1 : )}}",
    "seen": "${cp_seen}",
    "cause": "${hangup_cause_q850}",
    "asked": "${cp_ask}",
    "lost": "${cp_lost}",
    "routine": "${cp_routine}",
    "mailbox": "${cp_box}",
    "recording": "${cp_recording}",
    "since": "${cp_since}",
    "joined": "${bridge_uepoch}",
}


class Line(NamedTuple):
    """Where in the directory the line is kept."""

    domain: str
    user: str
    variable: str


LINE = Line("cp.history", "calls", "line")


def ended_line() -> str:
    """The line, which is expanded when a call has ended."""
    return spool_line(Mark.MICROSECONDS, _VALUES)


def at_end() -> str:
    """Of each call that comes in, as `multiset` takes it.

    A channel holds no variable that names another, unless that comes through `set` escaped; so the
    hook fetches the line, and `expand` expands it. What answers tells, as `destination_number`,
    what it was.
    """
    line = f"user_data({LINE.user}@{LINE.domain} var {LINE.variable})"
    hook = r"expand log console \\\${" + line + "}"
    return f"import=destination_number;api_reporting_hook={hook}"


def spool_file(state_folder: str) -> str:
    """One that is full is renamed, with the time behind its name."""
    return f"{state_folder}/log/calls.spool"
