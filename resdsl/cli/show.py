"""`resdsl show`: what a network or a part of it expands to, and where each setting came from."""

from __future__ import annotations

import json

import click

from resdsl.cli.messages import say, warn
from resdsl.cli.options import not_empty, values_of, with_spec_options


@click.command("show")
@click.argument("spec", type=not_empty)
@click.argument("path", type=not_empty, required=False)
@with_spec_options
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def command(
    spec: str,
    path: str | None,
    network: str | None,
    settings: tuple[str, ...],
    input_shapes: tuple[str, ...],
    import_path: tuple[str, ...],
    form: str,
) -> None:
    """Show what a network expands to, or a stage, a block or a layer of it, such as layer2, layer2.0 or layer2.0.conv1.

    Each setting is shown with what gave it: the call, the stage, a default, the network, or the command line; each op
    with its shape, its costs and its line. The name of a block or shortcut means all its forms in the network.
    """
    from resdsl.api import is_json
    from resdsl.cli.reading import overrides_of, read_source_of, read_text
    from resdsl.expansion.expansion import expand
    from resdsl.expansion.views import expansion_record, expansion_text

    source, chosen = read_source_of(spec, network)
    if is_json(source):
        raise click.UsageError("a network in JSON does not say what it was written as; show its spec")
    text = read_text(source, import_path)
    overrides = overrides_of(values_of(settings, input_shapes))
    definition = text.definition(chosen)
    built = text.build(definition.name, overrides)
    warn(built.warnings)
    expansion = expand(text, definition, built, overrides, path or "")
    say(json.dumps(expansion_record(expansion), indent=2) if form == "json" else expansion_text(expansion))
