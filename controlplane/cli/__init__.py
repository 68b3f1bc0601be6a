"""ctl, the command line: one file a verb, and only the verb that runs is imported."""

from __future__ import annotations


def main() -> None:
    """The entry point of `ctl`; ends the process with a documented exit code."""
    import gc

    # A verb lives for a second or two and makes hundreds of thousands of objects at once, none
    # of them garbage: collecting would cost a third of its time. `run` collects again.
    gc.disable()
    from controlplane.cli.root import ctl

    ctl.main(prog_name="ctl")
