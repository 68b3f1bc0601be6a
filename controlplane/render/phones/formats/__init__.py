"""How a vendor's phones write settings: the table of formats, by the word in vendor.toml."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controlplane.render.phones.formats import json, lines, linphone, snom

Settings = Mapping[str, str]
"""By the vendor's names; an empty value clears the setting."""

FORMATS: Mapping[str, Callable[[Settings], str]] = {
    "json": json.json,
    "linphone": linphone.linphone,
    "mitel": lines.mitel,
    "snom": snom.snom,
    "yealink": lines.yealink,
}
"""Each writes settings whose names and values are plain text (see `plain`)."""
