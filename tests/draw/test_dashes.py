"""Dashes and heads of arrows: those of SVG, in every format."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import cos, hypot, pi, sin

import pytest

import resdsl
from resdsl.draw.formats.dashes import as_curves, dashes, outline, pattern
from resdsl.draw.options import DrawOptions
from resdsl.draw.scene import Box, Circle, Line, Point, Scene, arc
from resdsl.draw.themes import PAPER, THEMES, Style, Theme
from resdsl.draw.views import VIEWS
from resdsl.draw.write import write
from tests.draw.drawn import SHIPPED, shipped
from tests.draw.figures import graph_of, lines, svg_tree
from tests.draw.ink import Picture, darkness_of, picture_of

DASHED = sorted(name for name, style in PAPER.styles.items() if style.dash != "solid" and style.stroke != "none")
LINES = [name for name in DASHED if PAPER.style(name).fill == "none"]


def walked(points: Sequence[Point]) -> Iterator[tuple[float, Point]]:
    """Points close by each other along a chain of curves, each with the way to it."""
    length, before = 0.0, points[0]
    for start in range(0, len(points) - 1, 3):
        for step in range(401):
            t = step / 400
            shares = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            curve = points[start : start + 4]
            x, y = (sum(share * point[axis] for share, point in zip(shares, curve, strict=True)) for axis in (0, 1))
            length += hypot(x - before[0], y - before[1])
            before = (x, y)
            yield length, before


def assert_dashed(picture: Picture, points: Sequence[Point], style: Style) -> None:
    """The middle of each dash has its colour, and that of each gap has none of it."""
    half = darkness_of(style.stroke) / 2
    dash, gap = pattern(style)
    way = list(walked(points))
    total = way[-1][0]
    count = int(total / (dash + gap))
    assert count >= 3
    for number in range(count):
        for middle, dark in ((dash / 2, True), (dash + gap / 2, False)):
            at = number * (dash + gap) + middle
            _, (x, y) = min(way, key=lambda pair: abs(pair[0] - at))
            assert (picture.darkness(x, y) > half) == dark, (number, dark, x, y)


@pytest.mark.parametrize("name", LINES)
def test_a_short_loop_of_png_has_the_dashes_of_svg(name: str) -> None:
    loop = arc((10, 10), (10, 24), 12, name, arrow=False)
    assert_dashed(picture_of(Scene(40, 34, "t", "d", (loop,))), loop.points, PAPER.style(name))


@pytest.mark.parametrize("name", LINES)
def test_a_line_of_png_has_the_dashes_of_svg(name: str) -> None:
    line = Line(((5, 10), (60, 10), (60, 40)), name)
    assert_dashed(picture_of(Scene(70, 50, "t", "d", (line,))), as_curves(line.points), PAPER.style(name))


@pytest.mark.parametrize("name", [name for name in DASHED if name not in LINES])
def test_the_edges_of_dashed_boxes_and_circles_are_those_of_svg(name: str) -> None:
    box, circle = Box(10, 10, 40, 20, name), Circle(80, 20, 12, name)
    style = PAPER.style(name)
    picture = picture_of(Scene(100, 40, "t", "d", (box, circle)))
    around = [(10.0, 10.0), (50.0, 10.0), (50.0, 30.0), (10.0, 30.0), (10.0, 10.0)]
    if style.hatch == "none":
        assert_dashed(picture, as_curves(around), style)
    dash, gap = pattern(style)
    for number in range(int(2 * pi * 12 / (dash + gap))):
        for middle, dark in ((dash / 2, True), (dash + gap / 2, False)):
            turn = (number * (dash + gap) + middle) / 12
            assert (picture.darkness(80 + 12 * cos(turn), 20 + 12 * sin(turn)) > 0.5) == dark


@pytest.mark.parametrize("style", ["flow", "identity", "projection", "gate"])
def test_the_head_of_an_arrow_ends_at_its_tip_however_thick_its_line_is(style: str) -> None:
    picture = picture_of(Scene(40, 20, "t", "d", (Line(((5, 10), (30, 10)), style, arrow=True),)))
    assert picture.darkness(29.3, 10) > 0.3
    assert picture.darkness(30.2, 10) < 0.1
    # 0.35 times as wide as long, on each side.
    assert picture.darkness(25.2, 10 + 1.6) > 0.3
    assert picture.darkness(25.2, 10 + 1.85) < 0.1
    assert picture.darkness(24.8, 10 + 1.6) < 0.1


def test_dashes_are_as_long_as_they_are_to_be() -> None:
    chain = arc((0, 0), (0, 30), 20, "identity").points
    pieces = list(dashes(chain, 4.0, 2.4))
    lengths = [list(walked(piece))[-1][0] for piece in pieces]
    assert lengths[:-1] == pytest.approx([4.0] * (len(pieces) - 1), abs=0.05)
    gaps = [hypot(two[0][0] - one[-1][0], two[0][1] - one[-1][1]) for one, two in pairwise(pieces)]
    assert gaps == pytest.approx([2.4] * len(gaps), abs=0.15)
    assert pieces[0][0] == chain[0]


def test_a_dash_goes_around_a_corner_in_one_piece() -> None:
    (first, *_) = dashes(as_curves([(0, 0), (3, 0), (3, 10)]), 5.0, 1.0)
    assert first[3] == pytest.approx((3, 0))
    assert first[-1] == pytest.approx((3, 2))


def test_what_has_no_length_has_no_dashes() -> None:
    assert list(dashes(as_curves([(1, 1), (1, 1)]), 4.0, 2.4)) == []
    assert list(walked(outline(Circle(0, 0, 10, "white"))))[-1][0] == pytest.approx(20 * pi, rel=1e-3)
    rounded = list(walked(outline(Box(0, 0, 40, 20, "white", radius=5))))[-1][0]
    assert rounded == pytest.approx(120 - 40 + 10 * pi, rel=1e-3)


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
@pytest.mark.parametrize("view", ["columns", "stages", "block", "table"])
def test_no_shipped_figure_leaves_dashes_to_graphviz(view: str, theme: Theme) -> None:
    for name in SHIPPED[::4]:
        scene = VIEWS[view]([shipped(name)], DrawOptions(fold=view == "columns"))
        dot = write(scene, "dot", theme=theme).content
        assert isinstance(dot, str)
        assert "dashed" not in dot
        assert "dotted" not in dot


def test_each_dash_of_a_stage_s_loop_is_drawn() -> None:
    """Graphviz made three specks of it."""
    net = resdsl.loads("network n(shortcut = B) { input 3x32x32\n conv 3x3, 16\n stage s: basic(32) x 2, /2 }")
    figure = net.render("stages")
    loop, *_ = lines(svg_tree(figure.write("svg").content), "projection")
    dash, gap = map(float, loop.attrib["stroke-dasharray"].split())
    length = list(walked(points_of(loop.attrib["d"])))[-1][0]
    edges = graph_of(figure.write("dot").content)["edges"]
    (dotted,) = [each for each in edges if each.get("tooltip", "").startswith("projection")]
    drawn = [each for each in dotted["_draw_"] if each["op"] in {"b", "B"}]
    assert len(drawn) == int(length / (dash + gap)) + 1 == 10


def points_of(path: str) -> list[Point]:
    """The points of a path of curves."""
    numbers = [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", path)]
    return list(zip(numbers[::2], numbers[1::2], strict=True))
