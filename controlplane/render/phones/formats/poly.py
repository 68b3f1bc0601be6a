"""Poly's XML: every setting is an attribute (pure).

Source: Poly, "UC Software Administrator Guide", configuration files: the names of elements mean
nothing, and attributes may all stand in one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from controlplane.render.phones.formats.xml import text

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*(?:\.[A-Za-z0-9_-]+)*")


def poly(settings: Mapping[str, str]) -> str:
    """What is no name of theirs is left out. An empty value leaves the setting to the phone."""
    lines = ['<?xml version="1.0" encoding="UTF-8" standalone="yes"?>', "<PHONE_CONFIG>", "<ALL"]
    for name, value in settings.items():
        if _NAME.fullmatch(name):
            lines.append(f'{name}="{text(value)}"')
    return "\n".join((*lines, "/>", "</PHONE_CONFIG>\n"))
