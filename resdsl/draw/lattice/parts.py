"""A network as parts that read each other's values, without positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from resdsl.analysis.costs import Costs
from resdsl.draw.descriptions import short
from resdsl.draw.labels import Kind, size_of
from resdsl.ops.base import Shape

Form = Literal["input", "box", "resample", "join", "output"]
"""What a part is drawn as: a box, a small box for a change of resolution, a circle for a sum, or a word."""


@dataclass(frozen=True, slots=True)
class Value:
    """What a part yields.

    Attributes:
        part: the index of the part.
        output: which of its outputs it is.
    """

    part: int
    output: int = 0


@dataclass(slots=True)
class LatticePart:
    """A part of a network with its own mark in the figure.

    Attributes:
        label: its label, line by line.
        shapes: the shapes of its outputs.
        reads: the values that it reads, in order.
        path: the module path of its first layer.
        op: its ops or its block in words.
        kind: the kind of its first layer.
        opened: the block that it was taken from, if that block is drawn open.
        shared: the paths of its modules that are also used at other places.
    """

    form: Form
    label: list[str]
    shapes: tuple[Shape, ...]
    reads: tuple[Value, ...] = ()
    path: str = ""
    op: list[str] = field(default_factory=list)
    kind: Kind = "other"
    costs: Costs = field(default_factory=Costs)
    opened: str = ""
    shared: list[str] = field(default_factory=list)

    @property
    def lines(self) -> tuple[str, ...]:
        """Its label, with what it shares with other places in the first line."""
        if not self.shared:
            return tuple(self.label)
        ends = dict.fromkeys((self.shared[0], self.shared[-1]))
        own = self.label[1:] if self.label[0] in ends else self.label
        return (f"shared {' to '.join(map(short, ends))}", *own)

    @property
    def shape(self) -> Shape:
        """The shape of its first output."""
        return self.shapes[0]

    @property
    def size(self) -> Shape:
        """The spatial sizes of its first output, which decide about its row."""
        return size_of(self.shape)


@dataclass(frozen=True, slots=True)
class Lattice:
    """The parts of a network, each after all that it reads."""

    parts: Sequence[LatticePart]

    def readers(self) -> list[list[int]]:
        """For each part, the indices of the parts that read it, in order and without repetition."""
        found: list[dict[int, None]] = [{} for _ in self.parts]
        for index, part in enumerate(self.parts):
            for value in part.reads:
                found[value.part][index] = None
        return [list(each) for each in found]
