"""Formats of lines, a setting each (pure)."""

from __future__ import annotations

from collections.abc import Mapping

_CLEARS = "%NULL%"


def yealink(settings: Mapping[str, str]) -> str:
    """`key = value`. `%NULL%` clears a setting, hence no text may be that word (Yealink, "Auto
    Provisioning": configuration files). Nothing else in a line has a meaning of its own."""
    lines = ["#!version:1.0.0.1"]
    for key, value in settings.items():
        lines.append(f"{key} = {_yealink_value(value)}")
    return "\n".join(lines) + "\n"


def _yealink_value(value: str) -> str:
    if not value:
        return _CLEARS
    return value.replace("%", "") if value.upper() == _CLEARS else value


def mitel(settings: Mapping[str, str]) -> str:
    """`^name: value`: with `^` it wins over what was set at the phone (Mitel, "SIP Phones
    Administrator Guide": overwriting parameters with defaults).

    `#` begins a comment but between double quotes, in which there can be none.
    """
    return "".join(f"^{name}: {_mitel_value(value)}\n" for name, value in settings.items())


def _mitel_value(value: str) -> str:
    if "#" not in value and not value.startswith('"'):
        return value
    quoted = value.replace('"', "'")
    return f'"{quoted}"'
