"""What colours and words add to the cells of a table: one cell is what a network has at one size of its maps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from resdsl.analysis.costs import Costs, node_costs, total
from resdsl.analysis.expectations import quantity
from resdsl.draw.annotations import annotation_words
from resdsl.draw.diff_marks import Mark, marks_of
from resdsl.draw.labels import kind_of
from resdsl.draw.legend import LegendEntry, of_heat, of_kinds, of_marks
from resdsl.draw.options import DrawOptions
from resdsl.draw.themes import heat_style, stage_style
from resdsl.ir.network import Call, Layer, Network, Node, Stage
from resdsl.report.architecture import ArchitecturePart
from resdsl.report.table import Cell
from resdsl.report.table1 import Aligned

_KINDS = ("conv", "linear", "pool", "other")
"""Kinds of layers, the one first that a cell with several is called by."""


@dataclass(frozen=True, slots=True)
class Overlay:
    """What is added to a cell.

    Attributes:
        style: of its box; empty for none.
        words: lines below what it holds.
        mark: what became of it; None without a difference.
    """

    style: str = ""
    words: tuple[str, ...] = ()
    mark: Mark | None = None


class CellOverlays:
    """Colours, words and marks of all cells, as they are asked for.

    Raises:
        NotDrawn: a difference is asked for, and there are not two networks.
    """

    def __init__(self, networks: Sequence[Network], rows: Sequence[Aligned], look: DrawOptions) -> None:
        self._look = look
        self._rows = rows
        self._marks = marks_of(networks, diff=look.diff)
        self._stages = [{stage.path: index for index, stage in enumerate(network.stages)} for network in networks]
        of_networks = [_costs(network, [row[index] for row in rows]) for index, network in enumerate(networks)]
        self._costs = list(zip(*of_networks, strict=True))
        self._most = max([self._figure(costs) for row in self._costs for costs in row], default=0)
        self._used: dict[str, None] = {}

    @property
    def any(self) -> bool:
        """Whether anything is added to any cell."""
        return self._look.diff or bool(self._look.annotate) or self._look.color_by is not None

    def of(self, row: int, column: int) -> Overlay:
        """What is added to the cell of a network in a row; nothing to one that is empty."""
        part = self._rows[row][column]
        if part is None or not self.any:
            return Overlay()
        mark = self._marks[column].of(tuple([node.path for node in part.nodes])) if self._look.diff else None
        style = mark or (self._style(row, column, part) if self._look.color_by else "")
        self._used[style] = None
        return Overlay(style, self._words(part, self._costs[row][column]), mark)

    def of_whole(self, figures: Sequence[Cell]) -> Overlay:
        """What is added to a figure of the whole, of which each network has its own."""
        if not self._look.diff:
            return Overlay()
        mark: Mark = "same" if len(set(figures)) == 1 else "changed"
        self._used[mark] = None
        return Overlay(mark, mark=mark)

    def entries(self) -> list[LegendEntry]:
        """The legend of the cells that were asked for; none where stages have the colours, whose rows are named."""
        if self._look.diff:
            return list(of_marks(self._used))
        if self._look.color_by in {None, "stage"}:
            return []
        if self._look.color_by == "op":
            return list(of_kinds(self._used))
        return list(of_heat(self._look.colors, self._most))

    def _style(self, row: int, column: int, part: ArchitecturePart) -> str:
        match self._look.colors:
            case "stage":
                return self._stage(row, column, part)
            case "op":
                return _kind(part)
        share = self._figure(self._costs[row][column]) / self._most if self._most else 0.0
        return heat_style(share)

    def _stage(self, row: int, column: int, part: ArchitecturePart) -> str:
        """That of its stage; or of the stage beside it; where none is beside the network anywhere, one for each row."""
        own = self._stage_in(column, part)
        visible = self._stage_beside(row) if own is None else own
        if visible is not None:
            return stage_style(visible)
        if set(part.size) <= {1}:
            return "head"
        rows = [index for index, each in enumerate(self._rows) if each[column]]
        staged = any(self._stage_beside(index) is not None for index in rows)
        return "stem" if staged else stage_style(rows.index(row))

    def _stage_beside(self, row: int) -> int | None:
        """The stage of the first network that has one in a row."""
        found = [self._stage_in(index, part) for index, part in enumerate(self._rows[row]) if part]
        return next((stage for stage in found if stage is not None), None)

    def _stage_in(self, column: int, part: ArchitecturePart) -> int | None:
        return next((self._stages[column][node.path] for node in part.nodes if isinstance(node, Stage)), None)

    def _words(self, part: ArchitecturePart, costs: Costs) -> tuple[str, ...]:
        shape = next((node.shapes[0] for node in reversed(part.nodes) if node.role == "main" and node.shapes), ())
        return annotation_words(self._look.annotate, shape, costs)

    def _figure(self, costs: Costs) -> int:
        return 0 if self._look.colors in {"stage", "op"} else quantity(costs, self._look.colors)


def _costs(network: Network, parts: Sequence[ArchitecturePart | None]) -> list[Costs]:
    """The costs of all parts of a network, of which some rows have none; the state of a shared module counts once."""
    met: set[str] = set()
    found: list[Costs] = []
    for part in parts:
        own: list[Costs] = []
        for node in part.nodes if part else ():
            costs = node_costs(node, network.values)
            own.append(costs.stateless() if node.path in met else costs)
            met.add(node.path)
        found.append(total(own))
    return found


def _kind(part: ArchitecturePart) -> str:
    """The style of what a cell holds: blocks, or the layers that say most."""
    if part.blocks or any(isinstance(node, Stage) for node in part.nodes):
        return "white"
    found = {kind for node in part.nodes if node.role == "main" for kind in _kinds(node)}
    return next((kind for kind in _KINDS if kind in found), "other")


def _kinds(node: Node) -> Iterator[str]:
    """The kinds of the layers in it."""
    if isinstance(node, Layer):
        yield kind_of(node.op)
    elif isinstance(node, Call):
        for inner in node.body.nodes:
            yield from _kinds(inner)
