"""Every shipped network as an ONNX model: checked, its shapes inferred anew, run, and built again from JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

import resdsl
from resdsl.api import Net
from resdsl.backends.onnx.graph import onnx_graph
from resdsl.catalogue import networks_of
from resdsl.ir.json import from_json
from resdsl.resources import shipped_specs
from tests.backends.onnx.shapes import assert_every_value_has_its_shape, stated_shapes
from tests.zoo import HEAVY, marked

NAMES = [name for path in shipped_specs() for name in networks_of(path) if name != "resnet1202"]
LARGEST = 64
"""Of the spatial sizes, for speed: what is checked is the same for all."""
SMALLEST = 16
MOST_WORK = 3 * 10**9
"""Multiply-adds; networks with more of them are given yet smaller inputs."""
Built = tuple[Net, Path]


def small(name: str) -> Net:
    """The network, at an input that a test can afford."""
    largest = LARGEST
    net = at_most(name, largest)
    while net.macs > MOST_WORK and largest > SMALLEST:
        largest //= 2
        net = at_most(name, largest)
    return net


def at_most(name: str, largest: int) -> Net:
    channels, *sizes = resdsl.load(name).ir.inputs[0].shape
    return resdsl.load(name, input="x".join(map(str, (channels, *(min(size, largest) for size in sizes)))))


@pytest.fixture(scope="module", params=marked(NAMES, HEAVY))
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """A network and its model, which is large, and removed when the next one comes."""
    net = small(request.param)
    path = net.to_onnx(tmp_path_factory.mktemp("shipped") / "model.onnx")
    yield net, path
    path.unlink()


def test_model_passes_the_full_check_and_runs(built: Built) -> None:
    net, path = built
    onnx.checker.check_model(str(path), full_check=True)
    session = onnxruntime.InferenceSession(path)
    for batch in (1, 3):
        image = np.zeros((batch, *net.ir.inputs[0].shape), np.float32)
        outputs = session.run(None, {"input": image})
        assert [value.shape for value in outputs] == [(batch, *net.ir.values[tap.value]) for tap in net.ir.outputs]


def test_every_value_has_its_shape_and_layers_that_of_the_ir(built: Built) -> None:
    net, path = built
    model = onnx.load(path)
    assert_every_value_has_its_shape(model)
    graph = onnx_graph(net.ir)
    wanted = {name: ("batch", *shape) for name, shape in {**graph.values, **graph.outputs}.items()}
    found = stated_shapes(model.graph)
    assert {name: shape for name, shape in found.items() if name in wanted} == wanted


@pytest.mark.parametrize("name", marked(NAMES))
def test_network_read_from_json_is_the_same_model(name: str) -> None:
    net = small(name)
    again = from_json(net.to_json())
    assert again == net.ir
    assert onnx_graph(again) == onnx_graph(net.ir)


def test_network_read_from_json_gives_the_same_bytes_but_for_lines(tmp_path: Path) -> None:
    net = small("resnet18")
    (tmp_path / "net.json").write_text(net.to_json(), encoding="utf-8")
    ours = replace(net, places=None).to_onnx(tmp_path / "ours.onnx").read_bytes()
    assert resdsl.load(tmp_path / "net.json").to_onnx(tmp_path / "again.onnx").read_bytes() == ours
