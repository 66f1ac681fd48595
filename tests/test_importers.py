"""The table of importers: what runs in another environment, and how its results are worded."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from benchmarks import attributes, importers
from benchmarks.importers import Importer, Sample, page, replaced, row
from resdsl import loads

TEXT = "network small { input 3x8x8; conv 3x3, 4; relu; avgpool global; fc 3 }"
RUNTIME = Importer("onnxruntime", ("onnxruntime",), over=True)


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    net = loads(TEXT)
    image = np.ones((1, 3, 8, 8), np.float32)
    np.save(tmp_path / "image.npy", image)
    model = net.to_onnx(tmp_path / "small.onnx")
    return Sample("small", 13, model, tmp_path / "image.npy", importers.by_pytorch(net, image))


@pytest.fixture(autouse=True)
def _this_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importers, "environment", lambda *_: Path(sys.executable))


def test_an_importer_that_takes_a_file(sample: Sample, tmp_path: Path) -> None:
    found = row(RUNTIME, [sample], tmp_path)
    assert found[0].startswith("onnxruntime 1.")
    assert found[1:] == ["equal", ""]


def test_outputs_that_differ_and_files_that_are_refused(sample: Sample, tmp_path: Path) -> None:
    other = Sample("other", 13, sample.model, sample.image, sample.wanted + 1)
    broken = Sample("broken", 13, tmp_path / "broken.onnx", sample.image, sample.wanted)
    broken.model.write_bytes(b"no model")
    _, *cells, why = row(RUNTIME, [other, broken], tmp_path)
    assert cells == ["differs", "refused"]
    assert why.startswith("broken 13: ")
    assert list(page([other], [["runtime", "differs", why]]))[1:3] == [
        "| importer | other, opset 13 | why not |",
        "|---|---|---|",
    ]


def test_the_table_of_a_page() -> None:
    text = "before\n<!-- importers -->\nold\n<!-- end of importers -->\nafter\n"
    assert replaced(text, "new") == "before\n<!-- importers -->\nnew\n<!-- end of importers -->\nafter\n"
    with pytest.raises(ValueError, match="no place for the table"):
        replaced("before", "new")


def test_attributes_that_are_passed_over(sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Sample("other", 13, tmp_path / "other.onnx", sample.image, sample.wanted + 1)
    other.model.write_bytes(sample.model.read_bytes())
    broken = Sample("broken", 13, tmp_path / "broken.onnx", sample.image, sample.wanted)
    broken.model.write_bytes(b"no model")
    monkeypatch.setattr(attributes, "environment", lambda *_: Path(sys.executable))
    monkeypatch.setattr(attributes, "LAYERS", dict.fromkeys(("small", "other", "broken")))
    first, last = attributes.differing(RUNTIME, [sample, other, broken], tmp_path)
    assert first.startswith("other, opset 13: by ")
    assert last == "refuses in every opset broken"


def test_an_importer_that_ends_its_process(sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attributes, "environment", lambda *_: Path(sys.executable))
    monkeypatch.setattr(attributes, "LAYERS", {"small": ""})
    assert list(attributes.differing(Importer("no_such", ("onnxruntime",)), [sample], tmp_path)) == [
        "refuses in every opset small"
    ]


def test_layers_whose_attributes_are_tried_are_valid() -> None:
    for layer in attributes.LAYERS.values():
        assert loads(f"network layer {{ input {attributes.SHAPE}; {layer} }}").ir.nodes
