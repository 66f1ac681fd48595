"""Assembles networks side by side: columns of boxes, output sizes at the left, title above and legend below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from resdsl.draw.descriptions import description_of, headline_of
from resdsl.draw.diff_marks import Marks, marks_of
from resdsl.draw.errors import NotDrawn
from resdsl.draw.labels import size_text
from resdsl.draw.metrics import width_of
from resdsl.draw.options import DrawOptions
from resdsl.draw.scene import Item, Scene, text
from resdsl.draw.strips.bands import bands, heights
from resdsl.draw.strips.column import Manner, NetworkColumn
from resdsl.draw.strips.overlays import Painter
from resdsl.draw.strips.row import NetworkRow
from resdsl.draw.strips.sides import LABEL
from resdsl.draw.strips.strip import Strip
from resdsl.draw.strips.wrapping import wrapped
from resdsl.ir.network import Network
from resdsl.ops.base import Shape

_MARGIN = 6.0
_BETWEEN = 20.0
_APART = 13.0
_TITLE = 18.0
_SIZE = 7.5
_LEAST = 150.0
_OUT = 10.5
_OUTPUT = "output size:"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A network, or a piece of one that is wrapped.

    Attributes:
        network: the index of the network.
        colours: for each part, the stage whose colour it has.
        ends: whether it is the beginning and the end of its network.
    """

    network: int
    name: str
    headline: str
    strip: Strip
    colours: Sequence[int | None]
    ends: tuple[bool, bool] = (True, True)


@dataclass
class Assembly:
    """A figure of networks under construction.

    Attributes:
        networks: the networks from left to right.
        look: the options of the figure.
        manner: the appearance of columns in the view.
        sizes: whether to show output sizes at the left.
    """

    networks: Sequence[Network]
    look: DrawOptions
    manner: Manner
    sizes: bool
    _marks: tuple[Marks, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._marks = marks_of(self.networks, diff=self.look.diff)

    def marked(self) -> Iterator[tuple[Network, Marks]]:
        """The networks, each with its marks; there are no marks without `diff`."""
        yield from zip(self.networks, self._marks, strict=True)

    def scene(self, strips: Sequence[Strip], title: str, note: str) -> Scene:
        """The figure.

        Args:
            strips: the parts of each network.
            title: the default title of the figure.
            note: a description of the view.
        """
        groups = _related(strips)
        colours = [colour for group in groups for colour in _colours([strips[index] for index in group])]
        pieces = list(self._pieces(strips, colours))
        strips = [piece.strip for piece in pieces]
        marks = [self._marks[piece.network] for piece in pieces]
        painter = Painter(self.look, strips, marks, [piece.colours for piece in pieces], titled=self.manner.titles)
        if self.look.wrap > 1:
            groups = [[index] for index in range(len(pieces))]
        top = _MARGIN + (_TITLE if self.look.title else 0.0)
        across = self.look.direction == "right"
        items, width, end = (self._rows if across else self._columns)(pieces, groups, painter, top)
        legend, high = painter.legend(_MARGIN, end + _APART, width - 2 * _MARGIN)
        bottom = end + _APART + (high + 2 if legend else 0.0)
        if self.look.title:
            room = width - 2 * _MARGIN
            items.insert(
                0, text(width / 2, _MARGIN + 6, self.look.title, size=11, bold=True, style="title", width=room)
            )
        about = description_of(self.networks, note)
        return Scene(width, bottom, self.look.title or title, about, (*items, *legend), LABEL)

    def _pieces(self, strips: Sequence[Strip], colours: Sequence[list[int | None]]) -> Iterator[_Piece]:
        """The strips, or the pieces that the only one is wrapped into.

        Raises:
            NotDrawn: there are several networks, or it cannot be wrapped so often.
        """
        count = self.look.wrap
        if count > 1 and len(strips) > 1:
            raise NotDrawn("only one network can be wrapped; several are aligned by their output sizes")
        for index, (network, strip) in enumerate(zip(self.networks, strips, strict=True)):
            if count == 1:
                yield _Piece(index, network.name, headline_of(network), strip, colours[index])
                continue
            for number, (places, piece) in enumerate(wrapped(strip, count)):
                ends = (number == 0, number == count - 1)
                name = network.name if number == 0 else f"{network.name}, {number + 1} of {count}"
                headline = headline_of(network) if number == 0 else ""
                yield _Piece(index, name, headline, piece, [colours[index][place] for place in places], ends)

    def _columns(
        self, pieces: Sequence[_Piece], groups: Sequence[Sequence[int]], painter: Painter, top: float
    ) -> tuple[list[Item], float, float]:
        """Columns side by side: the items, the width of the figure, and the lower edge."""
        columns = [
            NetworkColumn(number, piece.name, piece.headline, piece.strip, painter, self.manner, piece.ends)
            for number, piece in enumerate(pieces)
        ]
        items: list[Item] = []
        x, end = _MARGIN, top
        for group in groups:
            drawn, x, bottom = self._together(
                [columns[index] for index in group], [pieces[index].strip for index in group], x, top
            )
            items += drawn
            end = max(end, bottom)
        # The arrow that leads out of a piece is below its last box.
        end += _OUT if any(not piece.ends[1] for piece in pieces) else 0.0
        return items, max(x - _BETWEEN + _MARGIN, _LEAST), end

    def _rows(
        self, pieces: Sequence[_Piece], groups: Sequence[Sequence[int]], painter: Painter, top: float
    ) -> tuple[list[Item], float, float]:
        """Rows one below the other: the items, the width of the figure, and the lower edge."""
        rows = [
            NetworkRow(number, piece.name, piece.headline, piece.strip, painter, piece.ends)
            for number, piece in enumerate(pieces)
        ]
        items: list[Item] = []
        width, y = _LEAST, top
        for group in groups:
            found = bands([pieces[index].strip.parts for index in group])
            start = _MARGIN + width_of(_OUTPUT, _SIZE) + 10
            positioned = heights(found, [rows[index].sizes for index in group], start, _APART)
            if self.sizes:
                at = rows[group[0]].sizes_at(y)
                items.append(text(_MARGIN, at, _OUTPUT, size=_SIZE, anchor="start"))
                for band, left in zip(found, positioned.band_tops, strict=True):
                    items.append(text(left, at, size_text(band.size), size=_SIZE, anchor="start"))
            for index, lefts in zip(group, positioned.tops, strict=True):
                items.append(rows[index].draw(y, _MARGIN, lefts))
                y += rows[index].height + _APART
                width = max(width, positioned.bottom + rows[index].tail + _MARGIN)
        return items, width, y - _APART

    def _together(
        self, columns: Sequence[NetworkColumn], strips: Sequence[Strip], x: float, top: float
    ) -> tuple[list[Item], float, float]:
        """Draw aligned networks from `x` on; returns the items, the next `x`, and the lower edge."""
        found = bands([strip.parts for strip in strips])
        positioned = heights(found, [column.sizes for column in columns], top + NetworkColumn.head, _APART)
        items: list[Item] = []
        if self.sizes:
            words = [f"output size: {size_text(band.size)}" for band in found]
            x += max(width_of(word, _SIZE) for word in words)
            items += [
                text(x, start + 7, word, size=_SIZE, anchor="end")
                for word, start in zip(words, positioned.band_tops, strict=True)
            ]
            x += 10
        for column, tops in zip(columns, positioned.tops, strict=True):
            items.append(column.draw(x, top, tops))
            x += column.width + _BETWEEN
        return items, x, positioned.bottom


def _related(strips: Sequence[Strip]) -> list[list[int]]:
    """Groups of neighbours that share an output size and are aligned; networks in different groups are not."""
    groups: list[list[int]] = []
    sizes: set[Shape] = set()
    for index, strip in enumerate(strips):
        mine = {part.size for part in strip.parts} - {(1,)}
        if groups and mine & sizes:
            groups[-1].append(index)
            sizes |= mine
        else:
            groups.append([index])
            sizes = mine
    return groups


def _colours(strips: Sequence[Strip]) -> list[list[int | None]]:
    """The stage whose colour each part has.

    Parts of networks without stages have the colours of the stages beside them or, if there are none at all, one
    colour for each size.
    """
    found = bands([strip.parts for strip in strips])
    staged = any(part.stage is not None for strip in strips for part in strip.parts)
    colours: list[list[int | None]] = [[part.stage for part in strip.parts] for strip in strips]
    count = 0
    for band in found:
        pairs = [(column, index) for column, stretch in enumerate(band.stretches) for index in stretch]
        parts = [strips[column].parts[index] for column, index in pairs]
        if staged:
            visible = next((part.stage for part in parts if part.stage is not None), None)
        else:
            mapped = band.size != (1,) and any(part.kind not in {"input", "pool"} for part in parts)
            visible = count if mapped else None
            count += mapped
        for (column, index), part in zip(pairs, parts, strict=True):
            if part.stage is None and part.place == "body" and part.kind != "pool":
                colours[column][index] = visible
    return colours
