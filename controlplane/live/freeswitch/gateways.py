"""Which gateways of a FreeSWITCH are to be taken away before a rescan, which only adds (pure)."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping

from controlplane.live.errors import ProtocolError


def defined(document: str, variable: str) -> dict[str, str]:
    """Gateways by name, with the value of one of their variables; "" for a gateway without it.

    `document` is `sofia.conf` as the engine has read it, or `sofia xmlstatus gateway`.
    """
    start = document.find("<")
    try:
        # What is not of the document stands before or behind it.
        root = ET.fromstring(document[max(start, 0) : document.rfind(">") + 1])
    except ET.ParseError as error:
        raise ProtocolError(f"the engine's list of gateways is no XML: {error}") from None
    found = {}
    for gateway in root.iter("gateway"):
        name = gateway.get("name") or gateway.findtext("name") or ""
        values = gateway.iter("variable")
        found[name] = next((v.get("value", "") for v in values if v.get("name") == variable), "")
    return found


def changed(wanted: Mapping[str, str], have: Mapping[str, str]) -> set[str]:
    """Those that are there and are not, or not so, wanted."""
    return {name for name, made in have.items() if wanted.get(name) != made}
