"""`resdsl completion`: prints the script that makes a shell complete commands."""

from __future__ import annotations

import click


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def command(shell: str) -> None:
    """Print the script that makes a shell complete commands, options, and names of specs, networks and parameters.

    \b
    bash: eval "$(resdsl completion bash)"        in ~/.bashrc
    zsh:  eval "$(resdsl completion zsh)"         in ~/.zshrc, after compinit
    fish: resdsl completion fish | source         in ~/.config/fish/config.fish
    """
    from resdsl.cli.completing.shells import script

    click.echo(script(shell), nl=False)
