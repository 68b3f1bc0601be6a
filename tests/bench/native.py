"""The baselines: extensions that the engine handles alone, put into its running dialplan."""

from __future__ import annotations

import subprocess

from tests.bench.place import NATIVE, STATIC, TENANT, Loaded

CONTEXT = "cp-internal"
"""Where the calls of handsets come in."""

ALONE = "cp-from-handset,alone,1"
"""Where a call goes on that no controller decides."""


def add_native(loaded: Loaded) -> None:
    """NATIVE: nothing but Dial(). A reload of the dialplan takes it away again."""
    _add(loaded, NATIVE, 1, f"Dial(PJSIP/{TENANT}.PH-${{EXTEN:{len(NATIVE)}}},20)")


def add_static(loaded: Loaded) -> None:
    """STATIC: the rendered rules, without asking the controller first."""
    _add(loaded, STATIC, 1, f"Set(CP_DIALLED=${{EXTEN:{len(STATIC)}}})")
    _add(loaded, STATIC, 2, f"Goto({ALONE})")


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
