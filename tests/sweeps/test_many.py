"""Thousands of points of the CIFAR family in one go, in one process, within the memory that was promised."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.peaks import Measured, run_measured
from tests.sweeps import arithmetic

MOST_MEBIBYTES = 300
FAMILY = """
network cifar(n = 3, w = 16, shortcut = A, block = basic) {
  input 3x32x32
  conv 3x3, 16; norm; act
  for s, width in [w, 2 * w, 4 * w] {
    stage "layer{s + 1}": block(width) x n, /(if s == 0 then 1 else 2)
  }
  avgpool global
  fc 10
}
sweep family {
  network cifar
  over    n = 1..26, w = [8 * i for i in 2..52], shortcut = [A, B, C, none], block = [basic, bottleneck]
  keep    params <= 100M
  name    "{block}{6*n + 2}{shortcut}-w{w}"
}
"""


Run = tuple[int, list[dict[str, object]], Measured]
"""How many depths there are, the points, and the command that wrote them."""


@pytest.fixture(scope="module", params=[3, pytest.param(25, marks=pytest.mark.zoo)])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("many")
    (folder / "family.res").write_text(FAMILY.replace("1..26", f"1..{request.param + 1}"), encoding="utf-8")
    table = folder / "points.json"
    words = ["sweep", "family.res", "--format", "json", "-o", str(table)]
    done = run_measured(folder, *words)
    return request.param, json.loads(table.read_text(encoding="utf-8"))["points"], done


def test_all_are_costed_and_filtered(run: Run) -> None:
    depths, points, _ = run
    expected: dict[str, tuple[int, int]] = {}
    for n in range(1, depths + 1):
        for w in range(16, 416, 8):
            for option in ("A", "B", "C", "none"):
                for kind in ("basic", "bottleneck"):
                    count = arithmetic.Count(3, 32)
                    count.conv(3, 16)
                    count.stages(kind, (w, 2 * w, 4 * w), (n, n, n), option)
                    count.head(10)
                    if count.params <= 100_000_000:
                        expected[f"{kind}{6 * n + 2}{option}-w{w}"] = (count.params, count.macs)
    assert depths * 50 * 4 * 2 > len(expected) > depths * 120
    assert {point["name"]: (point["params"], point["macs"]) for point in points} == expected


def test_they_are_linted_too(run: Run) -> None:
    assert "`shortcut` also changes costs" in run[2].err


def test_the_memory_is_what_was_promised(run: Run) -> None:
    assert run[2].peak <= MOST_MEBIBYTES * 2**20


def test_the_time_does_not_hide_a_framework() -> None:
    loaded = "import resdsl.cli.sweep, resdsl.sweeps.sweep, resdsl.sweeps.table, sys; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert not {"numpy", "torch", "onnx", "pandas"} & set(done.stdout.split())
