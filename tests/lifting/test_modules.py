"""What is particular to modules of PyTorch as plain graphs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import resdsl
from resdsl.lifting.refusals import UnknownOps
from resdsl.lifting.sources.exported import read_module


class InPlace(nn.Module):
    """What is added at the end was changed in place."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(4, 4, 3, padding=1)

    def forward(self, x: torch.Tensor) -> Any:
        x = self.conv(x)
        y = nn.functional.relu_(x)
        return self.conv(y) + x


def test_what_is_changed_in_place_is_read_as_it_is_afterwards() -> None:
    graph = read_module(InPlace(), {"": (4, 8, 8)})
    assert [node.op.op for node in graph.nodes] == ["conv", "relu", "conv", "add"]
    assert set(graph.nodes[-1].inputs) == {graph.nodes[1].output, graph.nodes[2].output}


class Blurring(nn.Module):
    """A fixed filter, which no state dict has."""

    def __init__(self, row: tuple[float, ...], channels: int, persistent: bool = False) -> None:
        super().__init__()
        taps = torch.tensor(row)
        self.register_buffer("filt", (taps[:, None] * taps).expand(channels, 1, 3, 3).clone(), persistent=persistent)

    def forward(self, x: torch.Tensor) -> Any:
        x = nn.functional.pad(x, (1, 1, 1, 1), "reflect")
        return nn.functional.conv2d(x, self.get_buffer("filt"), stride=2, groups=x.shape[1])


def test_the_filter_of_a_blur_is_known() -> None:
    found = resdsl.lift(nn.Sequential(Blurring((0.25, 0.5, 0.25), 4), nn.Conv2d(4, 4, 1)), input="4x9x9")
    assert "blur /2" in found.text
    assert found.agreement.difference is not None
    with pytest.raises(UnknownOps, match="its weight is computed or constant"):
        resdsl.lift(Blurring((0.3, 0.4, 0.3), 4), input="4x9x9")


class Standardised(nn.Conv2d):
    """A convolution whose weights are computed."""

    def forward(self, x: torch.Tensor) -> Any:
        return nn.functional.conv2d(x, self.weight * 2, self.bias)


def test_weights_that_are_no_parameters_are_refused() -> None:
    with pytest.raises(UnknownOps, match=r"conv: 2 nodes, the first is .* in 0: its weight is computed or constant"):
        read_module(nn.Sequential(Standardised(3, 4, 1), Standardised(4, 4, 1)), {"": (3, 8, 8)})


def test_layers_that_share_their_weight_alone_keep_their_biases(tmp_path: Path) -> None:
    first, second = nn.Conv2d(3, 3, 3), nn.Conv2d(3, 3, 3)
    second.weight = first.weight
    path = tmp_path / "tied.onnx"
    torch.onnx.export(nn.Sequential(first, nn.ReLU(), second), (torch.zeros(1, 3, 8, 8),), path, dynamo=False)
    found = resdsl.lift(path)
    assert found.agreement.difference == 0
    assert "shared" not in found.text
    assert not found.named
    assert "share tensors, but not all of them and their settings" in found.unnamed_because
    assert found.as_data()["tensors_shared_in_part"] == ["0.weight"]


class Passing(nn.Module):
    """What it is given is an output too."""

    def __init__(self, last: bool) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.last = last

    def forward(self, x: torch.Tensor, y: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        made = self.conv(x)
        made = made if y is None else made + y
        return (made, x) if self.last else (x, made)


@pytest.mark.parametrize("sizes", [{"x": "3x8x8"}, {"x": "3x8x8", "y": "3x8x8"}])
@pytest.mark.parametrize("last", [True, False])
def test_an_output_may_be_an_input(sizes: dict[str, str], last: bool) -> None:
    found = resdsl.lift(Passing(last), input=sizes)
    assert found.agreement.difference == 0
    assert found.named


class Scaled(nn.Module):
    """A convolution by a learned number."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 3, 3, padding=1)
        self.alpha = nn.Parameter(torch.full((1,), 0.1))

    def forward(self, x: torch.Tensor) -> Any:
        return x + self.alpha * self.conv(x)


def test_learned_numbers_in_numbered_modules_stay_learned() -> None:
    module = nn.Sequential(Scaled(), nn.Sequential(Scaled(), Scaled()))
    found = resdsl.lift(module, input="3x8x8")
    assert found.unused == ()
    assert set(found.net.to_torch().state_dict()) == set(module.state_dict())
