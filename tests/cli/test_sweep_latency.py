"""`resdsl sweep --measure latency`."""

from __future__ import annotations

import csv
import io
import json

import pytest

from tests.cli.running import Command

SPEC = "network tiny(w = 4) { input 1x6x6; conv 3x3, w; norm; act; avgpool global; fc 3 }"
SWEEP = ("sweep", "tiny.res", "--over", "w=4,6")
MEASURED = (*SWEEP, "--measure", "latency", "--rounds", "1", "--threads", "1")


@pytest.fixture(autouse=True)
def _spec(resdsl: Command) -> None:
    resdsl.write("tiny.res", SPEC)


def test_it_is_a_column_of_every_format(resdsl: Command) -> None:
    rows = [*csv.DictReader(io.StringIO(resdsl(*MEASURED, "--format", "csv").out))]
    assert all(float(row["latency_ms"]) > 0 for row in rows)
    record = json.loads(resdsl(*MEASURED, "--batch", "2", "--format", "json").out)
    assert (record["latency"]["form"], record["latency"]["batch"]) == ("onnx", 2)
    assert all(point["latency_ms"] > 0 for point in record["points"])
    text = resdsl(*SWEEP, "--measure", "latency:torch", "--rounds", "1").out
    assert "latency ms" in text
    assert "Latency: torch at batch 1, median of 1 round in turn; " in text


def test_points_are_sorted_and_drawn_by_it(resdsl: Command) -> None:
    done = resdsl(*MEASURED, "--sort", "-latency", "--pareto", "latency,params", "--plot", "plot.svg")
    assert (done.code, "milliseconds" in (resdsl.folder / "plot.svg").read_text(encoding="utf-8")) == (0, True)


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--sort", "latency"), "`latency` is known with --measure latency"),
        (("--pareto", "latency,params"), "`latency` is known with --measure latency"),
        (("--batch", "2"), "--batch is for --measure: it would have no effect without"),
        (("--threads", "2"), "--threads is for --measure: it would have no effect without"),
        (("--measure", "speed"), "only latency is measured, not 'speed'"),
        (("--measure", "latency:onix"), "unknown form `onix`; did you mean `onnx`?"),
        (("--measure", "latency", "--build", "json", "-o", "out"), "a build shows no table: --measure would have no"),
        (("--measure", "latency", "--lint"), "--lint shows no table: --measure would have no effect"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], reason: str, resdsl: Command) -> None:
    done = resdsl(*SWEEP, *arguments)
    assert (done.code in (1, 2), done.out) == (True, "")
    assert reason in done.err
