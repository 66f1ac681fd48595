"""Line charts: axes, names at the ends of curves, bands, and every format."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest

from resdsl.draw.charts.curves import Curve, Panel, curves_scene
from resdsl.draw.formats.dot import dot
from resdsl.draw.formats.svg import svg
from resdsl.draw.formats.tikz import tikz
from resdsl.draw.scene import Area, Line, Scene, Text, moved, scaled
from resdsl.draw.themes import THEMES

STEPS = (10.0, 20.0, 30.0, 40.0)


def scene(ends: list[float], *, steps: tuple[float, ...] = STEPS) -> Scene:
    """A chart of falling curves with the given last values."""
    curves = []
    for colour, end in enumerate(ends):
        points = tuple((step, end + 40 - step) for step in steps)
        band = tuple((max(y - 3, 0), y + 3) for _, y in points)
        curves += [
            Curve("", colour, tuple((x, y / 2) for x, y in points), dashed=True),
            Curve(f"network-{colour}", colour, points, band=band),
        ]
    return curves_scene(
        [Panel("steps", "error, %", tuple(curves))], "errors", [("bold", "test"), ("band", "seeds")], "?"
    )


def texts(drawn: Scene) -> list[Text]:
    return [item for item in drawn.flat() if isinstance(item, Text)]


@pytest.mark.parametrize("ends", [[5.0], [5.0, 5.0], [0.0, 0.1, 0.2, 0.3, 0.2, 0.1], [80.0, 79.0, 81.0, 0.0, 1.0]])
def test_names_stand_apart_within_the_figure(ends: list[float]) -> None:
    drawn = scene(ends)
    names = sorted((item for item in texts(drawn) if item.text.startswith("network")), key=lambda item: item.y)
    assert len(names) == len(ends)
    assert all(below.y - above.y > 8.9 for above, below in pairwise(names))
    assert all(item.left > 0 and item.left + item.width < drawn.width for item in texts(drawn))
    assert all(0 < item.y < drawn.height for item in texts(drawn))


def test_names_are_in_the_order_of_the_curves() -> None:
    names = {item.text: item.y for item in texts(scene([5.0, 20.0, 6.0]))}
    assert names["network-1"] < names["network-2"] < names["network-0"]


def test_curves_that_end_early_are_named_above() -> None:
    long, short = ((1.0, 2.0), (9.0, 1.0)), ((1.0, 2.0), (4.0, 1.0))
    panel = Panel("layers", "std", (Curve("long", 0, long), Curve("short", 1, short)), whole=True)
    drawn = curves_scene([panel], "responses", [], "?")
    names = {item.text: item for item in texts(drawn)}
    assert names["long"].y == names["short"].y < names["std"].y


def test_a_scale_of_whole_numbers_has_no_others() -> None:
    panel = Panel("layers", "std", (Curve("a", 0, ((1.0, 1.0), (2.0, 1.0))),), whole=True)
    ticks = [item.text for item in texts(curves_scene([panel], "t", [], "?")) if item.y > 200 and item.style == "note"]
    assert [tick for tick in ticks if tick in ("0", "0.5", "1", "1.5", "2")] == ["0", "0", "1", "2"]


def test_a_single_step_is_drawn() -> None:
    assert any(item.style == "curve1" for item in scene([5.0], steps=(10.0,)).flat() if isinstance(item, Line))


def test_bands_lie_below_everything_in_the_colours_of_their_curves() -> None:
    items = list(scene([5.0, 50.0]).flat())
    bands = [item for item in items if isinstance(item, Area)]
    assert items[: len(bands)] == bands
    assert {band.style for band in bands} == {"curve1-band", "curve2-band"}


@pytest.mark.parametrize("theme", THEMES)
def test_every_format_has_the_bands(theme: str) -> None:
    drawn, look = scene([5.0]), THEMES[theme]
    fill = look.style("curve1-band").fill
    root = ElementTree.fromstring(svg(drawn, look))
    areas = [each for each in root.iter() if each.get("class") == "area curve1-band"]
    assert [each.get("fill") for each in areas] == [fill, fill]
    assert f'_background="c 7 -{fill} C 7 -{fill} P 4 ' in dot(drawn, look)
    assert tikz(drawn, look).count(r"\path[resdsl/curve1-band]") == 2


def test_an_area_moves_and_grows_with_its_scene() -> None:
    area = Area(((0, 0), (10, 0), (10, 5)), "curve1-band")
    assert moved(area, 1, 2) == Area(((1, 2), (11, 2), (11, 7)), "curve1-band")
    grown = scaled(Scene(10, 5, "", "", (area,)), 2)
    assert grown.items == (Area(((0, 0), (20, 0), (20, 10)), "curve1-band"),)
