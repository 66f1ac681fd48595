"""`resdsl identify`: which shipped network has the tensors of a weight file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resdsl.cli.exits import PROBLEM
from resdsl.cli.messages import say
from resdsl.cli.options import not_empty

if TYPE_CHECKING:
    from resdsl.identifying.identify import Described, Identification, Identified

_MOST_NAMES = 3
_NEAREST = 5
_LIMITS = "Names and shapes say nothing about strides, dilation, pools, activations, or the size of the input."


@click.command("identify")
@click.argument("weights", type=not_empty)
@click.option("--top", type=click.IntRange(1), help=f"The most networks to list if none fits; {_NEAREST} by default.")
@click.option("--weights-key", type=not_empty, metavar="KEY", help="Dictionary to take in a PyTorch checkpoint.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
@click.pass_context
def command(context: click.Context, weights: str, top: int | None, weights_key: str | None, form: str) -> None:
    """Find the shipped networks, and the settings, that have exactly the tensors of the file WEIGHTS.

    Only names and shapes are compared: no values are read, and no code in the file is run. If none fits, the nearest
    are listed and the exit code is 1. A `config.json` of timm or transformers is read as a description of a network.
    """
    if weights.endswith(".json"):
        idle = "--weights-key" if weights_key is not None else "--top" if top is not None else None
        if idle is not None:
            raise click.UsageError(f"a configuration describes one network and has no weights: {idle} has no effect")
        _describe(weights, form)
        return
    from resdsl.identifying.identify import identify

    found = identify(weights, top or _NEAREST, weights_key=weights_key)
    click.echo(json.dumps(_record(found), indent=2)) if form == "json" else say(_text(found, weights))
    if not found.exact:
        context.exit(PROBLEM)


def _describe(path: str, form: str) -> None:
    from resdsl.identifying.configuration import described_by
    from resdsl.printable import one_line

    found = described_by(Path(path))
    if form == "json":
        record = {"network": found.network, "settings": dict(found.settings), "rename": found.rename}
        click.echo(json.dumps(record, indent=2))
        return
    lines = [f"{one_line(path)} describes this network:", "", f"  resdsl report {_call(found)}"]
    if found.rename is not None:
        lines += ["", f"Its weights have other names here: give --rename {found.rename} with --weights."]
    say("\n".join(lines))


def _record(found: Identification) -> dict[str, object]:
    networks = [
        {
            "network": each.network,
            "settings": dict(each.settings),
            "exact": each.exact,
            "fitting": each.fitting,
            "missing": each.missing,
            "reshaped": each.reshaped,
            "left_over": each.left_over,
        }
        for each in found.networks
    ]
    counts = {"tensors": found.tensors, "values": found.values, "prefix": found.prefix}
    return {**counts, "key": found.key or None, "other_keys": dict(found.others), "networks": networks}


def _text(found: Identification, weights: str) -> str:
    from resdsl.printable import counted, one_line
    from resdsl.report.figures import count_text

    under = f" under `{one_line(found.key)}`" if found.key else ""
    values = f"{count_text(found.values)} value{'s' * (found.values != 1)}"
    lines = [f"{one_line(weights)}: {counted(found.tensors, 'tensor')}{under} with {values}"]
    if found.others:
        others = ", ".join(f"{one_line(key)} ({count})" for key, count in found.others.items())
        lines.append(f"other dictionaries, for --weights-key: {others}")
    if found.prefix:
        lines.append(f"all names begin with `{one_line(found.prefix)}`, which is left out here")
    if not found.networks:
        return "\n".join([*lines, "", "No shipped network has tensors like these."])
    if not found.exact:
        return "\n".join([*lines, "", "No shipped network has exactly these tensors. The nearest:", "", *_near(found)])
    head = "These networks have" if len(found.networks) > 1 else "One network has"
    return "\n".join([*lines, "", f"{head} exactly these tensors:", "", *_commands(found), "", _LIMITS])


def _commands(found: Identification) -> list[str]:
    return [f"  resdsl report {_call(each)}" for each in found.networks]


def _call(each: Identified | Described) -> str:
    return f"{each.network} {each.options}".rstrip()


def _near(found: Identification) -> list[str]:
    wide = max(len(_call(each)) for each in found.networks)
    return [f"  {_call(each):{wide}}  {_differences(each, found.tensors)}" for each in found.networks]


def _differences(each: Identified, tensors: int) -> str:
    parts = [f"{each.fitting} of {tensors} fit"]
    named = (
        (each.missing, "missing from the file"),
        (each.reshaped, "with another shape"),
        (each.left_over, "left over in it"),
    )
    return "; ".join([*parts, *(f"{len(names)} {what}: {_listed(names)}" for names, what in named if names)])


def _listed(names: tuple[str, ...]) -> str:
    from resdsl.printable import one_line

    listed = ", ".join(map(one_line, names[:_MOST_NAMES]))
    return f"{listed}, ..." if len(names) > _MOST_NAMES else listed
