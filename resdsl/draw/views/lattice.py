"""The view `lattice`: networks that branch, depth across and resolution down."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resdsl.analysis.expectations import quantity
from resdsl.draw.annotations import annotation_line
from resdsl.draw.descriptions import description_of, headline_of, short, title_of
from resdsl.draw.errors import NotDrawn
from resdsl.draw.labels import Kind
from resdsl.draw.lattice.grid import grid_of
from resdsl.draw.lattice.lanes import captions_of, lanes_of
from resdsl.draw.lattice.parts import LatticePart
from resdsl.draw.lattice.reading import lattice_of
from resdsl.draw.lattice.wires import CAPTION, PORT, RADIUS, LatticePlan
from resdsl.draw.lattice.wrapping import LatticePiece, pieces_of
from resdsl.draw.legend import LegendEntry, legend, of_heat, of_kinds
from resdsl.draw.metrics import LINE, width_of
from resdsl.draw.options import DrawOptions
from resdsl.draw.scene import Box, Circle, Group, Item, Line, Scene, boxed, moved, text
from resdsl.draw.texts import clean, figure_text
from resdsl.draw.themes import heat_style, stage_style
from resdsl.ir.network import Network
from resdsl.ops.base import Shape, show

_NOTE = (
    "Depth runs across and resolution down: one row for each output size. Boxes are stages, blocks and layers that "
    "follow each other; small boxes change the resolution; circles add, multiply or concatenate what meets in them. A "
    "block that is nothing but branches is drawn open, with its name above them; a module that is used at several "
    "places is called shared, by its path."
)
_WRAPPED = "The figure is cut into pieces: a line that ends at the right goes on at the left of the piece below."
_MARGIN = 6.0
_TITLE = 18.0
_HEAD = 26.0
_BETWEEN = 16.0
_BETWEEN_PIECES = 22.0
_SIZE = 7.5
_SMALL = 6.5
_PADDING = 4.0
_WIDEST = 120.0
_FORK = 1.5
_OF_KINDS: dict[Kind, str] = {"block": "white", "input": "frameless"}
_SIGNS = {"+": "sum", "\N{MULTIPLICATION SIGN}": "product", "c": "concatenation"}


def lattice(networks: Sequence[Network], look: DrawOptions) -> Scene:
    """Networks one below the other, each as a lattice of its parts, which may be wrapped into pieces.

    Raises:
        NotDrawn: a difference is requested, or a network has too many parts, or fewer columns than pieces.
    """
    if look.diff:
        raise NotDrawn("a lattice shows no differences; use --view stages or --view block with --diff")
    drawings = [_Drawing(number, network, look) for number, network in enumerate(networks, 1)]
    most = max(drawing.most for drawing in drawings)
    top = _MARGIN + (_TITLE if look.title else 0.0)
    items: list[Item] = []
    for drawing in drawings:
        items.append(moved(drawing.group(most), _MARGIN, top))
        top += drawing.height + _BETWEEN
    width = max(drawing.width for drawing in drawings) + 2 * _MARGIN
    samples, high = legend(_entries(drawings, look, most) if look.legend else [], _MARGIN, top - 6, width - 2 * _MARGIN)
    if look.title:
        title = text(width / 2, _MARGIN + 6, look.title, size=11, bold=True, style="title", width=width - 2 * _MARGIN)
        items.insert(0, title)
    height = top - _BETWEEN + (_BETWEEN - 6 + high if samples else 0.0) + _MARGIN
    wording = look.title or title_of(networks, "depth across, resolution down")
    return Scene(
        width,
        height,
        wording,
        description_of(networks, _NOTE, *([_WRAPPED] if look.wrap > 1 else [])),
        (*items, *samples),
        _SIZE,
    )


class _Drawing:
    """One network, with its upper left corner at the origin."""

    def __init__(self, number: int, network: Network, look: DrawOptions) -> None:
        self._number = number
        self._network = network
        self._look = look
        whole = lattice_of(network)
        self.parts = whole.parts
        self._labels = [self._label(part) for part in self.parts]
        grid = grid_of(whole)
        self._sizes = grid.sizes
        self._rows = {size: row for row, size in enumerate(grid.sizes)}
        marks = [self._mark(part, label) for part, label in zip(self.parts, self._labels, strict=True)]
        self._marks = marks
        lanes = lanes_of(grid, self.parts)
        self._captions = captions_of(self.parts, lanes)
        above = {part: min(_WIDEST, width_of(clean(text), _SMALL)) for part, text in self._captions.items()}
        self._pieces = pieces_of(LatticePlan(grid, lanes, self.parts, marks, above).layout(), look.wrap)
        self._left = max(width_of(_size_text(size), _SMALL) for size in grid.sizes) + 10
        heading = max(width_of(short(network.name), 9.0, bold=True), width_of(headline_of(network), _SMALL))
        self.width = max(self._left + max(piece.width for piece in self._pieces), heading)
        self.height = _HEAD + sum(piece.height + _BETWEEN_PIECES for piece in self._pieces) - _BETWEEN_PIECES
        self.most = max([self._figure(part) for part in self.parts], default=0)

    def style(self, part: LatticePart, most: int) -> str:
        """The style of the mark of a part."""
        if part.form in {"input", "output"}:
            return "frameless"
        if part.form == "join":
            return "join"
        colors = self._look.colors
        if part.form == "resample" and not part.costs.params:
            return "white"
        if colors == "op":
            return _OF_KINDS.get(part.kind, part.kind)
        if colors == "stage":
            return "head" if part.size == (1,) else stage_style(self._rows[part.size])
        return heat_style(self._figure(part) / most if most else 0.0)

    def group(self, most: int) -> Group:
        """The whole drawing."""
        heading = (
            text(0, 7, self._network.name, size=9.0, anchor="start", bold=True, style="title", width=self.width),
            text(0, 17.5, headline_of(self._network), size=_SMALL, anchor="start", style="note", width=self.width),
        )
        inner: list[Item] = []
        top = _HEAD
        for number, piece in enumerate(self._pieces, 1):
            items = [moved(item, 0, top) for item in self._scale(piece)]
            items += [moved(item, self._left, top) for item in (*self._lines(piece), *self._drawn(piece, most))]
            wrapped = f"{short(self._network.name)}, {number} of {len(self._pieces)}"
            inner += items if len(self._pieces) == 1 else [Group(wrapped, tuple(items), "piece")]
            top += piece.height + _BETWEEN_PIECES
        return Group(short(self._network.name), (*heading, *inner), "network")

    def _scale(self, piece: LatticePiece) -> Iterator[Item]:
        """The output size of each row at its left, and a thin line between rows."""
        before: float | None = None
        for row, top, bottom in piece.rows:
            size = _size_text(self._sizes[row])
            yield text(self._left - 8, (top + bottom) / 2, size, size=_SMALL, anchor="end", style="note")
            if before is not None:
                y = (before + top) / 2
                yield Line(((0, y), (self._left + piece.width, y)), "grid")
            before = bottom

    def _lines(self, piece: LatticePiece) -> Iterator[Item]:
        for line in piece.lines:
            source, target = ["" if end is None else self._name(end) for end in (line.source, line.target)]
            about = " to ".join(_word(self.parts[end]) for end in line.ends)
            yield Line(line.points, "flow", arrow=line.arrow, source=source, target=target, about=about)
        yield from (Circle(x, y, _FORK, "fork") for x, y in piece.forks)

    def _drawn(self, piece: LatticePiece, most: int) -> Iterator[Item]:
        for index, (x, y) in sorted(piece.middles.items()):
            part = self.parts[index]
            style, name, about = self.style(part, most), self._name(index), _about(part)
            width, height = self._marks[index]
            if part.form == "join":
                yield Circle(x, y, RADIUS, style, part.label[0], 8.0, name=name, about=about)
                continue
            size = _SMALL if part.form == "resample" else _SIZE
            radius = height / 2 if part.form == "resample" else 0.0
            label = self._labels[index]
            left, top = x - width / 2, y - height / 2
            box = Box(left, top, width, height, style, label, size, radius=radius, name=name, about=about)
            yield boxed(box, margin=1.0)
            if index in self._captions:
                yield text(x, top - CAPTION / 2, self._captions[index], size=_SMALL, style="note", width=_WIDEST)

    def _label(self, part: LatticePart) -> tuple[str, ...]:
        lines = [piece for line in part.lines for piece in _broken(line, _WIDEST - 2 * _PADDING)]
        if part.form != "box":
            return tuple(lines)
        return (*lines, *annotation_line(self._look.annotate, part.shape, part.costs))

    def _mark(self, part: LatticePart, label: Sequence[str]) -> tuple[float, float]:
        """The width and the height of the mark of a part."""
        if part.form == "join":
            return 2 * RADIUS, 2 * RADIUS
        size = _SMALL if part.form == "resample" else _SIZE
        padding = 1.5 if part.form in {"input", "output"} else _PADDING
        wide = min(_WIDEST, max(width_of(clean(line), size) for line in label) + 2 * padding)
        ports = PORT * max(2 * len(part.reads) - 1, len(part.shapes))
        return wide, max(size * LINE * len(label) + (2.5 if part.form == "resample" else 5.0), ports)

    def _name(self, index: int) -> str:
        """The name of a part, unique in the figure."""
        word = _word(self.parts[index])
        same = [other for other in self.parts[:index] if _word(other) == word]
        return f"{self._number}/{word}" + (f"/{len(same) + 1}" if same else "")

    def _figure(self, part: LatticePart) -> int:
        if self._look.colors in {"stage", "op"} or part.form in {"input", "output", "join"}:
            return 0
        return quantity(part.costs, self._look.colors)


def _broken(line: str, width: float) -> Iterator[str]:
    """A line, broken after commas where it would be too wide; the rest is made to fit."""
    before = ""
    for piece in line.split(", "):
        both = f"{before}, {piece}" if before else piece
        if before and width_of(clean(both), _SIZE) > width:
            yield f"{before},"
            before = piece
        else:
            before = both
    yield before


def _entries(drawings: Sequence[_Drawing], look: DrawOptions, most: int) -> list[LegendEntry]:
    used = {drawing.style(part, most) for drawing in drawings for part in drawing.parts}
    signs = {part.label[0] for drawing in drawings for part in drawing.parts if part.form == "join"}
    joins = [LegendEntry("sign", sign, meaning) for sign, meaning in _SIGNS.items() if sign in signs]
    match look.colors:
        case "stage":
            return joins
        case "op":
            return [*of_kinds(used - {"join"}), *joins]
    return [*of_heat(look.colors, most), *joins]


def _word(part: LatticePart) -> str:
    """What a part is called in tooltips."""
    return f"output {part.path}" if part.form == "output" else short(part.path or part.label[0])


def _about(part: LatticePart) -> str:
    if part.form == "input":
        return f"input: {show(part.shape)}"
    if part.form == "output":
        return f"output {short(part.path)}: {show(part.shape)}"
    costs = f"{figure_text(part.costs.params)} parameters, {figure_text(part.costs.macs)} multiply-adds"
    facts = [short(", ".join(part.op)), f"yields {show(part.shape)}", costs]
    return f"{short(part.path)}: {'; '.join(filter(None, facts))}"


def _size_text(size: Shape) -> str:
    return show(size)
