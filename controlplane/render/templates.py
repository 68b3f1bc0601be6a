"""Loads the texts of the template folders that stand beside the package, in a tree or a wheel."""

from __future__ import annotations

from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from jinja2 import DictLoader, Environment, StrictUndefined


@lru_cache(maxsize=8)
def environment(folder: str) -> Environment:
    """The templates below `dialplan_templates/asterisk` and the like, by file name.

    Nothing is escaped by itself: every format has an escaper of its own.
    """
    top, _, below = folder.partition("/")
    place = files(top).joinpath(below) if below else files(top)
    return Environment(
        loader=DictLoader(_texts(place)),
        undefined=StrictUndefined,
        autoescape=False,
        keep_trailing_newline=True,
        trim_blocks=True,
    )


def _texts(place: Traversable) -> dict[str, str]:
    return {
        item.name: item.read_text(encoding="utf-8")
        for item in place.iterdir()
        if item.name.endswith(".j2")
    }
