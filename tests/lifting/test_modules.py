"""What is particular to modules of PyTorch as plain graphs."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

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


class Standardised(nn.Conv2d):
    """A convolution whose weights are computed."""

    def forward(self, x: torch.Tensor) -> Any:
        return nn.functional.conv2d(x, self.weight * 2, self.bias)


def test_weights_that_are_no_parameters_are_refused() -> None:
    with pytest.raises(UnknownOps, match=r"conv: 2 nodes, the first is .* in 0: its weight is computed or constant"):
        read_module(nn.Sequential(Standardised(3, 4, 1), Standardised(4, 4, 1)), {"": (3, 8, 8)})
