"""Networks side by side: columns of boxes, the output sizes at their left, title above and legend below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from resdsl.draw.descriptions import description_of, headline_of
from resdsl.draw.diff_marks import Marks, marks_of
from resdsl.draw.labels import size_text
from resdsl.draw.metrics import width_of
from resdsl.draw.options import DrawOptions
from resdsl.draw.scene import Item, Scene, text
from resdsl.draw.strips.bands import bands, heights
from resdsl.draw.strips.column import LABEL, Manner, NetworkColumn
from resdsl.draw.strips.overlays import Painter
from resdsl.draw.strips.strip import Strip
from resdsl.ir.network import Network
from resdsl.ops.base import Shape

_MARGIN = 6.0
_BETWEEN = 20.0
_APART = 13.0
_TITLE = 18.0
_SIZE = 7.5
_LEAST = 150.0


@dataclass
class Assembly:
    """A figure of networks in the making.

    Attributes:
        networks: from left to right.
        look: what is asked for.
        manner: what the columns of the view are like.
        sizes: whether the output sizes stand at the left.
    """

    networks: Sequence[Network]
    look: DrawOptions
    manner: Manner
    sizes: bool
    _marks: tuple[Marks, ...] = field(init=False)

    def __post_init__(self) -> None:
        self._marks = marks_of(self.networks, diff=self.look.diff)

    def marked(self) -> Iterator[tuple[Network, Marks]]:
        """The networks, each with its marks, which are none without `diff`."""
        yield from zip(self.networks, self._marks, strict=True)

    def scene(self, strips: Sequence[Strip], title: str, note: str) -> Scene:
        """The figure.

        Args:
            strips: the parts of each network.
            title: what the figure is called where it is not given a title.
            note: what the view shows, in words.
        """
        groups = _related(strips)
        colours = [colour for group in groups for colour in _colours([strips[index] for index in group])]
        painter = Painter(self.look, strips, self._marks, colours, titled=self.manner.titles)
        columns = [
            NetworkColumn(number, network.name, headline_of(network), strip, painter, self.manner)
            for number, (network, strip) in enumerate(zip(self.networks, strips, strict=True))
        ]
        top = _MARGIN + (_TITLE if self.look.title else 0.0)
        items: list[Item] = []
        x, end = _MARGIN, top
        for group in groups:
            drawn, x, bottom = self._together(
                [columns[index] for index in group], [strips[index] for index in group], x, top
            )
            items += drawn
            end = max(end, bottom)
        width = max(x - _BETWEEN + _MARGIN, _LEAST)
        legend, high = painter.legend(_MARGIN, end + _APART, width - 2 * _MARGIN)
        bottom = end + _APART + (high + 2 if legend else 0.0)
        if self.look.title:
            room = width - 2 * _MARGIN
            items.insert(
                0, text(width / 2, _MARGIN + 6, self.look.title, size=11, bold=True, style="title", width=room)
            )
        about = description_of(self.networks, note)
        return Scene(width, bottom, self.look.title or title, about, (*items, *legend), LABEL)

    def _together(
        self, columns: Sequence[NetworkColumn], strips: Sequence[Strip], x: float, top: float
    ) -> tuple[list[Item], float, float]:
        """Networks that are aligned with each other from `x` on; what is drawn, the next `x`, and the lower edge."""
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
    """Neighbours with maps of one size, which are aligned; others stand beside each other, each by itself."""
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
    """For each part the stage whose colour it has.

    Parts of networks without stages have that of the stages beside them, or where there are none at all, one for
    each size.
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
