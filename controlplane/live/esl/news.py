"""News through the engine: an event of our own that one controller fires and others hear (pure).

The variables are the event's body, as JSON: FreeSWITCH changes header values that look encoded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from controlplane.live.esl.commands import Command, send_event
from controlplane.live.esl.messages import Event

_OURS = "controlplane::"
SUBCLASSES = (f"{_OURS}revision",)


def send_news(event: str, variables: Mapping[str, str]) -> Command:
    body = json.dumps(dict(variables))
    return send_event("CUSTOM", {"Event-Subclass": f"{_OURS}{event}"}, body)


def read_news(event: Event) -> tuple[str, dict[str, str]] | None:
    """Its name and variables; None where it is none of ours."""
    if event.name != "CUSTOM" or not event.subclass.startswith(_OURS):
        return None
    try:
        found = json.loads(event.body)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    return event.subclass.removeprefix(_OURS), {str(k): str(v) for k, v in found.items()}
