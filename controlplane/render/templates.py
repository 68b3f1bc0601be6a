"""Loads the texts of the template folders that stand beside the package, in a tree or a wheel."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, Environment, StrictUndefined


@lru_cache(maxsize=64)
def environment(folder: str, finalize: Callable[[Any], str] | None = None) -> Environment:
    """The templates below `dialplan_templates/asterisk` and the like, by file name.

    Nothing is escaped by itself: every format has an escaper of its own. `finalize` is one that
    every expression goes through.
    """
    return Environment(
        loader=DictLoader(_texts(folder)),
        undefined=StrictUndefined,
        autoescape=False,
        finalize=finalize,
        keep_trailing_newline=True,
        trim_blocks=True,
    )


def _texts(folder: str) -> dict[str, str]:
    # The folders stand beside the package in a source tree and in site-packages alike, also
    # where it is installed in place and they are no importable packages.
    place = Path(str(files("controlplane"))).parent / folder
    return {path.name: path.read_text(encoding="utf-8") for path in place.glob("*.j2")}
