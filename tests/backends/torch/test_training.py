"""Training agrees with modules written by hand, and gradients with layers that are run one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import pytest
import torch
from hypothesis import given, settings
from torch import Tensor, nn

import resdsl
from resdsl.ir.network import Network
from tests.backends.torch.plain import LayerByLayer, ResNet
from tests.backends.torch.test_agreement import OTHERS
from tests.ir.networks import branches, shared, small
from tests.ir.strategies import networks

BATCH, STEPS = 6, 3
NOISE = {torch.float64: 1e-12, torch.float32: 1e-5}
"""By the largest value of each tensor."""
STEMS = {"imagenet": "conv 7x7, 6, /2; norm; act; maxpool 3x3, /2", "cifar": "conv 3x3, 6; norm; act"}
LARGE = {"dilation", "stem_c", "stem_d", "wide"}
"""Texts whose networks take long to train; what they use is used by others, too."""
SIZES = {"imagenet": 40, "cifar": 14}
NET = """
network net(shortcut = {option}) {{
  input 3x{size}x{size}
  {stem}
  stage layer1: {block}(8{more}) x 2
  stage layer2: {block}(13{more}) x 3, /2
  stage layer3: {block}(16{more}) x 1, /2
  avgpool global
  fc 5
}}
"""
State = dict[str, Tensor]


def written(block: str, option: str, stem: str, more: str = "") -> resdsl.Net:
    """A small network in the language; `ResNet(block, (8, 13, 16), (2, 3, 1), ...)` by hand."""
    shortcut = 'A(zeros="both")' if option == "both" else option
    return resdsl.loads(NET.format(block=block, option=shortcut, stem=STEMS[stem], size=SIZES[stem], more=more))


def by_hand(block: str, option: str, stem: str, stride_at: int = 3) -> ResNet:
    return ResNet(block, (8, 13, 16), (2, 3, 1), option, 5, cifar=stem == "cifar", stem=6, stride_at=stride_at)


def trained(module: nn.Module, net: resdsl.Net, dtype: torch.dtype) -> tuple[list[float], State]:
    """Losses of a few steps, and the state behind them."""
    draw = torch.Generator().manual_seed(1)
    optimizer = torch.optim.SGD(module.parameters(), lr=0.05, momentum=0.9, weight_decay=1e-3)
    classes = net.ir.values[net.ir.outputs[0].value][0]
    losses = []
    for _ in range(STEPS):
        images = torch.randn(BATCH, *net.ir.inputs[0].shape, dtype=dtype, generator=draw)
        labels = torch.randint(classes, (BATCH,), generator=draw)
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(module.train()(images), labels)
        torch.autograd.backward(loss)
        optimizer.step()
        losses.append(loss.item())
    return losses, {name: value.detach() for name, value in module.state_dict().items()}


def distance(found: State, wanted: State) -> float:
    """The largest difference of a tensor, by the largest value of that tensor."""
    assert list(found) == list(wanted)
    differences = [
        ((found[name] - value).abs().max() / value.abs().max().clamp(min=1e-30)).item()
        for name, value in wanted.items()
    ]
    return max(differences)


def assert_trains_alike(net: resdsl.Net, plain: nn.Module, dtype: torch.dtype) -> None:
    """The same weights and statistics after the same steps from the same weights."""
    ours = net.to_torch(dtype=dtype, seed=3)
    before = {name: value.clone() for name, value in ours.state_dict().items()}
    plain.to(dtype).load_state_dict(before, strict=True)
    found, after = trained(ours, net, dtype)
    wanted, expected = trained(plain, net, dtype)
    assert found == pytest.approx(wanted, rel=NOISE[dtype])
    assert distance(after, expected) <= NOISE[dtype]
    assert not [name for name, value in after.items() if torch.equal(value, before[name])]
    assert {value.item() for name, value in after.items() if name.endswith("num_batches_tracked")} == {STEPS}


each_dtype = pytest.mark.parametrize("dtype", NOISE, ids=["float64", "float32"])
each_stem = pytest.mark.parametrize("stem", STEMS)
each_block = pytest.mark.parametrize("block", ["basic", "bottleneck"])


@each_dtype
@each_stem
@pytest.mark.parametrize("option", ["A", "both", "B", "C", "none"])
@each_block
def test_three_steps_give_the_weights_of_a_hand_written_module(
    block: str, option: str, stem: str, dtype: torch.dtype
) -> None:
    assert_trains_alike(written(block, option, stem), by_hand(block, option, stem), dtype)


@each_dtype
def test_the_paper_s_bottleneck_strides_at_the_first_convolution(dtype: torch.dtype) -> None:
    net = written("bottleneck", "B", "imagenet", ", stride_at=1x1")
    assert_trains_alike(net, by_hand("bottleneck", "B", "imagenet", stride_at=1), dtype)


@pytest.mark.parametrize(("option", "other"), [("A", "both"), ("both", "A"), ("A", "none")])
@each_stem
def test_another_shortcut_trains_to_other_weights(option: str, other: str, stem: str) -> None:
    """These have the same state, so that nothing but what they compute tells them apart."""
    net, plain = written("basic", option, stem), by_hand("basic", other, stem).double()
    ours = net.to_torch(dtype=torch.float64)
    plain.load_state_dict(ours.state_dict(), strict=True)
    assert distance(trained(ours, net, torch.float64)[1], trained(plain, net, torch.float64)[1]) > 1e-4


WIDTHS = (64, 128, 256, 512)
SHIPPED = {
    **{
        f"resnet20 {option}": partial(ResNet, "basic", (16, 32, 64), (3, 3, 3), option, 10, cifar=True, stem=16)
        for option in ("A", "B", "C", "none")
    },
    "resnet18 B": partial(ResNet, "basic", WIDTHS, (2, 2, 2, 2), "B", 1000, cifar=False),
    "resnet50 B": partial(ResNet, "bottleneck", WIDTHS, (3, 4, 6, 3), "B", 1000, cifar=False),
}


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_networks_train_as_hand_written_modules(name: str) -> None:
    spec, shortcut = name.split()
    net = resdsl.load(spec, input="3x16x16" if spec == "resnet20" else "3x48x48", shortcut=shortcut)
    assert_trains_alike(net, SHIPPED[name](), torch.float32)


# --------------------------------------------------------------------------- layers that are run one by one


def assert_computes_alike(network: Network) -> None:
    """Outputs, gradients and statistics are those of the layers, which write over nothing."""
    ours = resdsl.Net(network).to_torch(dtype=torch.float64)
    plain = LayerByLayer(network).double()
    shaken(ours)
    state, named = ours.state_dict(), plain.named_state()
    assert sorted(named) == sorted(state)
    with torch.no_grad():
        for name, value in state.items():
            named[name].copy_(value)
    for training in (False, True):
        found = computed(ours.train(training), dict(ours.named_parameters()), network)
        learned = {name: value for name, value in named.items() if isinstance(value, nn.Parameter)}
        wanted = computed(plain.train(training), learned, network)
        assert sorted(found) == sorted(wanted)
        for name, value in wanted.items():
            torch.testing.assert_close(found[name], value, rtol=1e-9, atol=1e-9 * (1 + value.abs().max().item()))
    for name, value in ours.state_dict().items():
        torch.testing.assert_close(value, named[name].detach(), rtol=1e-9, atol=1e-9)


def shaken(module: nn.Module) -> None:
    """No scale is one and no shift zero any more, so that none can be mistaken for another."""
    draw = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.add_(torch.randn(parameter.shape, dtype=torch.float64, generator=draw), alpha=0.1)


def computed(module: nn.Module, learned: Mapping[str, Tensor], network: Network) -> State:
    """Outputs, and gradients by the parameters and inputs that these depend on."""
    draw = torch.Generator().manual_seed(6)
    shapes = [(2, *each.shape) for each in network.inputs]
    inputs = [torch.randn(shape, dtype=torch.float64, generator=draw).requires_grad_() for shape in shapes]
    before = [value.detach().clone() for value in inputs]
    torch.manual_seed(7)
    made = module(*inputs)
    outputs: State = made if isinstance(made, dict) else {network.outputs[0].name: made}
    kept = {f"output {name}": value.detach().clone() for name, value in outputs.items()}
    leaves = {**learned, **{f"input {position}": value for position, value in enumerate(inputs)}}
    total = torch.stack([value.square().sum() for value in outputs.values()]).sum()
    gradients: Sequence[Tensor | None] = torch.autograd.grad(total, list(leaves.values()), allow_unused=True)
    assert all(torch.equal(*each) for each in zip(inputs, before, strict=True))
    found = {name: value for name, value in zip(leaves, gradients, strict=True) if value is not None}
    return {**kept, **{f"gradient of {name}": value for name, value in found.items()}}


@pytest.mark.parametrize("make", [small, branches, shared])
def test_networks_made_by_hand_compute_what_their_layers_do(make: Callable[[], Network]) -> None:
    assert_computes_alike(make())


@settings(max_examples=40)
@given(networks())
def test_drawn_networks_compute_what_their_layers_do(network: Network) -> None:
    assert_computes_alike(network)


@pytest.mark.parametrize("name", [name for name in OTHERS if name.partition(".")[0] not in LARGE])
def test_networks_of_texts_compute_what_their_layers_do(name: str) -> None:
    assert_computes_alike(OTHERS[name]().ir)


UNEVEN = {
    "a bias in the first use alone": """
block b(biased) { conv 3x3, 4, bias=biased; act }
network n { input 3x6x6; b(true); b(false); b(true) }
""",
    "a norm in some uses alone": """
block b(normed) { conv 3x3, 4; if normed { norm }; act }
network n { input 3x6x6; b(true); b(false); b(true) }
""",
    "an argument without effect": """
block b(width, rate = 0.0) { conv 3x3, width; act; if rate > 0.5 { drop_path rate } }
network n { input 3x6x6; conv 3x3, 4; stage layer1: b(4, rate=0.1 * i) x 3 }
""",
    "an argument with effect in the end": """
block b(width, rate = 0.0) { conv 3x3, width; act; if rate > 0.1 { drop_path rate } }
network n { input 3x6x6; conv 3x3, 4; stage layer1: b(4, rate=0.1 * i) x 4 }
""",
    "one bracket with and without a stride": """
network n(shortcut = B) {
  input 3x6x6
  stage layer1: [3x3, 4] x 2, /2
  stage layer2: [3x3, 4] x 2
}
""",
    "a norm that starts at zero in a row": """
network n { input 3x6x6; "features.0": conv 3x3, 4; "features.1": bn init=0; "features.2": relu }
""",
    "norms that start differently in rows": """
block b(start) { "body.0": conv 3x3, 4; "body.1": bn init=start; "body.2": relu }
network n { input 3x6x6; b(0); b(1); b(0.5) }
""",
    "an identity": """
block b(width) { conv 3x3, width; norm; identity }
network n { input 3x6x6; b(4); identity; b(5) }
""",
}


@pytest.mark.parametrize("name", UNEVEN)
def test_uses_of_one_block_that_differ(name: str) -> None:
    assert_computes_alike(resdsl.loads(UNEVEN[name]).ir)
