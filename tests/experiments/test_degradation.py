"""The study of degradation, from the command line: deep plain networks do not learn what residual ones learn."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from resdsl.experiments.rows import rows_in

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.experiments
def test_degradation_on_digits(tmp_path: Path) -> None:
    words = ["sweep", "degradation", "--train", "digits", "--seeds", "3", "-o", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-m", "resdsl", *words], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == f"{tmp_path}: 12 trainings: 12 done\n"
    rows = rows_in((tmp_path / "results.csv").read_text(encoding="utf-8"), "results.csv")
    errors = {(row["point"], row["seed"]): row["train_error"] for row in rows}
    for seed in range(3):
        assert float(str(errors["digits56-none", seed])) > 0.6
        assert float(str(errors["digits20-none", seed])) < 0.3
        assert float(str(errors["digits20-A", seed])) < 0.05
        assert float(str(errors["digits56-A", seed])) < 0.15
