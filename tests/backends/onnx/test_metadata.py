"""What a file says of its network beside the graph."""

from __future__ import annotations

import json
from ast import literal_eval
from pathlib import Path
from typing import Any

import onnx
import onnxruntime
import pytest

import resdsl
from resdsl.backends.onnx.form import OnnxForm
from resdsl.backends.onnx.metadata import SCOPES
from resdsl.backends.onnx.write import onnx_bytes
from resdsl.weights.source import Seeded

TEXT = """
block pair(width) { conv1: conv 3x3, width; norm; act; inner: narrow(width) }
block narrow(width) { conv 1x1, width; act }
network places(width = 4) {
  input 3x8x8
  stem: conv 3x3, width; norm; act
  stage layer1 "conv2_x": basic(width) x 2
  head: pair(8)
  avgpool global
  fc 5
}
"""


def places(opset: int) -> dict[str, dict[str, str]]:
    """The metadata of each node, wherever they are in the file."""
    model = onnx.load_from_string(onnx_bytes(resdsl.loads(TEXT).ir, Seeded(), OnnxForm(opset)))
    onnx.checker.check_model(model, full_check=True)
    at_nodes = {node.name: {each.key: each.value for each in node.metadata_props} for node in model.graph.node}
    of_model = {each.key: each.value for each in model.metadata_props}
    assert any(at_nodes.values()) == (model.ir_version >= 10) == (SCOPES not in of_model)
    for key in [SCOPES, "resdsl.stage", "resdsl.block", "resdsl.shortcut", "resdsl.source"]:
        for name, value in json.loads(of_model.get(key, "{}")).items():
            at_nodes[name][key] = value
    return at_nodes


@pytest.mark.parametrize("opset", [13, 21])
def test_nodes_say_where_they_belong(opset: int) -> None:
    found = places(opset)
    assert all(SCOPES in each for each in found.values())
    conv = found["layer1.1.conv2"]
    assert literal_eval(conv.pop(SCOPES)) == ["", "layer1", "layer1.1", "layer1.1.conv2", "layer1.1.conv2"]
    assert conv == {"resdsl.stage": "layer1", "resdsl.block": "basic", "resdsl.source": "std/blocks.res"}
    inner = found["head.inner.conv1"]
    assert literal_eval(inner.pop(SCOPES)) == ["", "head", "head.inner", "head.inner.conv1", "head.inner.conv1"]
    assert inner == {"resdsl.block": "narrow"}
    assert literal_eval(found["fc/Flatten"][SCOPES]) == ["", "fc", "fc/Flatten"]


def test_places_are_the_same_wherever_they_stand() -> None:
    assert places(13) == places(21) == places(22)


LINES = {
    "stem.conv1": 6,
    "head.conv1": 2,
    "head.act": 2,
    "head.inner.conv1": 3,
    "avgpool": 9,
    "fc/Flatten": 10,
    "fc": 10,
}


@pytest.mark.parametrize("options", [{"opset": 13}, {"opset": 21}, {"fold_bn": True}, {"dynamic_hw": True}])
def test_nodes_say_the_line_that_they_come_from(options: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "places.res").write_text(TEXT, encoding="utf-8")
    model = onnx.load(resdsl.load(tmp_path / "places.res").to_onnx(tmp_path / "places.onnx", **options))
    of_model = {each.key: each.value for each in model.metadata_props}
    found: dict[str, str] = json.loads(of_model.get("resdsl.line", "{}"))
    at_nodes = [(node.name, each) for node in model.graph.node for each in node.metadata_props]
    found |= {name: each.value for name, each in at_nodes if each.key == "resdsl.line"}
    assert found.keys() == {node.name for node in model.graph.node}
    for name, line in LINES.items():
        assert found.get(name, f"places.res:{line}") == f"places.res:{line}", name
    assert found["layer1.0.conv1"].startswith("std/blocks.res:")


def test_nodes_of_functions_say_the_line_of_their_call(tmp_path: Path) -> None:
    model = onnx.load(resdsl.loads(TEXT).to_onnx(tmp_path / "places.onnx", opset=21, functions=True))
    lines = {node.name: each.value for node in model.graph.node for each in node.metadata_props if "line" in each.key}
    assert lines["layer1.0"] == lines["layer1.1"] == "<text>:7"
    assert lines["head"] == "<text>:8"


def test_a_network_from_json_comes_from_no_text(tmp_path: Path) -> None:
    (tmp_path / "places.json").write_text(resdsl.loads(TEXT).to_json(), encoding="utf-8")
    model = onnx.load(resdsl.load(tmp_path / "places.json").to_onnx(tmp_path / "places.onnx"))
    assert not any("line" in each.key for each in model.metadata_props)


def test_the_model_says_what_it_was_made_with() -> None:
    net = resdsl.loads(TEXT, width=6)
    found = onnxruntime.InferenceSession(onnx_bytes(net.ir, Seeded())).get_modelmeta().custom_metadata_map
    assert json.loads(found["resdsl.titles"]) == {"layer1": "conv2_x"}
    assert json.loads(found["resdsl.parameters"]) == {"width": "6"}
    assert json.loads(found["resdsl.settings"]) == {"norm": "bn", "act": "relu"}
    assert not any("stage layer1" in value for value in found.values())
