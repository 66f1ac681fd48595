"""`resdsl ops`: lists the ops."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TypeVar

import click

from resdsl.cli.messages import say

T = TypeVar("T")


@click.command("ops")
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def command(names: tuple[str, ...], form: str) -> None:
    """List the ops with their parameters, or explain those that are named.

    A parameter with `=...` is inferred unless it is given. Ops of other packages are listed too.
    """
    from resdsl.ops.registry import all_ops
    from resdsl.ops.signature import meaning, signature, summary

    chosen = chosen_of(all_ops(), names, "op")
    if form == "json":
        found = [{"name": name, "signature": signature(op), "summary": summary(op)} for name, op in chosen.items()]
        click.echo(json.dumps(found, indent=2))
        return
    say(entries({signature(op): meaning(op) if names else summary(op) for op in chosen.values()}))


def chosen_of(known: Mapping[str, T], names: tuple[str, ...], what: str) -> Mapping[str, T]:
    """Those that are named; all of them if none is.

    Raises:
        click.UsageError: there is none of that name.
    """
    from resdsl.diagnostics.suggest import did_you_mean
    from resdsl.elaborate.errors.synonyms import name_instead

    for name in names:
        if name not in known:
            hint = name_instead(name, known) or did_you_mean(name, known)
            raise click.UsageError(f"unknown {what} '{name}'; {hint or f'`resdsl {what}s` lists all'}")
    return {name: known[name] for name in names} or known


def entries(texts: Mapping[str, str]) -> str:
    """Signatures, each with its text on indented lines."""
    lines = []
    for signature, text in texts.items():
        lines += [signature, *(f"  {line}".rstrip() for line in text.split("\n"))]
    return "\n".join(lines)
