"""Cisco's flat profile: an element for each setting (pure).

Source: Cisco, "IP Phone Multiplatform Provisioning Guide", open profile format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from controlplane.render.phones.formats.xml import text

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")


def cisco(settings: Mapping[str, str]) -> str:
    """What is no name of theirs is left out. An empty element clears what was there; what is not
    named stays. `ua="na"`: nobody changes it at the phone."""
    lines = [
        f'<{name} ua="na">{text(value)}</{name}>'
        for name, value in settings.items()
        if _NAME.fullmatch(name)
    ]
    return "\n".join(
        ('<?xml version="1.0" encoding="UTF-8"?>', "<flat-profile>", *lines, "</flat-profile>\n")
    )
