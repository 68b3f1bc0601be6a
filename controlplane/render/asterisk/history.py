"""What Asterisk writes when a call has ended: one line a call, in a file a day of its log folder.

It is written by `h`, which every context of ours includes: it costs nothing before a phone rings.
`FILE` appends with one write, so lists are cut to keep a line under the 4096 bytes of its buffer.
"""

from __future__ import annotations

from controlplane.routing.spool import Mark, spool_line

ENDED_CONTEXT = "cp-ended"
"""Included by every context a call may be in when its caller hangs up."""

NOW = "${STRFTIME(,UTC,%s%3q)}"
"""Milliseconds since 1970."""

_VALUES = {
    "call": "${UNIQUEID}",
    "tenant": "${CP_TENANT}",
    "handset": "${CP_HANDSET}",
    "trunk": "${CP_TRUNK}",
    "dialled": "${CP_HIDES}${CP_DIALLED:0:40}",
    "number": "${CP_NUMBER:0:120}",
    "sent": "${URIENCODE(${CALLERID(num)}):0:120}",
    "name": "${CP_NAME:0:300}",
    "began": "${CP_BEGAN}",
    "opened": "${CP_OPENED}",
    "ended": NOW,
    "talked": "${ANSWEREDTIME_MS}",
    "step": "${CP_STAGE}",
    # Of a caller who was asked for a name, a phone may have answered that never took the call.
    "peer": '${IF($["${CP_SAID}" = "" | "${CP_JOINED}" != ""]?${DIALEDPEERNAME:6:-9})}',
    # Of `acme.LDN-07`, what is behind the tenant's name.
    "line": "${DB(cp/${CP_TENANT}/handset/${DIALEDPEERNAME:$[7+${LEN(${CP_TENANT})}]:-9}/line)}",
    "rang": "${CP_RANG:0:900}",
    # What Local legs among them rang is behind them.
    "what": "${CP_WHAT:0:900}&${CP_LATER:0:900}",
    "seen": "${CP_SEEN:0:400}",
    "cause": "${HANGUPCAUSE}",
    "lost": "${CP_FLOW}",
    "routine": "${CP_ROUTINE}",
    "mailbox": "${CP_BOX}",
    # A call that nobody answered has none.
    "recording": '${IF($["${DIALEDPEERNAME}" != ""]?${CP_RECORDING:0:200})}',
    "since": "${CP_SINCE}",
    "joined": "${CP_JOINED}",
}


def spool_file(state_folder: str) -> str:
    """Without the day and `.spool`."""
    return f"{state_folder}/log/calls-"


def ended_line() -> str:
    return spool_line(Mark.MILLISECONDS, _VALUES, "${CP_POINT:0:900}")
