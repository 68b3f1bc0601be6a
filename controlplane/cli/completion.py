"""`ctl completion`: the script that completes `ctl` in a shell."""

from __future__ import annotations

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def verb(shell: str) -> None:
    """Print the script that makes SHELL complete verbs, options and addresses.

    \b
    ctl completion bash > ~/.local/share/bash-completion/completions/ctl
    """
    from click.shell_completion import get_completion_class

    from controlplane.cli.root import ctl

    chosen = get_completion_class(shell)
    assert chosen is not None
    script = chosen(ctl, {}, "ctl", "_CTL_COMPLETE").source()
    click.echo(script)
