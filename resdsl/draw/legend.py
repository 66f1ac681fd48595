"""Legends: samples of boxes, lines and heat with their meanings, wrapped to a width."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from resdsl.draw.options import ColorBy
from resdsl.draw.scene import Box, Circle, Item, Line, text
from resdsl.draw.texts import figure_text
from resdsl.draw.themes import HEAT

_SIZE = 7.0
_ROW = 13.0
_SAMPLE = 20.0
_STEP = 9.0
_APART = 12.0
_MARKS = {"added": "added", "removed": "removed", "changed": "changed", "same": "as before"}
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
_FIGURES: dict[ColorBy, str] = {"params": "parameters", "macs": "multiply-adds", "activations": "activations"}


@dataclass(frozen=True, slots=True)
class LegendEntry:
    """A sample and its meaning; the style of a sign is what stands in its circle."""

    kind: Literal["box", "line", "heat", "sign"]
    style: str
    meaning: str


def of_marks(used: Collection[str]) -> Iterator[LegendEntry]:
    """Entries for the marks in use."""
    yield from (LegendEntry("box", mark, wording) for mark, wording in _MARKS.items() if mark in used)


def of_kinds(used: Collection[str]) -> Iterator[LegendEntry]:
    """Entries for the kinds of parts whose styles are in use."""
    yield from (LegendEntry("box", kind, wording) for kind, wording in _KINDS.items() if kind in used)


def of_heat(colors: ColorBy, most: int) -> Iterator[LegendEntry]:
    """The entry for the figure that heat shows, up to its maximum."""
    yield LegendEntry("heat", "", f"0 to {figure_text(most)} {_FIGURES[colors]}")


def of_heat_in_steps(colors: ColorBy, most: int) -> Iterator[LegendEntry]:
    """The same without a scale: the upper bounds of the lightest, a middle and the darkest box."""
    for step in (1, (HEAT + 1) // 2, HEAT):
        yield LegendEntry("box", f"heat{step}", f"up to {figure_text(most * step // HEAT)} {_FIGURES[colors]}")


def legend(entries: Sequence[LegendEntry], x: float, y: float, width: float) -> tuple[list[Item], float]:
    """Entries side by side from an upper left corner, wrapped to a width, and their total height."""
    items: list[Item] = []
    at, row = x, y + _ROW / 2
    for entry in entries:
        drawn, wide = _drawn(entry, at, row, width)
        if at > x and at + wide > x + width:
            at, row = x, row + _ROW
            drawn, wide = _drawn(entry, at, row, width)
        items += drawn
        at += wide + _APART
    return items, (row + _ROW / 2 - y if entries else 0.0)


def _drawn(entry: LegendEntry, x: float, y: float, width: float) -> tuple[list[Item], float]:
    """An entry and its width."""
    items: list[Item] = []
    sample = _SAMPLE
    if entry.kind == "heat":
        items += [Box(x + _STEP * number, y - 4, _STEP, 8, f"heat{number + 1}") for number in range(HEAT)]
        sample = _STEP * HEAT
    elif entry.kind == "sign":
        items.append(Circle(x + 5, y, 5, "join", entry.style, 8.0))
        sample = 10.0
    elif entry.kind == "box":
        items.append(Box(x, y - 4, sample, 8, entry.style))
    else:
        items.append(Line(((x, y), (x + sample, y)), entry.style))
    label = text(x + sample + 4, y, entry.meaning, size=_SIZE, anchor="start", style="note", width=width - sample - 4)
    return [*items, label], sample + 4 + label.width
