"""Asterisk for the benchmark: its stack, its baselines, and how its reloads are counted."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from examples.stack import IMAGE
from tests.bench.dialled import NATIVE, STATIC, TENANT

if TYPE_CHECKING:
    from tests.bench.place import Loaded

CONTEXT = "cp-internal"
"""Where the calls of handsets come in."""

_ENTRY = re.compile(
    rf"\[{CONTEXT}\]\n(?:include => [^\n]*\n)*"
    r"exten => [^\n]*?,1,(MSet\([^\n]*\))\n same => n,Stasis\("
)

ALONE = "cp-from-handset,alone,1"
"""Where a call goes on that no controller decides."""


def missing() -> str:
    """Why nothing can be measured; "" where it can."""
    words = ["docker", "image", "inspect", IMAGE]
    try:
        done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    except OSError:
        return "there is no docker here"
    return done.stderr.strip() if done.returncode else ""


def version() -> str:
    words = ["docker", "run", "--rm", "--entrypoint", "asterisk", IMAGE, "-V"]
    return subprocess.run(words, capture_output=True, text=True, timeout=60).stdout.strip()


def add_baselines(loaded: Loaded) -> None:
    """A reload of the dialplan takes them away again."""
    _add(loaded, NATIVE, 1, f"Dial(PJSIP/{TENANT}.PH-${{EXTEN:{len(NATIVE)}}},20)")
    path = Path(loaded.engine.folder) / "current/extensions/calls.conf"
    _add(loaded, STATIC, 1, entry_without_asking(path.read_text()))
    _add(loaded, STATIC, 2, f"Goto({ALONE})")


def entry_without_asking(calls: str) -> str:
    """What the rendered entry does before it asks the controller, for what is dialled behind
    the prefix."""
    found = _ENTRY.search(calls)
    if found is None:
        raise RuntimeError("the entry of calls is not as it was")
    return found[1].replace("${EXTEN}", f"${{EXTEN:{len(STATIC)}}}")


def _add(loaded: Loaded, prefix: str, priority: int, step: str) -> None:
    command = f"dialplan add extension _{prefix}.,{priority},{step} into {CONTEXT} replace"
    done = subprocess.run(
        ["docker", "exec", loaded.stack.container, "asterisk", "-rx", command],
        capture_output=True,
        text=True,
        timeout=30,
    )
    if "Extension" not in done.stdout:
        raise RuntimeError(f"the engine took no baseline extension: {done.stdout}{done.stderr}")
