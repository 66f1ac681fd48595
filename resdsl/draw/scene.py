"""A figure as a value: boxes, lines and texts with their positions, independent of formats and colours.

Figures and charts are laid out once and written as SVG, TikZ and DOT from the same value, so that all formats show the
same figure. An item names its style (`stage1`, `identity`, `axis`), and a theme defines its appearance. A scene uses
only what every format can draw, so there is no rotated text and no clipping.

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
Shape = Literal["circle", "square", "triangle", "diamond", "invtriangle", "star"]


@dataclass(frozen=True, slots=True)
class Text:
    """One line of text.

    Attributes:
        x: its left end, middle or right end, depending on `anchor`.
        y: the middle of its capital letters.
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
        """Its width."""
        return width_of(self.text, self.size, bold=self.bold)

    @property
    def left(self) -> float:
        """Its left end."""
        return self.x - self.width * {"start": 0.0, "middle": 0.5, "end": 1.0}[self.anchor]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle with its label, of one or more lines, in the middle.

    Attributes:
        x: its left edge; `y` is its upper edge.
        radius: the radius of its corners.
        name: the name that lines use to refer to it, unique in a scene; empty if no line does.
        about: the text of its tooltip, which screen readers also read.
        clear: width and height in its middle that its hatch leaves free; None for the size of its label.
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
        """The x of its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """The y of its lower edge."""
        return self.y + self.height

    @property
    def middle(self) -> Point:
        """Its middle."""
        return self.x + self.width / 2, self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Circle:
    """A circle around (`x`, `y`) with its label in the middle: a circled plus, or a point of a chart."""

    x: float
    y: float
    radius: float
    style: str
    label: str = ""
    size: float = 8.0
    name: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class ChartMark:
    """A point of a chart around (`x`, `y`) that its shape tells apart from others.

    Attributes:
        radius: how far it extends; all shapes of one radius look about equally large.
    """

    x: float
    y: float
    radius: float
    shape: Shape
    style: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A line through points.

    Attributes:
        points: at least two points, or 1 + 3n for a chain of cubic Bézier curves.
        arrow: whether it ends in an arrow head with the tip at the last point.
        curved: whether the points define curves.
        source: the name of the box or circle where it starts; `target` is the one where it ends. DOT uses both.
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
            raise ValueError("a line must have at least two points, a curve 1 + 3n")


@dataclass(frozen=True, slots=True)
class Area:
    """A polygon without an outline, such as the band around a curve; all areas lie below everything else.

    Attributes:
        points: its corners, at least three.
    """

    points: tuple[Point, ...]
    style: str


@dataclass(frozen=True, slots=True)
class Group:
    """Items that belong together: a network, a stage.

    Attributes:
        label: its name for screen readers.
        kind: a word for what it is (`stage`), which becomes its class in SVG.
    """

    label: str
    items: tuple[Item, ...]
    kind: str = "part"


Drawing = Box | Circle | ChartMark | Line | Text | Area
Item = Drawing | Group


@dataclass(frozen=True, slots=True)
class Scene:
    """A figure.

    Attributes:
        title: one line that says what it shows.
        description: what it shows in sentences, for screen readers.
        size: the size of labels in boxes, where they fit; other texts scale with it.
    """

    width: float
    height: float
    title: str
    description: str
    items: tuple[Item, ...]
    size: float = 8.0

    def flat(self) -> Iterator[Drawing]:
        """All items except groups, in painting order."""
        return _flat(self.items)


def boxed(box: Box, *, margin: float = 3.0, smallest: float = 5.0) -> Box:
    """The box with its label made to fit: cleaned, then made smaller if necessary, then cut.

    Lines that do not fit into its height are left out, and the last remaining line ends in an ellipsis.
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
    """A text, cleaned and, if `width` is given, made to fit into it."""
    content = clean(content)
    if width is not None:
        content, size = fitted(content, size, width, bold=bold, smallest=smallest)
    return Text(x, y, content, size, anchor, bold, style)


def arc(
    start: Point, end: Point, out: float, style: str, *, arrow: bool = True, source: str = "", target: str = ""
) -> Line:
    """A curve between two points at different heights that swings `out` points to the right of the rightmost one.

    A negative `out` makes it swing to the left.
    """
    far = (max if out > 0 else min)(start[0], end[0]) + out
    # A cubic curve with control points at `reach` comes 3/4 of the way out to them.
    reach = far + (far - (start[0] + end[0]) / 2) / 3
    points = (start, (reach, start[1]), (reach, end[1]), end)
    return Line(points, style, arrow=arrow, curved=True, source=source, target=target)


def moved(item: Item, dx: float, dy: float) -> Item:
    """The item moved by an offset."""
    if isinstance(item, Group):
        return replace(item, items=tuple([moved(each, dx, dy) for each in item.items]))
    if isinstance(item, Line | Area):
        return replace(item, points=tuple([(x + dx, y + dy) for x, y in item.points]))
    return replace(item, x=item.x + dx, y=item.y + dy)


def scaled(scene: Scene, factor: float) -> Scene:
    """The scene scaled by a factor, text included; the widths of lines are up to the theme."""
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
        case Line() | Area():
            return replace(item, points=tuple([(x * factor, y * factor) for x, y in item.points]))
        case Text():
            return replace(item, x=item.x * factor, y=item.y * factor, size=item.size * factor)
        case Box():
            clear = item.clear and (item.clear[0] * factor, item.clear[1] * factor)
            box = replace(item, x=item.x * factor, y=item.y * factor, width=item.width * factor, clear=clear)
            return replace(box, height=item.height * factor, size=item.size * factor, radius=item.radius * factor)
        case ChartMark():
            return replace(item, x=item.x * factor, y=item.y * factor, radius=item.radius * factor)
        case Circle():
            circle = replace(item, x=item.x * factor, y=item.y * factor, radius=item.radius * factor)
            return replace(circle, size=item.size * factor)


def _flat(items: tuple[Item, ...]) -> Iterator[Drawing]:
    for item in items:
        if isinstance(item, Group):
            yield from _flat(item.items)
        else:
            yield item
