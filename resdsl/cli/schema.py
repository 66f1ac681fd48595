"""`resdsl schema`: prints the JSON schemas of outputs."""

from __future__ import annotations

import json

import click


@click.command("schema")
@click.argument("form", type=click.Choice(["network", "report"]), default="network")
def command(form: str) -> None:
    """Print the JSON schema of networks (`build --to json`) or of reports (`report --format json`)."""
    if form == "report":
        from resdsl.report.schema import json_schema as schema
    else:
        from resdsl.ir.schema import json_schema as schema
    click.echo(json.dumps(schema(), indent=2))
