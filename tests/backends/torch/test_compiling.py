"""PyTorch's compilers: one graph of every network, programs of any batch, scripts."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch.export import Dim

import resdsl
from resdsl.backends.torch.source import torch_source
from resdsl.catalogue import networks_of
from resdsl.ir.network import Layer
from resdsl.resources import shipped_specs
from tests.backends.torch.noisy import assert_same, images, named, train
from tests.zoo import shortened

SIZE = 32
"""Of an axis: more is compiled the same way."""
FEW = ("blur", "cifar", "restoration")
"""Files that compile soon and have statements of many forms; `make test-zoo` compiles all files."""
FILES = [path if path.stem in FEW else pytest.param(path, marks=pytest.mark.zoo) for path in shipped_specs()]


@pytest.fixture(autouse=True)
def _nothing_compiled() -> Iterator[None]:
    torch.compiler.reset()
    yield
    torch.compiler.reset()


def small(path: Path, name: str) -> resdsl.Net:
    """A network with fewer repeats of its blocks, on a small input."""
    net = resdsl.load(path, name)
    channels, *sizes = net.ir.inputs[0].shape
    if max(sizes) > SIZE:
        net = resdsl.load(path, name, input="x".join(map(str, (channels, *(min(size, SIZE) for size in sizes)))))
    return resdsl.Net(shortened(net.ir, 1))


def wording(net: resdsl.Net) -> tuple[str, ...]:
    """What a network has source for, numbers aside: its blocks, and the layers that stand between them."""
    source = torch_source(net.ir)
    start, end = source.text.index("\n\n\n"), source.text.index(f"\nclass {source.network}(")
    blocks = re.sub(r"[\d\s.,()]+", " ", source.text[start:end])
    return blocks, *sorted({node.op.op for node in net.ir.nodes if isinstance(node, Layer)})


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in shipped_specs()])
def test_every_shipped_network_compiles_in_one_graph(path: Path) -> None:
    """Of networks in one file that differ by depth and width alone, the first; what becomes of a graph behind Dynamo
    is tested on others."""
    compiled = set()
    for net in (small(path, name) for name in networks_of(path)):
        if wording(net) in compiled:
            continue
        compiled.add(wording(net))
        torch.compiler.reset()
        module, batch = net.to_torch().eval(), images(net, 1)
        with torch.no_grad():
            assert_same(torch.compile(module, fullgraph=True, backend="eager")(batch), module(batch))


def test_deep_network_compiles_whole() -> None:
    net = resdsl.load("resnet56", input="3x8x8")
    module, batch = net.to_torch().eval(), images(net, 2)
    with torch.no_grad():
        assert_same(torch.compile(module, fullgraph=True, backend="aot_eager")(batch), module(batch))


@pytest.mark.parametrize("checkpointing", [False, True])
@pytest.mark.parametrize("name", ["option A", "tapped"])
def test_compiled_network_trains_as_the_eager_one(name: str, checkpointing: bool) -> None:
    net = named(name)
    eager, compiled = net.to_torch(), net.to_torch(checkpointing=checkpointing)
    batches = [images(net, 4, seed) for seed in (0, 1)]
    train(eager, batches)
    compiled.compile(fullgraph=True, backend="aot_eager")
    train(compiled, batches)
    for name, value in eager.state_dict().items():
        torch.testing.assert_close(compiled.state_dict()[name], value, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["option A", "option D", "resnet50", "tapped"])
def test_exported_program_takes_any_batch(name: str) -> None:
    net = named(name)
    module = net.to_torch().eval()
    program = torch.export.export(module, (images(net, 4),), dynamic_shapes=({0: Dim("batch")},)).module()
    for size in (1, 2, 7):
        batch = images(net, size, seed=size)
        assert_same(program(batch), module(batch))


@pytest.mark.parametrize("name", ["option A", "option D", "resnet50", "tapped"])
def test_module_can_be_scripted(name: str) -> None:
    net = named(name)
    module = net.to_torch()
    with warnings.catch_warnings():
        # PyTorch would rather have its users export.
        warnings.simplefilter("ignore", DeprecationWarning)
        scripted = torch.jit.script(module)
    for mode in (True, False):
        outputs = []
        for each in (scripted, module):
            torch.manual_seed(0)
            outputs.append(each.train(mode)(images(net, 3)))
        assert_same(*outputs)
