"""How a vendor's phones write settings: the table of formats, by the word in vendor.toml."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controlplane.render.phones.formats import lines

Settings = Mapping[str, str]
"""By the vendor's names; an empty value clears the setting."""

FORMATS: Mapping[str, Callable[[Settings], str]] = {
    "yealink": lines.yealink,
}
"""Each writes settings whose names and values are plain text (see `plain`)."""
