"""A figure as a value: boxes, lines and texts, placed, before any format or colour is thought of.

Why it exists: network figures and charts are laid out once, and written as SVG, TikZ and DOT from one
value, so that all formats show the same figure. An item has a style by its name (`stage1`, `identity`,
`axis`); a theme says how that looks. A scene holds only what every format can draw, so there are no
rotated texts and no clipping.

Lengths are in points (1/72 inch). x grows to the right, y downwards, from the top left corner.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from resdsl.draw.metrics import LINE, fitted, width_of
from resdsl.draw.texts import clean

Point = tuple[float, float]
Anchor = Literal["start", "middle", "end"]


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text.

    Attributes:
        x: its left end, its middle or its right end, by `anchor`.
        y: the middle of its capitals.
    """

    x: float
    y: float
    text: str
    size: float = 8.0
    anchor: Anchor = "middle"
    bold: bool = False
    style: str = "text"

    @property
    def width(self) -> float:
        """How wide it is set."""
        return width_of(self.text, self.size, bold=self.bold)

    @property
    def left(self) -> float:
        """Where it starts."""
        return self.x - self.width * {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with its label in the middle, one line of text or several.

    Attributes:
        x: its left edge; `y` its upper one.
        radius: of its corners.
        name: by which lines say that they end at it; unique in a scene. Empty if none does.
        about: what a pointer that rests on it is told, and a screen reader.
        clear: width and height in its middle that its hatch leaves free; None for what its label needs.
    """

    x: float
    y: float
    width: float
    height: float
    style: str
    label: tuple[str, ...] = ()
    size: float = 8.0
    bold: bool = False
    radius: float = 0.0
    name: str = ""
    about: str = ""
    clear: tuple[float, float] | None = None

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> Point:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle with its label in the middle: the circled plus, or a point of a chart. `x`, `y` is its middle."""

    x: float
    y: float
    radius: float
    style: str
    label: str = ""
    size: float = 8.0
    name: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points.

    Attributes:
        points: at least two; of a curve 1 + 3n, as a chain of cubic Bézier curves has them.
        arrow: whether its end has a head, the tip at the last point.
        curved: whether the points are those of curves.
        source: the name of the box or circle that it starts at; `target` that where it ends. DOT says so.
    """

    points: tuple[Point, ...]
    style: str
    arrow: bool = False
    curved: bool = False
    source: str = ""
    target: str = ""
    about: str = ""

    def __post_init__(self) -> None:
        if len(self.points) < 2 or (self.curved and len(self.points) % 3 != 1):
            raise ValueError("a line has two points or more, a curve 1 + 3n")


@dataclass(frozen=True, slots=True)
class Group:
    """Items that belong together: a network, a stage.

    Attributes:
        label: what a screen reader calls it.
        kind: a word for what it is (`stage`), by which it is found in SVG.
    """

    label: str
    items: tuple[Item, ...]
    kind: str = "part"


Item = Box | Circle | Line | Text | Group


@dataclass(frozen=True, slots=True)
class Scene:
    """A figure.

    Attributes:
        title: one line, of what it shows.
        description: in sentences what can be seen, for those who cannot see it.
        size: of the labels in its boxes, where they have room; other texts are as much smaller or larger as they are.
    """

    width: float
    height: float
    title: str
    description: str
    items: tuple[Item, ...]
    size: float = 8.0

    def flat(self) -> Iterator[Box | Circle | Line | Text]:
        """All items but groups, in the order in which they are painted."""
        return _flat(self.items)


def boxed(box: Box, *, margin: float = 3.0, smallest: float = 5.0) -> Box:
    """The box with its label made to fit: cleaned, then smaller if need be, then cut.

    Lines for which it is not high enough are left out, the last that stays ending in an ellipsis.
    """
    room = max(1, int((box.height - 1) / (smallest * LINE)))
    lines = [clean(line) for line in box.label]
    if len(lines) > room:
        lines = [*lines[: room - 1], f"{lines[room - 1]}…"]
    size = min([box.size, (box.height - 1) / (LINE * max(1, len(lines)))])
    width = box.width - 2 * margin
    size = min([fitted(line, size, width, bold=box.bold, smallest=smallest)[1] for line in lines], default=size)
    label = tuple([fitted(line, size, width, bold=box.bold, smallest=size)[0] for line in lines])
    return replace(box, label=label, size=size)


def text(
    x: float,
    y: float,
    content: str,
    *,
    size: float = 8.0,
    anchor: Anchor = "middle",
    bold: bool = False,
    style: str = "text",
    width: float | None = None,
    smallest: float = 6.0,
) -> Text:
    """A text, cleaned, and made to fit into `width` if that is given."""
    content = clean(content)
    if width is not None:
        content, size = fitted(content, size, width, bold=bold, smallest=smallest)
    return Text(x, y, content, size, anchor, bold, style)


def arc(
    start: Point, end: Point, out: float, style: str, *, arrow: bool = True, source: str = "", target: str = ""
) -> Line:
    """A curve from `start` to `end`, one above the other, that swings `out` points to the right of the farther.

    A negative `out` swings to the left.
    """
    far = (max if out > 0 else min)(start[0], end[0]) + out
    # A cubic curve whose inner points stand at `reach` comes 3/4 of the way out to them.
    reach = far + (far - (start[0] + end[0]) / 2) / 3
    points = (start, (reach, start[1]), (reach, end[1]), end)
    return Line(points, style, arrow=arrow, curved=True, source=source, target=target)


def moved(item: Item, dx: float, dy: float) -> Item:
    """The item elsewhere."""
    if isinstance(item, Group):
        return replace(item, items=tuple([moved(each, dx, dy) for each in item.items]))
    if isinstance(item, Line):
        return replace(item, points=tuple([(x + dx, y + dy) for x, y in item.points]))
    return replace(item, x=item.x + dx, y=item.y + dy)


def scaled(scene: Scene, factor: float) -> Scene:
    """The scene with all lengths, those of texts included, times a factor. Widths of lines are the theme's."""
    return replace(
        scene,
        width=scene.width * factor,
        height=scene.height * factor,
        size=scene.size * factor,
        items=tuple([_scaled(item, factor) for item in scene.items]),
    )


def _scaled(item: Item, factor: float) -> Item:
    match item:
        case Group():
            return replace(item, items=tuple([_scaled(each, factor) for each in item.items]))
        case Line():
            return replace(item, points=tuple([(x * factor, y * factor) for x, y in item.points]))
        case Text():
            return replace(item, x=item.x * factor, y=item.y * factor, size=item.size * factor)
        case Box():
            clear = item.clear and (item.clear[0] * factor, item.clear[1] * factor)
            box = replace(item, x=item.x * factor, y=item.y * factor, width=item.width * factor, clear=clear)
            return replace(box, height=item.height * factor, size=item.size * factor, radius=item.radius * factor)
        case Circle():
            circle = replace(item, x=item.x * factor, y=item.y * factor, radius=item.radius * factor)
            return replace(circle, size=item.size * factor)


def _flat(items: tuple[Item, ...]) -> Iterator[Box | Circle | Line | Text]:
    for item in items:
        if isinstance(item, Group):
            yield from _flat(item.items)
        else:
            yield item
