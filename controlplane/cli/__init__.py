"""ctl, the command line: one file a verb, and only the verb that runs is imported."""

from __future__ import annotations


def main() -> None:
    """The entry point of `ctl`; ends the process with a documented exit code."""
    import gc

    # A verb lives for a second or two and makes hundreds of thousands of objects at once, none
    # of them garbage: collecting would cost a third of its time. `run` collects again.
    gc.disable()
    from controlplane.cli.root import ctl

    try:
        ctl.main(prog_name="ctl")
    except SystemExit as ended:
        _end(int(ended.code or 0))


def _end(code: int) -> None:
    """All is closed by now: what is left is memory, which takes long to free bit by bit."""
    import os
    import sys
    from contextlib import suppress

    for stream in (sys.stdout, sys.stderr):
        # None where it was closed from the start; what a full disk did not take was told.
        with suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)
