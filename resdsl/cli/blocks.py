"""`resdsl blocks`: lists the blocks and shortcuts of the standard library."""

from __future__ import annotations

import json

import click

from resdsl.cli.messages import say
from resdsl.cli.ops import chosen_of, entries


@click.command("blocks")
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def command(names: tuple[str, ...], form: str) -> None:
    """List the blocks and shortcuts of the standard library, or show the text of those that are named."""
    from resdsl.printer.library import library_definitions

    chosen = chosen_of({each.name: each for each in library_definitions()}, names, "block")
    if form == "json":
        keys = ("kind", "name", "signature", "summary", "file", "text")
        click.echo(json.dumps([{key: getattr(each, key) for key in keys} for each in chosen.values()], indent=2))
    elif names:
        say("\n\n".join(f"# {each.file}\n{each.text}" for each in chosen.values()))
    else:
        say(entries({f"{each.kind} {each.signature}": each.summary for each in chosen.values()}))
