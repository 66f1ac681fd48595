"""Networks with their batch norms folded, as ONNX: the same function, without the nodes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from torch.nn.utils.fusion import fuse_conv_bn_weights

import resdsl
from resdsl.backends.onnx.write import onnx_bytes
from resdsl.catalogue import networks_of
from resdsl.ir.folding import fold_batch_norm
from resdsl.ir.network import INPUT, Network
from resdsl.ir.walk import state
from resdsl.ops.records import Tensor
from resdsl.resources import shipped_specs
from resdsl.weights.folded import Folded
from resdsl.weights.source import Seeded, Values, WeightSource, whole
from tests.backends.onnx.test_shipped import small
from tests.ir.networks import Graph
from tests.ir.strategies import networks
from tests.ir.test_folding import twice
from tests.zoo import HEAVY, LARGE, marked, shortened

NOISE = 1e-5
"""Of float32, by the largest value: both forms add up thousands of products, in another order."""


class Trained:
    """Fresh weights with norms and biases as training leaves them: nothing at zero or one."""

    def pieces(self, name: str, tensor: Tensor) -> Iterator[Values]:
        if tensor.role == "weight" or tensor.dtype == "int64":
            return Seeded().pieces(name, tensor)
        seed = int.from_bytes(sha256(name.encode()).digest()[:4], "little")
        positive = tensor.name == "running_var" or (tensor.role, tensor.name) == ("norm", "weight")
        low, high = (0.6, 1.4) if positive else (-0.3, 0.3)
        return iter([np.random.default_rng(seed).uniform(low, high, tensor.shape).astype("<f4")])


def models_of(network: Network) -> tuple[bytes, bytes]:
    """The network as written and folded, with the same weights."""
    folding = fold_batch_norm(network)
    return onnx_bytes(network, Trained()), onnx_bytes(folding.network, Folded(Trained(), folding))


def run(model: bytes, network: Network, batch: int) -> dict[str, Values]:
    """The outputs; the runtime, which folds by itself, is told not to."""
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    made = np.random.default_rng(batch)
    names = [tap.name for tap in network.outputs]
    inputs = {given.name: made.standard_normal((batch, *given.shape), np.float32) for given in network.inputs}
    return dict(zip(names, session.run(names, inputs), strict=True))


def assert_same(network: Network, models: tuple[bytes, bytes], batch: int) -> dict[str, Values]:
    """Both models yield the same, within float32 noise; what they yield."""
    wanted, found = (run(model, network, batch) for model in models)
    for name, value in wanted.items():
        assert np.isfinite(value).all()
        assert np.abs(found[name] - value).max() <= NOISE * np.abs(value).max(), name
    return wanted


def norms_in(model: bytes) -> list[str]:
    return [node.name for node in onnx.load_from_string(model).graph.node if node.op_type == "BatchNormalization"]


def foldable(model: bytes) -> list[str]:
    """Batch norms that are the only reader of a convolution or a matrix product, wherever they stand."""
    return list(before_norms(model))


def before_norms(model: bytes) -> dict[str, str]:
    """Those norms, with the convolution or product before each."""
    graph = onnx.load_from_string(model).graph
    uses = Counter(value for node in graph.node for value in node.input)
    uses.update(output.name for output in graph.output)
    linear = {node.output[0]: node.name for node in graph.node if node.op_type in ("Conv", "Gemm")}
    norms = [node for node in graph.node if node.op_type == "BatchNormalization"]
    return {node.name: linear[node.input[0]] for node in norms if uses[node.input[0]] == 1 and node.input[0] in linear}


FIRST = [min(networks_of(path), key=LARGE.__contains__) for path in shipped_specs()]
"""One network of each file, the first that is not large: the others differ in width and depth, and folded they are
compared with PyTorch's."""


@pytest.mark.parametrize("name", marked(FIRST, HEAVY))
def test_shipped_network(name: str) -> None:
    network = shortened(small(name).ir)
    models = models_of(network)
    onnx.checker.check_model(onnx.load_from_string(models[1]), full_check=True)
    # What is left stands at the entry of a block, and the layer before it in another graph.
    assert all(holder(norm) != holder(layer) for norm, layer in before_norms(models[1]).items())
    left, before, foldable_before = norms_in(models[1]), norms_in(models[0]), foldable(models[0])
    assert len(before) - len(left) == len(foldable_before) - len(foldable(models[1]))
    for batch in (1, 3):
        for value in assert_same(network, models, batch).values():
            # The weights must let the images through, or nothing but the last layers would be compared.
            assert batch == 1 or value.std(0).max() > 1e-3 * np.abs(value).max()


def holder(path: str) -> str:
    return path.rpartition(".")[0]


def test_norms_go_from_the_shipped_networks_because_they_could() -> None:
    models = models_of(small("resnet50").ir)
    assert len(foldable(models[0])) == len(norms_in(models[0])) == 53
    assert foldable(models[1]) == []


PREACTIVATION = """
network pre(shortcut = bare) {
  input 3x16x16
  conv 3x3, 8
  stage layer1: preact_bottleneck(4) x 2
  stage layer2: preact_bottleneck(8) x 2, /2
  norm; act
  avgpool global
  fc 10
}
"""


def test_preactivation() -> None:
    network = resdsl.loads(PREACTIVATION).ir
    models = models_of(network)
    assert_same(network, models, 3)
    # The norm of the first block stands in another graph than the convolution before the stage.
    assert foldable(models[1]) == ["layer1.0.bn1"]
    first = [name for name in norms_in(models[0]) if name.endswith("bn1")]
    assert norms_in(models[1]) == first
    assert len(first) == 5


def one(shape: tuple[int, ...], op: str, **given: Any) -> Network:
    graph = Graph(input=shape)
    graph.layer(op, name="layer", **given)
    graph.layer("bn", name="bn", eps=1e-3)
    graph.layer("relu", name="relu")
    return graph.network("one")


def in_a_row() -> Network:
    graph = Graph(input=(3, 9, 8))
    graph.layer("conv", name="conv", kernel=3, out=4, bias=True)
    graph.layer("bn", name="bn1")
    graph.layer("bn", name="bn2", eps=0.1)
    return graph.network("row")


def tapped() -> Network:
    graph = Graph(input=(3, 9, 8))
    graph.layer("conv", name="conv1", kernel=3, out=4)
    graph.layer("bn", name="bn1")
    graph.layer("conv", name="conv2", kernel=3, out=4)
    graph.layer("bn", name="bn2")
    return graph.network("tapped", raw="conv1", normal="bn1", same="bn2")


def shared_norm() -> Network:
    graph = Graph(input=(4, 8, 8))
    graph.layer("conv", name="conv1", kernel=3, out=4)
    graph.layer("bn", name="bn")
    graph.layer("relu", name="relu")
    graph.layer("bn", name="bn_2", path="bn")
    graph.layer("conv", name="conv2", kernel=1, out=4)
    graph.layer("bn", name="bn_3", path="bn")
    return graph.network("norm")


def shared_body() -> Network:
    """One head on maps of two sizes."""
    graph = Graph(input=(4, 8, 8))
    graph.layer("maxpool", name="maxpool", kernel=3, stride=2)

    def head(size: int) -> Graph:
        inner = Graph(input=(4, size, size))
        inner.layer("conv", name="conv", kernel=3, out=5)
        inner.layer("bn", name="bn")
        return inner

    near = graph.call(head(8).body("head"), INPUT, name="head")
    graph.call(head(4).body("head"), "maxpool", name="head_2", path="head")
    return graph.network("heads", near=near)


CASES: dict[str, tuple[Callable[[], Network], list[str]]] = {
    # what                                 the network, and the norms that stay
    "one axis": (lambda: one((4, 12), "conv", kernel=3, out=6), []),
    "three axes": (lambda: one((2, 4, 5, 6), "conv", kernel=3, out=6, stride=2), []),
    "groups": (lambda: one((8, 6, 5), "conv", kernel=3, out=12, groups=4), []),
    "depthwise": (lambda: one((8, 6, 5), "conv", kernel=3, out=8, groups=8), []),
    "with a bias": (lambda: one((4, 6, 5), "conv", kernel=1, out=8, bias=True), []),
    "fully connected": (lambda: one((4, 6, 5), "fc", out=7), []),
    "fully connected without a bias": (lambda: one((9,), "fc", out=7, bias=False), []),
    "in a row": (in_a_row, []),
    "tapped": (tapped, ["bn1"]),
    "shared layer": (lambda: twice("bn", "bn"), []),
    "shared layer, two norms": (lambda: twice("bn", "bn_2"), ["bn", "bn_2"]),
    "shared norm": (shared_norm, ["bn_2"]),
    "shared body": (shared_body, []),
}


@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    make, stay = CASES[name]
    network = make()
    models = models_of(network)
    onnx.checker.check_model(onnx.load_from_string(models[1]), full_check=True)
    for batch in (1, 3):
        assert_same(network, models, batch)
    assert norms_in(models[1]) == stay


@settings(max_examples=30)
@given(networks())
def test_drawn_networks(network: Network) -> None:
    assert_same(network, models_of(network), 2)


# -------------------------------------------------------------------------------------------- weights


@pytest.mark.parametrize(("biased", "out"), [(False, 6), (True, 6), (False, 300)])
def test_weights_are_those_of_pytorch_in_float64(biased: bool, out: int) -> None:
    """The last has more values than a piece, and its channels do not end where pieces do."""
    network = one((300, 4, 4), "conv", kernel=3, out=out, bias=biased)
    before = {name: torch.from_numpy(whole(Trained(), name, each)).double() for name, each in state(network)}
    wanted = fuse_conv_bn_weights(
        before["layer.weight"],
        before.get("layer.bias"),
        before["bn.running_mean"],
        before["bn.running_var"],
        1e-3,
        before["bn.weight"],
        before["bn.bias"],
    )
    folding = fold_batch_norm(network)
    source = Folded(Trained(), folding)
    found = {name: whole(source, name, tensor) for name, tensor in state(folding.network)}
    assert list(found) == ["layer.weight", "layer.bias"]
    for value, exact in zip(found.values(), wanted, strict=True):
        assert value.dtype == np.dtype("<f4")
        np.testing.assert_allclose(value, exact.detach().numpy(), rtol=6e-8, atol=1e-12)


def test_what_is_not_folded_is_the_source_s() -> None:
    network = resdsl.loads(PREACTIVATION).ir
    folding = fold_batch_norm(network)
    source: WeightSource = Folded(Trained(), folding)
    gone = {fold.path for fold in folding.changes()}
    kept = [(name, tensor) for name, tensor in state(folding.network) if name.rpartition(".")[0] not in gone]
    assert "conv1.weight" in dict(kept)
    assert "layer1.0.bn1.running_var" in dict(kept)
    for name, tensor in kept:
        assert np.array_equal(whole(source, name, tensor), whole(Trained(), name, tensor))


def test_several_threads_read_the_same() -> None:
    folding = fold_batch_norm(small("resnet20").ir)
    wanted = sorted(state(folding.network), key=lambda item: item[0])
    source, alone = (Folded(Trained(), folding) for _ in range(2))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda item: whole(source, *item), wanted))
    for (name, tensor), value in zip(wanted, found, strict=True):
        assert np.array_equal(value, whole(alone, name, tensor)), name
