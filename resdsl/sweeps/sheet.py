"""A sheet with the networks of a sweep: small figures by stage, with differences from the baseline marked.

Each figure is cut from the view `stages` of the network beside the baseline, so that its stages are at the same heights
as those of the baseline and can be compared across the sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import ceil, sqrt

from resdsl.diagnostics.spec_error import SpecError
from resdsl.draw.options import Annotation, DrawOptions
from resdsl.draw.scene import Area, Box, Circle, Group, Item, Line, Scene, Text, moved, scaled, text
from resdsl.draw.strips.sides import LABEL
from resdsl.draw.views.stages import stages
from resdsl.ir.network import Network
from resdsl.refusal import Refused
from resdsl.sweeps.sweep import Sweep

MOST = 60
"""The maximum number of networks on a sheet; more would be illegible."""
_SCALE = 0.96
_MARGIN, _TITLE, _GAP = 8.0, 22.0, 14.0
_WIDER = 1.4
"""The aspect ratio of a sheet, in cards."""


class SheetTooLarge(Refused):
    """There are too many networks for a legible sheet."""

    def __init__(self, count: int) -> None:
        super().__init__(f"a sheet shows at most {MOST} networks, not {count}; select some with `keep`")


def sheet_of(sweep: Sweep, look: DrawOptions) -> Scene:
    """The sheet of all points of a sweep, compared with the first.

    Raises:
        SpecError: a point cannot be built, or no points are left.
        SheetTooLarge: there are too many points.
    """
    networks: list[tuple[str, Network]] = []
    count = 0
    for point, network in sweep.built():
        count += 1
        if count <= MOST:
            networks.append((point.name, network))
    if count > MOST:
        raise SheetTooLarge(count)
    if not networks:
        raise SpecError(sweep.warnings)
    return sheet_scene(networks, networks[0], look.title or sweep.name, look.annotate)


def sheet_scene(
    networks: Sequence[tuple[str, Network]],
    baseline: tuple[str, Network],
    title: str,
    annotate: tuple[Annotation, ...] = (),
) -> Scene:
    """The sheet.

    Args:
        networks: names and networks, line by line.
        baseline: the name and network to compare with; differences from it are marked.
        title: the line above the sheet.
        annotate: annotations of each stage.

    Raises:
        SheetTooLarge: there are too many networks.
    """
    if len(networks) > MOST:
        raise SheetTooLarge(len(networks))
    cards = [_card(number, name, network, baseline[1], annotate) for number, (name, network) in enumerate(networks)]
    wide = max(card.width for card in cards)
    columns = min(len(cards), max(1, ceil(sqrt(len(cards) * _WIDER * max(card.height for card in cards) / wide))))
    items: list[Item] = [text(_MARGIN, _MARGIN + 6, title, size=11, anchor="start", bold=True, style="title")]
    top = _MARGIN + _TITLE
    for row in _rows(cards, columns):
        items += [moved(card.items[0], _left(at, wide), top) for at, card in enumerate(row)]
        top += max(card.height for card in row) + _GAP
    note = f"What differs from {baseline[0]} is marked: a dotted frame is changed, a thick one added."
    items.append(text(_MARGIN, top, note, size=7, anchor="start", style="note"))
    width = max(_left(columns, wide) - _GAP + _MARGIN, 330.0)
    names = ", ".join(name for name, _ in networks)
    about = f"{len(cards)} networks, stage by stage: {names}."
    return Scene(width, top + _MARGIN, title, about, tuple(items), LABEL * _SCALE)


def _left(column: int, wide: float) -> float:
    return _MARGIN + column * (wide + _GAP)


def _rows(cards: Sequence[Scene], columns: int) -> Iterator[Sequence[Scene]]:
    for start in range(0, len(cards), columns):
        yield cards[start : start + columns]


def _card(number: int, name: str, network: Network, baseline: Network, annotate: tuple[Annotation, ...]) -> Scene:
    """A small figure of one network, cut from a figure of it beside the baseline."""
    both = [each.replace(name=name) for each in (baseline, network)]
    scene = stages(both, DrawOptions(annotate=annotate, diff=True, legend=False))
    _, own = (item for item in scene.items if isinstance(item, Group) and item.kind == "network")
    left, right, bottom = _edges(Scene(0, 0, "", "", (own,)).flat())
    item = moved(_renamed(own, f"n{number}-"), -left, 0)
    return scaled(Scene(right - left, bottom, name, network.name, (item,)), _SCALE)


def _edges(items: Iterable[Item]) -> tuple[float, float, float]:
    """The left, right and lower edges of all items."""
    xs: list[float] = []
    ys: list[float] = []
    for item in items:
        match item:
            case Box():
                xs += [item.x, item.right]
                ys.append(item.bottom)
            case Circle():
                xs += [item.x - item.radius, item.x + item.radius]
                ys.append(item.y + item.radius)
            case Text():
                xs += [item.left, item.left + item.width]
                ys.append(item.y + item.size)
            case Line() | Area():
                xs += [x for x, _ in item.points]
                ys += [y for _, y in item.points]
    return min(xs), max(xs), max(ys)


def _renamed(item: Item, prefix: str) -> Item:
    """The item with prefixed names, which must be unique on the whole sheet."""
    match item:
        case Group():
            return replace(item, items=tuple([_renamed(each, prefix) for each in item.items]))
        case Box() | Circle() if item.name:
            return replace(item, name=f"{prefix}{item.name}")
        case Line() if item.source or item.target:
            source, target = (name and f"{prefix}{name}" for name in (item.source, item.target))
            return replace(item, source=source, target=target)
    return item
