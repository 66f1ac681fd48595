"""Parameters and buffers of PyTorch modules: names, order, shapes, counts, and the values that they start with."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import product
from math import sqrt
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import resdsl
from resdsl.api import Net
from resdsl.ir.network import Network
from resdsl.ir.walk import state
from resdsl.ops.base import Op
from resdsl.ops.records import Constant, Init, Normal, Sample, Truncated, Uniform
from resdsl.ops.registry import all_ops
from resdsl.weights.source import Seeded, whole
from tests.backends.onnx.test_shipped import NAMES, small
from tests.backends.torch.test_agreement import OTHERS
from tests.ir.networks import Graph, branches, shared
from tests.zoo import HEAVY, marked

SIGMAS = 5
CALLS = 60
"""How often the class of a small network is called, to have values enough."""


def has_state(op: type[Op]) -> bool:
    return any(op.build(sample.given, sample.inputs).state(sample.inputs) for sample in op.samples)


STATEFUL = [name for name, op in all_ops().items() if has_state(op)]

MANY = 100_000
"""Values that are enough to tell one form from another."""


def applied(graph: Graph, op: str, sample: Sample, value: str, name: str) -> str:
    given: dict[str, Any] = dict(sample.given)
    return graph.layer(op, value, name=name, **given)


def at_top(op: str) -> Network:
    """All samples of an op, each on an input of its own."""
    samples = all_ops()[op].samples
    graph = Graph(**{f"x{number}": sample.inputs[0] for number, sample in enumerate(samples)})
    ends = [applied(graph, op, sample, f"x{number}", f"made{number}") for number, sample in enumerate(samples)]
    return graph.network("top", **{f"tap{number}": end for number, end in enumerate(ends[:-1])})


def in_one_block(op: str, step: int = 1) -> Network:
    """All samples of an op as uses of one definition, so that one class must serve them."""
    samples = all_ops()[op].samples[::step]
    graph = Graph(**{f"x{number}": sample.inputs[0] for number, sample in enumerate(samples)})
    ends = []
    for number, sample in enumerate(samples):
        inner = Graph(input=sample.inputs[0])
        applied(inner, op, sample, "input", "made")
        inner.layer("identity", name="behind")
        ends.append(graph.call(inner.body("sample", number=number), f"x{number}", name=f"block{number}"))
    return graph.network("blocks", **{f"tap{number}": end for number, end in enumerate(ends[:-1])})


def in_one_block_backwards(op: str) -> Network:
    """The same, with another use before all others."""
    return in_one_block(op, -1)


def in_rows(op: str) -> Network:
    """Each sample in a row with another layer, which PyTorch can call as one module."""
    samples = all_ops()[op].samples
    graph = Graph(**{f"x{number}": sample.inputs[0] for number, sample in enumerate(samples)})
    ends = []
    for number, sample in enumerate(samples):
        made = applied(graph, op, sample, f"x{number}", f"row{number}.0")
        ends.append(graph.layer("sigmoid", made, name=f"row{number}.1"))
    return graph.network("rows", **{f"tap{number}": end for number, end in enumerate(ends[:-1])})


Maker = Callable[[str], Network]
MAKERS: tuple[Maker, ...] = (at_top, in_rows, in_one_block, in_one_block_backwards)
each_sample = pytest.mark.parametrize(("make", "op"), list(product(MAKERS, STATEFUL)))
WHOLE: dict[str, Callable[[], Net]] = {
    **{name: partial(resdsl.load, name) for name in (*NAMES, "resnet1202")},
    **OTHERS,
    "branches": lambda: Net(branches()),
    "shared": lambda: Net(shared()),
}


@pytest.mark.parametrize("name", marked(WHOLE, HEAVY))
def test_parameters_and_buffers_are_those_of_the_ir(name: str) -> None:
    assert_has_the_state(WHOLE[name]())


@each_sample
def test_parameters_and_buffers_of_every_op(make: Maker, op: str) -> None:
    assert_has_the_state(Net(make(op)))


def assert_has_the_state(net: Net) -> None:
    module, wanted = net.to_torch(device="meta"), list(state(net.ir))
    found = [(name, tuple(value.shape), value.dtype) for name, value in module.state_dict().items()]
    assert found == [(name, tensor.shape, getattr(torch, tensor.dtype)) for name, tensor in wanted]
    assert [name for name, _ in module.named_parameters()] == [key for key, each in wanted if each.role != "buffer"]
    assert [name for name, _ in module.named_buffers()] == [key for key, each in wanted if each.role == "buffer"]
    assert all(value.is_meta for value in module.state_dict().values())
    assert sum(value.numel() for value in module.parameters()) == net.params


@pytest.mark.parametrize("name", marked((name for name in WHOLE if name != "resnet1202"), HEAVY))
def test_multiply_adds_are_those_that_torch_counts(name: str) -> None:
    net = WHOLE[name]()
    module = net.to_torch(device="meta").eval()
    inputs = [torch.empty((1, *each.shape), device="meta") for each in net.ir.inputs]
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        module(*inputs)
    assert net.macs > 0
    assert counter.get_total_flops() == 2 * net.macs


def test_fixed_filters_are_counted_apart() -> None:
    net = resdsl.loads('network n { input 3x8x8; conv 3x3, 4; blur 3x3, /2; upsample 2, mode="bilinear" }')
    assert net.costs.work.fixed > 0
    module = net.to_torch(device="meta").eval()
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        module(torch.empty(1, 3, 8, 8, device="meta"))
    assert counter.get_total_flops() == 2 * net.macs == 2 * 3 * 4 * 9 * 64


# ------------------------------------------------------------------------------------- values of a seed


@pytest.mark.parametrize("name", marked(NAMES, HEAVY))
def test_values_are_the_seed_s_bit_for_bit(name: str) -> None:
    net = small(name)
    assert_is(net.to_torch(seed=9).state_dict(), Seeded(9), net.ir)


@each_sample
def test_values_of_every_op_are_the_seed_s(make: Maker, op: str) -> None:
    net = Net(make(op))
    assert_is(net.to_torch().state_dict(), Seeded(0), net.ir)


def assert_is(found: dict[str, Tensor], source: Seeded, network: Network) -> None:
    for name, tensor in state(network):
        assert torch.equal(found[name], torch.from_numpy(whole(source, name, tensor))), name


# ---------------------------------------------------------------------------- what the class itself makes


@pytest.mark.parametrize("name", marked(NAMES, HEAVY))
def test_called_class_starts_as_the_ops_say(name: str) -> None:
    net = small(name)
    torch.manual_seed(0)
    assert_starts([class_of(net)().state_dict()], net.ir)


@each_sample
def test_called_class_starts_every_op_as_it_says(make: Maker, op: str) -> None:
    net = Net(make(op))
    torch.manual_seed(0)
    made = class_of(net)
    assert_starts([made().state_dict() for _ in range(CALLS)], net.ir)


def class_of(net: Net) -> Callable[[], nn.Module]:
    """The generated class of the network, whose constructor gives its parameters their first values."""
    return type(net.to_torch(device="meta"))


def assert_starts(states: list[dict[str, Tensor]], network: Network) -> None:
    for name, tensor in state(network):
        values = torch.cat([each[name].reshape(-1) for each in states]) if states[1:] else states[0][name].reshape(-1)
        if isinstance(tensor.init, Constant):
            assert torch.equal(values, torch.full_like(values, tensor.init.value)), name
        else:
            assert_drawn(values, tensor.init, name)


def assert_drawn(values: Tensor, init: Init, name: str) -> None:
    """Mean, spread and form are those of the distribution, as nearly as so many values can tell."""
    assert not isinstance(init, Constant)
    count = values.numel()
    std, fourth, within = form_of(init)
    square = torch.linalg.vector_norm(values, dtype=torch.float64).item() ** 2
    assert abs(values.mean().item()) <= SIGMAS * std / sqrt(count), name
    assert abs(square / count / std**2 - 1) <= SIGMAS * sqrt((fourth - 1) / count), name
    some = values[:MANY].abs() <= std
    assert abs(some.float().mean().item() - within) <= SIGMAS * sqrt(within * (1 - within) / len(some)), name
    largest = values.abs().max().item()
    if isinstance(init, Uniform):
        # The largest of so many lies below by a share of 16 / count or more once in ten million times.
        assert init.bound * (1 - 16 / count) <= largest <= init.bound * (1 + 1e-6), name
    if isinstance(init, Truncated):
        assert largest <= 2 * init.std * (1 + 1e-6), name


def form_of(init: Normal | Truncated | Uniform) -> tuple[float, float, float]:
    """A distribution's standard deviation, its kurtosis, and the share of values within one deviation."""
    match init:
        case Normal():
            return init.std, 3.0, 0.682689
        case Truncated():
            # The integrals of x**2 and x**4 of the normal density from -2 to 2, over that of the density.
            second, fourth = 0.773741, 1.416189
            return init.std * sqrt(second), fourth / second**2, 0.650537
    return init.bound / sqrt(3), 1.8, 1 / sqrt(3)


@pytest.mark.parametrize(("factor", "drawn"), [(1.05, torch.randn), (1.0, torch.rand), (0.95, torch.randn)])
def test_other_distributions_are_told_apart(factor: float, drawn: Callable[..., Tensor]) -> None:
    values = drawn(20_000, generator=torch.Generator().manual_seed(1))
    values = factor * (values - values.mean()) / values.std()
    with pytest.raises(AssertionError):
        assert_drawn(values, Normal(1.0), "drawn")
