"""`resdsl.sweep`: networks one after the other, records, and a frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import onnx
import pandas
import pytest

import resdsl
from resdsl.refusal import Refused
from tests.draw.figures import words_of
from tests.onnx_lines import without_lines
from tests.sweeps import arithmetic

TEXT = """
network net(depths = [1, 1], width = 8, on = true) {
  input 3x8x8
  conv 3x3, width; norm; act
  for s, depth in depths { stage "layer{s}": plain(width) x depth }
  if on { avgpool global }
}
sweep two { network net; over width = [8, 16] }
"""


def test_networks_come_one_after_the_other() -> None:
    family = resdsl.sweep("cifar", over={"n": [3, 5], "shortcut": ["A", "C"]}, names="r{depth}{shortcut}")
    found = [(net.name, net.parameters, net.params, net.macs, net.depth) for net in family]
    for (name, parameters, *figures), (n, option) in zip(found, [(3, "A"), (3, "C"), (5, "A"), (5, "C")], strict=True):
        count = arithmetic.cifar(n, shortcut=option)
        assert (name, parameters) == (f"r{6 * n + 2}{option}", {"n": n, "shortcut": option})
        assert figures == [count.params, count.macs, count.depth]


def test_none_is_built_before_it_is_asked_for() -> None:
    networks = iter(resdsl.sweep("cifar", over={"n": [1, 0]}))
    assert next(networks).depth == 8
    with pytest.raises(resdsl.SpecError, match="the point n = 0 does not make a network"):
        next(networks)


def test_points_and_records_come_one_after_the_other() -> None:
    family = resdsl.sweep("cifar", over={"n": [1, 2, 0]})
    points, records = family.iter_points(), family.iter_records()
    assert [next(points).name, next(points).name] == [next(records)["name"], next(records)["name"]]
    for coming in (points, records):
        with pytest.raises(resdsl.SpecError, match="the point n = 0 does not make a network"):
            next(coming)
    fewer = resdsl.sweep("cifar", over={"n": [1, 2]})
    assert list(fewer.iter_records()) == fewer.records()


def test_they_are_networks_like_any_other(tmp_path: Path) -> None:
    (net,) = resdsl.sweep("cifar", over={"n": [1]})
    alone = resdsl.load("cifar", "cifar", n=1)
    assert net.to_torch_source() == alone.to_torch_source()
    assert onnx.load(net.to_onnx(tmp_path / "a.onnx")) == without_lines(alone.to_onnx(tmp_path / "b.onnx"))
    assert [check.verdict for check in net.checks] == ["holds"]


def test_values_are_those_of_python_and_of_the_language(tmp_path: Path) -> None:
    file = tmp_path / "net.res"
    file.write_text(TEXT, encoding="utf-8")
    family = resdsl.sweep(
        file,
        "net",
        over={"depths": [[1], [2, 1]], "on": [True, False]},
        together={"width": "4, 8", "norm": ["bn", None]},
    )
    assert [tuple(record.values())[1:5] for record in family.records()] == [
        (depths, on, width, norm)
        for depths in ([1], [2, 1])
        for on in (True, False)
        for width, norm in ((4, "bn"), (8, None))
    ]


def test_lines_of_the_text_and_of_python_meet(tmp_path: Path) -> None:
    file = tmp_path / "net.res"
    file.write_text(TEXT, encoding="utf-8")
    assert [net.name for net in resdsl.sweep(file)] == ["net-width=8", "net-width=16"]
    family = resdsl.sweep(file, over={"width": [4]}, solve="depths in 1..3 for params = 1")
    with pytest.raises(resdsl.SpecError):
        family.points()
    assert [net.name for net in resdsl.sweep(file, when="width > 8", keep=["params > 1", "depth == 5"], on=False)] == [
        "net-width=16"
    ]


def test_a_frame_has_a_row_for_each() -> None:
    family = resdsl.sweep("cifar", over={"n": [3, 5]}, together={"k": [1, 2], "shortcut": ["A", "B"]})
    frame = family.to_frame()
    assert isinstance(frame, pandas.DataFrame)
    assert list(frame.index) == [point.name for point in family.points()]
    assert frame.loc["cifar-n=5-k=2-shortcut=B", "macs"] == [net.macs for net in family][-1]
    assert list(frame.query("k == 1")["n"]) == [3, 5]


def test_it_shows_itself() -> None:
    family = resdsl.sweep("cifar", over={"n": [3, 5]})
    assert "resnet" not in str(family)
    assert "cifar-n=3" in str(family)
    assert "<table" in family._repr_html_()


def test_each_is_one_line_where_it_cannot_be_drawn() -> None:
    family = resdsl.sweep("cifar", over={"n": [3, 5]}, together={"k": [1, 2], "shortcut": ["A", "B"]}, when="n > 0")
    net = next(iter(family))
    assert repr(family) == "<cifar: a sweep over n, k, shortcut, up to 4 points>"
    assert repr(resdsl.sweep("cifar", over={"n": [3]})) == "<cifar: a sweep over n, 1 point>"
    assert repr(net) == f"<{net.name}: depth 20, {net.params:,} parameters, {net.macs:,} multiply-adds>"


def test_figures_of_it_are_one_line_too() -> None:
    family = resdsl.sweep("cifar", over={"n": [1, 2]})
    net = next(iter(family))
    figures = [family.render(title="How deep\nand wide"), family.plot(), net.render("stages"), net.render("ops")]
    shown = [repr(figure) for figure in figures]
    assert shown[0] == "<figure: How deep and wide>"
    assert all(text.startswith("<figure: ") and len(text) < 100 and "\n" not in text for text in shown)


def test_what_is_no_value_of_the_language_is_refused() -> None:
    with pytest.raises(TypeError, match="n must be a number, a boolean, a string, a list or None"):
        resdsl.sweep("cifar", over={"n": [object()]})  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"over": "n=3,5"}, "over must be a dictionary of axes"),
        ({"over": ["n=3", "n=5"]}, "over must be a dictionary of axes"),
        ({"together": [{"n": [3]}]}, "together must be a dictionary of axes"),
        ({"keep": callable}, "keep must be a condition"),
        ({"when": [3]}, "when must be a condition"),
        ({"solve": 3}, "solve must be a string"),
        ({"names": ["r{n}"]}, "names must be a string"),
        ({"name": "r{n}"}, "to name the points, use names='r{n}'"),
        ({"name": 3}, "name must be a string, the name of a sweep or a network, not 3"),
    ],
)
def test_an_argument_of_another_type_is_refused_in_a_sentence(given: dict[str, Any], told: str) -> None:
    with pytest.raises(TypeError) as refused:
        resdsl.sweep("cifar", **given)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_value_that_no_network_takes_is_refused_before_any_is_built() -> None:
    with pytest.raises(resdsl.SpecError, match="the network `cifar` has no parameter `sort`"):
        resdsl.sweep("cifar", over={"n": [3, 5]}, sort="params")
    assert len(list(resdsl.sweep("cifar", over={"n": [3, 5]}, norm=None, input="3x64x64", classes=100))) == 2


def test_a_sheet_and_a_chart_show_themselves() -> None:
    family = resdsl.sweep("cifar", over={"n": [1, 2]}, names="r{depth}")
    sheet, chart = family.render(title="How deep", width="6in"), family.plot("params", "macs")
    assert {"How deep", "r8", "r14"} <= set(words_of(sheet.to_svg()))
    assert {"r8", "r14", "parameters", "multiply-adds"} <= set(words_of(chart._repr_svg_()))
    assert {"cifar: parameters", "lowest", "below 100.0k"} <= set(words_of(family.edf("params", 1e5)._repr_svg_()))
    for chart_of in (family.plot, family.edf):
        with pytest.raises(Refused, match="unknown figure or parameter `speed`"):
            chart_of("speed")


def test_where_no_point_is_left_there_is_an_empty_frame_and_no_chart() -> None:
    family = resdsl.sweep("cifar", over={"n": [3, 5]}, keep="params > 1T")
    assert (family.records(), len(family.to_frame())) == ([], 0)
    assert str(family).startswith("cifar: 0 points of 2\n")
    with pytest.raises(Refused, match="no points left"):
        family.plot()
    with pytest.raises(Refused, match="no points left"):
        family.edf()
    with pytest.raises(resdsl.SpecError, match="all 2 points of `cifar` are left out"):
        family.render()


def test_a_single_value_is_no_axis() -> None:
    with pytest.raises(TypeError, match="the axis n must be a list of values"):
        resdsl.sweep("cifar", over={"n": 5})  # type: ignore[dict-item]
