"""The root of `ctl`: finds a verb's file by its name, and ends the process as documented."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any, NoReturn

import click

from controlplane.cli.exits import ended_by
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
    "export": "Write a tenant as YAML that `plan` takes back.",
    "schema": "Print the JSON Schema of a tenant's file.",
    "explain": "Say what would happen to a call, and why.",
    "pin": "Show the state of a line's PIN and its default one, or reset it.",
    "voicemail": "List, play and move messages, and choose greetings, of a mailbox.",
    "recordings": "List, fetch and delete recordings of calls.",
    "log": "Show who changed what, when, why, and from what to what.",
    "report": "Print ended calls, or sums by line or hunt group.",
    "ingest": "Store the calls that ended since; `run` does so by itself.",
    "doctor": "Check configuration, store, engines and controller.",
    "run": "Run the controller: decide live calls, serve health and metrics.",
    "completion": "Print the script that completes `ctl` in a shell.",
}
"""Verb -> one line of help, in the order of the help. Its code is the module of the same name."""


class Verbs(click.Group):
    """Imports the module of the one verb that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in VERBS:
            return None
        command: click.Command = import_module(f"controlplane.cli.{cmd_name}").verb
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from difflib import get_close_matches

            near = get_close_matches(args[0], VERBS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"There is no verb {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

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
