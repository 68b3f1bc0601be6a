"""Formats of lines, a setting each (pure)."""

from __future__ import annotations

import re
from collections.abc import Mapping

_CLEARS = "%NULL%"
_YEALINK_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_MITEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._|\[\]-]*")


def yealink(settings: Mapping[str, str]) -> str:
    """`key = value`. `%NULL%` clears a setting, hence no text may be that word (Yealink, "Auto
    Provisioning": configuration files). Nothing else in a line has a meaning of its own. What is no
    name of theirs is left out."""
    lines = [
        f"{name} = {_yealink_value(value)}"
        for name, value in settings.items()
        if _YEALINK_NAME.fullmatch(name)
    ]
    return "\n".join(("#!version:1.0.0.1", *lines, ""))


def _yealink_value(value: str) -> str:
    if not value:
        return _CLEARS
    return value.replace("%", "") if value.upper() == _CLEARS else value


def mitel(settings: Mapping[str, str]) -> str:
    """`^name: value`: with `^` it wins over what was set at the phone (Mitel, "SIP Phones
    Administrator Guide": overwriting parameters with defaults).

    `#` begins a comment but between double quotes, in which there can be none. What is no name of
    theirs is left out.
    """
    return "".join(
        f"^{name}: {_mitel_value(value)}\n"
        for name, value in settings.items()
        if _MITEL_NAME.fullmatch(name)
    )


def _mitel_value(value: str) -> str:
    if "#" not in value and not value.startswith('"'):
        return value
    quoted = value.replace('"', "'")
    return f'"{quoted}"'
