"""`resdsl diff`: shows how two networks differ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from resdsl.analysis.rows.tree import NESTED_DEPTHS
from resdsl.cli.exits import USAGE
from resdsl.cli.messages import say, warn
from resdsl.cli.options import by_name, import_option, input_option, network_option, not_empty, set_option, values_of
from resdsl.refusal import Refused

if TYPE_CHECKING:
    from resdsl.analysis.compare.difference import Difference
    from resdsl.analysis.rows.tree import NestedDepth

DIFFERENT = 1
"""The exit code of `diff` if the networks differ; a spec that cannot be read is trouble and gives 2."""


@click.command("diff")
@click.argument("before", type=not_empty, metavar="A")
@click.argument("after", type=not_empty, metavar="B")
@network_option
@click.option("--network-a", type=not_empty, metavar="NAME", help="Use this network of A.")
@click.option("--network-b", type=not_empty, metavar="NAME", help="Use this network of B.")
@set_option
@click.option("--set-a", "settings_a", metavar="NAME=VALUE", multiple=True, help="Like --set, but only for A.")
@click.option("--set-b", "settings_b", metavar="NAME=VALUE", multiple=True, help="Like --set, but only for B.")
@input_option
@import_option
@click.option(
    "--by",
    type=click.Choice(NESTED_DEPTHS),
    default="block",
    show_default=True,
    help="Depth of the tables.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "markdown", "md", "json"]),
    default="text",
    show_default=True,
    help="Output format; md is short for markdown.",
)
def command(
    before: str,
    after: str,
    network: str | None,
    network_a: str | None,
    network_b: str | None,
    settings: tuple[str, ...],
    settings_a: tuple[str, ...],
    settings_b: tuple[str, ...],
    input_shapes: tuple[str, ...],
    import_path: tuple[str, ...],
    by: NestedDepth,
    form: str,
) -> int:
    """Compare the networks A and B, stage by stage and block by block.

    Exit codes are those of `diff`: 0 if they are the same, 1 if they differ, 2 for trouble.
    """
    if before == after == "-":
        raise click.UsageError("only one spec can be read from the standard input")
    both = values_of(settings, input_shapes)
    first = both | _values_of_one("--set-a", settings_a, both)
    second = both | _values_of_one("--set-b", settings_b, both)
    from resdsl.cli.reading import load_net
    from resdsl.diagnostics.problem import once

    try:
        one = load_net(before, network_a or network, first, import_path)
        warn(one.warnings)
        two = load_net(after, network_b or network, second, import_path)
        warn(once(two.warnings, one.warnings))
    except Refused as error:
        from resdsl.cli.faults import describe

        say(describe(error)[0], err=True)
        return USAGE
    from resdsl.analysis.compare.diff import diff

    difference = diff(one.ir, two.ir)
    click.echo(_written(difference, by, form), nl=False)
    return 0 if difference.same else DIFFERENT


def _values_of_one(option: str, settings: tuple[str, ...], both: Mapping[str, str]) -> dict[str, str]:
    values = by_name(settings, option, "NAME=VALUE")
    for name in values:
        if name in both:
            raise click.UsageError(f"{option} {name} is already set for both networks; use --set-a and --set-b")
    return values


def _written(difference: Difference, by: NestedDepth, form: str) -> str:
    if form == "json":
        from resdsl.report.diff_json import diff_record

        return json.dumps(diff_record(difference), indent=2) + "\n"
    from resdsl.report.diff import diff_table, headline, totals_table
    from resdsl.report.formats import write

    if difference.empty:
        return f"{headline(difference)}\n"
    tables = [diff_table(difference, by)]
    if not difference.same:
        tables.append(totals_table(difference))
    return write(tables, "text" if form == "text" else "md")
