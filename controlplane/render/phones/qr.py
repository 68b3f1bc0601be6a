"""QR codes: the address an app is set up from, to be scanned (pure).

Linphone scans one in its assistant and fetches what is there; so do other apps that fetch their
settings. Whoever sees the code has the address, and its token: it is a secret while it is valid.
"""

from __future__ import annotations

import io

import segno

from controlplane.render.phones.catalogue import catalogue
from controlplane.render.phones.vendor import Model


def setup_url(model: Model, url: str) -> str | None:
    """What an app is to be given, where `url` is the folder with its token; None for a phone, which
    finds its files by their names."""
    name = catalogue().vendors[model.vendor].files["phone"].name
    return None if "{" in name else f"{url}{name}"


def as_text(url: str) -> str:
    """For a terminal, two modules a character. Dark on light, whatever its colours are."""
    matrix = [[*row] for row in segno.make(url, error="m", micro=False).matrix_iter(border=4)]
    if len(matrix) % 2:
        matrix.append([0] * len(matrix[0]))
    rows = zip(matrix[::2], matrix[1::2], strict=True)
    lines = (
        "".join(_BLOCKS[bool(a), bool(b)] for a, b in zip(*pair, strict=True)) for pair in rows
    )
    return "".join(f"\x1b[30;107m{line}\x1b[0m\n" for line in lines)


def as_svg(url: str) -> str:
    """For a page or a mail."""
    out = io.BytesIO()
    segno.make(url, error="m", micro=False).save(out, kind="svg", scale=4, xmldecl=False)
    return out.getvalue().decode("utf-8")


_BLOCKS = {
    (False, False): " ",
    (True, False): "▀",
    (False, True): "▄",
    (True, True): "█",
}
