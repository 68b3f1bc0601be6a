"""The parts of a bundle that FreeSWITCH can read anew, and how it tells which it runs.

`reloadxml` reads all files at once; then a part may need a command of its own. Each holds a
marker file with the digest of its other files, so that the engine itself can be asked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from controlplane.render.freeswitch.names import PROFILE, TRUSTED_LIST

_DIGEST = re.compile(r"\b[0-9a-f]{16}\b")

MARKER_ADDRESS = "fdcc:{groups}::"
"""RFC 4193: an address of nobody, which says what list of carriers' addresses is in use."""


@dataclass(frozen=True, slots=True)
class Part:
    """`prefixes` of its files; `command` behind `reloadxml`, if any; `question` to ask then.

    The answer holds the digest of the part that runs; or else it is `true`, where the question
    was about what is wanted (see `asked` and `told`).
    """

    name: str
    prefixes: tuple[str, ...]
    command: str
    question: str

    @property
    def marker(self) -> str:
        """The path of the marker file."""
        return f"{self.name}/marker.xml"

    def asked(self, wanted: str) -> str:
        """The question, as the engine takes it."""
        groups = ":".join(wanted[place : place + 4] for place in range(0, len(wanted), 4))
        return self.question.format(digest=wanted, groups=groups or "0")

    def told(self, answer: str, wanted: str) -> str:
        """The digest of what the engine runs, by its answer; "" where it is none of ours."""
        if answer.strip() == "true":
            return wanted
        found = _DIGEST.search(answer)
        return found[0] if found else ""

    def has(self, path: str) -> bool:
        return path.startswith(self.prefixes)

    def digest(self, files: Mapping[str, str]) -> str:
        """Of the part's files in a bundle without the marker, which is made from it."""
        total = hashlib.sha256()
        for path in sorted(files):
            if self.has(path) and path != self.marker:
                total.update(f"{path}\0{files[path]}\0".encode())
        return total.hexdigest()[:16]


DIRECTORY = Part(
    "directory",
    ("directory/",),
    "",
    "xml_locate directory domain name cp.marker",
)
TRUSTED = Part("trunks", ("trunks/",), "reloadacl", f"acl {MARKER_ADDRESS} {TRUSTED_LIST}")
"""Carriers' addresses."""

GATEWAYS = Part(
    "gateways",
    ("gateways/",),
    f"sofia profile {PROFILE} rescan",
    "sofia status gateway cp-{digest}",
)
"""A rescan only adds: a gateway that is gone or changed is taken away before, by
`sofia profile internal killgw <name>`. It drops no registration of a phone."""

DIALPLAN = Part(
    "dialplan",
    ("dialplan/", "freeswitch.xml", "languages.xml", "timezones.xml"),
    "",
    "xml_locate dialplan context name cp-marker",
)

PARTS = (DIRECTORY, TRUSTED, GATEWAYS, DIALPLAN)
"""What calls are sent to comes before the dialplan, and is read at the same moment."""


def needs_restart(paths: Iterable[str]) -> tuple[str, ...]:
    """Those of the files that FreeSWITCH reads only when it starts."""
    return tuple(path for path in paths if not any(part.has(path) for part in PARTS))
