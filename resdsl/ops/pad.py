"""Padding of maps as a statement of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

from resdsl.ops.base import Margins, Op, Shapes, expect_spatial
from resdsl.ops.forms import OnnxNode, TorchExpression
from resdsl.ops.padding import onnx_pad, torch_margins
from resdsl.ops.reach import Reaches, windows
from resdsl.ops.records import Kept, Made, Sample, ShapeError, Work

_TORCH_MODES = {"zeros": "", "reflect": ', mode="reflect"', "replicate": ', mode="replicate"'}


class Pad(Op):
    """`pad 1, mode="reflect"`: rows and columns around a map. C x sizes becomes C x before + size + after.

    `after` is `before` unless it is given, so that `pad 0, 1` pads at the end alone. `mode="zeros"` adds zeros,
    `mode="reflect"` the map mirrored at its border, which is not repeated, and `mode="replicate"` its border. A
    reflection must be smaller than the map. The convolution behind it needs `pad=0`.
    """

    op: Literal["pad"] = "pad"
    before: Margins
    after: Margins
    mode: Literal["zeros", "reflect", "replicate"]

    defaults: ClassVar[Mapping[str, object]] = {"after": None, "mode": "zeros"}
    samples = (
        Sample(((3, 5, 7),), {"before": 1}),
        Sample(((3, 5, 4),), {"before": 0, "after": 1}),
        Sample(((3, 5, 4),), {"before": (2, 0), "after": (1, 3), "mode": "reflect"}),
        Sample(((2, 1, 4),), {"before": (3, 0), "after": 1, "mode": "replicate"}),
        Sample(((4, 9),), {"before": 2, "mode": "reflect"}),
        Sample(((4, 9),), {"before": 0}),
        Sample(((2, 3, 2, 5),), {"before": (1, 1, 2), "mode": "replicate"}),
        Sample(((2, 3, 2, 5),), {"before": (0, 1, 2), "after": 1}),
    )

    @classmethod
    def infer_parameters(cls, given: dict[str, object], _inputs: Shapes) -> None:
        if given["after"] is None:
            given["after"] = given["before"]

    def infer(self, inputs: Shapes) -> Shapes:
        expect_spatial(self, inputs[0], before=self.before, after=self.after)
        channels, *sizes = inputs[0]
        margins = list(zip(sizes, self.before, self.after, strict=True))
        for size, before, after in margins:
            if self.mode == "reflect" and max(before, after) >= size:
                raise ShapeError(
                    f"a map of size {size} cannot be reflected by {max(before, after)}: it has {size - 1} to mirror",
                    parameter="before" if before >= size else "after",
                )
        return ((channels, *map(sum, margins)),)

    def work(self, inputs: Shapes) -> Work:
        return Work()

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        if not self._pads():
            return Kept(view=True)
        return Kept() if self.mode == "zeros" else Kept(inputs=(0,))

    def makes(self, inputs: Shapes) -> Made:
        return Made(view=not self._pads())

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        ones = (1,) * len(self.before)
        return (windows(ones, ones, self.before),)

    def torch(self, inputs: Shapes) -> TorchExpression:
        if not self._pads():
            return TorchExpression("{0}")
        margins = torch_margins(self.before, self.after)
        return TorchExpression(f"F.pad({{0}}, {margins}{_TORCH_MODES[self.mode]})")

    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        return (onnx_pad(self.mode, inputs[0], self.before, self.after),)

    def _pads(self) -> bool:
        return any((*self.before, *self.after))
