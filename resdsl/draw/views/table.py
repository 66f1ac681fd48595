"""The view `table`: Table 1 of He et al. 2015 as a figure, blocks in brackets, several networks side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

from resdsl.draw.descriptions import branching, description_of
from resdsl.draw.legend import legend
from resdsl.draw.metrics import width_of, wrapped
from resdsl.draw.options import DrawOptions
from resdsl.draw.scene import Box, Group, Item, Line, Scene, text
from resdsl.draw.strips.chain import expect_row
from resdsl.draw.tables.cells import MOST, PADDING, SIZE, cell_height, cell_text, cell_width, drawn_cell, spoken
from resdsl.draw.tables.overlays import CellOverlays
from resdsl.draw.tables.rows import APART, HEADS, INSET, SMALL, WORD, TableRow, rows_of
from resdsl.draw.texts import clean
from resdsl.ir.network import Network
from resdsl.report import table as report
from resdsl.report.architecture import is_chain
from resdsl.report.table1 import aligned, lines_of, table_of

_MARGIN = 8.0


def table(networks: Sequence[Network], look: DrawOptions) -> Scene:
    """The networks side by side, with a row for each output size.

    A cell has a box only if it is coloured or marked. What all networks have in common is shown once, unless cells
    have overlays.

    Raises:
        NotDrawn: a difference is requested, but there are not exactly two networks; or a network branches.
    """
    for network in networks:
        expect_row(network)
        if not is_chain(network):
            raise branching(network.name, "it has parallel layers with weights")
    aligned_rows = aligned(networks)
    whole = table_of(aligned_rows, networks)
    overlays = CellOverlays(networks, aligned_rows, look)
    draughts = _Draughts(whole, rows_of(whole.lines, [len(lines_of(row)) for row in aligned_rows], overlays))
    items: list[Item] = []
    top = _MARGIN
    if look.title:
        wide = draughts.width
        items.append(text(_MARGIN, top + 6, look.title, size=11, anchor="start", bold=True, width=wide))
        top += 20
    drawn, bottom = draughts.drawn(_MARGIN, top)
    items += drawn
    entries = overlays.entries() if look.legend else []
    if entries:
        samples, high = legend(entries, _MARGIN, bottom + 4, draughts.width)
        items += samples
        bottom += 4 + high
    if look.legend:
        for note in wrapped(clean(" ".join(whole.notes)), SMALL, draughts.width):
            bottom += 9
            items.append(text(_MARGIN, bottom, note, size=SMALL, anchor="start", style="note"))
    width, height = draughts.width + 2 * _MARGIN, bottom + _MARGIN
    wording = description_of(networks, *_wording(whole, draughts.rows))
    return Scene(ceil(width), ceil(height), clean(look.title or whole.title), wording, tuple(items), SIZE)


class _Draughts:
    """Draws a table: rows of lines, each as high as its contents."""

    def __init__(self, whole: report.Table, rows: Sequence[TableRow]) -> None:
        self.rows = rows
        self._titles = [column.title for column in whole.columns]
        self._widths = [self._column_width(index) for index in range(len(self._titles))]
        self._make_room()
        self.width = sum(self._widths)

    def _column_width(self, index: int) -> float:
        if index < HEADS:
            lines = [line for row in self.rows for line in row.lines]
            wide = max([cell_width(line[index]) for line in lines if index or line[1] is not None], default=0.0)
        else:
            wide = max([row.width(index) for row in self.rows], default=0.0)
        return min(max(wide, width_of(clean(self._titles[index]), SIZE, bold=True)), MOST) + 2 * PADDING

    def _make_room(self) -> None:
        """Widen columns for contents that span several of them."""
        shared = [cell_width(line[HEADS]) for row in self.rows for line in row.shared]
        heads = [cell_width(line[0]) for row in self.rows for line in row.lines if line[1] is None]
        for wide, columns in ((shared, range(HEADS, len(self._widths))), (heads, range(HEADS))):
            missing = min(max(wide, default=0.0), MOST) + 2 * PADDING - sum(self._widths[index] for index in columns)
            for index in columns if missing > 0 else ():
                self._widths[index] += missing / len(columns)

    def drawn(self, x: float, y: float) -> tuple[list[Item], float]:
        """The table with its upper left corner at a point, and its lower edge."""
        edges = [x]
        for width in self._widths:
            edges.append(edges[-1] + width)
        items: list[Item] = [_rule(edges[0], edges[-1], y)]
        head = [
            text((left + right) / 2, y + 8, title, size=SIZE, bold=True, style="title", width=right - left - PADDING)
            for left, right, title in zip(edges, edges[1:], self._titles, strict=False)
        ]
        bottom = y + 16
        items.append(Group("heads", (*head, *[_upright(edge, y, bottom) for edge in edges[1:-1]]), "row"))
        for row in self.rows:
            items.append(_rule(edges[0], edges[-1], bottom))
            group, bottom = self._row(row, edges, bottom)
            items.append(group)
        return [*items, _rule(edges[0], edges[-1], bottom)], bottom

    def _row(self, row: TableRow, edges: Sequence[float], top: float) -> tuple[Group, float]:
        """A row: its headers in the middle, and contents common to all networks above those of each."""
        heights = [cell_height(line[HEADS]) + APART for line in row.shared]
        columns = range(HEADS, len(edges) - 1)
        high = max([row.height(index) for index in columns], default=0.0)
        bottom = top + sum(heights) + high + APART
        name, size = row.lines[0][:HEADS]
        items = list(self._heads(name, size, edges, top, bottom))
        y = top + APART / 2
        for index, (line, height) in enumerate(zip(row.shared, heights, strict=True)):
            items += drawn_cell(line[HEADS], edges[HEADS], edges[-1], y + height / 2)
            y += height
            if high or index + 1 < len(heights):
                items.append(_rule(edges[HEADS], edges[-1], y))
        if high:
            items += [_upright(edge, y if heights else top, bottom) for edge in edges[HEADS + 1 : -1]]
        for index in columns:
            items += self._overlaid(row, index, edges, (y + y + high) / 2, high)
        return Group(f"row {clean(cell_text(name) or cell_text(size))}", tuple(items), "row"), bottom

    @staticmethod
    def _heads(
        name: report.Cell, size: report.Cell, edges: Sequence[float], top: float, bottom: float
    ) -> Iterator[Item]:
        middle = (top + bottom) / 2
        if size is None:
            yield from drawn_cell(name, edges[0], edges[HEADS], middle)
        else:
            yield from drawn_cell(name, edges[0], edges[1], middle)
            yield from drawn_cell(size, edges[1], edges[2], middle)
            yield _upright(edges[1], top, bottom)
        yield _upright(edges[HEADS], top, bottom)

    def _overlaid(
        self, row: TableRow, index: int, edges: Sequence[float], middle: float, high: float
    ) -> Iterator[Item]:
        """The cell of a network in a row, in a box if it is coloured or marked."""
        left, right = edges[index], edges[index + 1]
        overlay = row.overlay(index)
        style = overlay.style or "text"
        items: list[Item] = []
        at = middle - row.stack_height(index) / 2
        for cell in row.stack(index):
            items += drawn_cell(cell, left, right, at + (cell_height(cell) + APART) / 2, style=style)
            at += cell_height(cell) + APART
        for word in overlay.words:
            note = style if overlay.style else "note"
            wide = right - left - 2 * (PADDING + INSET)
            items.append(text((left + right) / 2, at + WORD / 2, word, size=SMALL, style=note, width=wide))
            at += WORD
        if not overlay.style:
            yield from items
            return
        inside = (row.width(index) - INSET, row.stack_height(index))
        box = Box(left + INSET, middle - high / 2 + 1, right - left - 2 * INSET, high - 2, overlay.style, clear=inside)
        label = ": ".join(filter(None, (clean(self._titles[index]), overlay.mark)))
        yield Group(label, (box, *items), "cell")


def _rule(left: float, right: float, y: float) -> Line:
    return Line(((left, y), (right, y)), "rule")


def _upright(x: float, top: float, bottom: float) -> Line:
    return Line(((x, top), (x, bottom)), "rule")


def _wording(whole: report.Table, rows: Sequence[TableRow]) -> Iterator[str]:
    """The description of the table in sentences, row by row."""
    for row in rows:
        name, size = (cell_text(cell) for cell in row.lines[0][:HEADS])
        parts = []
        for index, column in enumerate(whole.columns[HEADS:], start=HEADS):
            cells = [spoken(line[index]) for line in row.lines if line[index] is not None]
            mark = row.overlay(index).mark
            if cells:
                parts.append(f"{clean(column.title)}: {', '.join(cells)}{f' ({mark})' if mark else ''}")
        if parts:
            yield f"{clean(' '.join(filter(None, (name, size))))}: {'; '.join(parts)}."
