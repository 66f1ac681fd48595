"""What colours and words add to boxes: stages, kinds of ops, costs as heat, differences; and the legend of it all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resdsl.analysis.expectations import quantity
from resdsl.draw.annotations import annotation_line
from resdsl.draw.diff_marks import Marks
from resdsl.draw.labels import Kind
from resdsl.draw.legend import LegendEntry, legend, of_heat, of_kinds, of_marks
from resdsl.draw.options import DrawOptions
from resdsl.draw.scene import Item
from resdsl.draw.strips.strip import Part, Skip, Strip
from resdsl.draw.themes import heat_style, stage_style

_OF_KINDS: dict[Kind, str] = {"block": "white", "branches": "white", "gate": "gate-box", "input": "frameless"}
_LINES = {
    "identity": "identity shortcut",
    "projected": "projection, same dimensions",
    "projection": "projection, dimensions change",
    "padded": "zero padding, dimensions change",
    "concat": "kept, joined to the channels",
}


def line_style(skip: Skip) -> str:
    """The line of what passes parts by: dotted where the dimensions change, as in Figure 3 of the paper."""
    if skip.kind == "concat":
        return "concat"
    if skip.changes:
        return "projection" if skip.kind == "projection" else "padded"
    return "projected" if skip.kind == "projection" else "identity"


class Painter:
    """Gives every part of a figure its style and its words.

    Args:
        look: what is asked for.
        strips: all networks of the figure.
        marks: for each network what became of its parts; none without `diff`.
        stages: for each network and part the stage whose colour it has; None for none.
        titled: whether the titles of stages stand beside them anyway.
    """

    def __init__(
        self,
        look: DrawOptions,
        strips: Sequence[Strip],
        marks: Sequence[Marks],
        stages: Sequence[Sequence[int | None]],
        *,
        titled: bool,
    ) -> None:
        self._titled = titled
        self._look = look
        self._strips = strips
        self._marks = marks
        self._stages = stages
        self._most = max((self._figure(part) for strip in strips for part in strip.parts), default=0)

    def style(self, column: int, index: int) -> str:
        """The style of a part."""
        part = self._strips[column].parts[index]
        if part.kind == "input":
            return "frameless"
        if self._look.diff:
            return self._marks[column].of(part.paths)
        match self._look.colors:
            case "stage":
                return self._stage(column, index)
            case "op":
                return _OF_KINDS.get(part.kind, part.kind)
        return heat_style(self._figure(part) / self._most if self._most else 0.0)

    def line(self, column: int, skip: Skip) -> str:
        """The style of what passes parts by; with `diff` that of what is added or removed, where it is."""
        mark = self._marks[column].of((skip.path,)) if self._look.diff else "same"
        return mark if mark in {"added", "removed"} else line_style(skip)

    def words(self, part: Part) -> tuple[str, ...]:
        """What is added to the label of a part: one line, if anything is asked for."""
        if part.kind == "input":
            return ()
        return annotation_line(self._look.annotate, part.shape, part.costs)

    def legend(self, x: float, y: float, width: float) -> tuple[list[Item], float]:
        """The legend, wrapped into a width, and how high it is; nothing if none is wanted or needed."""
        return legend(list(self._entries()) if self._look.legend else [], x, y, width)

    def _entries(self) -> Iterator[LegendEntry]:
        used = [
            self.style(column, index) for column, strip in enumerate(self._strips) for index in range(len(strip.parts))
        ]
        if self._look.diff:
            used += [self.line(column, skip) for column, strip in enumerate(self._strips) for skip in strip.skips]
            yield from of_marks(used)
        elif self._look.colors == "op":
            yield from of_kinds(used)
        elif self._look.colors == "stage":
            yield from self._stage_entries()
        else:
            yield from of_heat(self._look.colors, self._most)
        lines = {self.line(column, skip) for column, strip in enumerate(self._strips) for skip in strip.skips}
        yield from (LegendEntry("line", line, wording) for line, wording in _LINES.items() if line in lines)

    def _stage_entries(self) -> Iterator[LegendEntry]:
        """The colours of stages, as the first network that has them calls them."""
        titles: dict[str, str] = {}
        for strip in self._strips if not self._titled else ():
            for part in strip.parts:
                if part.stage is not None and part.title:
                    titles.setdefault(stage_style(part.stage), part.title)
        yield from (LegendEntry("box", style, title) for style, title in titles.items())

    def _stage(self, column: int, index: int) -> str:
        part = self._strips[column].parts[index]
        if part.kind == "gate":
            return "gate-box"
        stage = self._stages[column][index]
        if stage is not None:
            return stage_style(stage)
        return "head" if part.place == "head" or part.kind == "linear" or part.size == (1,) else "stem"

    def _figure(self, part: Part) -> int:
        if self._look.colors in {"stage", "op"} or part.kind == "input":
            return 0
        return quantity(part.costs, self._look.colors)
