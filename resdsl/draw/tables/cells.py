"""The contents of cells in a table figure: words, figures, and stacked layers in brackets."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.draw.metrics import width_of
from resdsl.draw.scene import Item, Line, text
from resdsl.draw.texts import TIMES, clean, figure_text
from resdsl.report.table import Brackets, Cell

SIZE = 8.0
"""The size of texts in points."""

PADDING = 5.0
"""The gap between the contents of a cell and its edges."""

MOST = 170.0
"""The maximum width of contents."""

_ROW = 11.0
_SERIF = 3.0


def cell_text(cell: Cell) -> str:
    """The text of a cell without brackets."""
    if cell is None or isinstance(cell, Brackets):
        return ""
    return figure_text(cell) if isinstance(cell, int) else str(cell)


def _times(brackets: Brackets) -> str:
    return f"{TIMES} {brackets.times}"


def cell_width(cell: Cell) -> float:
    """The width of the contents of a cell."""
    if not isinstance(cell, Brackets):
        return width_of(clean(cell_text(cell)), SIZE)
    inner = max([width_of(clean(row), SIZE) for row in cell.rows], default=0.0)
    return min(inner, MOST) + 4 * _SERIF + 4 + width_of(_times(cell), SIZE)


def cell_height(cell: Cell) -> float:
    """The height of the contents of a cell."""
    return _ROW * len(cell.rows) + 4 if isinstance(cell, Brackets) else _ROW + 1


def drawn_cell(cell: Cell, left: float, right: float, y: float, *, style: str = "text") -> Iterator[Item]:
    """The contents of a cell, centred."""
    wide = right - left - 2 * PADDING
    if isinstance(cell, Brackets):
        yield from _brackets(cell, (left + right) / 2, y, wide, style)
    elif cell_text(cell):
        yield text((left + right) / 2, y, cell_text(cell), size=SIZE, width=wide, style=style)


def _brackets(cell: Brackets, x: float, y: float, wide: float, style: str) -> Iterator[Item]:
    times = text(0, y, _times(cell), size=SIZE, anchor="start")
    room = wide - times.width - 4 - 4 * _SERIF
    rows = [
        text(0, y + _ROW * (index - (len(cell.rows) - 1) / 2), row, size=SIZE, width=room)
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
        yield text((left + right) / 2, middle, row, size=SIZE, width=room, style=style)
    yield text(right + 4, y, _times(cell), size=SIZE, anchor="start", style=style)


def spoken(cell: Cell) -> str:
    """The text of a cell for screen readers."""
    if isinstance(cell, Brackets):
        return f"{clean('; '.join(cell.rows))}, {cell.times} times"
    return clean(cell_text(cell))
