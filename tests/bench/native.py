"""The baseline: an extension that does nothing but the engine's Dial() of a phone."""

from __future__ import annotations

import subprocess

from tests.bench.place import NATIVE, TENANT, Loaded

CONTEXT = "cp-internal"
"""Where the calls of handsets come in."""


def add_native(loaded: Loaded) -> None:
    """Add it to the running dialplan; a reload of the dialplan takes it away again."""
    dial = f"Dial(PJSIP/{TENANT}.PH-${{EXTEN:{len(NATIVE)}}},20)"
    command = f"dialplan add extension _{NATIVE}.,1,{dial} into {CONTEXT} replace"
    done = subprocess.run(
        ["docker", "exec", loaded.stack.container, "asterisk", "-rx", command],
        capture_output=True,
        text=True,
        timeout=30,
    )
    if "Extension" not in done.stdout:
        raise RuntimeError(f"the engine took no baseline extension: {done.stdout}{done.stderr}")
