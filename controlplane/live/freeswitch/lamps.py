"""Lamps of a FreeSWITCH: who is to be told, and the command that has it done (pure).

The dialplan tells them (lamps.xml). It is called where a line's messages or the handsets that
serve it have changed, and where do not disturb has, or a phone begins to watch such a line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from controlplane.live.esl.messages import Event
from controlplane.render.freeswitch.names import PHONES, REALM

Quiet = Callable[[str, str], bool]
"""Whether a tenant's line is not to be disturbed."""

EVENTS = ("MESSAGE_WAITING", "PRESENCE_PROBE")
REGISTERED = "sofia::register"

_HANDSET = re.compile(rf"{REALM}/([^./]+)[.]handset[.]([^./]+)[.]line")
_LINE = re.compile(rf"{REALM}/([^./]+)[.]line[.]([0-9]+)[.]dnd")
_NAME = "[A-Za-z0-9][A-Za-z0-9_-]*"
_PHONE = re.compile(rf"({_NAME})[.]({_NAME})@{re.escape(PHONES)}")
_BOX = re.compile(rf"([0-9]+)@({_NAME})")

_TOGETHER = 100
"""Handsets or lines that one call tells."""

Order = tuple[str, str]
"""An API command and its argument: to be run in the background."""


def after_writing(put: Mapping[str, str], delete: Iterable[str]) -> list[Order]:
    """Tell the handsets that serve another line, and the watchers of lines, once these keys are
    written."""
    moved: dict[str, list[str]] = {}
    lines: list[str] = []
    for key in (*put, *delete):
        if found := _HANDSET.fullmatch(key):
            moved.setdefault(found[1], []).append(found[2])
        elif found := _LINE.fullmatch(key):
            lines.append(f"{found[1]}.{found[2]}")
    told = [_handsets(tenant, some) for tenant, names in moved.items() for some in _parts(names)]
    changed = [_order("quiet", cp_changed="yes", cp_rest="&".join(it)) for it in _parts(lines)]
    return [*told, *changed]


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[first : first + _TOGETHER] for first in range(0, len(names), _TOGETHER))


def after_event(event: Event, quiet: Quiet) -> Order | None:
    """Tell those whom the event is about."""
    match event.name:
        case "CUSTOM" if event.subclass == REGISTERED:
            found = _PHONE.fullmatch(f"{event.get('from-user')}@{event.get('from-host')}")
            return _handsets(found[1], [found[2]]) if found else None
        case "MESSAGE_WAITING":
            # That of a handset is what it was told.
            found = _BOX.fullmatch(event.get("MWI-Message-Account"))
            return _order("line", cp_tenant=found[2], cp_line=found[1]) if found else None
        case "PRESENCE_PROBE":
            found = _PHONE.fullmatch(event.get("to"))
            if found and quiet(found[1], found[2]):
                return _order("quiet", cp_rest=f"{found[1]}.{found[2]}")
            return None
        case _:
            return None


def _handsets(tenant: str, names: Sequence[str]) -> Order:
    return _order("handsets", cp_tenant=tenant, cp_rest="&".join(names))


def _order(extension: str, **variables: str) -> Order:
    given = ",".join(f"{name}={value}" for name, value in variables.items())
    return "originate", f"{{{given}}}null/lamps {extension} XML cp-lamps"
