"""Modules that are called as words of the language are, and what outputs of modules are called."""

from __future__ import annotations

from collections.abc import Callable
from keyword import iskeyword
from typing import Any, NamedTuple

import pytest
import torch
from torch import nn

import resdsl
from resdsl.syntax.parser import keywords

_WORDS = sorted(word for word in {*keywords(), "log"} - {"input", *dir(nn.Module())} if not iskeyword(word))


class Doubled(nn.Module):
    """A residual of two layers."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Conv2d(4, 8, 1), nn.Conv2d(8, 4, 1)

    def forward(self, x: torch.Tensor) -> Any:
        return x + self.two(nn.functional.relu(self.one(x)))


class Named(nn.Module):
    """A layer, a residual, a branch or a module that is called twice, under each word."""

    def __init__(self, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self.last = nn.Conv2d(4, 4, 3, padding=1)
        for place, word in enumerate(_WORDS):
            # Kernels differ, so that no two layers in a row are a series.
            conv = nn.Conv2d(4, 4, (1 + place % 3, 1), padding="same")
            self.add_module(word, Doubled() if kind == "block" else conv)

    def forward(self, x: torch.Tensor) -> Any:
        for word in _WORDS:
            named = self.get_submodule(word)
            made = named(x)
            if self.kind == "branch":
                made = made + nn.functional.relu(self.last(x))
            x = named(nn.functional.relu(made)) if self.kind == "shared" else nn.functional.relu(made)
        return self.last(x)


@pytest.mark.parametrize("kind", ["layer", "block", "branch", "shared"])
def test_modules_may_be_called_as_words_of_the_language_are(kind: str) -> None:
    module = Named(kind)
    found = resdsl.lift(module, input="4x8x8", run=False)
    assert found.named, found.unnamed_because
    assert set(found.net.to_torch().state_dict()) == set(module.state_dict())


class Pyramid(nn.Module):
    """Two scales, returned in one of several ways."""

    def __init__(self, returns: Callable[[torch.Tensor, torch.Tensor], Any]) -> None:
        super().__init__()
        self.returns = returns
        self.stem = nn.Conv2d(3, 4, 1)
        self.layer1 = nn.Sequential(nn.Conv2d(4, 4, 3, 2), nn.ReLU())
        self.layer2 = nn.ModuleDict({"down": nn.Sequential(nn.Conv2d(4, 8, 3, 2), nn.ReLU())})

    def forward(self, x: torch.Tensor) -> Any:
        one = self.layer1(nn.functional.relu(self.stem(x)))
        return self.returns(one, self.layer2["down"](one))


class Scales(NamedTuple):
    """What a module returns under names."""

    fine: torch.Tensor
    coarse: torch.Tensor


@pytest.mark.parametrize(
    ("returns", "names"),
    [
        (lambda one, two: (one, two), ["layer1", "layer2_down"]),
        (lambda one, two: [two, one], ["layer2_down", "layer1"]),
        (lambda one, two: {"out": two, "aux": one}, ["out", "aux"]),
        (lambda one, two: {"0": one, "1": two}, ["0", "1"]),
        (lambda one, two: {"maps": [one, two], "none": None, "count": 2}, ["maps_0", "maps_1"]),
        (Scales, ["fine", "coarse"]),
        (lambda one, two: {"output": one, "input": two}, ["output_value", "input_value"]),
        (lambda one, two: {"a b": one, "a.b": two}, ["a_b", "layer2_down"]),
        (lambda one, two: (one, {"after": two, "again": one}), ["layer1", "1_after"]),
        (lambda one, two: (one + 0 * one, two.tanh()), ["add", "tanh"]),
    ],
)
def test_outputs_have_their_keys_or_the_paths_of_modules(returns: Any, names: list[str]) -> None:
    found = resdsl.lift(Pyramid(returns), input="3x17x17")
    assert found.agreement.difference == 0
    assert found.named
    assert [tap.name for tap in found.net.ir.outputs] == names


def test_what_is_lifted_until_a_module_has_its_path_and_is_compared() -> None:
    found = resdsl.lift(Pyramid(lambda one, two: (one, two)), input="3x17x17", until=["layer1", "layer2.down.0"])
    assert [tap.name for tap in found.net.ir.outputs] == ["layer1", "layer2_down_0"]
    assert found.agreement.difference == 0
    assert resdsl.lift(Pyramid(Scales), input="3x17x17", until=["conv2d"]).agreement.why_not
