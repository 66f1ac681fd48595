"""How long lifted texts are, beside what people wrote: files without metadata, and without any names."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

import resdsl
from resdsl.lifting.check import graph_hash, graph_of
from resdsl.lifting.lifted import lifted
from resdsl.lifting.sources.onnx import read_onnx
from tests.lifting.definitions import lines_of, lines_of_definitions
from tests.lifting.test_sources import names
from tests.lifting.without_names import without_metadata, without_names

MOST = 1.5
"""So many times the lines of the definitions that a shipped network uses its lifted text may have."""
LIGHT = Path(onnx.__file__).parent / "backend/test/data/light"


@pytest.mark.zoo
@pytest.mark.parametrize("name", names())
def test_a_text_is_about_as_long_as_what_people_wrote(name: str, tmp_path: Path) -> None:
    path, net = tmp_path / "net.onnx", resdsl.load(name)
    net.to_onnx(path, no_weights=True, opset=21)
    most = MOST * lines_of_definitions(name)
    for strip in (without_metadata, without_names):
        strip(path)
        found = lifted(read_onnx(path), "net")
        assert lines_of(found.text) <= most
        assert graph_hash(graph_of(resdsl.loads(found.text).ir)) == graph_hash(graph_of(net.ir))


def test_a_file_without_names_is_twelve_lines() -> None:
    found = resdsl.lift(LIGHT / "light_resnet50.onnx", run=False)
    assert found.lines <= 12
    assert "stage stage4: bottleneck(512) x 3, /2" in found.text


def test_a_block_with_strides_along_one_axis_each_comes_back(tmp_path: Path) -> None:
    path, net = tmp_path / "net.onnx", resdsl.load("r2plus1d_18")
    net.to_onnx(path, no_weights=True)
    without_names(path)
    assert graph_hash(graph_of(lifted(read_onnx(path), "net").network)) == graph_hash(graph_of(net.ir))
