"""The parts of a bundle that FreeSWITCH can read anew, and how it tells which it runs.

`reloadxml` reads all files at once; then a part may need a command of its own. Each holds a
marker file with the digest of its other files, so that the engine itself can be asked.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from controlplane.render.freeswitch.names import PROFILE


@dataclass(frozen=True, slots=True)
class Part:
    """`prefixes` of its files; `command` behind `reloadxml`, if any; `question` to ask then.

    The answer to the question holds the digest of the part that runs; `{digest}` in it is what
    is wanted.
    """

    name: str
    prefixes: tuple[str, ...]
    command: str
    question: str

    @property
    def marker(self) -> str:
        """The path of the marker file."""
        return f"{self.name}/marker.xml"

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
TRUSTED = Part("trunks", ("trunks/",), "reloadacl", "xml_locate directory domain name cp.trusted")
"""Carriers' addresses. The question does not tell that `reloadacl` was done: it is `+OK`."""

GATEWAYS = Part(
    "gateways",
    ("gateways/",),
    f"sofia profile {PROFILE} rescan",
    "sofia status gateway cp-{digest}",
)
"""A rescan only adds: a gateway that is gone or changed is taken away before, by
`sofia profile internal killgw <name>`. It drops no registration of a phone."""

DIALPLAN = Part(
    "dialplan", ("dialplan/",), "", "xml_locate dialplan context name cp-marker"
)  # fmt: skip

PARTS = (DIRECTORY, TRUSTED, GATEWAYS, DIALPLAN)
"""What calls are sent to comes before the dialplan, and is read at the same moment."""


def needs_restart(paths: Iterable[str]) -> tuple[str, ...]:
    """Those of the files that FreeSWITCH reads only when it starts."""
    return tuple(path for path in paths if not any(part.has(path) for part in PARTS))
