"""Blocks: chains whose statements are alike, and what stands in the holes of each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from resdsl.lifting.graph import PlainGraph
from resdsl.lifting.loops import with_loops
from resdsl.lifting.rows import with_names
from resdsl.lifting.series import with_series
from resdsl.lifting.statements import Hole, Statements, filled

Column = tuple[str, ...]
"""What stands in a hole in each of the blocks that are alike."""
_NUMBERS = ("out", "groups", "start", "end")
_FACTORS = (1, 2, 3, 4, 6, 8, 16, 32)


@dataclass(slots=True)
class Occurrence:
    """A chain that is to be a block.

    Attributes:
        path: the path of its module; empty if it has none.
        lines: its statements.
        statements: with the holes of these.
        source: what flows in.
        output: what flows out.
    """

    path: str
    lines: tuple[str, ...]
    statements: Statements
    source: str
    output: str


@dataclass(slots=True)
class LiftedBlock:
    """A definition, and the arguments of each of its calls.

    Attributes:
        name: how it is called.
        parameters: those without a default, then `stride`.
        lines: its statements.
        arguments: for each occurrence, the values of its parameters.
    """

    name: str
    parameters: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)
    arguments: list[dict[str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The definition."""
        given = [f"{name} = 1" if name == "stride" else name for name in self.parameters]
        head = f"block {self.name}({', '.join(given)}) {{" if given else f"block {self.name} {{"
        return "\n".join((head, *self.lines, "}"))


def block_of(name: str, occurrences: Sequence[Occurrence], graph: PlainGraph) -> LiftedBlock:
    """The block that chains with the same statements share."""
    return _Making(name, occurrences, graph).block()


class _Making:
    """A block under construction: each hole becomes a number, an expression or a parameter."""

    def __init__(self, name: str, occurrences: Sequence[Occurrence], graph: PlainGraph) -> None:
        self._graph = graph
        self._occurrences = occurrences
        self._holes = occurrences[0].statements.holes
        self._columns = [
            tuple([each.statements.holes[place].written for each in occurrences]) for place in range(len(self._holes))
        ]
        self._parameters: dict[str, Column] = {}
        self._block = LiftedBlock(name)

    def block(self) -> LiftedBlock:
        """The block."""
        width = self._width()
        if width is not None:
            self._parameters["width"] = width
        values = [self._value(place) for place in range(len(self._holes))]
        block = self._block
        names = sorted(self._parameters, key=lambda name: (name == "stride", name != "width"))
        block.parameters = names
        block.lines = with_loops(with_series(with_names(filled(line, values) for line in self._occurrences[0].lines)))
        block.arguments = [
            {name: self._parameters[name][place] for name in names} for place in range(len(self._occurrences))
        ]
        return block

    def _width(self) -> Column | None:
        """The narrowest numbers of output channels on the way, if blocks differ in them."""
        found = [
            column
            for hole, column in zip(self._holes, self._columns, strict=True)
            if hole.parameter == "out" and len(set(column)) > 1 and not self._is_of_gate(hole)
        ]
        return min(found, key=lambda column: sum(map(int, column)), default=None)

    def _is_of_gate(self, hole: Hole) -> bool:
        shape = self._graph.shapes[hole.node.output]
        return len(shape) > 1 and set(shape[1:]) == {1} and set(self._graph.shapes[hole.node.inputs[0]][1:]) == {1}

    def _value(self, place: int) -> str | None:
        hole, column = self._holes[place], self._columns[place]
        if hole.parameter == "groups" and (depthwise := self._depthwise(place)) is not None:
            return f"groups={depthwise}"
        if len(set(column)) == 1:
            return (
                None if all(each.statements.holes[place].usual for each in self._occurrences) else hole.sign + column[0]
            )
        expression = self._expression(place) if hole.parameter in _NUMBERS else None
        return hole.sign + (expression or self._parameter(hole.parameter, column))

    def _depthwise(self, place: int) -> str | None:
        """The expression of groups that are as many as the channels that a convolution reads."""
        column, hole = self._columns[place], self._holes[place]
        read = tuple(
            [str(self._graph.shapes[each.statements.holes[place].node.inputs[0]][0]) for each in self._occurrences]
        )
        if column != read or len(set(column)) == 1:
            return None
        own = next(
            (
                self._columns[other]
                for other, each in enumerate(self._holes)
                if each.node is hole.node and each.parameter == "out"
            ),
            (),
        )
        return self._expression(place) if own else None

    def _expression(self, place: int) -> str | None:
        """A column as a multiple or a part of the width, or of the channels that flow in."""
        column = self._columns[place]
        bases = [("width", self._parameters["width"])] if "width" in self._parameters else []
        channels = tuple([str(each.statements.holes[place].channels) for each in self._occurrences])
        for name, base in [*bases, ("channels", channels)]:
            for factor in _FACTORS:
                if all(int(own) == factor * int(each) for own, each in zip(column, base, strict=True)):
                    return name if factor == 1 else f"{name} * {factor}"
                if factor > 1 and all(int(own) * factor == int(each) for own, each in zip(column, base, strict=True)):
                    return f"{name} // {factor}"
        return None

    def _parameter(self, kind: str, column: Column) -> str:
        """The name of a parameter that has these values."""
        base = {"out": "inner", "to": "shape"}.get(kind, kind)
        name, number = base, 1
        while name in self._parameters and self._parameters[name] != column:
            number += 1
            name = f"{base}{number}"
        self._parameters[name] = column
        return name
