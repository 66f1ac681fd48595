"""Folders of runs as runs leave them, with made results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from resdsl.experiments.rows import Row, RunValue, as_csv, row_of

ERRORS = {
    ("20-plain", 3, None): (0.175, 0.190, 0.160),
    ("20-resnet", 3, "A"): (0.045, 0.080, 0.070),
    ("56-plain", 9, None): (0.820, 0.815, 0.800),
    ("56-resnet", 9, "A"): (0.100, 0.125, 0.150),
}
"""Test errors of seeds 0, 1 and 2, by point, blocks and shortcut."""


def study(root: Path, *, without: Sequence[tuple[str, int]] = (), listed: bool = False) -> Path:
    """The folder of a sweep, except for some of its runs; if requested, with its table and its manifest."""
    rows: list[Row] = []
    for (point, n, shortcut), errors in ERRORS.items():
        for seed, error in enumerate(errors):
            if (point, seed) not in without:
                run, result = run_of(point, seed, {"n": n, "shortcut": shortcut}), result_of(6 * n + 2, error)
                files = {"history_csv": history(error), "responses_csv": responses(2 * n)}
                left(root / point / f"seed-{seed}", run, result, **files)
                rows.append(row_of(run, result))
    if listed:
        (root / "results.csv").write_text(as_csv(rows), encoding="utf-8")
        write_manifest(root, [{"point": row["point"], "seed": row["seed"]} for row in rows])
    return root


def write_manifest(root: Path, points: Sequence[Mapping[str, Any]], **more: Any) -> None:
    """The manifest of the sweep `study`."""
    manifest = {"resdsl_run": 1, "sweep": "study", "points": points, "missing": [], "findings": [], **more}
    (root / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


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


def history(error: float) -> str:
    """A `history.csv` that ends with a test error."""
    header = "epoch,step,rate,loss,error,test_error\n"
    return header + "".join(f"{at},{11 * at},0.1,{3 - at},{2 * error / at},{4 * error / at}\n" for at in (1, 2, 4))


def responses(blocks: int) -> str:
    """A `responses.csv`."""
    rows = [f"layer1.{at}.{layer},{kind},1.0,{0.9 - at / 100}\n" for at in range(blocks) for layer, kind in _KINDS]
    return "layer,kind,before,after\n" + "".join(rows)


_KINDS = (("conv1", "layer"), ("conv2", "layer"), ("add", "residual"))
