"""`resdsl check`: checks texts and the figures stated in them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from resdsl.cli.exits import PROBLEM
from resdsl.cli.messages import say, warn
from resdsl.cli.options import import_option, input_option, network_option, not_empty, set_option, values_of
from resdsl.printable import one_line
from resdsl.report.figures import count_text

if TYPE_CHECKING:
    from resdsl.analysis.expectations import Checked
    from resdsl.compiler import Built
    from resdsl.diagnostics.problem import Problem


@click.command("check")
@click.argument("specs", type=not_empty, metavar="SPEC...", nargs=-1, required=True)
@network_option
@set_option
@input_option
@import_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def command(
    specs: tuple[str, ...],
    network: str | None,
    settings: tuple[str, ...],
    input_shapes: tuple[str, ...],
    import_path: tuple[str, ...],
    form: str,
) -> int:
    """Check every network in each SPEC and the figures stated for it."""
    values = values_of(settings, input_shapes)
    findings = [_check(spec, network, values, import_path) for spec in specs]
    _warn_once(findings)
    if form == "json":
        click.echo(json.dumps([record for finding in findings for record in finding.records()], indent=2))
    else:
        for finding in findings:
            finding.show()
    return PROBLEM if any(finding.problems for finding in findings) else 0


class _Finding:
    """The result of checking one spec."""

    def __init__(self, spec: str) -> None:
        self.spec = spec
        self.built: list[Built] = []
        self.problems: list[Problem] = []
        self.definitions = 0

    def show(self) -> None:
        from resdsl.diagnostics.problem import in_order
        from resdsl.diagnostics.text import draw_all

        for built in self.built:
            warn(built.warnings)
            for line in _lines(self.spec, built):
                say(line)
        if not self.built and not self.problems:
            plural = "" if self.definitions == 1 else "s"
            say(f"{one_line(self.spec)}: {self.definitions} valid definition{plural}, no networks")
        if self.problems:
            problems = in_order(self.problems)
            say(draw_all(problems), err=True)
            say(f"\n{one_line(self.spec)}: {len(problems)} problem{'s' if len(problems) > 1 else ''}", err=True)

    def records(self) -> Iterator[dict[str, object]]:
        from resdsl.diagnostics.json import as_record
        from resdsl.diagnostics.problem import in_order

        for built in self.built:
            yield _record(self.spec, built)
        if self.problems:
            yield {"spec": self.spec, "problems": [as_record(problem) for problem in in_order(self.problems)]}


def _warn_once(findings: Sequence[_Finding]) -> None:
    """Keep each warning only for the first network that has it, since all networks share the same text."""
    from resdsl.diagnostics.problem import once

    before: list[Problem] = []
    for finding in findings:
        for position, built in enumerate(finding.built):
            finding.built[position] = replace(built, warnings=tuple(once(built.warnings, before)))
            before += finding.built[position].warnings


def _check(spec: str, network: str | None, values: dict[str, str], import_path: tuple[str, ...]) -> _Finding:
    from resdsl.api import is_json
    from resdsl.cli.reading import overrides_of, read_json, read_source_of, read_text
    from resdsl.diagnostics.spec_error import SpecError

    finding = _Finding(spec)
    try:
        source, chosen = read_source_of(spec, network)
        if is_json(source):
            finding.built.append(read_json(source, values))
            return finding
        text = read_text(source, import_path)
        overrides = overrides_of(values)
    except SpecError as error:
        finding.problems += error.problems
        return finding
    finding.definitions = len(text.module.names)
    for name in [chosen] if chosen else text.networks:
        try:
            finding.built.append(text.build(name, overrides))
        except SpecError as error:
            finding.problems += error.problems
    for name in () if chosen else text.sweeps:
        try:
            # Its axes alone; `resdsl sweep` builds its points.
            text.sweep(name)
        except SpecError as error:
            finding.problems += error.problems
    return finding


def _lines(spec: str, built: Built) -> Iterator[str]:
    from resdsl.analysis.costs import network_costs

    costs = network_costs(built.network)
    held = sum(check.verdict == "holds" for check in built.checks)
    products = f" and {count_text(costs.work.matmul)} in products of matrices" if costs.work.matmul else ""
    expectations = f"; {held} of {len(built.checks)} expectations checked and met" if built.checks else ""
    yield (
        f"{one_line(spec)}: {built.network.name}: depth {costs.depth}, {count_text(costs.params)} parameters, "
        f"{count_text(costs.macs)} multiply-adds{products}{expectations}"
    )
    for check in built.checks:
        yield f"  {one_line(_described(check))}"


def _described(check: Checked) -> str:
    text, place = check.expectation.text, check.expectation.place
    if check.verdict == "not checked":
        return f"not checked: {text} (line {place.line}): {check.reason}"
    return f"holds: {text}" + (f" (it is {check.actual:_})" if check.actual is not None else "")


def _record(spec: str, built: Built) -> dict[str, object]:
    from resdsl.analysis.costs import network_costs
    from resdsl.diagnostics.json import as_record

    costs = network_costs(built.network)
    return {
        "spec": spec,
        "network": built.network.name,
        "depth": costs.depth,
        "params": costs.params,
        "macs": costs.macs,
        "expectations": [
            {
                "text": check.expectation.text,
                "line": check.expectation.place.line,
                "verdict": check.verdict,
                "actual": check.actual,
                "reason": check.reason,
            }
            for check in built.checks
        ],
        "warnings": [as_record(warning) for warning in built.warnings],
    }
