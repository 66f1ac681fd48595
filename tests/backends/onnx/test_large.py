"""A network of 2.5 GB: written with no more memory than a small one, then run with the weights of a file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from safetensors import safe_open

from resdsl.backends.onnx.recorded import change_of

Array = NDArray[np.float32]
pytestmark = pytest.mark.zoo

SIDE, LAYERS = 11_200, 5
LARGE = f"""network large {{
  input {SIDE}
  fc {SIDE}; relu
  fc {SIDE}; relu
  fc {SIDE}; relu
  fc {SIDE}; relu
  fc {SIDE}
}}"""
LAUNCHER = Path(__file__).parents[3] / "benchmarks" / "launcher.py"
"""It keeps the memory of this process out of the peak of another."""
BOUND = 50 * 1024
"""Kibibytes between the peaks of a build of ResNet-18 and of this."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the texts and their weights, of which nothing is kept."""
    folder = tmp_path_factory.mktemp("large")
    (folder / "large.res").write_text(LARGE, encoding="utf-8")
    for spec in ("large.res", "resnet18"):
        peak_of(folder, spec, "--to", "safetensors", "-o", f"{Path(spec).stem}.safetensors")
    assert (folder / "large.safetensors").stat().st_size > 2.5e9
    yield folder
    for path in folder.iterdir():
        path.unlink()


def peak_of(folder: Path, *arguments: str) -> int:
    """The peak memory of `resdsl build` with these arguments, in kibibytes, below which this process has no say."""
    line: list[str | Path] = [sys.executable, LAUNCHER, sys.executable, "-m", "resdsl", "build", *arguments]
    ended = subprocess.run(line, check=True, capture_output=True, text=True, cwd=folder)
    _, _, peak, status = ended.stdout.split()
    assert status == "0", ended.stderr
    return int(peak)


def outputs(model: Path, image: Array) -> Array:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return np.asarray(session.run(None, {"input": image})[0])


@pytest.mark.parametrize("form", [(), ("--external-data", "safetensors")], ids=["by itself", "into the same file"])
def test_written_with_little_memory_and_run_with_equal_outputs(folder: Path, form: tuple[str, ...]) -> None:
    small = peak_of(folder, "resnet18", "--to", "onnx", "--weights", "resnet18.safetensors", *form)
    large = peak_of(folder, "large.res", "--to", "onnx", "--weights", "large.safetensors", *form)
    assert 20 * 1024 < small < 200 * 1024
    assert abs(large - small) < BOUND
    model = folder / "large.onnx"
    assert model.stat().st_size < 100_000
    assert change_of(model) is None
    image = np.random.default_rng(0).standard_normal((2, SIDE), np.float32)
    found, wanted = outputs(model, image), by_hand(folder / "large.safetensors", image)
    assert np.abs(found - wanted).max() < 1e-4 * np.abs(wanted).max()


def by_hand(weights: Path, image: Array) -> Array:
    """What the layers yield, one weight in memory at a time."""
    values = image
    with safe_open(weights, framework="numpy") as file:
        names = [name for name in file.keys() if name.endswith(".weight")]  # noqa: SIM118 - it is no mapping
        assert len(names) == LAYERS
        for number, name in enumerate(sorted(names)):
            if number:
                values = np.maximum(values, 0)
            values = values @ file.get_tensor(name).T + file.get_tensor(name.replace(".weight", ".bias"))
    return values
