"""`resdsl results`: tables of a folder of runs, and what is refused."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from statistics import fmean, stdev

import pytest

from tests.cli.running import Command
from tests.experiments.made import study


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    return study(tmp_path / "runs")


def test_the_table_is_printed(resdsl: Command, runs: Path) -> None:
    out = resdsl("results", runs).out
    assert out.startswith("study: 4 points, 12 runs\n")
    assert max(map(len, out.splitlines())) <= 110
    assert "17.50 ± 1.50" in out


def test_every_format_is_written(resdsl: Command, runs: Path) -> None:
    assert resdsl("results", runs, "--format", "markdown").out.startswith("**study: 4 points, 12 runs**")
    assert r"17.50 \ensuremath{\pm} 1.50" in resdsl("results", runs, "--format", "latex").out
    assert resdsl("results", runs, "--format", "latex", "--standalone").out.startswith("\\documentclass")
    assert json.loads(resdsl("results", runs, "--format", "json").out)["lines"][0]["test_error_n"] == 3
    rows = list(csv.DictReader(io.StringIO(resdsl("results", runs, "--format", "csv").out)))
    assert float(rows[0]["test_error_mean"]) == pytest.approx(0.175)


def test_the_suffix_of_the_file_is_the_format(resdsl: Command, runs: Path) -> None:
    for name, start in (("t.tex", "% study"), ("t.csv", "network,none_mean"), ("t.json", "{"), ("t.md", "**study")):
        assert resdsl("results", runs, "--view", "table2", "-o", name).code == 0
        assert (resdsl.folder / name).read_text(encoding="utf-8").startswith(start)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["-o", "t.png"], "no format of tables has the suffix of 't.png'"),
        (["--format", "svg"], "--view table is a table, which has the formats text, csv, md, latex, html, json"),
        (["--view", "curves", "--format", "csv"], "--view curves is a chart, which has the formats svg, html, tex"),
        (["--view", "curves", "-o", "t.csv"], "no format of charts has the suffix of 't.csv'"),
        (["--view", "curves", "--standalone"], "--standalone is for tex: it would have no effect on svg"),
        (["--format", "csv", "-o", "t.md"], "--format csv contradicts the suffix .md"),
        (["--standalone"], "--standalone is for latex and html: it would have no effect on text"),
        (["--style", "mono"], "--style is for charts: it would have no effect on --view table"),
        (["--view", "table6", "--by", "n"], "`by` would have no effect on the view table6"),
        (["--measure", "error"], "no run measured `error`"),
        (["--baseline", "20plain"], "there is no point `20plain`; did you mean `20-plain`?"),
    ],
)
def test_wrong_usage_is_refused(resdsl: Command, runs: Path, options: list[str], message: str) -> None:
    failed = resdsl("results", runs, *options)
    assert failed.code == 2
    assert message in failed.err


def test_files_of_runs_are_not_replaced(resdsl: Command, runs: Path) -> None:
    failed = resdsl("results", runs, "--format", "csv", "-o", runs / "results.csv")
    assert failed.code == 2
    assert "is a file that runs leave behind" in failed.err
    assert not (runs / "results.csv").exists()
    times = resdsl.write("runs/times.csv", "epoch\n")
    (resdsl.folder / "link.csv").symlink_to(times)
    assert resdsl("results", runs, "-o", times).code == 2
    assert resdsl("results", runs, "-o", "link.csv").code == 2
    assert times.read_text(encoding="utf-8") == "epoch\n"


def test_a_folder_without_runs_is_a_problem(resdsl: Command) -> None:
    failed = resdsl("results", ".")
    assert (failed.code, failed.err) == (1, "error: . has no runs: no run.json is in it or below it\n")


@pytest.mark.parametrize("view", ["curves", "scatter", "responses"])
def test_charts_are_written(resdsl: Command, runs: Path, view: str) -> None:
    assert resdsl("results", runs, "--view", view).out.startswith("<?xml")
    for name, start in (("c.svg", "<?xml"), ("c.tex", "% study"), ("c.dot", "digraph")):
        made = resdsl("results", runs, "--view", view, "-o", name, "--style", "mono", "--width", "3.25in")
        assert (made.code, made.err.splitlines()[-1]) == (0, f"wrote {name}")
        assert (resdsl.folder / name).read_text(encoding="utf-8").startswith(start)


@pytest.mark.experiments
def test_shortcuts_are_compared_over_seeds_and_no_ranking_is_claimed(resdsl: Command) -> None:
    axes = ("--over", "n=3", "--over", "shortcut=A, B, C")
    assert resdsl("sweep", "degradation", *axes, "--train", "digits", "--seeds", "3", "-o", "abc").code == 0
    with (resdsl.folder / "abc/results.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    errors = {name: [float(row["test_error"]) for row in rows if row["shortcut"] == name] for name in "ABC"}
    record = json.loads(resdsl("results", "abc", "--format", "json").out)
    assert [line["shortcut"] for line in record["lines"]] == ["A", "B", "C"]
    for line, name in zip(record["lines"], "ABC", strict=True):
        assert line["test_error_n"] == 3
        assert line["test_error_mean"] == pytest.approx(fmean(errors[name]))
        assert line["test_error_std"] == pytest.approx(stdev(errors[name]))
        if name != "A":
            paired = [ours - theirs for ours, theirs in zip(errors[name], errors["A"], strict=True)]
            half = 4.302653 * stdev(paired) / 3**0.5
            assert line["test_error_change"] == pytest.approx(fmean(paired))
            assert line["test_error_change_high"] - line["test_error_change"] == pytest.approx(half, rel=1e-6, abs=1e-9)
    assert any("params" in finding for finding in record["findings"])
    assert not set(resdsl("results", "abc").out.split()) & {"better", "best", "worse", "significant", "significantly"}
