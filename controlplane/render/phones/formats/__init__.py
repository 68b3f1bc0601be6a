"""How a vendor's phones write settings: the table of formats, by the word in vendor.toml."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controlplane.render.phones.formats import (
    cisco,
    fanvil,
    grandstream,
    json,
    lines,
    linphone,
    poly,
    snom,
)

Settings = Mapping[str, str]
"""By the vendor's names; an empty value clears the setting."""

FORMATS: Mapping[str, Callable[[Settings], str]] = {
    "cisco": cisco.cisco,
    "fanvil": fanvil.fanvil,
    "fanvil-old": fanvil.fanvil_old,
    "grandstream": grandstream.grandstream,
    "grandstream-p": grandstream.p_values,
    "json": json.json,
    "linphone": linphone.linphone,
    "mitel": lines.mitel,
    "poly": poly.poly,
    "snom": snom.snom,
    "yealink": lines.yealink,
}
"""Each writes settings whose names and values are plain text (see `plain`)."""
