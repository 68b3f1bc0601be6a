"""The parts of a bundle that Asterisk can read anew, and how it tells which it runs.

Each part holds a marker file with the digest of its other files, so that the engine itself
can be asked, after a reload, what it has read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum


class Report(Enum):
    """How a part is asked: a global variable of the dialplan, or a console command."""

    VARIABLE = "variable"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Part:
    """`prefixes` of its files; `module` to reload, in the order of PARTS; `question` to ask then.

    The answer to the question holds the digest of the part that runs, and no other.
    """

    name: str
    prefixes: tuple[str, ...]
    module: str
    report: Report
    question: str

    @property
    def marker(self) -> str:
        """The path of the marker file."""
        return f"{self.name}/marker.conf"

    def has(self, path: str) -> bool:
        return path.startswith(self.prefixes)

    def digest(self, files: Mapping[str, str]) -> str:
        """Of the part's files in a bundle without the marker, which is made from it."""
        total = hashlib.sha256()
        for path in sorted(files):
            if self.has(path) and path != self.marker:
                total.update(f"{path}\0{files[path]}\0".encode())
        return total.hexdigest()[:16]


DIALPLAN = Part(
    "extensions",
    ("extensions.conf", "extensions/"),
    "pbx_config.so",
    Report.VARIABLE,
    "CP_DIALPLAN",
)
ACCOUNTS = Part(
    "pjsip", ("pjsip.conf", "pjsip/"), "res_pjsip.so", Report.COMMAND, "pjsip list aors like ^cp-"
)
MAILBOXES = Part(
    "voicemail",
    ("voicemail.conf", "voicemail/"),
    "app_voicemail.so",
    Report.COMMAND,
    "voicemail show users for cp_marker",
)

PARTS = (ACCOUNTS, MAILBOXES, DIALPLAN)
"""Accounts and mailboxes come before the dialplan that sends calls to them."""


def needs_restart(paths: Iterable[str]) -> tuple[str, ...]:
    """Those of the files that Asterisk reads only when it starts."""
    return tuple(path for path in paths if not any(part.has(path) for part in PARTS))
