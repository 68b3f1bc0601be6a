"""Recording: which calls are, and where the sound is kept; engines do it by themselves (pure).

A call is recorded from the moment in which two talk until either of them has left: by the leg of
whoever it is that is to be recorded, so that it goes on where a call is passed on to others.
"""

from __future__ import annotations

from controlplane.routing.state import ON, State, record_handset_key, record_line_key, serves_key

FULL = ".full"
"""A file in it: no recording is begun while it is there. No tenant has a dot in its name."""

FOLDER = "recordings"
"""Below an engine's state folder; in it one for each tenant, and in those one for each day (UTC)
on which calls were answered. A file is named by a random UUID."""


def is_recorded(state: State, handset: str | None, line: str = "") -> bool:
    """Whether who talks by this handset is recorded, or as the line that was called.

    `handset` None: by no handset of ours.
    """
    lines = {line}
    if handset is not None:
        if state.get(record_handset_key(handset)) == ON:
            return True
        lines.add(state.get(serves_key(handset), ""))
    return any(state.get(record_line_key(it)) == ON for it in lines - {""})
