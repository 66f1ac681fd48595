"""The comparison with an older runtime, with this environment's in its place."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import importers, older_runtime
from benchmarks.importers import Importer, Sample


@pytest.fixture(autouse=True)
def _this_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(older_runtime, "environment", lambda *_: Path(sys.executable))
    monkeypatch.setattr(older_runtime, "OLDER", Importer("onnxruntime", ("onnxruntime",), over=True))


def compared(monkeypatch: pytest.MonkeyPatch, folder: Path) -> object:
    monkeypatch.setattr(sys, "argv", ["older_runtime", str(folder), "--networks", "resnet20"])
    with pytest.raises(SystemExit) as ended:
        older_runtime.main()
    return ended.value.code


def test_equal_outputs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compared(monkeypatch, tmp_path) == 0
    assert capsys.readouterr().out == "2 files of 1 networks, of which 0 are refused or differ\n"


def test_other_outputs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def otherwise(importer: Importer, python: Path, samples: list[Sample], seconds: int) -> str:
        ended = importers.call(importer, python, samples, seconds)
        found = samples[0].model.with_suffix(".npy")
        np.save(found, np.load(found) + 1)
        return ended

    monkeypatch.setattr(older_runtime, "call", otherwise)
    assert compared(monkeypatch, tmp_path) == 1
    assert "resnet20, opset 13: differs by " in capsys.readouterr().out
