"""News: what a running driver is told when a revision has become live.

An event of the engine's own, `revision`, with these variables:

    revision  the number
    tenant    whose commit it was
    flips     JSON object of the state keys that changed, null for those that are off now;
              empty where the commit changed more than state, and the plan must be read again
"""

from __future__ import annotations

import json
from collections.abc import Mapping

EVENT = "revision"

MOST_FLIPS = 50
"""More than these are not sent one by one: reading the plan again is cheaper."""


def news(revision: int, tenant: str, flips: Mapping[str, str | None] | None) -> dict[str, str]:
    """The variables of the event. `flips` None: more than state has changed."""
    sent = "" if flips is None or len(flips) > MOST_FLIPS else json.dumps(dict(flips))
    return {"revision": str(revision), "tenant": tenant, "flips": sent}


def flips_of(variables: Mapping[str, object]) -> dict[str, str | None] | None:
    """The state keys an event changed; None where the plan must be read again."""
    try:
        found = json.loads(str(variables.get("flips") or "null"))
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    return {str(key): None if value is None else str(value) for key, value in found.items()}
