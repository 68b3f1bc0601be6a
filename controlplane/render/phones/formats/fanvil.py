"""Fanvil's XML: settings in folders, some of them numbered (pure).

Source: public configurations of X and V phones with firmware 2.x (`sysConf`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from controlplane.render.phones.formats.xml import text

_PART = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)(?:\[([1-9][0-9]{0,3})\])?")


@dataclass(slots=True)
class _Folder:
    values: dict[str, str] = field(default_factory=dict)
    folders: dict[tuple[str, str], _Folder] = field(default_factory=dict)


def fanvil(settings: Mapping[str, str]) -> str:
    """`sip/line[1]/PhoneNumber`: the first `line` of the folder `sip`. What is no name of theirs is
    left out; an empty value clears the setting."""
    top = _Folder()
    for name, value in settings.items():
        if path := _path(name):
            at = top
            for part in path[:-1]:
                if (inner := at.folders.get(part)) is None:
                    inner = at.folders[part] = _Folder()
                at = inner
            at.values[path[-1][0]] = value
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<sysConf>"]
    _write(top, lines)
    return "\n".join((*lines, "</sysConf>\n"))


@lru_cache(maxsize=8192)
def _path(name: str) -> tuple[tuple[str, str], ...]:
    """Folders and setting, each with its number or ""; () where it is no name of theirs."""
    parts = [_PART.fullmatch(part) for part in name.split("/")]
    found = tuple((part[1], part[2] or "") for part in parts if part)
    return found if len(found) == len(parts) and not found[-1][1] else ()


def _write(folder: _Folder, lines: list[str]) -> None:
    lines += [f"<{name}>{text(value)}</{name}>" for name, value in folder.values.items()]
    for (name, index), inner in folder.folders.items():
        lines.append(f'<{name} index="{index}">' if index else f"<{name}>")
        _write(inner, lines)
        lines.append(f"</{name}>")
