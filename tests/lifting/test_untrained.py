"""What modules of PyTorch do not train, or change as they compute."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import resdsl
from resdsl.lifting.refusals import NotLifted
from tests.cli.running import Command


class Filters(nn.Module):
    """A convolution, by its weight alone."""

    weight: Tensor

    def __init__(self, filters: Tensor) -> None:
        super().__init__()
        self.register_buffer("weight", filters)


class Filtered(nn.Module):
    """A convolution with filters that are a buffer, between two others."""

    def __init__(self, filters: Tensor, stride: int = 1, pad: str = "constant") -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, len(filters), 1, bias=False)
        self.edges = Filters(filters)
        self.head = nn.Conv2d(len(filters), 2, 1)
        self.stride, self.pad = stride, pad

    def forward(self, x: Tensor) -> Tensor:
        x = functional.pad(self.stem(x), (1, 1, 1, 1), self.pad)
        x = functional.conv2d(x, self.edges.weight, stride=self.stride, groups=x.shape[1])
        made: Tensor = self.head(x.relu())
        return made


def sobel() -> Filtered:
    """Filters that find edges, and a frozen layer before them."""
    found = Filtered(torch.tensor([[-1.0, 0, 1], [-2, 0, 2], [-1, 0, 1]]).expand(4, 1, 3, 3).clone())
    found.stem.requires_grad_(requires_grad=False)
    return found


def blurring() -> Filtered:
    """The filters of a blur."""
    row = torch.tensor([0.25, 0.5, 0.25])
    return Filtered((row[:, None] * row).expand(4, 1, 3, 3).clone(), stride=2, pad="reflect")


def test_what_is_frozen_is_told() -> None:
    found = resdsl.lift(sobel(), input="3x8x8")
    assert found.as_data()["tensors_untrained"] == ["stem.weight", "edges.weight"]
    assert found.named
    assert resdsl.lift(sobel().requires_grad_(), input="3x8x8").as_data()["tensors_untrained"] == ["edges.weight"]


def test_the_filters_of_a_blur_are_learned_by_nobody() -> None:
    found = resdsl.lift(blurring(), input="3x8x8")
    assert "blur /2" in found.text
    assert found.named
    assert found.unused == ("edges.weight",)
    assert found.as_data()["tensors_untrained"] == []


def test_frozen_statistics_are_no_news() -> None:
    found = resdsl.lift(nn.Sequential(nn.Conv2d(3, 4, 1), nn.BatchNorm2d(4)), input="3x8x8")
    assert found.as_data()["tensors_untrained"] == []


class Scaled(nn.Module):
    """A factor of each channel, as maps have them."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 1)
        self.gamma = nn.Parameter(torch.full((1, 8, 1, 1), 0.5))

    def forward(self, x: Tensor) -> Tensor:
        made: Tensor = self.conv(x) * self.gamma
        return made


def test_another_shape_is_told() -> None:
    found = resdsl.lift(Scaled(), input="3x8x8")
    assert (found.named, found.reshaped, found.unused) == (True, ("gamma",), ())


def test_the_command_tells_both(command: Command) -> None:
    command.write("untrained_modules.py", Path(__file__).read_text(encoding="utf-8"))
    result = command("lift", "untrained_modules:sobel", "--input", "3x8x8")
    assert result.code == 0, result.err
    assert "the module does not train `stem.weight`, `edges.weight`, and the text does: freeze" in result.err
    result = command("lift", "untrained_modules:Scaled", "--input", "3x8x8")
    assert "so that weights load" not in result.err
    assert "`gamma` has another shape in the text: --weights-out writes weights for it" in result.err


class Counting(nn.Module):
    """A module that counts its calls, or keeps a mean of what it has seen."""

    seen: Tensor

    def __init__(self, *, of_all: bool) -> None:
        super().__init__()
        self.register_buffer("seen", torch.zeros(3))
        self.of_all = of_all

    def forward(self, x: Tensor) -> Tensor:
        if self.of_all:
            self.seen[:] = 0.9 * self.seen + x.mean((0, 2, 3))
            return x - self.seen.view(3, 1, 1)
        self.seen += 1
        return x.relu()


@pytest.mark.parametrize("of_all", [False, True])
def test_what_is_kept_between_calls_is_refused(of_all: bool) -> None:
    with pytest.raises(NotLifted, match=r"Counting writes `seen` as it computes, and a network .* keeps nothing from"):
        resdsl.lift(Counting(of_all=of_all), input="3x8x8")


class ChangesItsInput(nn.Module):
    """The input is doubled in place before it is read."""

    def forward(self, x: Tensor) -> Tensor:
        x.mul_(2)
        return x.relu()


def test_a_module_may_change_its_input() -> None:
    found = resdsl.lift(ChangesItsInput(), input="3x8x8")
    assert found.agreement.difference == 0
    assert "scale 2.0; act" in found.text
