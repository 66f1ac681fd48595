"""The chart of a sweep's points, read back from SVG."""

from __future__ import annotations

import re
from itertools import combinations

import pytest
from hypothesis import given, settings, strategies as st

from resdsl.draw.charts.placing import Rect
from resdsl.draw.charts.scatter import ChartPoint, Quantity, front_of, scatter_scene
from resdsl.draw.scene import Line, Text
from resdsl.draw.write import write
from tests.draw.figures import HOSTILE, SVG, NumberedRow, lines, svg_tree, texts_of

MACS, PARAMS = Quantity("multiply-adds"), Quantity("parameters")
POINTS = st.lists(st.tuples(st.integers(1, 30), st.integers(1, 30)), min_size=1, max_size=30)


def family() -> list[ChartPoint]:
    """Thirty points with long names, crowded as those of real sweeps are."""
    return [
        ChartPoint(
            f"cifar(n = {n}, shortcut = {shortcut}, width = {width})",
            (13.5e6 * n) * (width / 16) ** 2 * more,
            (90e3 * n) * (width / 16) ** 2 * more**2,
            baseline=(n, shortcut, width) == (3, "A", 16),
        )
        for n in (3, 5, 7, 9, 18)
        for shortcut, more in (("A", 1.0), ("B", 1.003), ("C", 1.06))
        for width in (16, 32)
    ]


@given(POINTS, st.sampled_from(["lower", "higher"]), st.sampled_from(["lower", "higher"]))
def test_the_front_is_what_nothing_beats(pairs: list[tuple[int, int]], across: str, up: str) -> None:
    ways = [1 if better == "lower" else -1 for better in (across, up)]
    costs = [(x * ways[0], y * ways[1]) for x, y in pairs]
    best = {at for at, (x, y) in enumerate(costs) if not any(a <= x and b <= y and (a, b) != (x, y) for a, b in costs)}
    points = [ChartPoint(str(at), x, y) for at, (x, y) in enumerate(pairs)]
    x, y = (Quantity("x", "lower" if ways[0] == 1 else "higher"), Quantity("y", "lower" if ways[1] == 1 else "higher"))
    found = front_of(points, x, y)
    assert set(found) == best
    assert [points[at].x for at in found] == sorted(points[at].x for at in found)


def test_every_point_is_drawn_and_the_front_marked_and_joined() -> None:
    points = [ChartPoint("a", 1, 9), ChartPoint("b", 2, 4), ChartPoint("c", 3, 5), ChartPoint("d", 6, 1)]
    tree = svg_tree(write(scatter_scene(points, MACS, PARAMS, "four"), "svg").content)
    marks = [each.get("class") for each in tree.iter(f"{SVG}circle")]
    assert marks.count("circle point-front") == 3 + 1  # and one in the legend
    assert marks.count("circle point") == 1 + 1
    front = lines(tree, "front")
    assert len(front) == 1
    assert len(re.findall(r"[ML ]?-?[\d.]+ -?[\d.]+", front[0].attrib["d"])) == 3
    about = [each.text for each in tree.iter(f"{SVG}title")]
    assert "b: 2 multiply-adds, 4 parameters" in about


def test_thirty_long_names_can_be_read() -> None:
    points = family()
    labels = texts_of(svg_tree(write(scatter_scene(points, MACS, PARAMS, "family"), "svg").content))
    assert sorted(point.name for point in points) == sorted(
        each.text for each in labels if each.text.startswith("cifar(")
    )
    assert no_two_meet(labels)
    assert all(each.left >= 0 and each.right <= 480 for each in labels)
    assert all(each.size >= 6 for each in labels)


def test_numbers_in_the_chart_are_those_of_the_key() -> None:
    scene = scatter_scene(family(), MACS, PARAMS, "family")
    tree = svg_tree(write(scene, "svg").content)
    key = next(each for each in tree.iter(f"{SVG}g") if each.get("class") == "key")
    numbers = [int("".join(each.itertext())) for each in key.iter(f"{SVG}text") if each.get("font-weight")]
    assert numbers == list(range(1, len(numbers) + 1))
    chart = [each.text for each in texts_of(tree) if each.top < 290 and re.fullmatch(r"\d+(-\d+)?", each.text)]
    spans = [tuple(map(int, each.split("-"))) for each in chart if each != "0"]
    assert sorted(at for span in spans for at in range(span[0], span[-1] + 1)) == numbers


@settings(max_examples=25)
@given(POINTS, st.integers(1, 40))
def test_labels_never_meet(pairs: list[tuple[int, int]], length: int) -> None:
    points = [ChartPoint(f"{at:02}{'m' * length}", x * 10.0, y * 10.0) for at, (x, y) in enumerate(pairs)]
    labels = texts_of(svg_tree(write(scatter_scene(points, MACS, PARAMS, "any"), "svg").content))
    assert no_two_meet(labels)


def test_of_many_points_the_front_is_named_and_the_rest_counted() -> None:
    points = [
        ChartPoint(f"point {at}", 1e6 * (1 + at * 7919 % 1000), 1e5 * (1 + at * 104729 % 997)) for at in range(1000)
    ]
    scene = scatter_scene(points, MACS, PARAMS, "many")
    labels = [each.text for each in texts_of(svg_tree(write(scene, "svg").content))]
    front = [points[at].name for at in front_of(points, MACS, PARAMS)]
    assert set(front) <= set(labels)
    assert f"{1000 - len(front)} of 1000 points are drawn without their names" in labels


@pytest.mark.parametrize("points", [[], [ChartPoint("one", 5, 5)], [ChartPoint("zero", 0, 0), ChartPoint("one", 1, 0)]])
def test_few_points_are_a_chart_too(points: list[ChartPoint]) -> None:
    assert write(scatter_scene(points, MACS, PARAMS, "few"), "svg").content


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_stay_in_the_chart(name: str) -> None:
    points = [ChartPoint(name, 1, 2), ChartPoint(name, 2, 1), ChartPoint(f"{name}2", 2, 2)]
    labels = texts_of(svg_tree(write(scatter_scene(points, Quantity(name), PARAMS, name), "svg").content))
    assert all(each.left >= 0 and each.right <= 480 for each in labels)


def no_two_meet(labels: list[NumberedRow]) -> bool:
    return not any(one.meets(other) for one, other in combinations(labels, 2))


def test_error_bars_reach_from_low_to_high_and_no_name_covers_them() -> None:
    points = [ChartPoint(f"name {at}", at, 10.0, bar=(10.0 - at, 10.0 + at)) for at in (1, 2, 8)]
    scene = scatter_scene(points, PARAMS, Quantity("test error, %"), "bars")
    axes = [item.points for item in scene.flat() if isinstance(item, Line) and item.style == "axis"]
    stems = [points for points in axes if len(points) == 2 and points[0][0] == points[1][0]]
    *bars, sample = sorted(stems, key=lambda stem: -abs(stem[0][1] - stem[1][1]))
    heights = [abs(low[1] - high[1]) for low, high in bars]
    assert heights == pytest.approx([heights[0], heights[0] / 4, heights[0] / 8])
    assert sample[0][1] < 40
    names = [item for item in scene.flat() if isinstance(item, Text) and item.text.startswith("name")]
    for low, high in bars:
        for name in names:
            frame = Rect(name.left, name.y - 3, name.left + name.width, name.y + 3)
            assert not frame.crossed(low, high)
