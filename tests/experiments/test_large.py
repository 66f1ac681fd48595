"""Results of a hundred thousand networks, in the memory of a laptop."""

from __future__ import annotations

from pathlib import Path

import pytest

from resdsl.experiments.rows import Row, as_csv
from tests.peaks import run_measured

pytestmark = pytest.mark.experiments

RUNS = 100_000
MOST = 400 * 2**20


@pytest.mark.parametrize("words", [["--view", "edf", "--below", "30", "-o", "edf.svg"], ["-o", "table.csv"]])
def test_many_results_take_little_memory(words: list[str], tmp_path: Path) -> None:
    (tmp_path / "results.csv").write_text(as_csv([row(at) for at in range(RUNS)]), encoding="utf-8")
    done = run_measured(tmp_path, "results", "results.csv", *words)
    assert done.err.startswith("wrote ")
    assert (tmp_path / words[-1]).stat().st_size > 10_000
    assert done.peak < MOST


def row(at: int) -> Row:
    """The row of a network of a space with sixteen parameters, as `draw` makes them."""
    lists = {name: [1 + at % 16, 2 + at % 7, 3, 4 + at % 11] for name in "dwbg"}
    return {
        "point": f"anynet-{at}",
        "network": "anynet",
        **{name: list(each) for name, each in lists.items()},
        "seed": 0,
        "depth": 20 + at % 30,
        "params": 10**6 + at,
        "macs": 36 * 10**7 + 7 * at,
        "steps": 780,
        "train_error": at * 7919 % RUNS / RUNS,
        "test_error": at * 104_729 % RUNS / RUNS,
    }
