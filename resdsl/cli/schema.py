"""`resdsl schema`: the form of a network in JSON."""

from __future__ import annotations

import json

import click


@click.command("schema")
def command() -> None:
    """Print the JSON schema of what `build --to json` writes."""
    from resdsl.ir.schema import json_schema

    click.echo(json.dumps(json_schema(), indent=2))
