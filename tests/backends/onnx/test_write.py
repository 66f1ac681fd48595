"""ONNX files: valid, with the shapes of the IR, equal to PyTorch, the same everywhere, written safely."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from torch import nn

from resdsl.backends.onnx.model import LARGEST, ModelTooLarge
from resdsl.backends.onnx.write import Written, onnx_bytes, write_onnx
from resdsl.ir.network import Network
from resdsl.ir.walk import state, steps
from resdsl.ops.records import Tensor
from resdsl.targets import target_named
from resdsl.version import __version__
from resdsl.weights.source import Seeded, Values
from tests.backends.onnx.reference import Branches, Shared, Small, Varied, loaded
from tests.backends.onnx.shapes import assert_every_value_has_its_shape, dims, stated_shapes
from tests.ir.networks import Graph, branches, shared, small
from tests.ir.strategies import networks

Pair = tuple[Callable[[], Network], Callable[[], nn.Module]]
PAIRS: list[Pair] = [(small, Small), (branches, Branches), (shared, Shared)]


def model_of(network: Network) -> onnx.ModelProto:
    return onnx.load_from_string(onnx_bytes(network, Seeded()))


def assert_valid(network: Network) -> None:
    """The full checker passes; every value has its shape, which layers and outputs have from the IR."""
    model = model_of(network)
    onnx.checker.check_model(model, full_check=True)
    assert_every_value_has_its_shape(model)
    found = stated_shapes(model.graph)
    for step in steps(network):
        for value, shape in zip(step.outputs, step.layer.shapes, strict=True):
            assert found.get(value, ("batch", *shape)) == ("batch", *shape)
    shown = {tap.name: ("batch", *network.values[tap.value]) for tap in network.outputs}
    assert {value.name: found[value.name] for value in model.graph.output} == shown


@pytest.mark.parametrize("make", [small, branches, shared])
def test_model_is_valid(make: Callable[[], Network]) -> None:
    assert_valid(make())


@settings(max_examples=40)
@given(networks())
def test_drawn_models_are_valid_and_run(network: Network) -> None:
    assert_valid(network)
    outputs = run(onnx_bytes(network, Seeded()), network, 2)
    assert {name: value.shape for name, value in outputs.items()} == {
        tap.name: (2, *network.values[tap.value]) for tap in network.outputs
    }


def inputs_of(network: Network, batch: int) -> dict[str, Values]:
    made = np.random.default_rng(batch)
    return {given.name: made.standard_normal((batch, *given.shape), np.float32) for given in network.inputs}


def run(model: bytes, network: Network, batch: int) -> dict[str, Values]:
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    names = [output.name for output in session.get_outputs()]
    assert names == [tap.name for tap in network.outputs]
    return dict(zip(names, session.run(names, inputs_of(network, batch)), strict=True))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize(("make", "module"), PAIRS)
def test_results_are_those_of_pytorch(make: Callable[[], Network], module: Callable[[], nn.Module], batch: int) -> None:
    network = make()
    reference = loaded(module(), network)
    given = [torch.from_numpy(value) for value in inputs_of(network, batch).values()]
    with torch.inference_mode():
        wanted = reference(*given)
    found = run(onnx_bytes(network, Varied()), network, batch)
    assert list(found) == list(wanted)
    for name, value in wanted.items():
        assert value.std() > 0
        assert np.abs(found[name] - value.numpy()).max() < 1e-5 * value.abs().max().item(), name


@pytest.mark.parametrize(("make", "module"), PAIRS)
def test_state_is_in_the_order_of_pytorch(make: Callable[[], Network], module: Callable[[], nn.Module]) -> None:
    wanted = {name: tuple(value.shape) for name, value in module().state_dict().items()}
    assert [(name, tensor.shape) for name, tensor in state(make())] == list(wanted.items())


def test_head_of_the_model() -> None:
    model = model_of(branches())
    assert (model.producer_name, model.producer_version, model.ir_version) == ("resdsl", __version__, 7)
    assert [(each.domain, each.version) for each in model.opset_import] == [("", 13)]
    assert model.graph.name == "branches"
    assert [(value.name, dims(value)) for value in model.graph.input] == [("image", ("batch", 3, 16, 12))]
    assert [value.name for value in model.graph.output] == ["left", "same", "features", "output"]


def test_weights_stand_under_their_names() -> None:
    found = {each.name: onnx.numpy_helper.to_array(each) for each in model_of(small()).graph.initializer}
    for name, tensor in state(small()):
        if tensor.dtype == "float32":
            wanted = np.concatenate([piece.copy() for piece in Seeded().pieces(name, tensor)])
            assert np.array_equal(found.pop(name), wanted.reshape(tensor.shape))
    assert found == {}


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_bytes_do_not_depend_on_threads(tmp_path: Path, threads: int) -> None:
    path = tmp_path / "small.onnx"
    written = write_onnx(small(), path, Seeded(3), threads)
    data = path.read_bytes()
    assert data == onnx_bytes(small(), Seeded(3))
    assert written == Written(path, len(data), 50, 72)


def test_tensor_of_many_pieces(tmp_path: Path) -> None:
    graph = Graph(input=(3, 4, 4))
    graph.layer("fc", name="fc", out=9000)
    network = graph.network("wide")
    write_onnx(network, tmp_path / "wide.onnx", Seeded(), 2)
    assert (tmp_path / "wide.onnx").read_bytes() == onnx_bytes(network, Seeded())
    assert_valid(network)


SCRIPT = """
from hashlib import sha256
from resdsl.backends.onnx.write import onnx_bytes
from resdsl.ir.json import json_schema, to_json
from resdsl.weights.source import Seeded
from tests.ir.networks import branches, shared, small
digest = sha256(repr(json_schema()).encode())
for network in small(), branches(), shared():
    digest.update(onnx_bytes(network, Seeded(1)) + to_json(network).encode())
print(digest.hexdigest())
"""


def test_bytes_do_not_depend_on_the_order_of_sets(root: Path) -> None:
    found = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            cwd=root,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1
    assert len(found.pop()) == 65


class Failing:
    """A source that gives out in the middle."""

    def __init__(self, error: type[BaseException]) -> None:
        self.error = error

    def pieces(self, name: str, tensor: Tensor) -> Iterator[Values]:
        if name == "layer1.1.conv2.weight":
            raise self.error("no more")
        return Seeded().pieces(name, tensor)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_failure_leaves_the_old_file_alone(tmp_path: Path, error: type[BaseException], threads: int) -> None:
    path = tmp_path / "small.onnx"
    path.write_text("old")
    with pytest.raises(error, match="no more"):
        target_named("onnx").build(small(), path, Failing(error), threads=threads)
    assert [(each.name, each.read_text()) for each in tmp_path.iterdir()] == [("small.onnx", "old")]


class Resized(Seeded):
    """A source that yields too little or too much for one tensor, which has ten values."""

    def __init__(self, factor: float) -> None:
        super().__init__()
        self.factor = factor

    def pieces(self, name: str, tensor: Tensor) -> Iterator[Values]:
        for piece in super().pieces(name, tensor):
            yield np.resize(piece, int(self.factor * len(piece))) if name == "fc.bias" else piece


@pytest.mark.parametrize(("factor", "excess"), [(0.5, "20 bytes too few"), (2, "40 bytes too many")])
def test_source_that_yields_too_little_or_too_much(tmp_path: Path, factor: float, excess: str) -> None:
    with pytest.raises(ValueError, match=f"the source yields {excess} for `fc.bias`"):
        target_named("onnx").build(small(), tmp_path / "small.onnx", Resized(factor))
    assert list(tmp_path.iterdir()) == []


def test_more_than_two_gibibytes_are_not_one_file(tmp_path: Path) -> None:
    graph = Graph(input=(1024, 32, 32))
    graph.layer("fc", name="fc", out=512)
    huge, path = graph.network("huge"), tmp_path / "huge.onnx"
    with pytest.raises(ModelTooLarge, match="2,147,48") as caught:
        onnx_bytes(huge, Seeded())
    assert caught.value.size > LARGEST
    assert target_named("onnx").files(huge, path, Seeded()) == (path, tmp_path / "huge.onnx.data")
