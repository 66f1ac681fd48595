"""Modules that are called as words of the language are, and what outputs of modules are called."""

from __future__ import annotations

from keyword import iskeyword
from typing import Any

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
