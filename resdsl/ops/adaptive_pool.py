"""Pooling to an output size, whatever the size of the input."""

from __future__ import annotations

from math import gcd, prod
from typing import Literal

from resdsl.ops.base import Op, Shapes, Sizes, expect_spatial
from resdsl.ops.forms import OnnxConstant, OnnxNode, TorchModule, onnx_reduction
from resdsl.ops.reach import Reach, Reaches
from resdsl.ops.records import Kept, Made, Sample, Work


class AdaptivePool(Op):
    """Base of pooling to an output size.

    C x sizes becomes C x to. The window p of an axis of n that becomes m goes from floor(p * n / m) to
    ceil((p + 1) * n / m), as in PyTorch, so that windows differ in size, and overlap, where m does not divide n.
    """

    to: Sizes

    samples = (
        Sample(((3, 9, 8),), {"to": 4}),
        Sample(((3, 9, 8),), {"to": (3, 2)}),
        Sample(((2, 7, 7),), {"to": 7}),
        Sample(((2, 3, 5),), {"to": (5, 3)}),
        Sample(((4, 11),), {"to": 3}),
        Sample(((4, 5),), {"to": 1}),
        Sample(((2, 5, 6, 7),), {"to": (2, 3, 4)}),
    )

    def infer(self, inputs: Shapes) -> Shapes:
        expect_spatial(self, inputs[0], to=self.to)
        return ((inputs[0][0], *self.to),)

    def strides(self, rank: int) -> None:
        return None

    def work(self, inputs: Shapes) -> Work:
        channels, *sizes = inputs[0]
        read = [sum(len(window) for window in pool_windows(n, m)) for n, m in zip(sizes, self.to, strict=True)]
        return Work(pooling=channels * prod(read))

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return (tuple([_reach(n, m) for n, m in zip(inputs[0][1:], self.to, strict=True)]),)

    def _even(self, inputs: Shapes, op_type: str) -> tuple[OnnxNode, ...]:
        """The form where all windows are alike; empty where they are not."""
        pairs = list(zip(inputs[0][1:], self.to, strict=True))
        if any(size % to for size, to in pairs):
            return ()
        window = tuple(size // to for size, to in pairs)
        return (OnnxNode(op_type, attributes={"kernel_shape": window, "strides": window}),)


class AdaptiveAvgPool(AdaptivePool):
    """`adaptive_avgpool 7x7`: the mean over windows that make up an output of that size.

    C x sizes becomes C x to. The window p of an axis of n that becomes m goes from floor(p * n / m) to
    ceil((p + 1) * n / m), as in PyTorch, so that windows differ in size, and overlap, where m does not divide n. It has
    no stride.
    """

    op: Literal["adaptive_avgpool"] = "adaptive_avgpool"

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        # PyTorch takes the plain mean where one position is left.
        return Kept() if set(self.to) == {1} else Kept(inputs=(0,))

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule(f"AdaptiveAvgPool{len(self.to)}d", (("output_size", self.to),), positional=1)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        even = self._even(inputs, "AveragePool")
        if even:
            return even
        # One matrix for each axis: ONNX has no pool of uneven windows.
        axes, made = "dhw"[-len(self.to) :], "xyz"[-len(self.to) :]
        matrices = tuple([_means(n, m) for n, m in zip(inputs[0][1:], self.to, strict=True)])
        factors = ",".join(f"{axis}{to}" for axis, to in zip(axes, made, strict=True))
        return (OnnxNode("Einsum", ("{0}", *matrices), {"equation": f"nc{axes},{factors}->nc{made}"}),)


class AdaptiveMaxPool(AdaptivePool):
    """`adaptive_maxpool 7x7`: the maximum over windows that make up an output of that size.

    C x sizes becomes C x to, with the windows of `adaptive_avgpool`. It has no stride.
    """

    op: Literal["adaptive_maxpool"] = "adaptive_maxpool"

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        return Kept(inputs=(0,), integers=prod(self.infer(inputs)[0]))

    def makes(self, inputs: Shapes) -> Made:
        return Made(integers=prod(self.infer(inputs)[0]))

    def torch(self, inputs: Shapes) -> TorchModule:
        return TorchModule(f"AdaptiveMaxPool{len(self.to)}d", (("output_size", self.to),), positional=1)

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        even = self._even(inputs, "MaxPool")
        if even:
            return even
        # Axis by axis, the windows side by side, each filled up to the widest with its last element.
        nodes: list[OnnxNode] = []
        shape = inputs[0]
        for axis, to in enumerate(self.to, start=1):
            windows = pool_windows(shape[axis], to)
            widest = max(map(len, windows))
            places = tuple([window[min(at, len(window) - 1)] for window in windows for at in range(widest)])
            side_by_side = (*shape[:axis], to, widest, *shape[axis + 1 :])
            shape = (*shape[:axis], to, *shape[axis + 1 :])
            nodes += (
                OnnxNode(
                    "Gather",
                    ("{<}" if nodes else "{0}", OnnxConstant(places, shape=(to, widest))),
                    {"axis": axis + 1},
                    yields=(side_by_side,),
                ),
                onnx_reduction("ReduceMax", "{<}", axis + 2, keep=False, yields=(shape,)),
            )
        return tuple(nodes)


def pool_windows(size: int, to: int) -> list[range]:
    """The positions of each window along an axis."""
    return [range(p * size // to, -(-(p + 1) * size // to)) for p in range(to)]


def _means(size: int, to: int) -> OnnxConstant:
    return OnnxConstant(window_means(size, to), shape=(size, to))


def window_means(size: int, to: int) -> tuple[float, ...]:
    """The rows of the matrix, size x to, by which an axis is multiplied for the means of its windows."""
    windows = pool_windows(size, to)
    return tuple([1 / len(window) if place in window else 0.0 for place in range(size) for window in windows])


def _reach(size: int, to: int) -> Reach:
    common = gcd(size, to)
    windows = pool_windows(size // common, to // common)
    return Reach(size // common, tuple([w[0] for w in windows]), tuple([w[-1] for w in windows]))
