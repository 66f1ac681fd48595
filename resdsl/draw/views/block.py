"""The view `block`: the building blocks of networks, as in He et al. 2015, Figures 2 and 5."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from resdsl.analysis.expectations import quantity
from resdsl.draw.annotations import annotation_line
from resdsl.draw.blocks.definitions import Telling, telling
from resdsl.draw.blocks.diff import Marked, marked, unmarked
from resdsl.draw.blocks.elements import JOINS, Element, Wire
from resdsl.draw.blocks.routing import Drawing, Paint, drawing
from resdsl.draw.descriptions import description_of, title_of
from resdsl.draw.diff_marks import two_of
from resdsl.draw.legend import LegendEntry, legend, of_heat, of_kinds, of_marks
from resdsl.draw.metrics import width_of
from resdsl.draw.options import DrawOptions
from resdsl.draw.scene import Group, Item, Scene, moved, text
from resdsl.draw.texts import clean
from resdsl.draw.themes import heat_style, stage_style
from resdsl.ir.network import Network
from resdsl.ops.base import show

_MARGIN = 8.0
_APART = 22.0
_WIDEST = 560.0
_NAME = 9.0
_NOTE = 7.0
_HEAD = 30.0
_MOST_NAME = 150.0
_LEAST = 150.0


def block(networks: Sequence[Network], look: DrawOptions, *, changes: bool = False) -> Scene:
    """The building blocks of networks side by side.

    Args:
        networks: one or several; blocks that they share are drawn once.
        look: how they are shown.
        changes: whether of each block the use that changes the shape is drawn, too.

    Raises:
        NotDrawn: a block has too many layers to be looked at; or a difference is asked for, and there are not two
            networks.
    """
    found = _found(networks, look, changes=changes)
    painter = _Painter(look, [each.block for some in found for each in some])
    rows = _in_rows(painter.cells(found))
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
    entries = painter.entries() if look.legend else []
    if entries:
        width = max(width, _LEAST)
        samples, high = legend(entries, _MARGIN, y, width - 2 * _MARGIN)
        items += samples
        y += high + _MARGIN
    title = look.title or title_of(networks, "building blocks")
    wording = [_wording(each) for some in found for each in some]
    return Scene(ceil(width), ceil(y), clean(title), description_of(networks, *wording), tuple(items))


def _found(networks: Sequence[Network], look: DrawOptions, *, changes: bool) -> list[list[Marked]]:
    """The blocks that are drawn; with `look.diff` those beside each other of which one became the other."""
    if not look.diff:
        blocks = telling(networks, changes=changes)
        return [[unmarked(each)] for each in blocks]
    before, after = (telling([network], changes=changes) for network in two_of(networks))
    return marked(before, after)


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

    def __init__(self, look: DrawOptions, found: Sequence[Telling]) -> None:
        self._look = look
        elements = [element for each in found for element in each.wiring.elements]
        self._most = max(map(self._figure, elements), default=0)
        self._used: dict[str, None] = {}
        self._count = 0

    def cells(self, found: Sequence[Sequence[Marked]]) -> list[list[_Cell]]:
        """All blocks, those in one list that stand beside each other."""
        return [[self._cell(each) for each in some] for some in found]

    def _cell(self, each: Marked) -> _Cell:
        block = each.block

        def box(index: int) -> str:
            style = self._box(each, index)
            if style != "join" or block.wiring.elements[index].kind not in JOINS:
                self._used[style] = None  # a circle with a sign in it needs no explanation
            return style

        def word(index: int) -> str:
            mark = each.words[index]
            if mark == "same":
                return ""
            self._used[mark] = None
            return mark

        def line(wire: Wire) -> str:
            style = each.line(wire)
            self._used[style] = None
            return style

        self._count += 1
        entering, leaving = (f"{shape[0]}-d" for shape in (block.entering, block.leaving))
        wording = (entering, leaving if leaving != entering else "")
        paint = Paint(box, word, line, self._notes)
        return _Cell(block, drawing(block.wiring, f"block{self._count}", paint, *wording))

    def _box(self, each: Marked, index: int) -> str:
        element, mark = each.block.wiring.elements[index], each.marks[index]
        if element.kind in JOINS and (mark == "same" or not self._look.diff):
            return "join"
        return mark if self._look.diff else self._style(element, each.block.stage)

    def _style(self, element: Element, stage: int | None) -> str:
        match self._look.colors:
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
        return 0 if self._look.colors in {"stage", "op"} else quantity(element.costs, self._look.colors)

    def _notes(self, element: Element) -> tuple[str, ...]:
        """What is added to the label of a box: one line, if anything is asked for."""
        if element.kind in {"plus", "times", "concat", "split"}:
            return ()
        return annotation_line(self._look.annotate, element.shape, element.costs)

    def entries(self) -> list[LegendEntry]:
        """The legend; none where stages have the colours."""
        if self._look.diff:
            return list(of_marks(self._used))
        if self._look.colors == "stage":
            return []
        if self._look.colors == "op":
            return list(of_kinds(self._used))
        return list(of_heat(self._look.colors, self._most))


def _in_rows(groups: Sequence[Sequence[_Cell]]) -> list[list[_Cell]]:
    """Side by side, in as many rows as are needed; what belongs together stays so."""
    rows: list[list[_Cell]] = [[]]
    used = 0.0
    for group in groups:
        wide = sum(cell.width + _APART for cell in group)
        if rows[-1] and used + wide - _APART > _WIDEST:
            rows.append([])
            used = 0.0
        rows[-1] += group
        used += wide
    return rows


def _wording(found: Marked) -> str:
    """A block in a sentence, with what is marked in it."""
    each = found.block
    boxes = [clean(", ".join(element.label)) for element in each.wiring.elements if element.label]
    styles = [wire.style for wire in each.wiring.wires]
    beside = [
        wording
        for style, wording in (
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
    marks = [f"{mark}: {', '.join(names)}" for mark, names in _marked_names(found).items()]
    return f"{clean(each.name)} ({shapes}): {'; '.join([*boxes, *beside, *marks])}."


def _marked_names(found: Marked) -> dict[str, list[str]]:
    """What elements say that are not as they were, by their marks."""
    names: dict[str, list[str]] = {}
    for index, element in enumerate(found.block.wiring.elements):
        for label, mark in ((element.label, found.marks[index]), (element.words, found.words[index])):
            if label and mark != "same":
                names.setdefault(mark, []).append(clean(", ".join(label)))
    return names
