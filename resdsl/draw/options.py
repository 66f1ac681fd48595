"""The options of figures of networks, common to all views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

ColorBy = Literal["stage", "op", "params", "macs", "activations"]
Annotation = Literal["shape", "params", "macs"]
Direction = Literal["down", "right"]
COLORS: tuple[ColorBy, ...] = get_args(ColorBy)
DIRECTIONS: tuple[Direction, ...] = get_args(Direction)
ANNOTATIONS: tuple[Annotation, ...] = get_args(Annotation)


@dataclass(frozen=True, slots=True)
class DrawOptions:
    """How a figure shows networks.

    Attributes:
        color_by: what the colour of a box stands for: its stage, its kind, or, as a shade, one of its figures. None
            is the default of the view: stages, or no colours in a table.
        annotate: what each box shows besides its name.
        title: a line above the figure, if any.
        legend: whether to explain lines and colours below the figure.
        fold: whether to draw equal repeats once, with their number.
        changes: whether to also draw the use of each block that changes the shape; for the view `block`.
        diff: whether to mark what is added, removed and changed between two networks.
        direction: where networks lead in the view `columns`: down in columns, or to the right in rows.
        wrap: the number of pieces that a network is cut into in that view, one beside or below the other, and in the
            view `lattice`.
    """

    color_by: ColorBy | None = None
    annotate: tuple[Annotation, ...] = ()
    title: str | None = None
    legend: bool = True
    fold: bool = False
    changes: bool = False
    diff: bool = False
    direction: Direction = "down"
    wrap: int = 1

    @property
    def colors(self) -> ColorBy:
        """What colours stand for, if there are any."""
        return self.color_by or "stage"
