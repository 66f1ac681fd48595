"""`resdsl check`: checks texts and the figures stated in them, and mends what can be mended with certainty."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resdsl.checking import Findings, check, warned_once
from resdsl.cli.exits import PROBLEM
from resdsl.cli.messages import say, warn
from resdsl.cli.options import import_option, input_option, network_option, not_empty, set_option, values_of
from resdsl.diagnostics.text import MOST
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
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    help="Output format: text, JSON, workflow commands of GitHub Actions, or SARIF 2.1.0.",
)
@click.option("--all", "in_full", is_flag=True, help=f"Show all problems, not only the first {MOST}.")
@click.option("--fix", is_flag=True, help="Mend in each SPEC, in place, what can be mended with certainty.")
@click.option("--diff", "with_diff", is_flag=True, help="With --fix: write nothing; print what would change.")
def command(
    specs: tuple[str, ...],
    network: str | None,
    settings: tuple[str, ...],
    input_shapes: tuple[str, ...],
    import_path: tuple[str, ...],
    form: str,
    in_full: bool,
    fix: bool,
    with_diff: bool,
) -> int:
    """Check every network in each SPEC and the figures stated for it."""
    _refuse_together(specs, form, fix=fix, with_diff=with_diff)
    values = values_of(settings, input_shapes)
    if fix:
        from resdsl.cli.mending import mend_spec

        for spec in dict.fromkeys(specs):
            mend_spec(spec, network, values, import_path, with_diff=with_diff)
    checked = _each_warning_once([_Checked(spec, _check(spec, network, values, import_path)) for spec in specs])
    if not with_diff:
        _FORMATS[form](checked, None if in_full else MOST)
    return PROBLEM if any(one.findings.errors for one in checked) else 0


def _refuse_together(specs: Sequence[str], form: str, *, fix: bool, with_diff: bool) -> None:
    if with_diff and not fix:
        raise click.UsageError("--diff shows what --fix would change; give both")
    if with_diff and form != "text":
        raise click.UsageError("--diff prints a difference of texts; it has no other --format")
    if fix and "-" in specs:
        raise click.UsageError("--fix changes files; the standard input cannot be changed")


@dataclass(frozen=True)
class _Checked:
    """A spec, by the name that the command line gives it, and what was found in it."""

    spec: str
    findings: Findings

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self.findings.problems


def _check(spec: str, network: str | None, values: dict[str, str], import_path: tuple[str, ...]) -> Findings:
    from resdsl.api import is_json
    from resdsl.cli.reading import overrides_of, read_json, read_source_of
    from resdsl.diagnostics.spec_error import SpecError

    try:
        source, chosen = read_source_of(spec, network)
        if is_json(source):
            return Findings((read_json(source, values),))
        return check(source, chosen, overrides_of(values), tuple(map(Path, import_path)))
    except SpecError as error:
        return Findings(errors=error.problems)


def _each_warning_once(checked: Sequence[_Checked]) -> list[_Checked]:
    """The same, but each warning kept only for the first spec that has it: specs may import the same file."""
    before: list[Problem] = []
    kept = []
    for one in checked:
        built = warned_once(one.findings.built, before)
        kept.append(replace(one, findings=replace(one.findings, built=tuple(built))))
        before += (warning for each in built for warning in each.warnings)
    return kept


# -------------------------------------------------------------------------------------- formats


def _show_text(checked: Sequence[_Checked], most: int | None) -> None:
    from resdsl.diagnostics.text import draw_all

    for one in checked:
        findings, spec = one.findings, one_line(one.spec)
        for built in findings.built:
            warn(built.warnings, most)
            for line in _lines(spec, built):
                say(line)
        if not findings.built and not findings.errors:
            plural = "" if findings.definitions == 1 else "s"
            say(f"{spec}: {findings.definitions} valid definition{plural}, no networks")
        if findings.errors:
            count = len(findings.errors)
            say(draw_all(findings.errors, most), err=True)
            say(f"\n{spec}: {count} problem{'s' if count > 1 else ''}{_mendable(one)}", err=True)


def _mendable(one: _Checked) -> str:
    """What `--fix` would do, for the last line about a spec."""
    changes = [problem.replacement for problem in one.problems if problem.replacement is not None]
    files = [change.span.source.name for change in changes if change.span.source.path is not None]
    if not files or one.spec == "-":
        return ""
    others = "" if {*files} == {one.spec} else "".join(f" {one_line(name)}" for name in dict.fromkeys(files))
    return f"; `resdsl check --fix{others}` may mend {len(files)}"


def _show_json(checked: Sequence[_Checked], most: int | None) -> None:
    click.echo(json.dumps([record for one in checked for record in _records(one)], indent=2))


def _show_github(checked: Sequence[_Checked], most: int | None) -> None:
    from resdsl.diagnostics.github import command_of

    for one in checked:
        for problem in one.problems:
            say(command_of(problem, Path.cwd()))


def _show_sarif(checked: Sequence[_Checked], most: int | None) -> None:
    from resdsl.diagnostics.sarif import as_sarif
    from resdsl.version import __version__

    log = as_sarif(((one.spec, problem) for one in checked for problem in one.problems), __version__, Path.cwd())
    click.echo(json.dumps(log, indent=2))


_FORMATS: dict[str, Callable[[Sequence[_Checked], int | None], None]] = {
    "text": _show_text,
    "json": _show_json,
    "github": _show_github,
    "sarif": _show_sarif,
}


def _lines(spec: str, built: Built) -> Iterator[str]:
    from resdsl.analysis.costs import network_costs

    costs = network_costs(built.network)
    held = sum(stated.verdict == "holds" for stated in built.checks)
    products = f" and {count_text(costs.work.matmul)} in products of matrices" if costs.work.matmul else ""
    expectations = f"; {held} of {len(built.checks)} expectations checked and met" if built.checks else ""
    yield (
        f"{spec}: {built.network.name}: depth {costs.depth}, {count_text(costs.params)} parameters, "
        f"{count_text(costs.macs)} multiply-adds{products}{expectations}"
    )
    for stated in built.checks:
        yield f"  {one_line(_described(stated))}"


def _described(stated: Checked) -> str:
    text, place = stated.expectation.text, stated.expectation.place
    if stated.verdict == "not checked":
        return f"not checked: {text} (line {place.line}): {stated.reason}"
    return f"holds: {text}" + (f" (it is {stated.actual:_})" if stated.actual is not None else "")


def _records(one: _Checked) -> Iterator[dict[str, object]]:
    from resdsl.diagnostics.json import as_record

    for built in one.findings.built:
        yield _record(one.spec, built)
    if one.findings.errors:
        yield {"spec": one.spec, "problems": [as_record(problem) for problem in one.findings.errors]}


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
                "text": stated.expectation.text,
                "line": stated.expectation.place.line,
                "verdict": stated.verdict,
                "actual": stated.actual,
                "reason": stated.reason,
            }
            for stated in built.checks
        ],
        "warnings": [as_record(warning) for warning in built.warnings],
    }
