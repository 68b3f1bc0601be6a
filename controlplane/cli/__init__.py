"""ctl, the command line: one file a verb, and only the verb that runs is imported."""

from __future__ import annotations


def main() -> None:
    """The entry point of `ctl`; ends the process with a documented exit code."""
    from controlplane.cli.root import ctl

    ctl.main(prog_name="ctl")
