"""Long values: a list that does not fit into one value of an engine's store, in parts (pure).

The text of each part but the last ends with `&~` and what the next one is called by. That name says
what is in the part: so a list changes as a whole when its first part does, and who is in the midst
of it goes on with the parts of the list it began.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

CONTINUED = "&~"


def in_parts(key: str, held: str, most: int, between: str) -> Iterator[tuple[str, str]]:
    """Name and text of each part, at most `most` bytes of it, the first of which has no name.

    A name is `key`, `between` and a digest of all from there on. Items are joined by `&`; one that
    does not fit makes a part that is too long.
    """
    name = ""
    while len(held) > most:
        room = most - len(f"{CONTINUED}{key}{between}") - 2 * _SIZE
        end = held.rfind("&", 0, room + 1)
        if end < 0:
            break
        rest = held[end + 1 :]
        following = f"{key}{between}{_digest(rest)}"
        yield name, f"{held[:end]}{CONTINUED}{following}"
        name, held = following, rest
    yield name, held


_SIZE = 4


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=_SIZE).hexdigest()
