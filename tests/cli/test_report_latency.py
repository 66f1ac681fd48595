"""`resdsl report --measure latency`."""

from __future__ import annotations

import csv
import io

import pytest

from tests.cli.running import Command

SPEC = "network tiny(w = 4) { input 1x6x6; conv 3x3, w; norm; act; avgpool global; fc 3 }"
MEASURED = ("--measure", "latency", "--rounds", "1", "--threads", "1")


@pytest.fixture(autouse=True)
def _spec(resdsl: Command) -> None:
    resdsl.write("tiny.res", SPEC)


def test_it_is_a_column_with_a_time_for_each_network(resdsl: Command) -> None:
    done = resdsl("report", "tiny.res", "tiny.res", *MEASURED, "--batch", "2", "--format", "csv")
    rows = [*csv.DictReader(io.StringIO(done.out))]
    assert (len(rows), done.err) == (2, "")
    assert all(float(row["latency_ms"]) > 0 for row in rows)
    text = resdsl("report", "tiny.res", *MEASURED).out
    assert "Latency: onnx at batch 1, median of 1 round in turn; 1 thread of " in text
    assert "latency" not in resdsl("report", "tiny.res").out


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((*MEASURED, "--by", "stage"), "use --by model"),
        ((*MEASURED, "--format", "json"), "use --by model"),
        (("--threads", "2"), "--threads is for --measure: it would have no effect without"),
    ],
)
def test_what_is_refused(arguments: tuple[str, ...], reason: str, resdsl: Command) -> None:
    done = resdsl("report", "tiny.res", *arguments)
    assert (done.code, done.out) == (2, "")
    assert reason in done.err
