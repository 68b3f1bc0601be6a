"""Grandstream's XML in both of its versions (pure).

Source: Grandstream, "SIP Device Provisioning Guide": `version` 1 of `config` has an element for
each P-value, version 2 an `item` for each name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from controlplane.render.phones.formats.xml import text

_HEAD = ('<?xml version="1.0" encoding="UTF-8"?>', '<gs_provision version="1">')
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")
_P_VALUE = re.compile("P[0-9]{1,6}")


def grandstream(settings: Mapping[str, str]) -> str:
    """By name. What is no name of theirs is left out; an empty value clears the setting."""
    return _document(
        2,
        (
            f'<item name="{name}">{text(value)}</item>'
            for name, value in settings.items()
            if _NAME.fullmatch(name)
        ),
    )


def p_values(settings: Mapping[str, str]) -> str:
    """By P-value. What is none is left out; an empty value clears the setting."""
    return _document(
        1,
        (
            f"<{name}>{text(value)}</{name}>"
            for name, value in settings.items()
            if _P_VALUE.fullmatch(name)
        ),
    )


def _document(version: int, lines: Iterable[str]) -> str:
    head = (*_HEAD, f'<config version="{version}">')
    return "\n".join((*head, *lines, "</config>", "</gs_provision>\n"))
