"""Attention in the language against modules that are written here as their papers and authors have them."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor, nn

import resdsl

SIZE = 9
"""Of the map that attention is compared on, by 7."""


class SelfAttention(nn.Module):
    """Multi-head self-attention over a map (arXiv 2101.11605, Figure 4), with each pair of positions written out."""

    def __init__(self, channels: int, width: int, heads: int, sizes: tuple[int, int] | None, *, bias: bool) -> None:
        super().__init__()
        self.heads = heads
        for name in ("query", "key", "value"):
            self.add_module(name, nn.Conv2d(channels, width, 1, bias=bias))
        self.relative = sizes is not None
        for name, size in zip(("rel_height", "rel_width"), sizes or (), strict=False):
            self.add_module(name, nn.Module())
            self.get_submodule(name).weight = nn.Parameter(torch.empty(2 * size - 1, width // heads))

    def forward(self, x: Tensor) -> Tensor:
        batch, _, height, width = x.shape
        query, key, value = (
            self.get_submodule(name)(x).reshape(batch, self.heads, -1, height * width).transpose(2, 3)
            for name in ("query", "key", "value")
        )
        query = query / query.shape[-1] ** 0.5
        scores = query @ key.transpose(2, 3)
        if self.relative:
            places = torch.arange(height * width)
            rows, columns = places // width, places % width
            high: Any = self.get_submodule("rel_height").weight
            wide: Any = self.get_submodule("rel_width").weight
            along = high[rows - rows[:, None] + height - 1] + wide[columns - columns[:, None] + width - 1]
            scores = scores + torch.einsum("bhqd,qkd->bhqk", query, along)
        found: Tensor = scores.softmax(3) @ value
        return found.transpose(2, 3).reshape(batch, -1, height, width)


class NonLocal(nn.Module):
    """The embedded Gaussian non-local block over a video (arXiv 1711.07971, Figure 2)."""

    def __init__(self, channels: int, pool: tuple[int, int, int] | None, *, scaled: bool) -> None:
        super().__init__()
        inner = channels // 2
        self.theta, self.phi, self.g = (nn.Conv3d(channels, inner, 1) for _ in range(3))
        self.out = nn.Conv3d(inner, channels, 1)
        self.bn = nn.BatchNorm3d(channels)
        self.pool = nn.MaxPool3d(pool) if pool else nn.Identity()
        self.scale = inner**-0.5 if scaled else 1.0

    def forward(self, x: Tensor) -> Tensor:
        read = self.pool(x)
        theta, phi, g = self.theta(x).flatten(2), self.phi(read).flatten(2), self.g(read).flatten(2)
        weights = (self.scale * theta.transpose(1, 2) @ phi).softmax(2)
        found = (weights @ g.transpose(1, 2)).transpose(1, 2).reshape(len(x), -1, *x.shape[2:])
        added: Tensor = self.bn(self.out(found))
        return x + added


def assert_computes(net: resdsl.Net, theirs: nn.Module, path: str) -> None:
    """That the network, which is this one block, has the parameters of a module, and yields the same."""
    ours = net.to_torch(seed=3).double().eval()
    theirs = theirs.double().eval()
    state = {name.removeprefix(f"{path}."): value for name, value in ours.state_dict().items()}
    random = torch.Generator().manual_seed(5)
    for name, value in state.items():
        if value.is_floating_point():
            value.copy_(torch.rand(value.shape, generator=random, dtype=value.dtype) + 0.1 * name.endswith("var"))
    theirs.load_state_dict(state)
    assert net.params == sum(value.numel() for value in theirs.parameters())
    image = torch.randn((2, *net.ir.inputs[0].shape), generator=random, dtype=torch.float64)
    with torch.no_grad():
        wanted = theirs(image)
        assert (ours(image) - wanted).abs().max() < 1e-9 * wanted.abs().max()


@pytest.mark.parametrize(
    ("call", "width", "heads", "relative", "bias"),
    [
        ("attention 4", 8, 4, False, False),
        ("attention 1, width=6, bias=true", 6, 1, False, True),
        ("attention heads=2, relative=true", 8, 2, True, False),
        ("attention 3, width=12, relative=true", 12, 3, True, False),
    ],
)
def test_attention_is_that_of_the_paper(call: str, width: int, heads: int, relative: bool, bias: bool) -> None:
    net = resdsl.loads(f"network n {{ input 8x{SIZE}x7; {call} -> {width}x{SIZE}x7 }}")
    sizes = (SIZE, 7) if relative else None
    assert_computes(net, SelfAttention(8, width, heads, sizes, bias=bias), "attention")
    positions = SIZE * 7
    along = positions * width * (SIZE + 7) if relative else 0
    assert net.costs.work.matmul == 2 * positions**2 * width + along
    assert net.macs == 3 * positions * 8 * width


@pytest.mark.parametrize(
    ("call", "pool", "scaled"),
    [("non_local", None, False), ("non_local pool=1x2x2, scaled=true", (1, 2, 2), True)],
)
def test_a_non_local_block_is_that_of_the_paper(call: str, pool: tuple[int, int, int] | None, scaled: bool) -> None:
    net = resdsl.loads(f"network n {{ input 8x3x6x4; {call} -> 8x3x6x4 }}")
    assert_computes(net, NonLocal(8, pool, scaled=scaled), "non_local")
    positions = 3 * 6 * 4
    assert net.costs.work.matmul == 2 * positions * (positions // 4 if pool else positions) * 4


@pytest.mark.parametrize(
    ("call", "words"),
    [
        ("attention 3", "the heads share the width evenly"),
        ("attention 0", "the heads share the width evenly"),
        ("attention 2, width=0", "the heads share the width evenly"),
        ("flatten; attention 2", "between positions of a map"),
        ("flatten; non_local", "between positions of a map"),
        ("conv 1, 1; non_local", "at least one channel within"),
        ("reshape 8x24; attention 2, relative=true", "distances along rows and columns need an image"),
    ],
)
def test_what_attention_cannot_do_is_refused(call: str, words: str) -> None:
    with pytest.raises(resdsl.SpecError, match=words):
        resdsl.loads(f"network n {{ input 8x6x4; {call} }}")


def test_a_non_local_block_starts_as_what_flows_in() -> None:
    module = resdsl.loads("network n { input 8x6x4; non_local }").to_torch(seed=1).eval()
    image = torch.randn((2, 8, 6, 4), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        assert torch.equal(module(image), image)


def test_botnet50_is_a_resnet50_whose_last_stage_attends() -> None:
    """Section 3: each of three 3x3 convolutions becomes three 1x1 ones and two tables of distances."""
    ours, resnet = resdsl.load("botnet50"), resdsl.load("resnet50")
    tables = sum(128 * 2 * (2 * size - 1) for size in (14, 7, 7))
    assert ours.params == resnet.params - 3 * 9 * 512**2 + 3 * 3 * 512**2 + tables
    assert [stage.shapes for stage in ours.ir.stages] == [stage.shapes for stage in resnet.ir.stages]
    positions = (14 * 14, 7 * 7, 7 * 7)
    scores = sum(2 * count**2 * 512 for count in positions)
    along = sum(count * 512 * 2 * int(count**0.5) for count in positions)
    assert ours.costs.work.matmul == scores + along


def test_nonlocal_resnet50_is_its_baseline_and_five_blocks() -> None:
    ours, baseline = resdsl.load("nonlocal_resnet50"), resdsl.load("nonlocal_resnet50", every=0)
    blocks = [NonLocal(channels, None, scaled=True) for channels in (512, 512, 1024, 1024, 1024)]
    assert ours.params - baseline.params == sum(value.numel() for each in blocks for value in each.parameters())
    classes = 600 * 2049  # of ImageNet, beside the 400 of Kinetics
    assert baseline.params == resdsl.load("resnet50").params - classes
    assert baseline.costs.work.matmul == 0
    pooled = [(8 // 2 * 28 * 28, 256), (8 // 2 * 28 * 28, 256), *[(4 * 14 * 14, 512)] * 3]
    assert ours.costs.work.matmul == sum(2 * count * (count // 4) * inner for count, inner in pooled)
