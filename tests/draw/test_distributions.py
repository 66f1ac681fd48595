"""Charts of distributions: their steps, intervals, marks and tables."""

from __future__ import annotations

from itertools import pairwise

import pytest

from resdsl.draw.charts.distributions import MOST_CURVES
from resdsl.draw.scene import Area, ChartMark, Group, Line, Scene, Text
from resdsl.draw.themes import THEMES
from resdsl.draw.write import Format, write
from resdsl.sweeps.distribution import Distribution, share_interval
from resdsl.sweeps.distribution_chart import Charted, TooManyCurves, distributions_scene
from tests.draw.figures import HOSTILE, graph_of, svg_tree, texts_of
from tests.draw.test_costs import GOLDEN

FIRST = Distribution((22.0, 25.0, 25.0, 31.0, 38.0, 40.0), above=2)
SECOND = Distribution((20.0, 21.5, 23.0, 24.0, 26.0, 33.0, 37.5))


def percent(value: float) -> str:
    return f"{value:.1f}"


def scene(**distributions: Distribution) -> Scene:
    charted = Charted("spaces: test error", "test error, %", percent, bound=30.0, notes=("2 networks failed.",))
    return distributions_scene(distributions, charted)


def curve(drawn: Scene, style: str) -> list[tuple[float, float]]:
    """The longest line of a style, without its samples."""
    lines = [item for item in drawn.flat() if isinstance(item, Line) and item.style == style]
    return list(max(lines, key=lambda line: len(line.points)).points)


def words(drawn: Scene) -> list[str]:
    return [item.text for item in drawn.flat() if isinstance(item, Text)]


def test_a_curve_rises_at_each_value_by_its_share() -> None:
    drawn = scene(a=SECOND)
    points = curve(drawn, "curve1")
    bottom, top = points[0][1], points[-1][1]
    heights = list(dict.fromkeys((bottom - y) / (bottom - top) for _, y in points))
    assert heights == pytest.approx([at / 7 for at in range(8)])
    rises = [x for (x, y), (other_x, other_y) in pairwise(points) if x == other_x and y != other_y]
    widths = [(x - rises[0]) / (rises[-1] - rises[0]) for x in rises]
    assert widths == pytest.approx([(value - 20.0) / 17.5 for value in SECOND.values])


def test_failed_networks_keep_a_curve_below_the_top() -> None:
    points = curve(scene(a=SECOND, b=FIRST), "curve2")
    bottom = curve(scene(a=SECOND, b=FIRST), "curve1")[0][1]
    top = curve(scene(a=SECOND, b=FIRST), "curve1")[-1][1]
    assert (bottom - points[-1][1]) / (bottom - top) == pytest.approx(6 / 8)


def test_one_curve_has_a_band_and_several_have_dashed_bounds_and_marks() -> None:
    alone, both = scene(a=SECOND), scene(a=SECOND, b=FIRST)
    assert [item.style for item in alone.flat() if isinstance(item, Area)] == ["curve1-band"]
    assert not [item for item in alone.flat() if isinstance(item, ChartMark)]
    assert not [item for item in both.flat() if isinstance(item, Area)]
    marks = [(item.shape, item.y) for item in both.flat() if isinstance(item, ChartMark)]
    assert {shape for shape, _ in marks} == {"circle", "square"}
    assert len({y for _, y in marks}) == len(marks)
    dashed = [item.style for item in both.flat() if isinstance(item, Line) and item.style.endswith("-dashed")]
    assert sorted(dashed) == ["curve1-dashed"] * 2 + ["curve2-dashed"] * 2


def test_the_table_has_what_the_curves_say() -> None:
    drawn = scene(a=SECOND, b=FIRST)
    ends = SECOND.median().interval
    assert ends is not None
    (of_a, to_a), (of_b, to_b) = share_interval(5, 7), share_interval(3, 8)
    rows = [item.label for item in drawn.items if isinstance(item, Group)]
    assert rows == [
        f"a: 7, 0, 20.0, 24.0 [{ends[0]}, {ends[1]}], 71.4% [{of_a:.1%}, {to_a:.0%}]",
        f"b: 8, 2, 22.0, 31.0, 37.5% [{of_b:.1%}, {to_b:.1%}]",
    ]
    assert FIRST.median().interval is None  # its upper end is among those that failed
    assert {"networks", "failed", "lowest", "median", "below 30.0", "2 networks failed."} <= set(words(drawn))
    assert "a: networks 7, failed 0, lowest 20.0, median 24.0 [" in drawn.description


def test_a_single_network_is_a_chart_without_intervals() -> None:
    drawn = scene(a=Distribution((3.0,)))
    assert not [item for item in drawn.flat() if isinstance(item, Area)]
    assert not any("bootstrap" in word for word in words(drawn))
    assert write(drawn, "svg").content


def test_too_many_curves_are_refused() -> None:
    with pytest.raises(TooManyCurves, match="at most 6 distributions, not 7"):
        scene(**{f"s{at}": SECOND for at in range(MOST_CURVES + 1)})


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_stay_in_the_chart(name: str) -> None:
    charted = Charted(name, name, percent, bound=3.0, notes=(name,))
    drawn = distributions_scene({name: SECOND, f"{name}2": FIRST}, charted)
    labels = texts_of(svg_tree(write(drawn, "svg").content))
    assert all(each.left >= 0 and each.right <= 480 for each in labels)


@pytest.mark.parametrize(("name", "theme"), [("edf.svg", "paper"), ("edf.tex", "mono"), ("edf.dot", "dark")])
def test_bytes_of_distributions(name: str, theme: str, update_golden: bool) -> None:
    form: Format = name.rpartition(".")[2]  # type: ignore[assignment]  # one of the three above
    drawn = scene(a=SECOND, b=FIRST) if form != "dot" else scene(a=SECOND)
    content = str(write(drawn, form, theme=THEMES[theme]).content)
    if update_golden:
        (GOLDEN / name).write_bytes(content.encode())
    assert (GOLDEN / name).read_bytes() == content.encode(), f"{name} has changed; --update-golden writes it anew"


@pytest.mark.parametrize("count", [1, 2])
def test_graphviz_draws_curves_of_a_thousand_steps(count: int) -> None:
    """It reads no string of more than 16,384 characters at once; the longer ones are on several lines."""
    spaces = {f"s{at}": Distribution(tuple(float(7 * each + at) for each in range(1500))) for at in range(count)}
    drawn = scene(**spaces)
    dot = str(write(drawn, "dot").content)
    assert max(map(len, dot.splitlines())) < 16_384
    splines = [edge["pos"].replace("e,", "") for edge in graph_of(dot)["edges"] if "pos" in edge]
    points = curve(drawn, "curve1")
    longest = max(splines, key=len).split(" ")
    assert len(longest) == 3 * len(points) - 2
    for spline, (x, y) in ((longest[0], points[0]), (longest[-1], points[-1])):
        assert tuple(map(float, spline.split(","))) == pytest.approx((x, drawn.height - y), abs=0.01)
    assert write(drawn, "png").content
