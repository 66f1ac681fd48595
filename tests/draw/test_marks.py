"""Marks by the axes of a sweep: what colours and shapes show, and that anybody can tell them apart."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from math import dist
from typing import get_args

import pytest
from hypothesis import given, strategies as st

from resdsl.draw.charts.marks import SHAPES, marking_of
from resdsl.draw.charts.naming import on_one_spot
from resdsl.draw.charts.scatter import ChartPoint, Quantity, scatter_scene
from resdsl.draw.formats.geometry import corners_of
from resdsl.draw.scene import ChartMark, Scene, Shape, Text, scaled
from resdsl.draw.themes import MARKS, THEMES, Theme, mark_style
from resdsl.draw.write import Format, write
from tests.draw.figures import SVG, graph_of, svg_tree, tikz_commands
from tests.draw.test_costs import GOLDEN

EACH = pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
COUNTS = (1, 2, 3, 4, 5, 7, 9, 12, 18)

# What an eye without one kind of cones sees of linear RGB: Machado, Oliveira and Fernandes (2009), severity 1.
SIGHT = {
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
    "any": ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
}


def crowd() -> Scene:
    """27 networks: with shortcuts A and B they are nearly the same, and for n = 1 with C, too."""
    each = [(n, shortcut) for n in COUNTS for shortcut in "ABC"]
    more = {"A": 1.0, "B": 1.002, "C": 1.06}
    points = [
        ChartPoint(f"network {n} with {shortcut}", 14e6 * n * more[shortcut], 97e3 * n * more[shortcut], at == 0)
        for at, (n, shortcut) in enumerate(each)
    ]
    values: dict[str, list[int] | list[str]] = {
        "n": [n for n, _ in each],
        "shortcut": [shortcut for _, shortcut in each],
    }
    marking = marking_of(values, {name: list(map(str, some)) for name, some in values.items()})
    return scatter_scene(points, Quantity("multiply-adds"), Quantity("parameters"), "cifar", marking)


def marks_in(scene: Scene) -> list[ChartMark]:
    return [item for item in scene.flat() if isinstance(item, ChartMark)]


def test_colours_show_the_first_axis_and_shapes_the_second() -> None:
    marks = {mark.about.partition(":")[0]: mark for mark in marks_in(crowd()) if mark.about}
    assert len(marks) == 27
    for (name, one), (other_name, other) in combinations(marks.items(), 2):
        same_shortcut = name[-1] == other_name[-1]
        assert (one.shape == other.shape) == same_shortcut
    colours = [marks[f"network {n} with B"].style for n in COUNTS]
    assert colours == ["mark1", "mark1", "mark2", "mark3", "mark3", "mark4", "mark5", "mark5", "mark6"]
    assert marks["network 1 with A"].style == "mark1-front"


def test_the_legend_names_both_axes_and_no_number_stands_in_the_chart() -> None:
    scene = crowd()
    words = [item.text for item in scene.flat() if isinstance(item, Text)]
    at = words.index("n")
    assert words[at : at + 7] == ["n", "1 to 2", "3", "4 to 5", "7", "9 to 12", "18"]
    assert words[at + 7 : at + 11] == ["shortcut", "A", "B", "C"]
    assert words[-1] == "26 of 27 points are drawn without their names; 10 lie where another one is drawn"
    assert "Colours of marks show `n`, shapes `shortcut`." in scene.description
    assert not any(re.fullmatch(r"\d+-\d+", word) for word in words)


def test_points_whose_names_all_fit_are_not_marked() -> None:
    points = [ChartPoint("one", 1, 9), ChartPoint("two", 5, 5), ChartPoint("three", 9, 1)]
    axes = (Quantity("x"), Quantity("y"))
    marking = marking_of({"n": [1, 2, 3]}, {"n": ["1", "2", "3"]})
    assert scatter_scene(points, *axes, "few", marking) == scatter_scene(points, *axes, "few")


def test_one_axis_is_shown_by_colour_and_shape_at_once() -> None:
    marking = marking_of({"k": ["a", "b", "a"]}, {"k": ["a", "b", "a"]})
    assert marking is not None
    assert marking.wording == "Colours and shapes of marks show `k`."
    marks = [marking.mark(at, 0, 0, 2, "", front=False) for at in range(3)]
    assert [(mark.style, mark.shape) for mark in marks] == [
        ("mark1", "circle"),
        ("mark6", "square"),
        ("mark1", "circle"),
    ]


def test_axes_in_step_and_axes_without_order_are_passed_over() -> None:
    values: dict[str, list[int] | list[str]] = {
        "fixed": [1] * 8,
        "rows": [f"[{at}]" for at in range(8)],
        "n": [1, 1, 2, 2, 3, 3, 4, 4],
        "width": [16, 16, 32, 32, 48, 48, 64, 64],
        "kind": ["b", "a"] * 4,
    }
    marking = marking_of(values, {name: list(map(str, some)) for name, some in values.items()})
    assert marking is not None
    assert (marking.colours.name, marking.shapes.name) == ("n", "kind")
    assert marking.shapes.groups == ("b", "a")
    assert marking_of({"rows": values["rows"]}, {"rows": list(map(str, values["rows"]))}) is None
    assert marking_of({}, {}) is None


@given(st.lists(st.integers(-50, 50) | st.floats(-50, 50), min_size=2, max_size=40))
def test_groups_of_numbers_are_in_order_and_about_equally_many(numbers: list[float]) -> None:
    marking = marking_of({"n": numbers}, {"n": list(map(repr, numbers))})
    distinct = {repr(number): number for number in numbers}
    if marking is None:
        assert len(distinct) < 2
        return
    axis = marking.colours
    members = [{repr(number) for number, own in zip(numbers, axis.of, strict=True) if own == at} for at in range(6)]
    sizes = [len(some) for some in members if some]
    assert len(sizes) == len(axis.groups) == min(6, len(distinct))
    assert max(sizes) - min(sizes) <= 1
    for one, other in pairwise(members):
        assert not other or max(distinct[each] for each in one) <= min(distinct[each] for each in other)


@EACH
@pytest.mark.parametrize("sight", SIGHT)
def test_colours_of_marks_differ_for_every_eye_and_in_grey(theme: Theme, sight: str) -> None:
    """CIE 1976 lightness alone is apart by 10 at least, where 2.3 can just be noticed."""
    fills = [theme.style(mark_style(index, MARKS)).fill for index in range(MARKS)]
    lights = [lightness(fill, sight) for fill in fills]
    assert all(abs(one - other) >= 10 for one, other in combinations(lights, 2))


def test_few_values_are_as_far_apart_as_can_be() -> None:
    assert [mark_style(index, 2) for index in range(2)] == ["mark1", "mark6"]
    for count in range(1, MARKS + 1):
        assert len({mark_style(index, count) for index in range(count)}) == count


@pytest.mark.parametrize("shape", get_args(Shape))
def test_every_format_draws_a_shape_where_it_is(shape: Shape) -> None:
    mark = ChartMark(50, 40, 10, shape, "mark3", "here")
    scene = Scene(100, 80, "one", "One mark.", (mark,))
    corners = corners_of(mark)
    tree = svg_tree(write(scene, "svg").content)
    drawn = next(each for each in tree.iter() if each.get("class") == "chartmark mark3")
    (tikz,) = tikz_commands(write(scene, "tex").content, "path", "mark3")
    node = next(each for each in graph_of(write(scene, "dot").content)["objects"] if each.get("tooltip") == "here")
    if shape == "circle":
        assert (drawn.tag, drawn.get("r"), corners) == (f"{SVG}circle", "10", ())
        assert "circle[radius=10bp]" in tikz
        return
    numbers = list(map(float, re.findall(r"-?[\d.]+", drawn.attrib["d"])))
    assert numbers == pytest.approx([each for corner in corners for each in corner], abs=0.01)
    assert tikz.count("--") == len(corners)
    # Graphviz has the same corners, in another order and rounded, and counts from below.
    polygon = next(each["points"] for each in node["_draw_"] if each["op"] in "pP")
    there = sorted((x, 80 - y) for x, y in polygon)
    for (x, y), (other_x, other_y) in zip(there, sorted(corners), strict=True):
        assert abs(x - other_x) < 0.3
        assert abs(y - other_y) < 0.3


def test_a_mark_grows_with_its_figure() -> None:
    scene = Scene(10, 10, "", "", (ChartMark(1, 2, 3, SHAPES[1], "mark1"),))
    assert scaled(scene, 2).items == (ChartMark(2, 4, 6, SHAPES[1], "mark1"),)


@pytest.mark.parametrize(("name", "theme"), [("marks.svg", "paper"), ("marks.tex", "mono"), ("marks.dot", "dark")])
def test_bytes_of_marks(name: str, theme: str, update_golden: bool) -> None:
    form: Format = name.rpartition(".")[2]  # type: ignore[assignment]  # one of the three above
    content = str(write(crowd(), form, theme=THEMES[theme]).content)
    if update_golden:
        (GOLDEN / name).write_bytes(content.encode())
    assert (GOLDEN / name).read_bytes() == content.encode(), f"{name} has changed; --update-golden writes it anew"


def lightness(colour: str, sight: str) -> float:
    """L* of CIE 1976 for an eye."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    met = [sum(share * part for share, part in zip(row, linear, strict=True)) for row in SIGHT[sight]]
    whole = sum(share * min(1.0, max(0.0, part)) for share, part in zip((0.2126, 0.7152, 0.0722), met, strict=True))
    return 116 * whole ** (1 / 3) - 16 if whole > 0.008856 else 903.3 * whole


@given(st.lists(st.tuples(st.floats(0, 9), st.floats(0, 9)), max_size=40))
def test_spots_are_grouped_as_by_comparing_all(spots: list[tuple[float, float]]) -> None:
    groups: list[list[int]] = []
    for at, spot in enumerate(spots):
        near = next((group for group in groups if dist(spots[group[0]], spot) < 1.5), None)
        groups.append([at]) if near is None else near.append(at)
    assert on_one_spot(spots) == groups
