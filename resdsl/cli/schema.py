"""`resdsl schema`: prints the JSON schemas of outputs."""

from __future__ import annotations

import json

import click


@click.command("schema")
@click.argument("form", type=click.Choice(["network", "report", "recipe"]), default="network")
def command(form: str) -> None:
    """Print the JSON schema of networks (`build --to json`), reports (`report --format json`) or recipes."""
    if form == "report":
        from resdsl.report.schema import json_schema as schema
    elif form == "recipe":
        from resdsl.recipes.schema import json_schema as schema
    else:
        from resdsl.ir.schema import json_schema as schema
    click.echo(json.dumps(schema(), indent=2))
