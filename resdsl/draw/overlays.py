"""What colours and words add to boxes: stages, kinds of ops, costs as heat, differences; and the legend of it all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from resdsl.analysis.expectations import quantity
from resdsl.draw.axes import figure_text
from resdsl.draw.labels import Kind
from resdsl.draw.look import Look
from resdsl.draw.marks import Marks
from resdsl.draw.scene import Box, Item, Line, text
from resdsl.draw.strips import Part, Skip, Strip
from resdsl.draw.themes import HEAT, heat_style, stage_style
from resdsl.ops.base import show

_SIZE = 7.0
_ROW = 13.0
_SAMPLE = 20.0
_FIGURES = {"params": "parameters", "macs": "multiply-adds", "activations": "activations"}
_OF_KINDS: dict[Kind, str] = {"block": "white", "branches": "white", "gate": "gate-box", "input": "frameless"}
_KINDS = {
    "white": "block or branches",
    "conv": "convolution",
    "pool": "pooling",
    "linear": "fully connected",
    "gate-box": "gate",
    "other": "other",
    "join": "sum or product",
    "norm": "norm",
    "act": "activation",
}
_LINES = {
    "identity": "identity shortcut",
    "projected": "projection, same dimensions",
    "projection": "projection, dimensions change",
    "padded": "zero padding, dimensions change",
    "concat": "kept, joined to the channels",
}
_MARKS = {"added": "added", "removed": "removed", "changed": "changed", "same": "as before"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the legend: a sample and what it means."""

    kind: Literal["box", "line", "heat"]
    style: str
    meaning: str


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
        look: Look,
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
        match self._look.color_by:
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
        costs = part.costs
        said = {
            "shape": show(part.shape),
            "params": f"{figure_text(costs.params)} params" if costs.params else "",
            "macs": f"{figure_text(costs.macs)} macs" if costs.macs else "",
        }
        words = [said[name] for name in self._look.annotate if said[name]]
        return (" · ".join(words),) if words else ()

    def legend(self, x: float, y: float, width: float) -> tuple[list[Item], float]:
        """The legend, wrapped into a width, and how high it is; nothing if none is wanted or needed."""
        entries = list(self._entries()) if self._look.legend else []
        items: list[Item] = []
        at, row = x, y + _ROW / 2
        for entry in entries:
            drawn, wide = _drawn(entry, at, row, width)
            if at > x and at + wide > x + width:
                at, row = x, row + _ROW
                drawn, wide = _drawn(entry, at, row, width)
            items += drawn
            at += wide + 12
        return items, (row + _ROW / 2 - y if entries else 0.0)

    def _entries(self) -> Iterator[Entry]:
        used = [
            self.style(column, index) for column, strip in enumerate(self._strips) for index in range(len(strip.parts))
        ]
        if self._look.diff:
            used += [self.line(column, skip) for column, strip in enumerate(self._strips) for skip in strip.skips]
            yield from (Entry("box", mark, said) for mark, said in _MARKS.items() if mark in used)
        elif self._look.color_by == "op":
            yield from (Entry("box", kind, said) for kind, said in _KINDS.items() if kind in used)
        elif self._look.color_by == "stage":
            yield from self._stage_entries()
        else:
            name = _FIGURES[self._look.color_by]
            yield Entry("heat", "", f"0 to {figure_text(self._most)} {name}")
        lines = {self.line(column, skip) for column, strip in enumerate(self._strips) for skip in strip.skips}
        yield from (Entry("line", line, said) for line, said in _LINES.items() if line in lines)

    def _stage_entries(self) -> Iterator[Entry]:
        """The colours of stages, as the first network that has them calls them."""
        titles: dict[str, str] = {}
        for strip in self._strips if not self._titled else ():
            for part in strip.parts:
                if part.stage is not None and part.title:
                    titles.setdefault(stage_style(part.stage), part.title)
        yield from (Entry("box", style, title) for style, title in titles.items())

    def _stage(self, column: int, index: int) -> str:
        part = self._strips[column].parts[index]
        if part.kind == "gate":
            return "gate-box"
        stage = self._stages[column][index]
        if stage is not None:
            return stage_style(stage)
        return "head" if part.place == "head" or part.kind == "linear" or part.size == (1,) else "stem"

    def _figure(self, part: Part) -> int:
        if self._look.color_by in {"stage", "op"} or part.kind == "input":
            return 0
        return quantity(part.costs, self._look.color_by)


def _drawn(entry: Entry, x: float, y: float, width: float) -> tuple[list[Item], float]:
    """An entry of the legend, and how wide it is."""
    items: list[Item] = []
    sample = _SAMPLE
    if entry.kind == "heat":
        step = 9.0
        items += [Box(x + step * number, y - 4, step, 8, f"heat{number + 1}") for number in range(HEAT)]
        sample = step * HEAT
    elif entry.kind == "box":
        items.append(Box(x, y - 4, sample, 8, entry.style))
    else:
        items.append(Line(((x, y), (x + sample, y)), entry.style))
    label = text(x + sample + 4, y, entry.meaning, size=_SIZE, anchor="start", style="note", width=width - sample - 4)
    return [*items, label], sample + 4 + label.width
