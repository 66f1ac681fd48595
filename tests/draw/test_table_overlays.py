"""What colours, words and marks add to the cells of a table, read back from what was written."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import pytest

import resdsl
from resdsl.analysis.costs import network_costs
from resdsl.draw.errors import NotDrawn
from resdsl.draw.options import DrawOptions
from resdsl.draw.tables.overlays import CellOverlays
from resdsl.draw.texts import figure_text
from resdsl.draw.themes import PAPER
from resdsl.draw.write import Format
from resdsl.ir.network import Network
from resdsl.report.table1 import aligned
from tests.draw.drawn import SHIPPED, cells_of, drawn, faults, shipped
from tests.draw.figures import HOSTILE, SVG, graph_of, is_dashed, svg_tree, texts_of, tikz_commands
from tests.ir.networks import shared
from tests.zoo import marked

MARKS = {"added", "removed", "changed", "same"}
ALL = ("shape", "params", "macs")


def table(*networks: Network, form: Format = "svg", **look: Any) -> str:
    return drawn(*networks, view="table", form=form, **look)


def styles(svg: str) -> dict[str, list[str]]:
    """The styles of the cells of each row that has any, by what stands at its left."""
    rows = [each for each in svg_tree(svg).iter(f"{SVG}g") if each.get("class") == "row"]
    found = {str(row.get("aria-label")).removeprefix("row "): list(map(style_of, cells_of(row))) for row in rows}
    return {name: cells for name, cells in found.items() if cells}


def style_of(cell: ET.Element) -> str:
    return next(cell.iter(f"{SVG}rect")).attrib["class"].removeprefix("box ")


def said(cell: ET.Element) -> list[str]:
    return [text.text for text in texts_of(cell)]


def test_a_table_has_no_boxes_unless_they_are_asked_for() -> None:
    assert styles(table(shipped("resnet18"), shipped("resnet34"))) == {}
    assert styles(table(shipped("resnet18"), annotate=("macs",))) == {}


def test_cells_have_the_colours_of_their_stages() -> None:
    found = styles(table(shipped("resnet50"), shipped("resnet34"), shipped("vgg19"), color_by="stage"))
    assert {name: cells for name, cells in found.items() if name.startswith("conv")} == {
        "conv1": ["stem"] * 3,
        **{f"conv{index + 2}_x": [f"stage{index + 1}"] * 3 for index in range(4)},
    }
    assert found["1x1"] == ["head"] * 3
    assert set(found) == {"features.0", "conv1", "conv2_x", "conv3_x", "conv4_x", "conv5_x", "1x1"}


def test_networks_without_stages_have_a_colour_for_each_size() -> None:
    found = styles(table(shipped("vgg19"), color_by="stage"))
    assert [cell for cells in found.values() for cell in cells] == [
        *["stage1", "stage2", "stage3", "stage4", "stage5", "stage6"],
        "head",
    ]


def test_networks_that_share_no_size_are_coloured_each_by_itself() -> None:
    found = styles(table(shipped("sknet50"), shipped("edsr"), color_by="stage"))
    assert [found[row] for row in ("layer1", "layer4")] == [["stage1"], ["stage4"]]
    assert [found[row] for row in ("head.0", "body", "body.16", "tail.1")] == [
        [f"stage{place}"] for place in (1, 2, 3, 4)
    ]


def test_cells_have_the_colours_of_what_is_in_them() -> None:
    svg = table(shipped("resnet50"), color_by="op")
    found = styles(svg)
    assert (found["conv1"], found["conv2_x"], found["1x1"]) == (["conv"], ["white"], ["linear"])
    legend = {text.text for text in texts_of(svg_tree(svg))}
    assert {"convolution", "block or branches", "fully connected"} <= legend
    assert "pooling" not in legend


@pytest.mark.parametrize("figure", ["params", "macs", "activations"])
def test_the_highest_figure_has_the_darkest_colour(figure: Any) -> None:
    svg = table(shipped("resnet50"), color_by=figure)
    cells = cells_of(svg_tree(svg))
    darkest = {"params": "conv5_x", "macs": "conv4_x", "activations": "conv2_x"}[figure]
    assert styles(svg)[darkest] == ["heat7"]
    assert [style_of(cell) for cell in cells].count("heat7") == 1
    assert any(text.text.startswith("0 to ") for text in texts_of(svg_tree(svg)))


def test_figures_of_cells_add_up_to_those_below_them() -> None:
    for name in ("resnet50", "densenet121", "vgg19", "seresnet50", "resnet20", "sknet50", "edsr", "regnety_400mf"):
        network = shipped(name)
        tree = svg_tree(table(network, annotate=("params", "macs")))
        scale = {"k": 1e3, "M": 1e6, "G": 1e9}
        words = [text.text for text in texts_of(tree)]
        for unit, whole in (("params", network_costs(network).params), ("macs", network_costs(network).macs)):
            figures = [word.removesuffix(f" {unit}") for word in words if word.endswith(f" {unit}")]
            assert figures
            total = sum(float(each.rstrip("kMG")) * scale.get(each[-1], 1) for each in figures)
            assert total == pytest.approx(whole, rel=2e-3), name


def test_cells_say_what_they_yield_and_cost() -> None:
    cells = cells_of(svg_tree(table(shipped("resnet50"), annotate=ALL, color_by="stage")))
    assert said(cells[1])[-3:] == ["256x56x56", "215.8k params", "667.9M macs"]
    assert said(cells[-1])[-3:] == ["1000", "2.049M params", "2.048M macs"]


# --------------------------------------------------------------- differences


def test_cells_that_differ_are_marked() -> None:
    found = styles(table(shipped("resnet18"), shipped("resnet34"), diff=True))
    assert (found["conv1"], found["1x1"]) == (["same"] * 2, ["same"] * 2)
    for row in ("conv2_x", "conv3_x", "conv4_x", "conv5_x", "FLOPs", "parameters"):
        assert found[row] == ["changed"] * 2


def more_and_less() -> tuple[Network, Network]:
    """A network, and the same without its second size."""
    more = "network n { input 3x16x16\n conv 3x3, 8; maxpool 3x3, /2; conv 3x3, 8; avgpool global; fc 10 }"
    return resdsl.loads(more).ir, resdsl.loads(more.replace("maxpool 3x3, /2; conv 3x3, 8; ", "")).ir


def test_what_only_one_has_is_added_or_removed() -> None:
    one, two = more_and_less()
    assert styles(table(two, one, diff=True))["conv2"] == ["added"]
    svg = table(one, two, diff=True)
    assert styles(svg)["conv2"] == ["removed"]
    (cell,) = [cell for cell in cells_of(svg_tree(svg)) if style_of(cell) == "removed"]
    assert cell.get("aria-label") == "n (1): removed"
    assert faults(svg) == []
    legend = {text.text for text in texts_of(svg_tree(svg))}
    assert {"removed", "changed", "as before"} <= legend
    assert "added" not in legend


def test_the_words_of_a_hatched_cell_stand_on_a_plate() -> None:
    one, two = more_and_less()
    (cell,) = [cell for cell in cells_of(svg_tree(table(one, two, diff=True))) if style_of(cell) == "removed"]
    (plate,) = [each for each in cell.iter(f"{SVG}rect") if each.get("class") == "plate"]
    x, y, width, height = (float(plate.attrib[name]) for name in ("x", "y", "width", "height"))
    assert len(texts_of(cell)) == 2
    for text in texts_of(cell):
        assert x < text.left < text.right < x + width
        assert y < text.top < text.bottom < y + height


def test_what_a_table_leaves_out_counts_as_well() -> None:
    """A norm is in no cell, and a network with another one is another network."""
    found = styles(table(shipped("resnet18"), resdsl.load("resnet18", norm="group_norm(32)").ir, diff=True))
    assert found["conv1"] == ["changed"] * 2
    assert found["1x1"] == ["same"] * 2
    same = styles(table(shipped("resnet18"), shipped("resnet18"), diff=True))
    assert {style for cells in same.values() for style in cells} == {"same"}


def test_a_difference_is_said() -> None:
    description = svg_tree(table(shipped("resnet18"), shipped("resnet34"), diff=True)).findtext(f"{SVG}desc")
    assert description is not None
    assert "conv1 112x112: resnet18: 7x7, 64, stride 2 (same); resnet34: 7x7, 64, stride 2 (same)." in description
    assert "3x3, 64; 3x3, 64, 3 times (changed)." in description


@pytest.mark.parametrize("count", [1, 3])
def test_a_difference_is_that_of_two(count: int) -> None:
    with pytest.raises(NotDrawn, match=f"a difference needs two networks, not {count}"):
        table(*[shipped("resnet18")] * count, diff=True)


def test_marks_differ_in_black_and_white() -> None:
    """Thick, hatched, dotted and plain frames: the SVG says so without its colours."""
    tree = svg_tree(table(shipped("resnet18"), shipped("densenet121"), diff=True))
    looks = {}
    for cell in cells_of(tree):
        frame = next(cell.iter(f"{SVG}rect"))
        hatched = any(each.get("class") == "hatch" for each in cell.iter(f"{SVG}path"))
        looks[style_of(cell)] = (frame.get("stroke-width"), frame.get("stroke-dasharray"), hatched)
    assert len(looks) > 1
    assert len(set(looks.values())) == len(looks)


# ------------------------------------------------------------- all of them


@pytest.mark.parametrize("name", marked(SHIPPED))
def test_nothing_overlaps(name: str) -> None:
    network = shipped(name)
    assert faults(table(network, annotate=ALL, color_by="stage")) == []
    assert faults(table(network, shipped("resnet50"), annotate=("params",), diff=True)) == []
    assert faults(table(network, shipped("resnext29_8x64d"), color_by="op")) == []


def test_cells_are_the_same_in_tikz_and_dot() -> None:
    pair = (shipped("resnet18"), shipped("resnet34"))
    assert len(tikz_commands(table(*pair, form="tex", diff=True), "path", "changed")) == 12 + 1
    graph = graph_of(table(*pair, form="dot", diff=True))
    changed = PAPER.style("changed").fill
    bare = [each for each in graph["objects"] if (each.get("fillcolor"), each.get("color")) == (changed, "transparent")]
    assert len(bare) == len([each for each in graph["edges"] if is_dashed(each)]) == 12 + 1


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_drawn(name: str) -> None:
    network = shipped("resnet18")
    nodes = [node.replace(title=name) if hasattr(node, "runs") else node for node in network.nodes]
    other = network.replace(name=name, nodes=tuple(nodes))
    assert faults(table(other, network, diff=True, annotate=ALL, title=name)) == []
    assert len(graph_of(table(other, network, form="dot", diff=True))["objects"]) > 20
    assert table(other, network, form="tex", color_by="op", title=name).isascii()


def test_figures_are_said_as_elsewhere() -> None:
    costs = network_costs(shipped("resnet18"))
    svg = table(shipped("resnet18"), annotate=("params",))
    assert figure_text(costs.params) in {text.text for text in texts_of(svg_tree(svg))}


def test_the_state_of_a_shared_module_counts_once() -> None:
    network = shared()
    words = CellOverlays([network], aligned([network]), DrawOptions(annotate=("params",))).of(0, 0).words
    assert words == (f"{figure_text(network_costs(network).params)} params",)
