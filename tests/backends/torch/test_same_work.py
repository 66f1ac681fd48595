"""A generated module asks as much of PyTorch as one written by hand: operator for operator, forwards and backwards.

Times differ from run to run by more than the modules do; what they ask for does not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
import torch
from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode

import resdsl
from benchmarks import plain_resnet

PEERS: dict[str, Callable[[], nn.Module]] = {"resnet34": plain_resnet.resnet34, "resnet50": plain_resnet.resnet50}
POOLED_AS_MEAN = {
    # training: (operators of ours alone, operators of the peer's alone); the peer takes means, ours pools and flattens
    False: (["aten.adaptive_avg_pool2d.default", "aten.flatten.using_ints"], ["aten.mean.dim"]),
    True: (["aten.view.default"] * 2, ["aten.unsqueeze.default"] * 2),
}


class Request(TorchDispatchMode):  # type: ignore[no-untyped-call]  # as PyTorch has it
    """Notes every operator."""

    def __init__(self, operators: Counter[str]) -> None:
        start: Callable[[], None] = super().__init__
        start()
        self.operators = operators

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: tuple[Any, ...] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        self.operators[str(func)] += 1
        return func(*args, **(kwargs or {}))


def asked(module: nn.Module, *, training: bool) -> Counter[str]:
    image = torch.randn(2, 3, 64, 64)
    module.train(training)
    operators: Counter[str] = Counter()
    with Request(operators), torch.inference_mode(not training):
        output = module(image)
        if training:
            output.sum().backward()
    return operators


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", PEERS)
def test_operators_are_those_of_a_module_written_by_hand(name: str, training: bool) -> None:
    ours = asked(resdsl.load(name).to_torch(), training=training)
    plain = asked(PEERS[name](), training=training)
    assert sum(ours.values()) > 100
    assert (sorted((ours - plain).elements()), sorted((plain - ours).elements())) == POOLED_AS_MEAN[training]


def test_another_operator_would_be_seen() -> None:
    class Late(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = plain_resnet.resnet34()

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(self.net(x))

    assert asked(Late(), training=False) - asked(PEERS["resnet34"](), training=False)
