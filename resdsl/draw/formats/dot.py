"""A scene as DOT with all positions pinned, so that `neato -n2` of any Graphviz draws the same figure.

Boxes, circles and texts are nodes; lines are edges with the splines of the scene. Graphviz paints a node and then its
outgoing edges, so the painting order is that of the scene, except that areas are painted first, as a background. Its
dashes differ between its formats, and its arrow heads grow with their lines, so each dash is a spline of its own, and
each head an edge without a line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import count
from typing import TYPE_CHECKING

from resdsl.draw.formats.dashes import Chain, as_curves, dashes, outline, pattern
from resdsl.draw.formats.geometry import HEAD, extent, hatches, head, number, plate, shortened
from resdsl.draw.scene import Area, Box, ChartMark, Circle, Line, Point, Scene, Text
from resdsl.draw.texts import clean, isolated
from resdsl.draw.themes import Style, Theme

if TYPE_CHECKING:
    import graphviz

_PLAIN_NAME = re.compile(r"[\w./-]{1,200}", re.ASCII)
_JUSTIFIED = {"start": r"\l", "middle": "", "end": r"\r"}
_GRAPHVIZ_HEAD = 10.0
_ROOM = 1.3
_LONGEST = 8000


def dot(scene: Scene, theme: Theme, *, texts: float = 1.0) -> str:
    """The scene in the DOT language, ending with a line feed.

    Nodes have fixed sizes that labels may exceed, so Graphviz gives no warnings if a font is wider than Helvetica.

    Args:
        scene: the figure.
        theme: its appearance.
        texts: the factor for sizes of texts, for use if only wider fonts are available.
    """
    import graphviz

    graph = graphviz.Digraph(
        name_of(scene.title) or "figure",
        graph_attr={"bgcolor": _colour(theme.background), "pad": "0", "margin": "0", "notranslate": "true"},
        node_attr={"fontname": _fonts(theme), "fixedsize": "shape", "margin": "0", "label": ""},
        edge_attr={"fontname": _fonts(theme), "dir": "none", "arrowsize": number(HEAD / _GRAPHVIZ_HEAD)},
    )
    _Writer(graph, scene, theme, texts).everything()
    return str(graph.source)


def name_of(title: str) -> str:
    """The name of the graph; Graphviz would take a backslash at its end as escaping the quote after it."""
    from graphviz import nohtml

    name: str = nohtml(clean(title).replace("\\", "\\\\"))
    return name


class _Writer:
    """Adds the items of a scene to a graph."""

    def __init__(self, graph: graphviz.Digraph, scene: Scene, theme: Theme, texts: float) -> None:
        self._graph = graph
        self._scene = scene
        self._theme = theme
        self._texts = texts
        self._names = _names(scene)
        self._numbers = count(1)

    def everything(self) -> None:
        width, height = self._scene.width, self._scene.height
        self._node("figure", (width / 2, height / 2), width, height, {"shape": "box", **_painted("none", "none", 0)})
        if areas := [item for item in self._scene.flat() if isinstance(item, Area)]:
            self._graph.attr("graph", _background=_in_lines(" ".join(map(self._area, areas))))
        for item in self._scene.flat():
            match item:
                case Box():
                    self._box(item)
                case Circle():
                    self._circle(item)
                case ChartMark():
                    self._mark(item)
                case Text():
                    self._text(item)
                case Line():
                    self._line(item)

    def _box(self, item: Box) -> None:
        style = self._theme.style(item.style)
        kinds = ["filled"] * (style.fill != "none") + ["rounded"] * (item.radius > 0)
        name = self._names.get(item.name) or f"box{next(self._numbers)}"
        shape = {"shape": "box", **_outlined(style), "style": ",".join(kinds)}
        hatch = hatches(item, style)
        label = self._label(item.label, item.size, style.text, bold=item.bold)
        self._node(
            name, item.middle, item.width, item.height, shape | self._about(item.about) | ({} if hatch else label)
        )
        self._dashed_outline(item, style)
        if hatch:
            self._edge([as_curves(hatch)], {"color": style.stroke, "penwidth": "0.4"})
        if under := plate(item, style):
            look = {"shape": "box", **_painted(style.fill, "none", 0), **label}
            self._node(f"{name}.label", under.middle, under.width, under.height, look)

    def _circle(self, item: Circle) -> None:
        style = self._theme.style(item.style)
        name = self._names.get(item.name) or f"circle{next(self._numbers)}"
        shape = {"shape": "circle", **_outlined(style)}
        label = self._label((item.label,) if item.label else (), item.size, style.text)
        size = 2 * item.radius
        self._node(name, (item.x, item.y), size, size, shape | self._about(item.about) | label)
        self._dashed_outline(item, style)

    def _mark(self, item: ChartMark) -> None:
        look = {"shape": item.shape, **_outlined(self._theme.style(item.style)), **self._about(item.about)}
        self._node(f"mark{next(self._numbers)}", (item.x, item.y), *extent(item), look)

    def _dashed_outline(self, item: Box | Circle, style: Style) -> None:
        if style.dash != "solid" and style.stroke != "none":
            look = {"color": style.stroke, "penwidth": number(style.width)}
            self._edge(list(dashes(outline(item), *pattern(style))), look)

    def _text(self, item: Text) -> None:
        if not item.text:
            return
        label = self._label(
            (item.text,), item.size, self._theme.style(item.style).text, bold=item.bold, end=item.anchor
        )
        # With some room at the loose end a text stays where it is to start, however wide Graphviz takes it to be.
        beyond = {"start": self._scene.width - item.x, "middle": item.width, "end": item.x}[item.anchor]
        width = max(item.width, min(item.width * _ROOM, beyond))
        middle = item.x + {"start": width / 2, "middle": 0.0, "end": -width / 2}[item.anchor]
        name = f"text{next(self._numbers)}"
        self._node(name, (middle, item.y), width, item.size, {"shape": "plaintext", **label})

    def _line(self, item: Line) -> None:
        style = self._theme.style(item.style)
        colour = {"color": _colour(style.stroke)}
        look = colour | {"penwidth": number(style.width)} | self._about(item.about)
        points = shortened(item)
        chain = points if item.curved else as_curves(points)
        pieces = [chain] if style.dash == "solid" else list(dashes(chain, *pattern(style)))
        self._edge(pieces, look, ends=(self._names.get(item.source), self._names.get(item.target)))
        if item.arrow:
            tip, (x, y), (other_x, other_y) = head(item)
            base = ((x + other_x) / 2, (y + other_y) / 2)
            self._edge([(base,) * 4], colour | {"penwidth": "0", "dir": "forward"}, tip=tip)

    def _area(self, item: Area) -> str:
        """An area in the drawing language of Graphviz, xdot: both colours, then a filled polygon."""
        fill = self._theme.style(item.style).fill
        corners = " ".join([f"{number(x)} {number(self._scene.height - y)}" for x, y in item.points])
        colour = f"{len(fill)} -{fill}"
        return " ".join(["c", colour, "C", colour, "P", str(len(item.points)), corners])

    def _edge(
        self,
        pieces: Sequence[Chain],
        look: Mapping[str, str],
        *,
        ends: tuple[str | None, str | None] = (None, None),
        tip: Point | None = None,
    ) -> None:
        pos = _in_lines(";".join([" ".join(map(self._place, piece)) for piece in pieces]))
        tail = ends[0] or self._anchor(pieces[0][0])
        target = ends[1] or (tail if tip else self._anchor(pieces[-1][-1]))
        self._graph.edge(tail, target, **look, pos=f"e,{self._place(tip)} {pos}" if tip else pos)

    def _anchor(self, point: Point) -> str:
        """An invisible node for the end of a line that does not end at a box."""
        name = f"end{next(self._numbers)}"
        self._node(name, point, 0.01, 0.01, {"shape": "point", "style": "invis"})
        return name

    def _node(self, name: str, middle: Point, width: float, height: float, look: Mapping[str, str]) -> None:
        size = {"width": f"{width / 72:.4f}", "height": f"{height / 72:.4f}"}
        self._graph.node(name, pos=f"{self._place(middle)}!", **size, **look)

    def _place(self, point: Point) -> str:
        return f"{number(point[0])},{number(self._scene.height - point[1])}"

    def _label(
        self, lines: Sequence[str], size: float, colour: str, *, bold: bool = False, end: str = "middle"
    ) -> dict[str, str]:
        from graphviz import nohtml

        if not lines:
            return {}
        joined = nohtml("\\n".join(map(_escaped, lines)) + _JUSTIFIED[end])
        look = {"label": joined, "fontsize": number(size * self._texts), "fontcolor": colour}
        return look | ({"fontname": f"{_fonts(self._theme)} Bold"} if bold else {})

    def _about(self, about: str) -> dict[str, str]:
        from graphviz import nohtml

        return {"tooltip": nohtml(_escaped(clean(about)))} if about else {}


def _names(scene: Scene) -> dict[str, str]:
    """The node names of all named boxes and circles, which are their own names if these are plain."""
    found: dict[str, str] = {}
    for item in scene.flat():
        if isinstance(item, Box | Circle) and item.name and item.name not in found:
            plain = _PLAIN_NAME.fullmatch(item.name) and not re.fullmatch(
                r"(box|circle|mark|text|end|named)\d+|figure", item.name
            )
            found[item.name] = item.name if plain else f"named{len(found) + 1}"
    return found


def _fonts(theme: Theme) -> str:
    """A list of fonts, since Graphviz takes "Helvetica" alone for a PostScript font and may use a wider one."""
    return ",".join(theme.font)


def _painted(fill: str, stroke: str, width: float) -> dict[str, str]:
    look = {"fillcolor": _colour(fill), "color": _colour(stroke), "penwidth": number(width)}
    return look | ({"style": "filled"} if fill != "none" else {})


def _outlined(style: Style) -> dict[str, str]:
    """The attributes of a node, except for dashes, which are separate lines."""
    return _painted(style.fill, style.stroke if style.dash == "solid" else "none", style.width)


def _in_lines(numbers: str) -> str:
    """A long value on several lines, which Graphviz joins: it reads no more than 16,384 characters at once."""
    if len(numbers) <= _LONGEST:
        return numbers
    lines = [""]
    for each in numbers.split(" "):
        if len(lines[-1]) + len(each) > _LONGEST:
            lines.append("")
        lines[-1] += f"{each} "
    return "\\\n".join(lines).rstrip()


def _colour(colour: str) -> str:
    return "transparent" if colour == "none" else colour


def _escaped(text: str) -> str:
    """The text as a label; Graphviz interprets backslashes and HTML entities."""
    return isolated(text).replace("&", "&amp;").replace("\\", "\\\\")
