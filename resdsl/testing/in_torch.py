"""Scores by PyTorch, in evaluation mode."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

import numpy as np
import torch
from torch import nn

from resdsl.data.images import Array
from resdsl.ir.resizing import with_input
from resdsl.ops.base import Shape
from resdsl.testing.scoring import Scores

if TYPE_CHECKING:
    from resdsl.net import Net
    from resdsl.weights.selection import Taking


@dataclass(frozen=True)
class InTorch:
    """A network as a PyTorch module, which may still be in training.

    Attributes:
        net: the network.
        module: its module, on any device.
    """

    net: Net
    module: nn.Module
    runs_in = "PyTorch"

    @classmethod
    def of(cls, net: Net, weights: str | Path, **taking: Unpack[Taking]) -> InTorch:
        """The network with the weights in a file; raises the errors of `Net.to_torch`."""
        return cls(net, net.to_torch(weights=weights, **taking))

    @property
    def name(self) -> str:
        """The name of the network."""
        return self.net.name

    def at(self, shape: Shape) -> Scores:
        """What gives scores to images of a shape; it has the values that the weights have now.

        Raises:
            resdsl.ir.resizing.FixedSize: the network does not take such images.
        """
        return _scores(self.sized(shape))

    def sized(self, shape: Shape) -> nn.Module:
        """The module itself if its code serves that size too, or else another with the same values.

        Raises:
            resdsl.ir.resizing.FixedSize: the network does not take such images.
        """
        sized = replace(self.net, ir=with_input(self.net.ir, shape))
        if sized.ir is self.net.ir or _code(sized) == self._own_code:
            return self.module
        made = sized.to_torch()
        made.load_state_dict(self.module.state_dict())
        return made.to(_device(self.module))

    @cached_property
    def _own_code(self) -> str:
        return _code(self.net)


def _code(net: Net) -> str:
    """What a module of the network does: its source without comments and docstrings, which have shapes."""
    tree = ast.parse(net.to_torch_source())
    tree.body = [node for node in tree.body if not isinstance(node, ast.If)]  # its trial run
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            del node.body[0]
    return ast.dump(tree)


def _scores(module: nn.Module) -> Scores:
    device = _device(module)

    @torch.inference_mode()
    def scores(images: Array) -> Array:
        trained = module.training
        module.eval()
        try:
            found: Array = module(torch.from_numpy(np.ascontiguousarray(images)).to(device)).float().cpu().numpy()
        finally:
            module.train(trained)
        return found

    return scores


def _device(module: nn.Module) -> torch.device:
    first = next(module.parameters(), None)
    return first.device if first is not None else torch.device("cpu")
