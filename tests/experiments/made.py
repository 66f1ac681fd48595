"""Folders of runs as runs leave them, with made results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from resdsl.experiments.rows import RunValue, as_csv, row_of

ERRORS = {
    ("20-plain", 3, None): (0.175, 0.190, 0.160),
    ("20-resnet", 3, "A"): (0.045, 0.080, 0.070),
    ("56-plain", 9, None): (0.820, 0.815, 0.800),
    ("56-resnet", 9, "A"): (0.100, 0.125, 0.150),
}
"""Test errors of seeds 0, 1 and 2, by point, blocks and shortcut."""


def study(root: Path, *, without: Sequence[tuple[str, int]] = (), table: bool = False) -> Path:
    """The folder of a sweep, except for some of its runs."""
    rows = []
    for (point, n, shortcut), errors in ERRORS.items():
        for seed, error in enumerate(errors):
            if (point, seed) not in without:
                run, result = run_of(point, seed, {"n": n, "shortcut": shortcut}), result_of(6 * n + 2, error)
                left(root / point / f"seed-{seed}", run, result)
                rows.append(row_of(run, result))
    if table:
        (root / "results.csv").write_text(as_csv(rows), encoding="utf-8")
    return root


def run_of(point: str, seed: int, parameters: Mapping[str, RunValue]) -> dict[str, Any]:
    """A `run.json` of the sweep `study`."""
    return single_of("family", seed) | {"sweep": "study", "point": point, "parameters": dict(parameters)}


def single_of(network: str, seed: int, **more: Any) -> dict[str, Any]:
    """A `run.json` of no sweep."""
    return {"network": network, "canonical_hash": "00", "recipe": {"task": "classification"}, "seed": seed, **more}


def result_of(depth: int, test_error: float, **more: Any) -> dict[str, Any]:
    """A `result.json`."""
    costs = {"depth": depth, "params": 3_000 * depth, "macs": 30_000 * depth, "steps": 55}
    return {"network": "family", "seed": 0, **costs, "train_error": test_error / 2, "test_error": test_error, **more}


def left(folder: Path, run: Mapping[str, Any], result: Mapping[str, Any] | None = None, **files: str) -> Path:
    """A folder with what a run has left; further files by their names, in which `_` is the dot."""
    folder.mkdir(parents=True)
    (folder / "run.json").write_text(json.dumps(run), encoding="utf-8")
    if result is not None:
        (folder / "result.json").write_text(json.dumps(result), encoding="utf-8")
    for name, text in files.items():
        (folder / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return folder
