"""The root of `ctl`: finds a verb's file by its name, and ends the process as documented."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from controlplane.cli.exits import ended_by
from controlplane.cli.lazy import LazyGroup
from controlplane.cli.session import Session, config_option, output_option

VERBS = {
    "init": "Write a configuration, and make the database and the engine's first files.",
    "plan": "Show what applying files would change.",
    "apply": "Commit a change set, and bring the engines to what is stored.",
    "drift": "Compare the engines with what is stored.",
    "rollback": "Undo the last commit, or all after a revision.",
    "get": "Print what is stored at an address.",
    "set": "Change settings.",
    "rules": "List, add, edit, move and delete the answering rules of a line.",
    "number": "List public numbers, enable and disable them, and say where their calls go.",
    "export": "Write a tenant as YAML that `plan` takes back.",
    "schema": "Print the JSON Schema of a tenant's file.",
    "explain": "Say what would happen to a call, and why.",
    "user": "Add a user, with a line and the first phone.",
    "handset": "List, show, add, change and delete handsets, and tell them to fetch their files.",
    "pin": "Show the state of a line's PIN and its default one, or reset it.",
    "voicemail": "List, play and move messages, and choose greetings, of a mailbox.",
    "recordings": "List, fetch and delete recordings of calls.",
    "log": "Show who changed what, when, why, and from what to what.",
    "report": "Print ended calls, or sums by line or hunt group.",
    "ingest": "Store the calls that ended since; `run` does so by itself.",
    "doctor": "Check configuration, store, engines and controller.",
    "run": "Run the controller: decide live calls, serve handsets, health and metrics.",
    "provision": "Serve handsets their files, without deciding calls.",
    "completion": "Print the script that completes `ctl` in a shell.",
}
"""Verb -> one line of help, in the order of the help. Its code is the module of the same name."""


class Verbs(LazyGroup):
    """Ends the process with the exit code of the verb."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,  # noqa: ARG002
        windows_expand_args: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """A verb returns its exit code, or None for 0."""
        session = extra.setdefault("obj", Session())
        try:
            result: object = super().main(
                args,
                prog_name,
                complete_var or "_CTL_COMPLETE",
                standalone_mode=False,
                windows_expand_args=windows_expand_args,
                **extra,
            )
            code = result if isinstance(result, int) else 0
            sys.stdout.flush()
        except Exception as error:
            code = ended_by(error, session)
        except KeyboardInterrupt as error:
            code = ended_by(error, session)
        sys.exit(int(code))


@click.group(
    cls=Verbs,
    verbs=VERBS,
    package="controlplane.cli",
    subcommand_metavar="VERB [ARGS]...",
    context_settings={"help_option_names": ["-h", "--help"]},
)
@config_option
@output_option
@click.version_option(package_name="controlplane", prog_name="ctl")
def ctl() -> None:
    """Control plane of phone systems: plan a change, apply it, see that the engines run it.

    \b
    Exit codes: 0 done, or no change; 1 error; 2 there are changes (plan) or
    differences (drift); 64 wrong usage; 130 interrupted.
    """
