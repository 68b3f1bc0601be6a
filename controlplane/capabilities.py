"""What not every engine does: declared here, and in each engine's row of `engines.py`.

What happens instead, on an engine that lacks it, stands in docs/conformance.md, and is tested.
"""

from __future__ import annotations

from enum import StrEnum


class Capability(StrEnum):
    """A row each of the table in docs/conformance.md."""

    TLS_TRUNKS = "trunks over TLS"
    WATCH_BY_EXTENSION = "a lamp key watches a line by its extension alone"
    QUIET_WITHOUT_US = "a phone that begins to watch sees do not disturb without a controller"
    FREED_WITHOUT_US = "a lamp key forgets a phone that was logged out without a controller"

    NEWEST_FIRST = "a mailbox plays its newest message first on a phone"
    LONG_NAMES_TOGETHER = "phones whose names have more than 2800 bytes ring together"
    MANY_TOGETHER = "more than 100 phones ring together"


ALL = frozenset(Capability)
