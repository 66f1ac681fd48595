"""What is asked of a figure of networks, whichever view it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

ColorBy = Literal["stage", "op", "params", "macs", "activations"]
Annotation = Literal["shape", "params", "macs"]
COLORS: tuple[ColorBy, ...] = get_args(ColorBy)
ANNOTATIONS: tuple[Annotation, ...] = get_args(Annotation)


@dataclass(frozen=True, slots=True)
class DrawOptions:
    """How networks are to be shown.

    Attributes:
        color_by: what the colour of a box says: its stage, its kind, or by its depth a figure of it. None is what is
            usual in a view: stages, and in a table no colours at all.
        annotate: what each box says beside its name.
        title: a line above the figure; None for none.
        legend: whether lines and colours are explained below the figure.
        fold: whether equal repeats are drawn once, with their number.
        changes: whether of each block the use that changes the shape is drawn, too; for the view of blocks.
        diff: whether the two networks are marked with what is added, removed and changed from one to the other.
    """

    color_by: ColorBy | None = None
    annotate: tuple[Annotation, ...] = ()
    title: str | None = None
    legend: bool = True
    fold: bool = False
    changes: bool = False
    diff: bool = False

    @property
    def colors(self) -> ColorBy:
        """What colours say, where there are any."""
        return self.color_by or "stage"
