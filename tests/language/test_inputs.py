"""Networks with several inputs: what each output makes of their names, and shapes given from outside."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

import resdsl
from resdsl.draw.errors import NotDrawn
from resdsl.draw.options import DrawOptions
from resdsl.draw.views.ops import ops

TEXT = """
network pair(size = 16, shortcut = B) {
  input rgb 3x16x16
  input depth dims(1, size, size)
  from rgb;   conv 3x3, 8, /2; norm; act; as near
  from depth; conv 3x3, 8, /2; norm; act; as far
  from add(near, far)
  stage layer1: basic(8) x 2 -> 8x8x8
  tap map
  avgpool global
  fc 10

  expect depth = 7
  expect macs = 165_968 when default
}
network larger = pair { input rgb 3x32x32; input depth 1x32x32 }
"""


def test_every_output_names_the_inputs(tmp_path: Path) -> None:
    net = resdsl.loads(TEXT, "pair")
    module = net.to_torch(seed=3).eval()
    inputs = {"rgb": torch.randn(2, 3, 16, 16), "depth": torch.randn(2, 1, 16, 16)}
    with torch.no_grad():
        wanted = module(depth=inputs["depth"], rgb=inputs["rgb"])
    path = net.to_onnx(tmp_path / "pair.onnx", seed=3)
    given = onnx.load(path).graph.input
    assert [each.name for each in given] == ["rgb", "depth"]
    assert {each.type.tensor_type.shape.dim[0].dim_param for each in given} == {"batch"}
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = session.run(["map", "output"], {name: value.numpy() for name, value in inputs.items()})
    for value, name in zip(found, ("map", "output"), strict=True):
        np.testing.assert_allclose(value, wanted[name].numpy(), atol=1e-4)
    assert json.loads(net.to_json())["network"]["inputs"] == [
        {"name": "rgb", "shape": [3, 16, 16]},
        {"name": "depth", "shape": [1, 16, 16]},
    ]
    assert "Inputs rgb 3x16x16, depth 1x16x16; batch 1" in str(net.report())


def test_the_generated_file_runs_by_itself(tmp_path: Path) -> None:
    path = resdsl.loads(TEXT, "pair").to("torch", tmp_path / "pair.py")
    source = path.read_text(encoding="utf-8")
    assert "def forward(self, rgb: Tensor, depth: Tensor) -> dict[str, Tensor]:" in source
    assert '"""`pair`: rgb 3x16x16, depth 1x16x16 -> 8x8x8, 10."""' in source
    assert "165,968 multiply-adds at rgb 3x16x16, depth 1x16x16" in source
    ran = subprocess.run([sys.executable, path], capture_output=True, text=True, check=True)
    assert ran.stdout.splitlines()[-2:] == ["map (1, 8, 8, 8)", "output (1, 10)"]


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("pair", {"input": {"rgb": "3x32x32", "depth": "1x32x32"}}),
        ("pair", {"input": {"rgb": "3x32x32"}, "size": 32}),
        ("larger", {}),
    ],
    ids=["outside", "one of them", "variant"],
)
def test_shapes_given_by_name(name: str, given: dict[str, Any]) -> None:
    net = resdsl.loads(TEXT, name, **given)
    assert [(each.name, each.shape) for each in net.ir.inputs] == [("rgb", (3, 32, 32)), ("depth", (1, 32, 32))]
    assert net.costs.macs > 500_000


def test_given_shapes_leave_what_depends_on_them_unchecked() -> None:
    for shapes in ({"rgb": "3x32x32", "depth": "1x32x32"}, {"rgb": "3x15x15"}):
        checks = resdsl.loads(TEXT, "pair", input=shapes).checks
        assert [check.expectation.quantity for check in checks if check.expectation.skipped is None] == ["depth"]


@pytest.mark.parametrize("name", ["class", "self", "torch", "x", "None"])
def test_any_name_runs_in_every_form(name: str, tmp_path: Path) -> None:
    net = resdsl.loads(f"network a {{ input {name} 2x4x4; input other 2x4x4; from add({name}, other); fc 3 }}", "a")
    x, y = torch.randn(2, 2, 4, 4), torch.randn(2, 2, 4, 4)
    wanted = net.to_torch(seed=0)(x, y).detach().numpy()
    session = onnxruntime.InferenceSession(net.to_onnx(tmp_path / "a.onnx", seed=0))
    np.testing.assert_allclose(session.run(None, {name: x.numpy(), "other": y.numpy()})[0], wanted, atol=1e-5)


@pytest.mark.parametrize("view", ["columns", "stages", "table", "block"])
def test_a_view_of_one_beginning_refuses_several(view: str) -> None:
    text = "network a { input b 2x4x4; input c 2x4x4; from add(b, c); conv 3x3, 4; fc 3 }"
    with pytest.raises(
        NotDrawn, match="has several inputs, which this figure cannot show; `resdsl render --view lattice`"
    ):
        resdsl.loads(text).render(view).to_svg()


def test_each_input_has_a_box_among_the_ops() -> None:
    dot = ops([resdsl.loads(TEXT, "pair").ir], DrawOptions()).source
    assert "rgb 3x16x16" in dot
    assert "depth 1x16x16" in dot


def test_sweeps_build_networks_with_several_inputs(tmp_path: Path) -> None:
    path = tmp_path / "pair.res"
    path.write_text(TEXT, encoding="utf-8")
    points = resdsl.sweep(path, "pair", over={"size": [15, 16]}, input={"rgb": "3x16x16"})
    assert [[each.shape for each in point.ir.inputs] for point in points] == [
        [(3, 16, 16), (1, size, size)] for size in (15, 16)
    ]
