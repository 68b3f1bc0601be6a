"""docs/adding-an-engine.md names every file that knows of an engine, and none that is not there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs/adding-an-engine.md").read_text()
NAMED = {
    path
    for path in re.findall(r"`([\w./-]+)`", DOCUMENT)
    if path.startswith(("controlplane/", "dialplan_templates/", "containers/", "tests/", "docs/"))
}


def test_what_is_named_is_there() -> None:
    assert len(NAMED) > 15
    assert [path for path in NAMED if not (ROOT / path).exists()] == []


def test_every_file_that_knows_of_freeswitch_is_named() -> None:
    knows = {str(path.relative_to(ROOT)) for path in _which_know()}
    assert "controlplane/engines.py" in knows
    assert "controlplane/history/legs.py" in knows
    assert sorted(path for path in knows if not _is_named(path)) == []


def _is_named(path: str) -> bool:
    """By itself, or with its folder."""
    return path in NAMED or any(it.endswith("/") and path.startswith(it) for it in NAMED)


def _which_know() -> Iterator[Path]:
    for path in (ROOT / "controlplane").rglob("*.py"):
        if "asterisk" in str(path.relative_to(ROOT)):
            continue
        if "freeswitch" in str(path) or "esl" in path.parts or _tells_engines_apart(path):
            yield path
    for folder in ("dialplan_templates", "containers"):
        yield from (it for it in (ROOT / folder).rglob("*freeswitch*/*") if it.is_file())
    yield ROOT / "containers/compose.yaml"
    yield from (ROOT / "tests/conformance").glob("*freeswitch*.py")
    yield from (it for it in (ROOT / "tests/conformance").glob("*.py") if _tells_engines_apart(it))


def _tells_engines_apart(path: Path) -> bool:
    """In its code: what it only speaks of in words for people does not count."""
    tree = ast.parse(path.read_text())
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str(name)) if "freeswitch" in name:
                return True
            case ast.Name(id="Mark"):
                return True
            case ast.Attribute(attr="FREESWITCH"):
                return True
            case ast.Constant(value="freeswitch"):
                return True
            case ast.keyword(arg="help", value=ast.Constant(value=str(text))):
                if "FreeSWITCH" in text:
                    return True
    return False
