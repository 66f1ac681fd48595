"""Local response normalisation, as networks before batch norm have it."""

from __future__ import annotations

from collections.abc import Mapping
from math import prod
from typing import ClassVar, Literal

from resdsl.ops.base import Count, Elementwise, Positive, Shapes
from resdsl.ops.forms import OnnxNode, TorchModule
from resdsl.ops.records import Kept, Made, Sample, ShapeError, Work


class LocalResponseNorm(Elementwise):
    """`local_response_norm 5`: each element over a power of the squares around it, in neighbouring channels.

    x / (k + alpha / size * sum of squares over `size` channels) ** beta (Krizhevsky et al., NIPS 2012, Section 3.3,
    where alpha is not divided by the size). Keeps the shape; `size` is odd, and the map has 2 spatial axes, as
    onnxruntime needs it.
    """

    op: Literal["local_response_norm"] = "local_response_norm"
    size: Count
    alpha: Positive
    beta: Positive
    k: Positive

    defaults: ClassVar[Mapping[str, object]] = {"size": 5, "alpha": 1e-4, "beta": 0.75, "k": 1.0}
    samples = (
        Sample(((8, 5, 3),)),
        Sample(((6, 4, 4),), {"size": 3, "alpha": 0.5, "k": 2}),
        Sample(((2, 3, 5),), {"alpha": 1, "beta": 0.5}),
        Sample(((4, 2, 2),), {"size": 1, "alpha": 0.1}),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        if len(inputs[0]) != 3:
            raise ShapeError(
                f"`local_response_norm` needs a map with 2 spatial axes, but the input has {len(inputs[0]) - 1}"
            )
        if self.size % 2 == 0:
            raise ShapeError(f"a window of {self.size} channels has no middle; take an odd size", parameter="size")
        return inputs[:1]

    def work(self, inputs: Shapes) -> Work:
        return Work(norm=prod(inputs[0]))

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(inputs=(0,), values=self._padded(inputs) + 2 * prod(inputs[0]))

    def makes(self, inputs: Shapes) -> Made:
        return Made(values=max(self._padded(inputs), 2 * prod(inputs[0])))

    def torch(self, inputs: Shapes) -> TorchModule:
        arguments = (("size", self.size), ("alpha", self.alpha), ("beta", self.beta), ("k", self.k))
        return TorchModule(
            "LocalResponseNorm", arguments, positional=1, defaults=(("alpha", 1e-4), ("beta", 0.75), ("k", 1.0))
        )

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (
            OnnxNode("LRN", attributes={"size": self.size, "alpha": self.alpha, "beta": self.beta, "bias": self.k}),
        )

    def _padded(self, inputs: Shapes) -> int:
        """Elements of the squares with zeros for the channels that are missing at both ends."""
        channels, *sizes = inputs[0]
        return (channels + self.size - 1) * prod(sizes)
