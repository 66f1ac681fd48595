"""Memory against PyTorch: what autograd keeps, what is alive at once, and what rows make of it."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import pytest
import torch
from hypothesis import given, settings
from torch import Tensor, nn

import resdsl
from resdsl.analysis.memory.saved import network_kept
from resdsl.analysis.memory.totals import UnknownDtype, memory
from resdsl.analysis.rows.tree import DEPTHS, Depth, Row, rows
from resdsl.catalogue import networks_of
from resdsl.ir.network import Body, Layer, Network
from resdsl.ir.walk import FlatNetwork, steps
from resdsl.ops.base import Elementwise, Shape
from resdsl.ops.join import Add, Mul
from resdsl.resources import shipped_specs
from tests.analysis.measured import peak_bytes, saved_bytes
from tests.ir.networks import Graph, branches, nested, projection, shared
from tests.ir.strategies import networks
from tests.ops.frameworks import Case, TorchOp, cases, random_state
from tests.zoo import HEAVY, marked

CASES = cases()
SIZES = ("3x32x32", "3x64x64", "1x28x28", "3x8x32x32", "12x200")
"""Inputs of which each shipped network takes one; the first is used that it takes."""
LARGE = {"edsr_x4", "resnet1202", "preresnet1001"}
SHIPPED = [name for path in shipped_specs() for name in networks_of(path)]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def images(network: Network, batch: int, dtype: torch.dtype = torch.float32) -> list[Tensor]:
    return [torch.randn(batch, *each.shape).to(dtype) for each in network.inputs]


def module_of(network: Network, dtype: torch.dtype = torch.float32) -> nn.Module:
    """The generated module with numbers of no account: what it holds does not depend on them."""
    module = resdsl.Net(network).to_torch(device="meta", dtype=dtype).to_empty(device="cpu")
    for tensor in (*module.parameters(), *module.buffers()):
        tensor.data.fill_(1e-3 if tensor.dim() > 1 else 1)
    return module


def small(name: str) -> Network:
    """A shipped network on an input as small as will do."""
    for size in ("3x8x8", *SIZES) if name in LARGE else SIZES:
        try:
            return resdsl.load(name, input=size).ir
        except resdsl.SpecError:
            continue
    raise AssertionError(f"no size fits {name}")


@pytest.mark.parametrize("name", marked(SHIPPED, HEAVY))
def test_shipped_networks_keep_and_hold_what_is_measured(name: str) -> None:
    network = small(name)
    module, given = module_of(network), images(network, 2)
    found = memory(network, batch=2)
    assert found.saved == saved_bytes(module, *given)
    assert found.peak == peak_bytes(module, *given)


@pytest.mark.parametrize(
    "body",
    [
        "gate { conv 3x3, 1; sigmoid }",
        "gate { parallel concat { channel_mean } { channel_max }; conv 7x7, 1; sigmoid }",
        "as a; channel_mean; conv 3x3, 1; as m; from add(a, m)",
        "as a; conv 3x3, 1; as m; from a; maxpool global; conv 1x1, 8; as c; from mul(a, m, c)",
    ],
)
def test_what_is_spread_keeps_and_holds_what_is_measured(body: str) -> None:
    network = resdsl.loads(f"network n {{ input 3x12x12; conv 3x3, 8; {body}; conv 3x3, 4 }}").ir
    module, given = module_of(network), images(network, 2)
    found = memory(network, batch=2)
    assert found.saved == saved_bytes(module, *given)
    assert found.peak == peak_bytes(module, *given)


@pytest.mark.parametrize(
    "body",
    [
        "reshape 2x4x144; as x; from matmul(permute(x, 0x2x1), x); softmax axis=1; as w; from matmul(x, w)",
        "reshape 8x144; as x; from permute(x, 1x0); as y; from matmul(x, y); softmax axis=1; as w; from matmul(w, x)",
    ],
)
def test_products_of_matrices_keep_and_hold_what_is_measured(body: str) -> None:
    text = f"network n {{ input 3x12x12; conv 3x3, 8; as m; {body}; reshape like=m; conv 3x3, 4 }}"
    network = resdsl.loads(text).ir
    module, given = module_of(network), images(network, 2)
    found = memory(network, batch=2)
    assert found.saved == saved_bytes(module, *given)
    assert found.peak == peak_bytes(module, *given)


def assert_saved_adds_up(whole: Row) -> None:
    for _, row in whole.flat():
        assert sum(times for _, times in row.kept) == row.repeats, row.path
        parts = [part.saved for part in row.parts]
        assert not parts or row.saved == tuple(map(sum, zip(*parts, strict=True))), row.path


@pytest.mark.parametrize("by", DEPTHS)
@pytest.mark.parametrize("name", ["resnet50", "preresnet164", "densenet121", "seresnet50", "res2net50_26w_4s", "edsr"])
def test_rows_of_shipped_networks_keep_what_the_whole_keeps(name: str, by: Depth) -> None:
    network = resdsl.load(name).ir
    for expand in (False, True):
        whole = rows(network, by, expand=expand)
        assert whole.saved == network_kept(network).saved
        assert_saved_adds_up(whole)


@given(network=networks())
def test_rows_of_drawn_networks_keep_what_the_whole_keeps(network: Network) -> None:
    for by in DEPTHS:
        for expand in (False, True):
            assert_saved_adds_up(rows(network, by, expand=expand))


@given(network=networks())
@settings(max_examples=200)
def test_drawn_networks_keep_and_hold_what_is_measured(network: Network) -> None:
    module, inputs = module_of(network), images(network, 2)
    assert memory(network, batch=2).saved == saved_bytes(module, *inputs)
    assert memory(network, batch=2).peak == peak_bytes(module, *inputs)


def with_options(*options: str) -> Body:
    """A block with those of its parts that are asked for; all uses share a class in which parts may be None."""
    graph = Graph(input=(8, 6, 6))
    start = graph.layer("relu", "input", name="pre") if "pre" in options else "input"
    value = graph.layer("bn", start, name="norm") if "norm" in options else start
    graph.layer("conv", value, name="conv", kernel=3, out=8)
    if "bn" in options:
        graph.layer("bn", name="bn")
    graph.layer("relu", name="act")
    end = graph.layer("conv", name="conv2", kernel=1, out=8)
    if "down" in options:
        start = graph.call(projection((8, 6, 6), 8, 1), start, name="down", role="shortcut")
    graph.layer("add", end, start, name="add", joins="residual")
    return graph.body("options")


def optional() -> Network:
    """Blocks of one definition, of which some lack what others have."""
    graph = Graph(input=(8, 6, 6))
    every = ("pre", "norm", "bn", "down")
    for left_out in ((), ("down",), ("pre", "norm"), ("bn",), ("bn", "down"), every):
        body = with_options(*(each for each in every if each not in left_out))
        graph.call(body, name=f"block{len(graph.nodes)}")
    return graph.network("optional")


def padded() -> Network:
    """A tap that is read again, and sums that keep what they read."""
    graph = Graph(input=(8, 6, 6))
    graph.layer("bn", name="bn")
    graph.layer("sigmoid", name="sigmoid")
    graph.layer("pad_channels", "bn", name="pad", out=8)
    graph.layer("add", "sigmoid", "bn", "pad", name="add")
    graph.layer("pad_channels", name="pad2", out=8)
    graph.layer("hard_swish", name="act")
    return graph.network("padded", t0="add")


HAND = [branches(), shared(), nested(4), optional(), padded()]


@pytest.mark.parametrize("network", HAND, ids=lambda network: network.name)
def test_networks_made_by_hand_keep_and_hold_what_is_measured(network: Network) -> None:
    module, inputs = module_of(network), images(network, 3)
    assert memory(network, batch=3).saved == saved_bytes(module, *inputs)
    assert memory(network, batch=3).peak == peak_bytes(module, *inputs)


OF_A_CLASS = {
    "a block with two activations": """
        block b(width, f = relu) { residual { conv 3x3, width; norm; f; conv 3x3, width; norm }; act }
        network n(shortcut = B) { input 8x16x16; b(8); b(8, f=gelu); b(16); b(16, f=gelu) }
    """,
    "activations by stage": """
        network n(shortcut = B) {
          input 8x16x16
          stage a: basic(8) x 2, act=gelu
          stage b: basic(16) x 2, /2, act=relu
          stage c: bottleneck(8) x 2, /2, act=leaky_relu(0.1)
        }
    """,
    "shortcut D": """
        network n(shortcut = D) {
          input 8x16x16
          stage a: basic(8) x 2
          stage b: basic(16) x 2, /2
          stage c: bottleneck(8) x 2, /2
        }
    """,
    "norm and dropout behind shortcut D": """
        block b(width, stride = 1) {
          residual { conv 3x3, width, /stride; norm; act; conv 3x3, width; norm; dropout 0.1 }
          norm; dropout 0.2; act
        }
        network n(shortcut = D) { input 8x16x16; stage a: b(8) x 2; stage b: b(16) x 2, /2; stage c: b(16) x 2, /2 }
    """,
    "shortcuts in rows and not": """
        shortcut strided { if changes { conv 1x1, out, /stride; norm; relu; dropout 0.3 } else { norm; dropout 0.2 } }
        network n(shortcut = strided) { input 8x16x16; stage a: basic(8) x 2; stage b: basic(16) x 2, /2 }
    """,
}
"""What a class does depends on all blocks that share it."""


@pytest.mark.parametrize("text", OF_A_CLASS.values(), ids=OF_A_CLASS)
def test_classes_that_serve_several_uses_keep_and_hold_what_is_measured(text: str) -> None:
    network = resdsl.loads(text).ir
    module, inputs = module_of(network), images(network, 2)
    assert memory(network, batch=2).saved == saved_bytes(module, *inputs)
    assert memory(network, batch=2).peak == peak_bytes(module, *inputs)


@pytest.mark.parametrize(("name", "before"), [("resnet20", 339_968), ("resnet18_small", 1_323_008)])
def test_one_call_a_statement_takes_at_most_85_percent_of_nested_calls(name: str, before: int) -> None:
    """`before` was measured on modules whose `forward` nested calls, `self.act(self.bn1(self.conv1(x)))`."""
    network = resdsl.load(name).ir
    assert peak_bytes(module_of(network), *images(network, 1)) <= 0.85 * before


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
@pytest.mark.parametrize("batch", [2, 3])
def test_every_op_keeps_what_autograd_keeps_of_it(case: Case, batch: int) -> None:
    module, inputs = loaded(case), [torch.randn(batch, *shape) for shape in case.inputs]
    rule = case.op.keeps(case.inputs, (True,) * len(inputs))
    values = rule.values + sum(elements(case.inputs[position]) for position in rule.inputs)
    values += sum(map(elements, case.outputs)) * rule.output
    expected = 4 * (batch * values + rule.statistics) + 8 * batch * rule.integers
    assert saved_bytes(module, *(each.requires_grad_() for each in inputs)) == expected


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_op_allocates_what_it_says(case: Case) -> None:
    inputs = [torch.randn(3, *shape) for shape in case.inputs]
    rule = case.op.makes(case.inputs)
    made = 0 if rule.view else sum(map(elements, case.outputs))
    read = sum(map(elements, case.inputs))
    assert (
        peak_bytes(loaded(case), *inputs)
        == 3 * (4 * (read + made + rule.values) + 8 * rule.integers) + 4 * rule.statistics
    )


@pytest.mark.parametrize("wanted", [(True, False, False), (False, True, False), (False, False, True)])
def test_a_product_keeps_what_the_gradients_that_are_computed_need(wanted: tuple[bool, ...]) -> None:
    op = Mul()
    shapes: tuple[Shape, ...] = ((4, 5),) * 3
    factors = [torch.randn(2, 4, 5, requires_grad=each) for each in wanted]
    rule = op.keeps(shapes, wanted)
    assert saved_bytes(Product(), *factors) == 2 * 4 * (20 * len(rule.inputs) + rule.values)


class Product(nn.Module):
    def forward(self, a: Tensor, b: Tensor, c: Tensor) -> Tensor:
        return a * b * c


def elements(shape: Shape) -> int:
    return prod(shape)


def loaded(case: Case) -> TorchOp:
    module = TorchOp(case)
    module.load(random_state(case))
    return module


@pytest.mark.parametrize(
    ("name", "norms", "activations", "others"),
    [("resnet18", 2_483_712, 2_308_096, 512), ("resnet50", 11_113_984, 9_608_704, 2_048)],
)
def test_what_a_resnet_keeps_is_a_sum_that_can_be_done_by_hand(
    name: str, norms: int, activations: int, others: int
) -> None:
    network = resdsl.load(name).ir
    image, pooled = 3 * 224 * 224, 64 * 56 * 56
    channels = sum(layer.shapes[0][0] for layer in layers_of(network) if layer.op.kind() == "bn")
    by_hand = 4 * (norms + activations + image + pooled + others) + 8 * pooled + 4 * 2 * channels
    assert memory(network).saved == by_hand
    assert saved_bytes(module_of(network), *images(network, 1)) == by_hand


def layers_of(network: Network) -> list[Layer]:
    return [step.layer for step in steps(network)]


@pytest.mark.parametrize("name", ["resnet20", "densenet121", "seresnet50"])
def test_memory_of_a_narrow_type(name: str) -> None:
    network = small(name)
    module, inputs = module_of(network, torch.bfloat16), images(network, 2, torch.bfloat16)
    found = memory(network, batch=2, dtype="bfloat16")
    assert found.saved == pytest.approx(saved_bytes(module, *inputs), rel=1e-3)
    assert found.peak == pytest.approx(peak_bytes(module, *inputs), rel=1e-2)


def test_state_and_what_optimisers_keep() -> None:
    network = resdsl.load("resnet20").ir
    found = memory(network, batch=2)
    module = module_of(network)
    assert found.parameters == sum(each.nbytes for each in module.parameters())
    assert found.buffers == sum(each.nbytes for each in module.buffers())
    module(*images(network, 2)).sum().backward()
    assert found.gradients == sum(each.grad.nbytes for each in module.parameters() if each.grad is not None)
    for optimiser, expected in (
        (torch.optim.SGD(module.parameters(), lr=0.1, momentum=0.9), found.momentum),
        (torch.optim.Adam(module.parameters()), found.adam),
    ):
        optimiser.step()
        kept = [each for state in optimiser.state.values() for each in state.values() if isinstance(each, Tensor)]
        assert sum(each.nbytes for each in kept if each.dim()) == expected


def test_memory_takes_the_time_of_distinct_bodies() -> None:
    assert memory(nested(40)).saved == 0  # nothing is learned in it
    stages = network_kept(resdsl.load("resnet1202").ir).parts
    assert [[times for _, times in run] for stage in stages for run in stage.runs] == [[200], [1], [199], [1], [199]]


def test_a_type_that_is_not_known_is_refused() -> None:
    with pytest.raises(UnknownDtype, match=r"unknown data type `int4`; available: float64, float32"):
        memory(shared(), dtype="int4")


def least_of_flat(network: Network) -> int:
    """The most numbers alive at once, layer by layer without any folding, by the rules of `least_values`."""
    flow = FlatNetwork(network)
    order = list(flow)
    shown = {flow.resolve(tap.value) for tap in network.outputs}
    read = set(shown)
    needed = []
    for step in reversed(order):
        if read & set(step.outputs):
            needed.append(step)
            read |= set(step.inputs)
    needed.reverse()
    last = {value: index for index, step in enumerate(needed) for value in step.inputs} | dict.fromkeys(shown, 10**9)
    tensor = {each.name: each.name for each in network.inputs}
    alive = {each.name: prod(each.shape) for each in network.inputs}
    unread = alive.keys() - last.keys()
    peak = sum(alive.values())
    for index, step in enumerate(needed):
        op, size = step.layer.op, sum(map(prod, step.layer.shapes))

        def spare(name: str, index: int = index) -> bool:
            return all(last.get(value, -1) <= index for value, behind in tensor.items() if behind == name)

        over = [tensor[value] for value in step.inputs if isinstance(op, Elementwise | Add | Mul)]
        over = [name for name in over if spare(name) and alive[name] == size]
        target = tensor[step.inputs[0]] if op.makes(step.shapes).view else over[0] if over else step.outputs[0]
        alive.setdefault(target, size)
        peak = max(peak, sum(alive.values()))
        tensor.update(dict.fromkeys(step.outputs, target))
        for name in [name for name in alive if name not in unread and spare(name)]:
            del alive[name]
    return peak


@pytest.mark.parametrize("name", ["resnet50", "resnet20", "densenet121", "seresnet50", "preresnet164", "edsr", "vgg19"])
def test_least_memory_of_shipped_networks_is_that_of_the_flat_list(name: str) -> None:
    network = resdsl.load(name).ir
    assert memory(network).least == 4 * least_of_flat(network)
    assert memory(network).least <= memory(network).peak


@given(network=networks())
def test_least_memory_of_drawn_networks_is_that_of_the_flat_list(network: Network) -> None:
    assert memory(network).least == 4 * least_of_flat(network)
