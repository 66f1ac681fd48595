"""Differences of blocks: what was added, removed and changed from one network to the other, read back from the SVG."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from typing import Any

import pytest

import resdsl
from resdsl.draw.errors import NotDrawn
from resdsl.draw.write import Format
from resdsl.ir.network import Network
from tests.draw.drawn import SHIPPED, beside, boxes_of, drawn, faults, shipped
from tests.draw.figures import HOSTILE, SVG, graph_of, svg_tree, texts_of, tikz_commands
from tests.zoo import marked

LINES = ("added", "removed", "identity", "projection", "projected", "padded", "gate", "concat")
BLOCK = "block b(width) {{ {} }}\nnetwork n {{ input 8x9x9\n stage s: b(8) x 2 }}"


def difference(before: Network, after: Network, form: Format = "svg", **look: Any) -> str:
    return drawn(before, after, view="block", form=form, diff=True, **look)


def cells(svg: str) -> list[ET.Element]:
    """The groups of blocks, in order."""
    return [each for each in svg_tree(svg).iter(f"{SVG}g") if each.get("class") == "block"]


def boxes(cell: ET.Element) -> list[tuple[str, str]]:
    """What boxes say, with their styles, from top to bottom."""
    found = sorted(boxes_of(cell), key=lambda box: (box.top, box.left))
    return [(" ".join(box.label), box.style) for box in found]


def circles(cell: ET.Element) -> list[tuple[str, str]]:
    inside = [each for each in cell.iter(f"{SVG}g") if each.find(f"{SVG}circle") is not None]
    styles = [each.find(f"{SVG}circle").attrib["class"].removeprefix("circle ") for each in inside]  # type: ignore[union-attr]
    return [(each.findtext(f"{SVG}text") or "", style) for each, style in zip(inside, styles, strict=True)]


def lines(cell: ET.Element) -> Counter[str]:
    return Counter(line.style for line in beside(cell, *LINES))


def of_blocks(before: str, after: str) -> list[ET.Element]:
    """The blocks of two networks that differ in the statements of their one block."""
    one, two = (resdsl.loads(BLOCK.format(text)).ir for text in (before, after))
    return cells(difference(one, two))


def test_a_block_that_is_the_same_is_drawn_once() -> None:
    (cell,) = cells(difference(shipped("resnet18"), shipped("resnet34")))
    assert boxes(cell) == [("3x3, 64", "same")] * 2
    assert circles(cell) == [("+", "join")]
    assert "resnet18, resnet34" in {text.text for text in texts_of(cell)}


def test_the_bottleneck_has_one_layer_more() -> None:
    one, two = cells(difference(shipped("resnet34"), shipped("resnet50")))
    assert boxes(one) == [("3x3, 64", "changed"), ("3x3, 64", "same")]
    assert boxes(two) == [
        *[("1x1, 64", "changed"), ("3x3, 64", "same")],
        *[("relu", "added"), ("1x1, 256", "added")],
    ]
    assert [lines(cell) for cell in (one, two)] == [{"identity": 1}] * 2


def test_a_shortcut_that_is_gone_is_removed_with_its_sum() -> None:
    one, two = cells(difference(shipped("resnet18"), shipped("plain18")))
    assert boxes(one) == boxes(two) == [("3x3, 64", "same")] * 2
    assert (circles(one), circles(two)) == ([("+", "removed")], [])
    assert (lines(one), lines(two)) == ({"removed": 1}, {})
    assert all(line.dashed for line in beside(one, "removed"))


def test_and_the_other_way_round_it_is_added() -> None:
    one, two = cells(difference(shipped("plain18"), shipped("resnet18")))
    assert (circles(one), circles(two)) == ([], [("+", "added")])
    assert (lines(one), lines(two)) == ({}, {"added": 1})


def test_a_gate_is_added_with_its_lines() -> None:
    one, two = cells(difference(shipped("resnext50_32x4d"), shipped("seresnext50_32x4d")))
    assert {style for _, style in boxes(one)} == {"same"}
    added = [label for label, style in boxes(two) if style == "added"]
    assert added == ["avg pool", "1x1, 16", "relu", "1x1, 256", "sigmoid"]
    assert circles(two) == [("\N{MULTIPLICATION SIGN}", "added"), ("+", "join")]
    assert lines(two) == {"added": 4, "identity": 1}


def test_a_projection_stands_in_for_an_identity() -> None:
    (one, two) = cells(difference(shipped("resnet34"), resdsl.load("resnet34", shortcut="C").ir))
    assert (lines(one), lines(two)) == ({"removed": 1}, {"added": 2})
    assert ("1x1, 64", "added") in boxes(two)


def test_uses_that_change_the_shape_are_held_against_each_other() -> None:
    zeros = resdsl.load("resnet34", shortcut="A").ir
    same, one, two = cells(difference(shipped("resnet34"), zeros, changes=True))
    assert {style for _, style in boxes(same)} == {"same"}
    assert [label for label, style in boxes(one) if style == "removed"] == ["1x1, 128, /2"]
    assert [label for label, style in boxes(two) if style == "added"] == ["subsample, /2", "zeros, 128"]


def test_another_activation_is_changed() -> None:
    one, two = of_blocks(
        "residual { conv 3x3, width; relu; conv 3x3, width }", "residual { conv 3x3, width; gelu; conv 3x3, width }"
    )
    assert ("relu", "changed") in boxes(one)
    assert ("gelu", "changed") in boxes(two)
    assert [style for label, style in (*boxes(one), *boxes(two)) if label.startswith("3x3")] == ["same"] * 4


def test_an_activation_that_is_gone_is_removed() -> None:
    one, two = of_blocks(
        "residual { conv 3x3, width; relu; conv 1x1, width }", "residual { conv 3x3, width; conv 1x1, width }"
    )
    assert boxes(one) == [("3x3, 8", "same"), ("relu", "removed"), ("1x1, 8", "same")]
    assert boxes(two) == [("3x3, 8", "same"), ("1x1, 8", "same")]


def test_a_layer_in_the_middle_is_added() -> None:
    one, two = of_blocks(
        "residual { conv 1x1, width; conv 3x3, width }",
        "residual { conv 1x1, width; conv 5x5, width; conv 3x3, width }",
    )
    assert [style for _, style in boxes(one)] == ["same"] * 2
    assert boxes(two) == [("1x1, 8", "same"), ("5x5, 8", "added"), ("3x3, 8", "same")]


def test_blocks_that_only_one_has_are_added_as_a_whole() -> None:
    left = "block b(width) { residual { conv 3x3, width } }\n"
    right = f"{left}block c(width) {{ residual {{ conv 1x1, width; conv 5x5, width }} }}\n"
    one = resdsl.loads(left + "network n { input 8x9x9\n stage s: b(8) x 2 }").ir
    two = resdsl.loads(right + "network n { input 8x9x9\n stage s: b(8) x 2; stage t: c(8) x 2 }").ir
    known, new = cells(difference(one, two))
    assert {style for _, style in boxes(known)} == {"same"}
    assert boxes(new) == [("1x1, 8", "added"), ("5x5, 8", "added")]
    assert (circles(new), lines(new)) == ([("+", "added")], {"added": 1})
    _, gone = cells(difference(two, one))
    assert {style for _, style in boxes(gone)} == {"removed"}


def test_the_legend_has_the_marks_in_use() -> None:
    said = {text.text for text in texts_of(svg_tree(difference(shipped("resnet18"), shipped("plain18"))))}
    assert {"removed", "as before"} <= said
    assert not {"added", "changed"} & said
    without = difference(shipped("resnet18"), shipped("plain18"), legend=False)
    assert "as before" not in {text.text for text in texts_of(svg_tree(without))}


def test_a_difference_is_said() -> None:
    said = svg_tree(difference(shipped("resnet34"), shipped("resnet50"))).findtext(f"{SVG}desc")
    assert said is not None
    assert "an identity passes by; changed: 1x1, 64, +; added: relu, 1x1, 256." in said


def test_the_same_is_in_tikz_and_dot() -> None:
    pair = (shipped("resnet18"), shipped("plain18"))
    picture = difference(*pair, form="tex")
    assert len(tikz_commands(picture, "draw", "removed")) >= 1
    assert len(tikz_commands(picture, "path", "removed")) == 2
    graph = graph_of(difference(*pair, form="dot"))
    bare = [each for each in graph["objects"] if (each.get("shape"), each.get("color")) == ("circle", "transparent")]
    assert len(bare) == 1  # its edge is drawn in pieces


@pytest.mark.parametrize("count", [1, 3])
def test_a_difference_is_that_of_two(count: int) -> None:
    with pytest.raises(NotDrawn, match=f"a difference needs two networks, not {count}"):
        drawn(*[shipped("resnet18")] * count, view="block", diff=True)


@pytest.mark.parametrize("name", marked(SHIPPED))
def test_nothing_overlaps(name: str) -> None:
    network = shipped(name)
    for other in ("resnet50", "sknet50"):
        svg = difference(network, shipped(other), changes=True, annotate=("shape", "macs"))
        assert faults(svg.replace('"line gate"', '"line flow"')) == []
    (*same,) = cells(difference(network, network))
    assert {style for cell in same for _, style in boxes(cell)} == {"same"}


@pytest.mark.parametrize("name", marked(SHIPPED))
def test_marks_are_turned_around_with_the_networks(name: str) -> None:
    """What is added one way is removed the other."""

    def marks(before: str, after: str) -> Counter[str]:
        found = cells(difference(shipped(before), shipped(after)))
        return Counter(style for cell in found for _, style in (*boxes(cell), *circles(cell)))

    there, back = marks(name, "resnet50"), marks("resnet50", name)
    turned = {"added": "removed", "removed": "added"}
    assert there == Counter({turned.get(style, style): count for style, count in back.items()})


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_drawn(name: str) -> None:
    network = shipped("resnet34")
    other = network.replace(name=name)
    svg = difference(other, shipped("resnet50"), title=name)
    assert faults(svg) == []
    assert len(graph_of(difference(other, shipped("resnet50"), form="dot"))["objects"]) > 10
    assert difference(other, shipped("resnet50"), form="tex").isascii()
