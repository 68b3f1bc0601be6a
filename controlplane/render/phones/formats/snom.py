"""Snom's XML: settings of the phone, and the functions of its keys (pure).

Source: Snom's service pages, "<phone-settings> tag" and "<functionKeys> tag".
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from controlplane.render.phones.formats.xml import text

_NAME = re.compile(r"([a-z][a-z0-9_]*)(?:\[([0-9]{1,3})\])?")
_KEY = re.compile(r"fkey\[([0-9]{1,3})\](@label)?")


def snom(settings: Mapping[str, str]) -> str:
    """`name` and `name[1]` for what has an index; `fkey[0]` and `fkey[0]@label` for keys.

    All are for reading only at the phone (`R`): with `!` what was set there would stay.
    """
    phone: list[str] = []
    functions: dict[str, str] = {}
    labels: dict[str, str] = {}
    for name, value in settings.items():
        if key := _KEY.fullmatch(name):
            (labels if key[2] else functions)[key[1]] = value
        elif found := _NAME.fullmatch(name):
            index = f' idx="{found[2]}"' if found[2] else ""
            phone.append(f'<{found[1]}{index} perm="R">{text(value)}</{found[1]}>')
    keys = [
        f'<fkey idx="{index}" context="1" label="{text(labels.get(index, ""))}" perm="R">'
        f"{text(function)}</fkey>"
        for index, function in functions.items()
    ]
    return "\n".join(
        (
            '<?xml version="1.0" encoding="utf-8"?>',
            "<settings>",
            '<phone-settings e="2">',
            *phone,
            "</phone-settings>",
            '<functionKeys e="2">',
            *keys,
            "</functionKeys>",
            "</settings>\n",
        )
    )
