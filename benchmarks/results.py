"""Results of many runs: `resdsl results` over 10,000 rows as a whole process, and pandas by hand beside it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.page import header, spread
from benchmarks.processes import Command, Runs, python, resdsl, run_in_turn
from resdsl.experiments.rows import Row, as_csv, row_of

POINTS, SEEDS = 2_000, 5
MOST_SECONDS = 1
OURS, PEER = "`resdsl results`", "pandas, by hand"
_BY_HAND = """
import sys, pandas
frame = pandas.read_csv(sys.argv[1])
print(frame.groupby("point", sort=False)[["train_error", "test_error"]].agg(["mean", "std", "count"]).to_string())
"""


def section(rounds: int) -> Iterator[str]:
    """The section of the page of performance."""
    runs = measured(rounds)
    yield f"\n## Results of {POINTS * SEEDS:,} runs, whole process\n"
    yield from header("what", "s: median", "min", "max", "peak MiB")
    for name, run in runs.items():
        yield f"| {name} | {spread(run.seconds, 2)} | {run.mebibytes:.0f} |"
    yield f"\nMean, deviation and paired change of {POINTS:,} points over {SEEDS} seeds. Goal: {MOST_SECONDS} s."
    yield f"The processor works for {median(runs[OURS].processor):.2f} s."


def measured(rounds: int, points: int = POINTS) -> dict[str, Runs]:
    """The runs of our command, and of a program by hand that does the means alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made(folder, points)
        return run_in_turn(
            {
                OURS: Command(resdsl("results", name, "-o", str(folder / "table.txt"))),
                PEER: Command(python("-c", _BY_HAND, str(folder / "results.csv"))),
            },
            rounds,
        )


def made(folder: Path, points: int) -> None:
    """The files about a whole sweep, as `resdsl sweep --train` leaves them."""
    rows: list[Row] = []
    units = []
    for n in range(points):
        for seed in range(SEEDS):
            run = {"network": "family", "seed": seed, "point": f"family-{n}", "parameters": {"n": n, "shortcut": "A"}}
            costs = {"depth": 6 * n + 2, "params": 1_000 * n + 1, "macs": 10_000 * n + 1, "steps": 55}
            errors = {"train_error": (7 * n + seed) % 97 / 970, "test_error": (11 * n + 3 * seed) % 97 / 97}
            rows.append(row_of(run, {**costs, **errors}))
            place = f"family-{n}/seed-{seed}"
            units.append({"folder": place, "manifest_sha256": "0" * 64, "name": place, **run})
    (folder / "results.csv").write_text(as_csv(rows), encoding="utf-8")
    manifest = {"resdsl_run": 1, "sweep": "family", "points": units, "missing": [], "findings": []}
    (folder / "manifest.json").write_text(json.dumps(manifest, indent=1), encoding="utf-8")
