"""What is particular to modules of PyTorch as plain graphs."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

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
