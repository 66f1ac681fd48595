"""The view `table`: Table 1 of He et al. 2015 as a figure, blocks in brackets, several networks side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import takewhile
from math import ceil

from resdsl.draw.axes import figure_text
from resdsl.draw.elements import TIMES
from resdsl.draw.errors import NotDrawn
from resdsl.draw.look import Look
from resdsl.draw.metrics import width_of
from resdsl.draw.saying import description_of
from resdsl.draw.scene import Group, Item, Line, Scene, text
from resdsl.draw.texts import clean
from resdsl.ir.network import Network
from resdsl.report import table as report
from resdsl.report.table1 import table1

_MARGIN = 8.0
_SIZE = 8.0
_SMALL = 6.5
_ROW = 11.0
_PADDING = 5.0
_APART = 3.0
_SERIF = 3.0
_MOST = 170.0
_HEADS = 2

Cells = tuple[report.Cell, ...]


def table(networks: Sequence[Network], look: Look) -> Scene:
    """The networks side by side, a row for each size of their maps.

    Raises:
        NotDrawn: colours, annotations or differences are asked for, which a table has no boxes for.
    """
    if look.diff or look.annotate or look.color_by != "stage":
        raise NotDrawn("the view table has no boxes to colour or to annotate, and marks no differences")
    return table_scene(table1(networks), networks, look)


def table_scene(whole: report.Table, networks: Sequence[Network], look: Look) -> Scene:
    """A table as a figure. Its first two columns are heads of rows; a line without heads belongs to the one above.

    Args:
        whole: the table.
        networks: those it is about.
        look: for the title, and whether notes stand below.
    """
    draughts = _Draughts(whole)
    items: list[Item] = []
    top = _MARGIN
    if look.title:
        wide = draughts.width
        items.append(text(_MARGIN, top + 6, look.title, size=11, anchor="start", bold=True, width=wide))
        top += 20
    drawn, bottom = draughts.drawn(_MARGIN, top)
    items += drawn
    if look.legend:
        for note in _wrapped(" ".join(whole.notes), draughts.width):
            bottom += 9
            items.append(text(_MARGIN, bottom, note, size=_SMALL, anchor="start", style="note"))
    width, height = draughts.width + 2 * _MARGIN, bottom + _MARGIN
    return Scene(ceil(width), ceil(height), clean(whole.title), description_of(networks, *_said(whole)), tuple(items))


class _Draughts:
    """Draws a table: rows of lines, each line as high as what stands in it."""

    def __init__(self, whole: report.Table) -> None:
        self._titles = [column.title for column in whole.columns]
        self._rows = _in_rows(whole.lines)
        self._widths = [self._column_width(index) for index in range(len(self._titles))]
        self._make_room()
        self.width = sum(self._widths)

    def _column_width(self, index: int) -> float:
        cells = [line[index] for row in self._rows for line in row if not (index >= _HEADS and _is_shared(line))]
        if index == 0:
            cells = [line[0] for row in self._rows for line in row if line[1] is not None]
        wide = max(map(_width, cells), default=0.0)
        return min(max(wide, width_of(clean(self._titles[index]), _SIZE, bold=True)), _MOST) + 2 * _PADDING

    def _make_room(self) -> None:
        """Widen columns for what stands across several of them."""
        shared = [_width(line[_HEADS]) for row in self._rows for line in row if _is_shared(line)]
        heads = [_width(line[0]) for row in self._rows for line in row if line[1] is None]
        for wide, columns in ((shared, range(_HEADS, len(self._widths))), (heads, range(_HEADS))):
            missing = min(max(wide, default=0.0), _MOST) + 2 * _PADDING - sum(self._widths[index] for index in columns)
            for index in columns if missing > 0 else ():
                self._widths[index] += missing / len(columns)

    def drawn(self, x: float, y: float) -> tuple[list[Item], float]:
        """The table with its left upper corner there, and its lower edge."""
        edges = [x]
        for width in self._widths:
            edges.append(edges[-1] + width)
        items: list[Item] = [_rule(edges[0], edges[-1], y)]
        head = [
            text((left + right) / 2, y + 8, title, size=_SIZE, bold=True, style="title", width=right - left - _PADDING)
            for left, right, title in zip(edges, edges[1:], self._titles, strict=False)
        ]
        bottom = y + 16
        items.append(Group("heads", (*head, *[_upright(edge, y, bottom) for edge in edges[1:-1]]), "row"))
        for row in self._rows:
            items.append(_rule(edges[0], edges[-1], bottom))
            group, bottom = self._row(row, edges, bottom)
            items.append(group)
        return [*items, _rule(edges[0], edges[-1], bottom)], bottom

    def _row(self, row: Sequence[Cells], edges: Sequence[float], top: float) -> tuple[Group, float]:
        """A row: its heads in the middle; what all networks have in common above what each has."""
        shared = [line[_HEADS] for line in takewhile(_is_shared, row)]
        stacks = [_stack(row[len(shared) :], index) for index in range(_HEADS, len(edges) - 1)]
        heights = [_height(cell) + _APART for cell in shared]
        high = max([sum(_height(cell) + _APART for cell in stack) for stack in stacks], default=0.0)
        bottom = top + sum(heights) + high + _APART
        name, size = row[0][:_HEADS]
        middle = (top + bottom) / 2
        items: list[Item] = []
        if size is None:
            items += _cell(name, edges[0], edges[_HEADS], middle)
        else:
            items += [*_cell(name, edges[0], edges[1], middle), *_cell(size, edges[1], edges[2], middle)]
            items.append(_upright(edges[1], top, bottom))
        items.append(_upright(edges[_HEADS], top, bottom))
        y = top + _APART / 2
        for index, (cell, height) in enumerate(zip(shared, heights, strict=True)):
            items += _cell(cell, edges[_HEADS], edges[-1], y + height / 2)
            y += height
            if high or index + 1 < len(shared):
                items.append(_rule(edges[_HEADS], edges[-1], y))
        if high:
            items += [_upright(edge, y if shared else top, bottom) for edge in edges[_HEADS + 1 : -1]]
        for index, stack in enumerate(stacks, start=_HEADS):
            at = y + (high - sum(_height(cell) + _APART for cell in stack)) / 2
            for cell in stack:
                items += _cell(cell, edges[index], edges[index + 1], at + (_height(cell) + _APART) / 2)
                at += _height(cell) + _APART
        return Group(f"row {clean(_text(name) or _text(size))}", tuple(items), "row"), bottom


def _in_rows(lines: Sequence[report.Line]) -> list[list[Cells]]:
    """Lines that belong together: those without heads go with the one above."""
    rows: list[list[Cells]] = []
    for line in lines:
        if rows and all(cell is None for cell in line.cells[:_HEADS]):
            rows[-1].append(line.cells)
        else:
            rows.append([line.cells])
    return rows


def _stack(lines: Sequence[Cells], index: int) -> list[report.Cell]:
    """What stands in a column, one above the other."""
    return [line[index] for line in lines if line[index] is not None]


def _is_shared(line: Cells) -> bool:
    """Whether all networks have the same there, which is then said once."""
    cells = line[_HEADS:]
    return len(cells) > 1 and isinstance(cells[0], str) and len(set(cells)) == 1


def _text(cell: report.Cell) -> str:
    if cell is None or isinstance(cell, report.Brackets):
        return ""
    return figure_text(cell) if isinstance(cell, int) else str(cell)


def _times(brackets: report.Brackets) -> str:
    return f"{TIMES} {brackets.times}"


def _width(cell: report.Cell) -> float:
    if not isinstance(cell, report.Brackets):
        return width_of(clean(_text(cell)), _SIZE)
    inner = max([width_of(clean(row), _SIZE) for row in cell.rows], default=0.0)
    return min(inner, _MOST) + 4 * _SERIF + 4 + width_of(_times(cell), _SIZE)


def _height(cell: report.Cell) -> float:
    return _ROW * len(cell.rows) + 4 if isinstance(cell, report.Brackets) else _ROW + 1


def _cell(cell: report.Cell, left: float, right: float, y: float) -> Iterator[Item]:
    """What a cell holds, in its middle."""
    wide = right - left - 2 * _PADDING
    if isinstance(cell, report.Brackets):
        yield from _brackets(cell, (left + right) / 2, y, wide)
    elif _text(cell):
        yield text((left + right) / 2, y, _text(cell), size=_SIZE, width=wide)


def _brackets(cell: report.Brackets, x: float, y: float, wide: float) -> Iterator[Item]:
    times = text(0, y, _times(cell), size=_SIZE, anchor="start")
    room = wide - times.width - 4 - 4 * _SERIF
    rows = [
        text(0, y + _ROW * (index - (len(cell.rows) - 1) / 2), row, size=_SIZE, width=room)
        for index, row in enumerate(cell.rows)
    ]
    inner = max([row.width for row in rows], default=0.0)
    left = x - (inner + 4 * _SERIF + 4 + times.width) / 2
    right = left + inner + 4 * _SERIF
    half = _ROW * len(rows) / 2 + 1
    for edge, inward in ((left, _SERIF), (right, -_SERIF)):
        points = ((edge + inward, y - half), (edge, y - half), (edge, y + half), (edge + inward, y + half))
        yield Line(points, "bracket")
    for index, row in enumerate(cell.rows):
        middle = y + _ROW * (index - (len(rows) - 1) / 2)
        yield text((left + right) / 2, middle, row, size=_SIZE, width=room)
    yield text(right + 4, y, _times(cell), size=_SIZE, anchor="start")


def _rule(left: float, right: float, y: float) -> Line:
    return Line(((left, y), (right, y)), "rule")


def _upright(x: float, top: float, bottom: float) -> Line:
    return Line(((x, top), (x, bottom)), "rule")


def _wrapped(words: str, width: float) -> Iterator[str]:
    """The words in lines of that width."""
    line = ""
    for word in clean(words).split(" "):
        longer = f"{line} {word}".strip()
        if line and width_of(longer, _SMALL) > width:
            yield line
            line = word
        else:
            line = longer
    if line:
        yield line


def _said(whole: report.Table) -> Iterator[str]:
    """The table in sentences, row by row."""
    for row in _in_rows(whole.lines):
        name, size = (_text(cell) for cell in row[0][:_HEADS])
        parts = []
        for index, column in enumerate(whole.columns[_HEADS:], start=_HEADS):
            cells = [_spoken(line[index]) for line in row if line[index] is not None]
            if cells:
                parts.append(f"{clean(column.title)}: {', '.join(cells)}")
        if parts:
            yield f"{clean(' '.join(filter(None, (name, size))))}: {'; '.join(parts)}."


def _spoken(cell: report.Cell) -> str:
    if isinstance(cell, report.Brackets):
        return f"{clean('; '.join(cell.rows))}, {cell.times} times"
    return clean(_text(cell))
