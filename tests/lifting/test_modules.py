"""Modules of PyTorch lifted: their graphs, and the keys of their state dicts."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from resdsl.ir.walk import state
from resdsl.lifting.lifted import lifted
from resdsl.lifting.sources.exported import read_module
from tests.lifting.in_torch import NETWORKS

SMALL = ("cifar20", "unet", "preact18")


def keeps_its_keys(name: str) -> None:
    make, shape, _ = NETWORKS[name]
    module = make()
    found = lifted(read_module(module, {"": shape}), name)
    assert found.named
    assert {key for key, _ in state(found.network)} == set(module.state_dict())
    assert module.training


@pytest.mark.parametrize("name", SMALL)
def test_a_module_keeps_the_keys_of_its_state_dict(name: str) -> None:
    keeps_its_keys(name)


@pytest.mark.zoo
@pytest.mark.parametrize("name", [name for name in NETWORKS if name not in SMALL])
def test_every_module_keeps_the_keys_of_its_state_dict(name: str) -> None:
    keeps_its_keys(name)


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
