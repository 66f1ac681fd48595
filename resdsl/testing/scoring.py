"""What gives scores to images: a network with weights in PyTorch or in onnxruntime, or an ONNX file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from resdsl.data.images import Array
from resdsl.ops.base import Shape
from resdsl.refusal import Refused

Scores = Callable[[Array], Array]
"""From images, count x channels x height x width in float32, to count x classes."""


class NotTested(Refused):
    """Something cannot be tested in the way that is asked for."""


class Scorer(Protocol):
    """What is tested."""

    @property
    def name(self) -> str:
        """The name of the network or of its file."""
        ...

    @property
    def runs_in(self) -> str:
        """The library that computes the scores."""
        ...

    def at(self, shape: Shape) -> Scores:
        """What gives scores to images of a shape.

        Raises:
            Refused: it does not take such images, or does not yield scores of classes.
        """
        ...
