"""The view `block`: the building blocks of networks, as in He et al. 2015, Figures 2 and 5."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from resdsl.analysis.expectations import quantity
from resdsl.draw.axes import figure_text
from resdsl.draw.bars import legend
from resdsl.draw.definitions import Telling, telling
from resdsl.draw.elements import Element
from resdsl.draw.errors import NotDrawn
from resdsl.draw.look import Look
from resdsl.draw.metrics import width_of
from resdsl.draw.routing import Drawing, drawing
from resdsl.draw.saying import description_of, title_of
from resdsl.draw.scene import Group, Item, Scene, Text, moved, text
from resdsl.draw.texts import clean
from resdsl.draw.themes import HEAT, heat_style, stage_style
from resdsl.ir.network import Network
from resdsl.ops.base import show

_MARGIN = 8.0
_APART = 22.0
_WIDEST = 560.0
_NAME = 9.0
_NOTE = 7.0
_HEAD = 30.0
_MOST_NAME = 150.0
_OPS = {
    "conv": "convolution",
    "norm": "norm",
    "act": "activation",
    "pool": "pooling",
    "linear": "fully connected",
    "gate-box": "gate",
    "other": "other",
}
_FIGURES = {"params": "parameters", "macs": "multiply-adds", "activations": "activations"}


def block(networks: Sequence[Network], look: Look, *, changes: bool = False) -> Scene:
    """The building blocks of networks side by side.

    Args:
        networks: one or several; blocks that they share are drawn once.
        look: how they are shown.
        changes: whether of each block the use that changes the shape is drawn, too.

    Raises:
        NotDrawn: differences are asked for, which this view does not mark; or a block has too many layers to be
            looked at.
    """
    if look.diff:
        raise NotDrawn("the view block marks no differences; the views columns and stages do")
    found = telling(networks, changes=changes)
    painter = _Painter(look, found)
    rows = _in_rows([painter.cell(index) for index in range(len(found))])
    items: list[Item] = []
    width = max([_MARGIN * 2 + sum(cell.width for cell in row) + _APART * (len(row) - 1) for row in rows])
    y = _MARGIN
    if look.title:
        items.append(text(_MARGIN, y + 6, look.title, size=11, anchor="start", bold=True, width=width - 2 * _MARGIN))
        y += 20
    for row in rows:
        x = _MARGIN
        for cell in row:
            items.append(moved(cell.group, x, y))
            x += cell.width + _APART
        y += max(cell.height for cell in row) + _MARGIN * 2
    y -= _MARGIN
    samples = painter.samples()
    if samples and look.legend:
        drawn, y, wide = _legend(samples, y)
        items += drawn
        width = max(width, wide)
    title = title_of(networks, "building blocks")
    return Scene(ceil(width), ceil(y), title, description_of(networks, *map(_said, found)), tuple(items))


class _Cell:
    """A block with its name above it, the left upper corner at zero."""

    def __init__(self, each: Telling, drawn: Drawing) -> None:
        note = ", ".join(each.networks)
        half = min(max(width_of(clean(each.name), _NAME, bold=True), width_of(clean(note), _NOTE)), _MOST_NAME) / 2
        middle = max(half, drawn.left)
        self.width = middle + max(half, drawn.right)
        self.height = _HEAD + drawn.height
        items: list[Item] = [
            text(middle, 6, each.name, size=_NAME, bold=True, style="title", width=_MOST_NAME),
            text(middle, 17, note, size=_NOTE, style="note", width=_MOST_NAME),
            *[moved(item, middle, _HEAD) for item in drawn.items],
        ]
        self.group = Group(f"block {each.name}", tuple(items), "block")


class _Painter:
    """Draws blocks with the colours and words that are asked for."""

    def __init__(self, look: Look, found: Sequence[Telling]) -> None:
        self._look = look
        self._found = found
        elements = [element for each in found for element in each.wiring.elements]
        self._most = max(map(self._figure, elements), default=0)
        self._used: dict[str, None] = {}

    def cell(self, index: int) -> _Cell:
        """A block of those that are drawn."""
        each = self._found[index]

        def paint(element: Element) -> str:
            style = self._style(element, each.stage)
            self._used[style] = None
            return style

        entering, leaving = (f"{shape[0]}-d" for shape in (each.entering, each.leaving))
        said = (entering, leaving if leaving != entering else "")
        return _Cell(each, drawing(each.wiring, f"block{index + 1}", paint, self._notes, *said))

    def _style(self, element: Element, stage: int | None) -> str:
        match self._look.color_by:
            case "stage":
                if element.role == "gate" and element.kind != "split":
                    return "gate-box"
                weighted = element.kind in {"conv", "linear", "block"}
                return stage_style(stage) if weighted and stage is not None else "white"
            case "op":
                if element.role == "gate" and element.kind in {"conv", "linear"}:
                    return "gate-box"
                kinds: dict[str, str] = {"block": "conv", "concat": "join", "split": "join"}
                return kinds.get(element.kind, element.kind)
        return heat_style(self._figure(element) / self._most if self._most else 0.0)

    def _figure(self, element: Element) -> int:
        if self._look.color_by in {"stage", "op"}:
            return 0
        return quantity(element.costs, self._look.color_by)

    def _notes(self, element: Element) -> tuple[str, ...]:
        """What is added to the label of a box: one line, if anything is asked for."""
        if not self._look.annotate or element.kind in {"plus", "times", "concat", "split"}:
            return ()
        said = {
            "shape": show(element.shape),
            "params": f"{figure_text(element.costs.params)} params",
            "macs": f"{figure_text(element.costs.macs)} macs",
        }
        return (" · ".join(said[name] for name in self._look.annotate),)

    def samples(self) -> list[tuple[str, str]]:
        """Styles with their meanings, for a legend; none where stages have the colours."""
        if self._look.color_by == "stage":
            return []
        if self._look.color_by == "op":
            return [(style, said) for style, said in _OPS.items() if style in self._used]
        name = _FIGURES[self._look.color_by]
        return [("heat1", f"few {name}"), (f"heat{HEAT}", f"up to {figure_text(self._most)}")]


def _in_rows(cells: Sequence[_Cell]) -> list[list[_Cell]]:
    """Side by side, in as many rows as are needed."""
    rows: list[list[_Cell]] = [[]]
    used = 0.0
    for cell in cells:
        if rows[-1] and used + cell.width > _WIDEST:
            rows.append([])
            used = 0.0
        rows[-1].append(cell)
        used += cell.width + _APART
    return rows


def _legend(samples: list[tuple[str, str]], y: float) -> tuple[list[Item], float, float]:
    """The legend, where it ends, and how wide the figure must be for it."""
    items: list[Item] = list(legend(samples, _MARGIN, y + 5))
    ends = [item.left + item.width for item in items if isinstance(item, Text)]
    return items, y + 10 + _MARGIN, max(ends) + _MARGIN


def _said(each: Telling) -> str:
    """A block in a sentence."""
    boxes = [clean(", ".join(element.label)) for element in each.wiring.elements if element.label]
    styles = [wire.style for wire in each.wiring.wires]
    beside = [
        said
        for style, said in (
            ("identity", "an identity passes by"),
            ("projected", "a projection passes by"),
            ("projection", "a projection passes by, since the dimensions change"),
            ("padded", "a shortcut without weights passes by, since the dimensions change"),
        )
        if style in styles
    ]
    shapes = (
        f"{show(each.entering)} becomes {show(each.leaving)}" if each.entering != each.leaving else show(each.entering)
    )
    return f"{clean(each.name)} ({shapes}): {'; '.join(boxes)}{''.join(f'; {said}' for said in beside)}."
