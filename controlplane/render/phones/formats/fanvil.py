"""Fanvil's XML in both of its shapes: settings in folders, some of them numbered (pure).

Source: public configurations of X and V phones with firmware 2.x (`sysConf`), and of older ones
(`VOIP_CONFIG_FILE`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache

from controlplane.render.phones.formats.xml import text

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'
_NUMBERED = re.compile(r"([A-Za-z][A-Za-z0-9_-]*)(?:\[([1-9][0-9]{0,3})\])?")
_LISTED = re.compile(r"([A-Za-z][A-Za-z0-9_.-]*)(?:\[([A-Za-z][A-Za-z0-9-]*)\])?")


_Folders = tuple[tuple[str, str], ...]
"""Each with its number, or its name in a list, or ""."""
_Path = tuple[_Folders, str]
"""Of one setting: its folders, and its name in the last of them."""
_TOP: _Folders = ()


class _Folder:
    """`lines`: its settings as elements."""

    __slots__ = ("folders", "lines")

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.folders: dict[tuple[str, str], _Folder] = {}


def fanvil(settings: Mapping[str, str]) -> str:
    """`sip/line[1]/PhoneNumber`: the first `line` of the folder `sip`. What is no name of theirs is
    left out; an empty value clears the setting."""
    lines = [_HEAD, "<sysConf>"]
    _write_numbered(_tree(settings, _numbered), lines)
    return "\n".join((*lines, "</sysConf>\n"))


def fanvil_old(settings: Mapping[str, str]) -> str:
    """`SIP_CONFIG_MODULE/SIP_Line_List[SIP1]/Phone_Number`: of the entries of that list, the one
    that is called so. What is no name of theirs is left out; an empty value clears the setting."""
    lines = [_HEAD, "<VOIP_CONFIG_FILE>", "<version>2.0002</version>"]
    _write_listed(_tree(settings, _listed), lines)
    return "\n".join((*lines, "</VOIP_CONFIG_FILE>\n"))


def _tree(settings: Mapping[str, str], path_of: Callable[[str], _Path | None]) -> _Folder:
    top = _Folder()
    found = {_TOP: top}
    for name, value in settings.items():
        if path := path_of(name):
            folders, last = path
            if (at := found.get(folders)) is None:
                at = found[folders] = _folder(top, folders)
            at.lines.append(f"<{last}>{text(value)}</{last}>")
    return top


def _folder(top: _Folder, path: _Folders) -> _Folder:
    at = top
    for step in path:
        if (inner := at.folders.get(step)) is None:
            inner = at.folders[step] = _Folder()
        at = inner
    return at


@lru_cache(maxsize=8192)
def _numbered(name: str) -> _Path | None:
    return _path(name, _NUMBERED)


@lru_cache(maxsize=1024)
def _listed(name: str) -> _Path | None:
    return _path(name, _LISTED)


def _path(name: str, part: re.Pattern[str]) -> _Path | None:
    """None where it is no name of theirs."""
    parts = [part.fullmatch(it) for it in name.split("/")]
    found = [(it[1], it[2] or "") for it in parts if it]
    if len(found) < len(parts) or found[-1][1]:
        return None
    return tuple(found[:-1]), found[-1][0]


def _write_numbered(folder: _Folder, lines: list[str]) -> None:
    lines += folder.lines
    for (name, index), inner in folder.folders.items():
        lines.append(f'<{name} index="{index}">' if index else f"<{name}>")
        _write_numbered(inner, lines)
        lines.append(f"</{name}>")


def _write_listed(folder: _Folder, lines: list[str]) -> None:
    """All entries of a list stand together, each with its name in an element of its own."""
    lines += folder.lines
    for name in dict.fromkeys(name for name, _ in folder.folders):
        lines.append(f"<{name}>")
        for entry, inner in ((key[1], it) for key, it in folder.folders.items() if key[0] == name):
            if entry:
                lines += [f"<{name}_Entry>", f"<ID>{entry}</ID>"]
            _write_listed(inner, lines)
            if entry:
                lines.append(f"</{name}_Entry>")
        lines.append(f"</{name}>")
