"""The view `table`: Table 1 of He et al. 2015 as a figure, read back from what was written."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from resdsl.draw.write import Format
from tests.draw.drawn import SHIPPED, drawn, faults, shipped
from tests.draw.figures import HOSTILE, SVG, NumberedRow, graph_of, lines, svg_tree, texts_of, tikz_commands
from tests.zoo import marked

GOLDEN = Path(__file__).parent / "golden"
TABLE_1 = ("resnet18", "resnet34", "resnet50", "resnet101", "resnet152")

BLOCKS = {
    "conv2_x": (64, (2, 3, 3, 3, 3)),
    "conv3_x": (128, (2, 4, 4, 4, 8)),
    "conv4_x": (256, (2, 6, 6, 23, 36)),
    "conv5_x": (512, (2, 3, 3, 3, 3)),
}
"""Width of the 3x3 convolutions and numbers of blocks, from the paper's Table 1."""


def table(*names: str, form: Format = "svg", **look: Any) -> str:
    return drawn(*map(shipped, names), view="table", form=form, **look)


def rows(svg: str) -> dict[str, ET.Element]:
    """The groups of rows by what stands at their left."""
    groups = [each for each in svg_tree(svg).iter(f"{SVG}g") if each.get("class") == "row"]
    return {str(each.get("aria-label")).removeprefix("row "): each for each in groups}


def brackets(row: ET.Element) -> list[tuple[float, float, float, float]]:
    """Left, right, top and bottom of each pair of brackets."""
    found = []
    for line in lines(row, "bracket"):
        numbers = [float(each) for each in re.findall(r"-?\d+(?:\.\d+)?", line.attrib["d"])]
        found.append((numbers[::2], numbers[1::2]))
    pairs = list(zip(found[::2], found[1::2], strict=True))
    return [(min(left[0]), max(right[0]), min(left[1]), max(left[1])) for left, right in pairs]


def within(row: ET.Element, bracket: tuple[float, float, float, float]) -> list[NumberedRow]:
    left, right, top, bottom = bracket
    return [text for text in texts_of(row) if left < text.left and text.right < right and top < text.top < bottom]


def test_table_1_has_its_blocks_in_brackets() -> None:
    found = rows(table(*TABLE_1))
    for name, (width, counts) in BLOCKS.items():
        row = found[name]
        pairs = brackets(row)
        assert len(pairs) == 5
        assert pairs == sorted(pairs)
        basic = [f"3x3, {width}"] * 2
        bottleneck = [f"1x1, {width}", f"3x3, {width}", f"1x1, {4 * width}"]
        said = [[text.text for text in sorted(within(row, pair), key=lambda text: text.top)] for pair in pairs]
        assert said == [basic] * 2 + [bottleneck] * 3
        times = [text for text in texts_of(row) if text.text.startswith("\N{MULTIPLICATION SIGN}")]
        assert [text.text.split()[1] for text in times] == [str(count) for count in counts]
        for pair, text in zip(pairs, times, strict=True):
            assert pair[1] < text.left
            assert pair[2] < text.top < text.bottom < pair[3]


def test_brackets_hold_their_rows_and_no_others() -> None:
    for row in rows(table(*TABLE_1)).values():
        for left, right, top, bottom in brackets(row):
            for text in texts_of(row):
                inside = left < text.left and text.right < right and top < text.top and text.bottom < bottom
                outside = text.right < left or text.left > right or text.bottom < top or text.top > bottom
                assert inside or outside, text.text


def test_what_all_have_in_common_is_said_once() -> None:
    said = [text.text for text in texts_of(svg_tree(table(*TABLE_1)))]
    assert [
        said.count(text) for text in ("7x7, 64, stride 2", "3x3 max pool, stride 2", "average pool, 1000-d fc")
    ] == [1] * 3
    assert [said.count(size) for size in ("112x112", "56x56", "28x28", "14x14", "7x7", "1x1")] == [1] * 6


def test_rows_stand_below_each_other() -> None:
    tops = [min(text.top for text in texts_of(row)) for row in rows(table(*TABLE_1)).values()]
    assert tops == sorted(tops)
    assert list(rows(table(*TABLE_1))) == ["heads", "conv1", *BLOCKS, "1x1", "FLOPs", "parameters"]


def test_costs_stand_below_their_networks() -> None:
    found = rows(table(*TABLE_1))
    heads = {text.text: text for text in texts_of(found["heads"])}
    flops = [text for text in texts_of(found["FLOPs"]) if text.text != "FLOPs"]
    assert [text.text for text in flops] == ["1.814G", "3.664G", "4.089G", "7.801G", "11.51G"]
    for name, text in zip(TABLE_1, flops, strict=True):
        assert (text.left + text.right) / 2 == pytest.approx((heads[name].left + heads[name].right) / 2, abs=0.02)


def test_networks_of_other_sizes_leave_cells_empty() -> None:
    found = rows(table("resnet50", "resnet20"))
    assert len(brackets(found["conv2_x"])) == 1
    assert len(brackets(found["layer1"])) == 1


def test_table_1_is_the_same_in_tikz_and_dot() -> None:
    assert len(tikz_commands(table(*TABLE_1, form="tex"), "draw", "bracket")) == 2 * 5 * 4
    said = [each.get("label", "") for each in graph_of(table(*TABLE_1, form="dot"))["objects"]]
    assert sum(text.startswith("3x3, 64") for text in said) == 2 * 2 + 3
    assert sum(text.startswith("1x1, 2048") for text in said) == 3


def test_what_the_figure_shows_is_said() -> None:
    description = svg_tree(table(*TABLE_1)).findtext(f"{SVG}desc")
    assert description is not None
    assert "conv2_x 56x56: resnet18: 3x3 max pool, stride 2, 3x3, 64; 3x3, 64, 2 times; resnet34" in description


def test_notes_and_title_are_as_asked_for() -> None:
    with_notes = [text.text for text in texts_of(svg_tree(table("resnet18", title="Table 1")))]
    without = [text.text for text in texts_of(svg_tree(table("resnet18", legend=False)))]
    assert with_notes[0] == "Table 1"
    assert any(text.startswith("Brackets hold") for text in with_notes)
    assert not any(text.startswith("Brackets hold") for text in without)


@pytest.mark.parametrize("name", marked(SHIPPED))
def test_nothing_overlaps(name: str) -> None:
    assert faults(table(name)) == []


def test_nothing_overlaps_side_by_side() -> None:
    assert faults(table("resnext50_32x4d", "densenet121", "res2net50_26w_4s", "resnet110", "vgg19")) == []


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("form", ["svg", "html", "tex", "dot"])
def test_hostile_names_are_drawn(name: str, form: Format) -> None:
    network = shipped("resnet18")
    nodes = [node.replace(title=name) if hasattr(node, "runs") else node for node in network.nodes]
    other = network.replace(name=name, nodes=tuple(nodes))
    content = drawn(other, network, view="table", form=form)
    if form == "svg":
        assert faults(content) == []
    elif form == "dot":
        assert len(graph_of(content)["objects"]) > 20
    else:
        assert "\x00" not in content


@pytest.mark.parametrize("form", ["svg", "tex"])
def test_bytes_are_pinned(form: Format, update_golden: bool) -> None:
    content = table(*TABLE_1, form=form)
    path = GOLDEN / f"table1.{form}"
    if update_golden:
        path.write_bytes(content.encode())
    assert path.read_bytes() == content.encode(), f"{path.name} has changed; --update-golden writes it anew"
