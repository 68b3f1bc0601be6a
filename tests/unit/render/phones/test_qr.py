"""QR codes are what a camera reads."""

from __future__ import annotations

import numpy as np
import zxingcpp
from lxml import etree

from controlplane.render.phones.catalogue import catalogue
from controlplane.render.phones.qr import as_svg, as_text, setup_url

FOLDER = f"https://prov.example:8443/d/{'x' * 43}/"
_DARK = {" ": (0, 0), "▀": (1, 0), "▄": (0, 1), "█": (1, 1)}


def read(modules: list[list[int]]) -> str:
    """By a decoder of its own, of a picture of four pixels a module."""
    dark = np.kron(np.array(modules, dtype=np.uint8), np.ones((4, 4), dtype=np.uint8))
    [found] = zxingcpp.read_barcodes((1 - dark) * 255)
    return str(found.text)


def test_a_terminals_code_is_read() -> None:
    url = f"{FOLDER}linphone.xml"
    rows: list[list[int]] = []
    for line in as_text(url).splitlines():
        cells = line.removeprefix("\x1b[30;107m").removesuffix("\x1b[0m")
        rows += [[_DARK[cell][half] for cell in cells] for half in (0, 1)]
    assert read(rows) == url


def test_a_pages_code_is_markup_of_its_own() -> None:
    root = etree.fromstring(as_svg(f"{FOLDER}account.json").encode())
    assert root.tag.endswith("svg")


def test_apps_are_set_up_from_an_address_and_phones_are_not() -> None:
    models = catalogue().models
    assert setup_url(models["linphone/Linphone"], FOLDER) == f"{FOLDER}linphone.xml"
    assert setup_url(models["softphone/generic"], FOLDER) == f"{FOLDER}account.json"
    assert setup_url(models["yealink/T54W"], FOLDER) is None
