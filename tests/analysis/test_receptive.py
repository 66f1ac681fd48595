"""Receptive fields against gradients, against all paths one by one, and against published figures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

import pytest
import torch
from hypothesis import assume, given, settings
from torch import Tensor, nn

import resdsl
from resdsl.analysis.receptive_field.field import Field, Fields
from resdsl.ir.network import Network
from resdsl.ir.walk import FlatNetwork
from resdsl.ops.reach import POINT, Reach, Reaches, interpolated, repeats, windows
from resdsl.ops.records import ShapeError
from tests.analysis.resized import resized
from tests.ir.networks import Graph, basic, nested
from tests.ir.strategies import networks
from tests.ops.frameworks import Case, TorchOp, cases, random_state

Region = tuple[tuple[int, int], ...]
BLIND = ("scale-2", *(f"group_norm-{number}" for number in range(5)))
"""A factor of zero; and what mixes all positions by its statistics, which is no path here."""
CASES = [case for case in cases() if case.op.reach(case.inputs)[0] and case.name not in BLIND]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def smoothed(module: nn.Module) -> nn.Module:
    """The module with means for maxima, of whose elements only one has a gradient.

    Gates that saturate and norms whose statistics mix all positions are left out.
    """
    for name, child in list(module.named_children()):
        kind = type(child).__name__
        if kind.startswith("MaxPool"):
            mean = getattr(nn, kind.replace("Max", "Avg"))
            module._modules[name] = mean(child.kernel_size, child.stride, child.padding, child.ceil_mode)
        elif kind.startswith("PaddedMaxPool"):
            pad, mean = getattr(nn, f"ConstantPad{kind[-2:]}"), getattr(nn, f"AvgPool{kind[-2:]}")
            module._modules[name] = nn.Sequential(pad(child.margins, 0.0), mean(child.kernel_size, child.stride))
        elif kind.startswith("AdaptiveMaxPool"):
            module._modules[name] = getattr(nn, kind.replace("Max", "Avg"))(child.output_size)
        elif kind in ("Sigmoid", "GroupNorm"):
            module._modules[name] = nn.Identity()
        else:
            smoothed(child)
    return module


def positive(network: Network) -> nn.Module:
    """The module in float64 with means for its weights, so that nothing cancels and nothing overflows."""
    module = smoothed(resdsl.Net(network).to_torch(device="meta", dtype=torch.float64).to_empty(device="cpu")).eval()
    for name, tensor in (*module.named_parameters(), *module.named_buffers()):
        tensor.data.fill_(1 / tensor[0].numel() if tensor.dim() > 1 else name.endswith(("weight", "var")))
    return module


def seen(output: Tensor, inputs: Tensor, position: tuple[int, ...]) -> Region:
    """The first and the last position per axis of what has a gradient at one position of the output."""
    weights = torch.linspace(1, 2, output.shape[1], dtype=output.dtype)
    there = output[0].flatten(1)[:, place(position, output.shape[2:])]
    (gradient,) = torch.autograd.grad((there * weights).sum(), inputs, retain_graph=True)
    where = gradient[0].ne(0).any(0).nonzero()
    if not len(where):
        return ()
    return tuple((int(axis.min()), int(axis.max())) for axis in where.T)


def place(position: tuple[int, ...], sizes: Sequence[int]) -> int:
    """A position of a map, counted as its elements lie in memory."""
    index = 0
    for p, size in zip(position, sizes, strict=True):
        index = index * size + p
    return index


def said(reaches: Reaches, position: tuple[int, ...]) -> Region:
    return tuple(reach.at(p) for reach, p in zip(reaches, position, strict=True))


def inside(region: Region, sizes: tuple[int, ...]) -> bool:
    return all(first >= 0 and last < size for (first, last), size in zip(region, sizes, strict=True))


def assert_gradient_agrees(network: Network) -> None:
    """At central positions of each output with axes, what is said is what has a gradient."""
    fields, (given,) = Fields(network), network.inputs
    image = torch.linspace(0.5, 1.5, given.shape[0], dtype=torch.float64).reshape(1, -1, *[1] * (len(given.shape) - 1))
    image = image.expand(1, *given.shape).clone().requires_grad_()
    outputs = positive(network)(image)
    for tap in network.outputs:
        field, output = fields.of(tap.value), outputs[tap.name] if isinstance(outputs, dict) else outputs
        if field is None or output.dim() == 2:
            continue
        assert bool(output.isfinite().all())
        middle = tuple(size // 2 for size in output.shape[2:])
        if field.longest is None:
            # The last positions of an odd map may be read by no window.
            edges = zip(seen(output, image, middle), given.shape[1:], strict=True)
            assert max(max(first, size - 1 - last) for (first, last), size in edges) < 64
            continue
        for position in (middle, tuple(p + 1 for p in middle)):
            region = said(field.longest, position)
            assert inside(region, given.shape[1:])
            assert seen(output, image, position) == region


def roomy(network: Network, upto: str | None = None) -> Network:
    """The network on an input that holds the receptive fields of its outputs and has room besides.

    Raises:
        ShapeError: it does not run on that.
    """
    fields = Fields(network)
    values = [tap.value for tap in network.outputs] if upto is None else [upto]
    found = [field for value in values if (field := fields.of(value)) is not None]
    strides = [int(stride) + 1 for field in found for stride in field.stride or ()]
    sizes = [size for field in found for size in field.size or field.shortest_size or ()]
    size = -(-(max(sizes, default=1) + 6 * max(strides, default=1)) // 32) * 32
    return resized(network, (size + 32, size)[: len(network.inputs[0].shape) - 1], upto)


@given(network=networks())
@settings(max_examples=60)
def test_drawn_networks_see_what_has_a_gradient(network: Network) -> None:
    try:
        network = roomy(network)
    except ShapeError:  # its branches meet only because a small map lost a row
        assume(False)
    assume(max(network.inputs[0].shape[1:]) <= 400)
    assert_gradient_agrees(network)


@pytest.mark.parametrize(
    ("name", "value", "given"),
    [
        ("resnet18", "layer3", {}),
        ("resnet20", "layer3", {}),
        ("resnet50", "layer2", {}),
        ("resnet50d", "layer2", {}),
        ("resnetblur50", "layer2", {}),
        ("res2net50_26w_4s", "layer2", {}),
        ("edsr", None, {"n": 2, "width": 8, "doublings": 2}),
        ("vdsr", None, {"width": 8}),
        ("deblur", None, {"n": 2, "width": 8}),
        ("resnet1d18", "layer2", {}),
    ],
)
def test_shipped_networks_see_what_has_a_gradient(name: str, value: str | None, given: dict[str, int]) -> None:
    assert_gradient_agrees(roomy(resdsl.load(name, **given).ir, value))  # type: ignore[arg-type]


def chain(*ops: tuple[str, dict[str, Any]], channels: int = 4) -> Network:
    graph = Graph(input=(channels, 64, 72))
    for index, (op, arguments) in enumerate(ops):
        graph.layer(op, name=f"n{index}", **arguments)
    return graph.network("chain")


MAGNIFIED = [
    chain(("upsample", {"factor": 3}), ("conv", {"kernel": 3, "out": 4, "stride": 2})),
    chain(("conv", {"kernel": 4, "out": 4, "stride": 3, "dilation": 2}), ("upsample", {"factor": (2, 5)})),
    chain(("upsample", {"factor": 2, "mode": "bilinear"}), ("upsample", {"factor": 3, "mode": "bilinear"})),
    chain(("conv", {"kernel": 2, "out": 16}), ("pixel_shuffle", {"factor": 4}), ("avgpool", {"kernel": 3})),
    chain(("blur", {"kernel": 4, "stride": 2}), ("subsample", {"stride": (3, 2)}), ("upsample", {"factor": 4})),
    chain(("pixel_shuffle", {"factor": 2}), ("blur", {"kernel": (5, 2)}), ("maxpool", {"kernel": 2, "stride": 3})),
]


@pytest.mark.parametrize("network", MAGNIFIED, ids=str)
def test_every_phase_of_a_magnified_map_sees_what_has_a_gradient(network: Network) -> None:
    field = Fields(network).of(network.nodes[-1].name)
    assert field is not None
    assert field.longest is not None
    image = torch.ones((1, *network.inputs[0].shape), dtype=torch.float64, requires_grad=True)
    output = positive(network)(image)
    middle = [size // 2 for size in output.shape[2:]]
    for step in range(max(reach.period for reach in field.longest) + 1):
        position = tuple(p + step for p in middle)
        assert seen(output, image, position) == said(field.longest, position)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_op_reads_what_it_says(case: Case) -> None:
    module = TorchOp(case)
    module.load(random_state(case))
    module = smoothed(module).double().eval()  # type: ignore[assignment]
    for tensor in module.parameters():
        tensor.data.abs_()
    inputs = [torch.rand((1, *shape), dtype=torch.float64) + 0.1 for shape in case.inputs]
    for number, reaches in enumerate(case.op.reach(case.inputs)):
        given = inputs[number].requires_grad_()
        output = module(*inputs)[0]
        sizes = output.shape[2:]
        for position in torch.cartesian_prod(*map(torch.arange, sizes)).reshape(-1, len(sizes)).tolist():
            if reaches and inside(said(reaches, position), case.inputs[number][1:]):
                found = seen(output, given, tuple(position))
                # A stride wider than the kernel leaves positions that read nothing; what is cut off has no gradient.
                blind = case.op.op in ("conv_transpose", "clip", "hard_sigmoid") and not found
                assert blind or found == said(reaches, position)


def paths(network: Network, value: str, position: tuple[int, ...]) -> list[Region] | None:
    """What each path to a value reads of the input at a position; None where one reads all."""
    flow = FlatNetwork(network)
    found: dict[str, list[Reaches | None]] = {network.inputs[0].name: [(POINT,) * len(position)]}
    for step in flow:
        ways: list[Reaches | None] = []
        for source, reach in zip(step.inputs, step.layer.op.reach(step.shapes), strict=True):
            ways += [through(way, reach) for way in found[source]]
        assume(len(ways) < 2000)
        found.update({output: list(dict.fromkeys(ways)) for output in step.outputs})
    ways = found[flow.resolve(value)]
    return None if None in ways else [said(way, position) for way in ways if way is not None]


def through(way: Reaches | None, reach: Reaches | None) -> Reaches | None:
    if way is None or reach is None:
        return None
    return tuple(inner.then(outer) for inner, outer in zip(way, reach, strict=True))


@given(network=networks())
@settings(max_examples=60)
def test_the_longest_and_the_shortest_are_those_of_all_paths(network: Network) -> None:
    fields = Fields(network)
    for tap in network.outputs:
        field = fields.of(tap.value)
        assert field is not None
        position = (9, 17)
        found = paths(network, tap.value, position) if len(network.values[tap.value]) > 1 else None
        if found is None:
            assert field.longest is None
            continue
        regions = list(zip(*found, strict=True))
        assert field.shortest_size == tuple(min(last - first + 1 for first, last in axis) for axis in regions)
        if field.longest is not None:
            together = tuple((min(first for first, _ in axis), max(last for _, last in axis)) for axis in regions)
            assert said(field.longest, position) == together


BASIC = ("resnet18", "resnet34")
PUBLISHED = {
    ("resnet18", "3x3"): (43, 99, 211, 435),
    ("resnet34", "3x3"): (59, 179, 547, 899),
    ("resnet50", "3x3"): (35, 91, 267, 427),
    ("resnet101", "3x3"): (35, 91, 811, 971),
    ("resnet152", "3x3"): (35, 155, 1291, 1451),
    ("resnet50", "1x1"): (35, 99, 291, 483),
    ("resnet101", "1x1"): (35, 99, 835, 1027),
    ("resnet152", "1x1"): (35, 163, 1315, 1507),
}
"""By stage and by where the stride sits; those of the paper's stride are in Araujo et al., Distill 2019."""


@pytest.mark.parametrize(("name", "stride_at"), PUBLISHED)
def test_published_receptive_fields(name: str, stride_at: str) -> None:
    network = resdsl.load(name, stride_at=stride_at).ir if name not in BASIC else resdsl.load(name).ir
    found = [Fields(network).of(stage.name) for stage in network.stages]
    assert [field and field.size for field in found] == [(size, size) for size in PUBLISHED[name, stride_at]]
    assert [field and field.shortest_size for field in found] == [(11, 11)] * 4
    assert [field and field.stride for field in found] == [(Fraction(step),) * 2 for step in (4, 8, 16, 32)]


def test_behind_a_pool_over_the_map_everything_is_seen() -> None:
    network = resdsl.load("seresnet50").ir
    fields = Fields(network)
    assert fields.of("fc") == Field(None, None)
    stage = fields.of("layer1")
    assert stage is not None
    assert stage.size is None  # its gates see the whole map
    assert stage.shortest_size == (11, 11)
    assert stage.stride == (Fraction(4), Fraction(4))


def test_modules_are_found_by_path_and_repeats_by_the_last() -> None:
    network = resdsl.load("resnet50").ir
    fields = Fields(network)
    sizes = [field and field.size for field in (fields.at(f"layer2.{index}") for index in range(4))]
    assert sizes == [(43, 43), (59, 59), (75, 75), (91, 91)]
    assert fields.at("layer2.1", repeats=3) == fields.at("layer2") == fields.of("layer2")
    assert fields.at("layer2.1.conv1", repeats=2) == fields.at("layer2.2.conv1")
    downsample = fields.at("layer2.0.downsample.0")
    assert downsample is not None
    assert downsample.size == (35, 35)
    with pytest.raises(KeyError):
        fields.at("layer2.4")


def test_an_input_that_a_value_does_not_read_is_not_seen() -> None:
    graph = Graph(left=(2, 8, 8), right=(2, 8, 8))
    graph.layer("conv", "left", name="conv", kernel=3, out=2)
    graph.layer("conv", "right", name="other", kernel=5, out=2)
    graph.layer("add", "conv", "other", name="add")
    network = graph.network("two")
    assert Fields(network).of("other") is None
    sizes = [field and field.size for field in (Fields(network, name).of("add") for name in ("left", "right"))]
    assert sizes == [(3, 3), (5, 5)]


def test_fields_take_the_time_of_distinct_bodies() -> None:
    field = Fields(nested(40)).of("top")
    assert field is not None
    assert field.size == (1, 1)
    many = Graph(input=(4, 8, 8))
    many.stage((basic((4, 8, 8), 4), 10**9), name="stage")
    deep = Fields(many.network("deep")).of("stage")
    assert deep is not None
    assert deep.size == (4 * 10**9 + 1,) * 2


def test_maps_compose() -> None:
    (window,) = windows((3,), (2,), (1,))
    assert window == Reach(2, (-1,), (1,))
    assert window.repeated(3) == window.then(window).then(window) == Reach(8, (-7,), (7,))
    assert window.repeated(0) == POINT
    assert repeats(2).then(window).at(5) == (4, 5)
    assert interpolated(2) == Reach(1, (-1, 0), (0, 1))
    assert interpolated(3) == Reach(1, (-1, 0, 0), (0, 0, 1))
    assert repeats(3).stride == Fraction(1, 3)
    assert window.joined(POINT) is None
    assert repeats(2).joined(interpolated(2)) == Reach(1, (-1, 0), (0, 1))
