"""What training does to the responses of residuals, seen on digits (He et al. 2015, Figure 7)."""

from __future__ import annotations

import csv
from pathlib import Path
from statistics import fmean

import pytest

import resdsl

MARGIN = 0.1
"""The drop of the mean of std(F) / std(x) was 0.14 to 0.15 in 20 layers, and 0.12 to 0.16 in 56."""


@pytest.mark.experiments
@pytest.mark.parametrize("n", [3, 9])
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_residuals_respond_less_once_they_are_trained(n: int, seed: int, tmp_path: Path) -> None:
    net = next(net for net in resdsl.sweep("degradation") if net.parameters == {"n": n, "shortcut": "A"})
    resdsl.train(net, resdsl.recipe("digits", responses=True), out=tmp_path, seed=seed)
    rows = list(csv.DictReader((tmp_path / "responses.csv").read_text(encoding="utf-8").splitlines()))
    residuals = [row for row in rows if row["kind"] == "residual"]
    assert len(residuals) == 3 * n
    before, after = (fmean(float(row[moment]) for row in residuals) for moment in ("before", "after"))
    assert after < before - MARGIN
