"""The view `block`: Figures 2 and 5 of He et al. 2015, read back from what was written; and every shipped network."""

from __future__ import annotations

import random
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

import resdsl
from resdsl.draw.errors import NotDrawn
from resdsl.draw.options import DrawOptions
from resdsl.draw.views.block import block
from resdsl.draw.write import Format, write
from resdsl.ir.network import Network
from tests.draw.drawn import SHIPPED, SKIPS, beside, boxes_of, drawn, faults, shipped
from tests.draw.figures import HOSTILE, SVG, graph_of, svg_tree, texts_of, tikz_commands
from tests.zoo import marked

GOLDEN = Path(__file__).parent / "golden"
FIGURE_5 = [["3x3, 64", "3x3, 64"], ["1x1, 64", "3x3, 64", "1x1, 256"]]
"""The boxes of its two blocks, from top to bottom."""


def blocks(*networks: Network, form: Format = "svg", **look: Any) -> str:
    return drawn(*networks, view="block", form=form, **look)


def changing(network: Network, **look: Any) -> str:
    """With the uses that change the shape."""
    content = write(block([network], DrawOptions(**look), changes=True), "svg").content
    assert isinstance(content, str)
    return content


def cells(svg: str) -> list[ET.Element]:
    """The groups of blocks, in order."""
    return [each for each in svg_tree(svg).iter(f"{SVG}g") if each.get("class") == "block"]


def labels(element: ET.Element) -> list[str]:
    return [" ".join(box.label) for box in boxes_of(element)]


def circles(element: ET.Element) -> Counter[str]:
    """What circles say."""
    inside = [each for each in element.iter(f"{SVG}g") if each.find(f"{SVG}circle") is not None]
    return Counter("".join(each.findtext(f"{SVG}text") or "") for each in inside)


def words(element: ET.Element) -> Counter[str]:
    """Words that stand in no box."""
    boxed = Counter(label for box in boxes_of(element) for label in box.label)
    return Counter(text.text for text in texts_of(element)) - boxed


def crossings(svg: str) -> list[str]:
    """All faults, those of lines in gates included, and words that a line runs through."""
    return [*faults(svg.replace('"line gate"', '"line flow"')), *struck(svg)]


def struck(svg: str) -> list[str]:
    tree = svg_tree(svg)
    inside = {label for box in boxes_of(tree) for label in box.label} | set(circles(tree))
    free = [text for text in texts_of(tree) if text.text not in inside]
    points = [point for line in beside(tree, *SKIPS, "flow", "gate") for point in line.points]
    return [
        f"a line runs through {text.text} at {x}, {y}"
        for text in free
        for x, y in points
        if text.left + 0.3 < x < text.right - 0.3 and text.top + 0.3 < y < text.bottom - 0.3
    ]


# ------------------------------------------------------------------ Figure 5


def test_figure_5_has_its_two_blocks() -> None:
    left, right = cells(blocks(shipped("resnet34"), shipped("resnet50")))
    assert [labels(left), labels(right)] == FIGURE_5
    assert [each.get("aria-label") for each in (left, right)] == ["block basic(64)", "block bottleneck(64)"]
    for cell, entering, relus in ((left, "64-d", 2), (right, "256-d", 3)):
        assert circles(cell) == {"+": 1}
        assert words(cell)["relu"] == relus
        assert words(cell)[entering] == 1
        assert [line.style for line in beside(cell)] == ["identity"]
        assert not beside(cell)[0].dashed


def test_boxes_stand_below_each_other_and_the_identity_beside_them() -> None:
    for cell in cells(blocks(shipped("resnet34"), shipped("resnet50"))):
        boxes = boxes_of(cell)
        assert len({(box.left, box.right) for box in boxes}) == 1
        assert [box.top for box in boxes] == sorted(box.top for box in boxes)
        (skip,) = beside(cell)
        assert max(x for x, _ in skip.points) > boxes[0].right
        assert skip.top < boxes[0].top
        assert skip.bottom > boxes[-1].bottom
        (plus,) = cell.iter(f"{SVG}circle")
        end_x, end_y = skip.points[-1]
        assert end_y == pytest.approx(float(plus.attrib["cy"]), abs=0.01)
        assert end_x == pytest.approx(float(plus.attrib["cx"]) + float(plus.attrib["r"]), abs=5)


def test_words_stand_between_the_boxes_they_belong_to() -> None:
    (cell,) = cells(blocks(shipped("resnet34")))
    first, second = boxes_of(cell)
    relu = [text for text in texts_of(cell) if text.text == "relu"]
    assert first.bottom < relu[0].top < relu[0].bottom < second.top
    assert second.bottom < relu[1].top


def test_figure_5_is_the_same_in_tikz() -> None:
    picture = blocks(shipped("resnet34"), shipped("resnet50"), form="tex")
    assert len(tikz_commands(picture, "draw", "identity")) == 2
    assert len(tikz_commands(picture, "path", "stage1")) == 5
    assert picture.count("relu") == 5


def test_figure_5_is_the_same_graph_in_dot() -> None:
    graph = graph_of(blocks(shipped("resnet34"), shipped("resnet50"), form="dot"))
    names = [each["name"] for each in graph["objects"]]
    said = Counter(each.get("label", "").replace("\\n", "") for each in graph["objects"])
    assert (said["+"], said["3x3, 64"], said["1x1, 256"]) == (2, 3, 1)
    skips = [each for each in graph["edges"] if each.get("tooltip") == "shortcut: identity"]
    assert len(skips) == 2
    assert all("style" not in each for each in skips)
    assert all(names[each["head"]].startswith("block") for each in skips)


def test_what_the_figure_shows_is_said() -> None:
    description = svg_tree(blocks(shipped("resnet34"))).findtext(f"{SVG}desc")
    assert description is not None
    assert "basic(64) (64x56x56): 3x3, 64; 3x3, 64; +; an identity passes by." in description


def test_layers_without_a_box_are_told_at_the_box_before_them() -> None:
    (cell,) = cells(blocks(shipped("resnet34")))
    assert [box.about for box in boxes_of(cell)] == [
        "conv1: conv 3x3, 64; bn1: bn; act: relu",
        "conv2: conv 3x3, 64; bn2: bn",
    ]


# ------------------------------------------------------- blocks of every kind


def test_a_change_of_shape_is_dotted_with_its_box() -> None:
    kept, changed = cells(changing(shipped("resnet34")))
    assert labels(kept) == FIGURE_5[0]
    assert labels(changed) == ["3x3, 128, /2", "3x3, 128", "1x1, 128, /2"]
    lines = beside(changed)
    assert [line.style for line in lines] == ["projection"] * 2
    assert all(line.dashed for line in lines)
    assert (words(changed)["64-d"], words(changed)["128-d"]) == (1, 1)
    main, _, side = boxes_of(changed)
    assert side.left > main.right


def test_options_differ() -> None:
    zeros = cells(changing(resdsl.load("resnet34", shortcut="A").ir))[1]
    assert labels(zeros)[2:] == ["subsample, /2", "zeros, 128"]
    assert {line.style for line in beside(zeros)} == {"padded"}
    everywhere = cells(blocks(resdsl.load("resnet34", shortcut="C").ir))[0]
    assert labels(everywhere) == ["3x3, 64", "3x3, 64", "1x1, 64"]
    assert {line.style for line in beside(everywhere)} == {"projected"}
    plain = cells(blocks(resdsl.load("resnet34", shortcut="none").ir))[0]
    assert (circles(plain), beside(plain), labels(plain)) == (Counter(), [], FIGURE_5[0])


def test_preactivation_has_its_norms_and_activations_in_their_order() -> None:
    (cell,) = cells(blocks(shipped("preresnet110")))
    assert labels(cell) == ["bn", "relu", "3x3, 16", "bn", "relu", "3x3, 16"]
    assert [box.top for box in boxes_of(cell)] == sorted(box.top for box in boxes_of(cell))
    assert words(cell)["relu"] == 0
    changed = cells(changing(shipped("preresnet110")))[1]
    norm, act, conv, *_ = boxes_of(changed)
    assert [box.label for box in (norm, act, conv)] == [("bn",), ("relu",), ("3x3, 32, /2",)]
    start = beside(changed, "projection")[0].points[0]
    assert act.bottom < start[1] < conv.top


def test_a_gate_is_a_branch_that_is_multiplied() -> None:
    (cell,) = cells(blocks(shipped("seresnext50_32x4d")))
    assert circles(cell) == {"\N{MULTIPLICATION SIGN}": 1, "+": 1}
    gate = [box for box in boxes_of(cell) if box.style == "gate-box"]
    assert [" ".join(box.label) for box in gate] == ["avg pool", "1x1, 16", "1x1, 256"]
    main = [box for box in boxes_of(cell) if box.style == "stage1"]
    assert [" ".join(box.label) for box in main] == ["1x1, 128", "3x3, 128, C=32", "1x1, 256"]
    assert min(box.left for box in gate) > max(box.right for box in main) - main[0].right / 2
    assert words(cell)["sigmoid"] == 1
    (skip,) = beside(cell, "identity")
    assert max(x for x, _ in skip.points) > max(box.right for box in gate)


def test_splits_and_concatenations_are_bars_over_their_branches() -> None:
    (cell,) = cells(blocks(shipped("res2net50_26w_4s")))
    boxes = {" ".join(box.label): box for box in boxes_of(cell)}
    convolutions = [box for box in boxes_of(cell) if box.label == ("3x3, 26",)]
    assert len(convolutions) == 3
    assert circles(cell) == {"+": 3}
    assert [box.left for box in convolutions] == sorted(box.left for box in convolutions)
    for bar in (boxes["split"], boxes["concat"]):
        assert all(bar.left < (box.left + box.right) / 2 < bar.right for box in convolutions)
    into = [line for line in beside(cell, "flow") if line.bottom == pytest.approx(boxes["concat"].top, abs=5)]
    assert len(into) == 4


def test_selective_kernels_have_two_branches_and_two_products() -> None:
    (cell,) = cells(blocks(shipped("sknet50")))
    assert circles(cell) == {"+": 5, "\N{MULTIPLICATION SIGN}": 2}
    one, other = (box for box in boxes_of(cell) if box.label[0].startswith("3x3, 128"))
    assert (one.top, one.bottom) == (other.top, other.bottom)
    assert labels(cell).count("split") == 1
    assert words(cell)["sigmoid"] == 2


def test_dense_blocks_keep_what_flows_in() -> None:
    dense, transition = cells(blocks(shipped("densenet121")))
    assert labels(dense) == ["bn", "relu", "1x1, 128", "bn", "relu", "3x3, 32", "concat"]
    assert [line.style for line in beside(dense)] == ["concat"]
    assert labels(transition) == ["bn", "relu", "1x1, 128", "avg pool, /2"]


def test_a_block_within_a_block_is_a_box_and_has_its_own_figure() -> None:
    net = resdsl.loads(
        "block inner(width) { residual { conv 3x3, width; act } }\n"
        "block outer(width) { residual { inner width; stage s: inner(width) x 3; scale 0.2 } }\n"
        "network n { input 8x9x9\n stage a: outer(8) x 2 }"
    ).ir
    outer, inner = cells(blocks(net))
    assert labels(outer) == ["inner(8)", "inner(8) x 3", "scale 0.2"]
    assert labels(inner) == ["3x3, 8"]


def test_a_network_without_blocks_is_drawn_as_one() -> None:
    (cell,) = cells(blocks(shipped("vdsr")))
    assert labels(cell) == ["3x3, 64 x 19", "3x3, 1"]
    assert [line.style for line in beside(cell)] == ["identity"]


def test_blocks_that_networks_share_are_drawn_once() -> None:
    cell, other = cells(blocks(shipped("resnet18"), shipped("resnet34"), shipped("resnet50")))
    assert words(cell)["resnet18, resnet34"] == 1
    assert words(other)["resnet50"] == 1


def test_the_use_that_is_met_most_often_is_drawn() -> None:
    """The first block of preresnet110 keeps the shape, too, but is the only one without a leading norm."""
    (cell,) = cells(blocks(shipped("preresnet110")))
    assert labels(cell)[0] == "bn"
    net = resdsl.loads(
        "block b(width, more) { residual { conv 3x3, width; if more { conv 1x1, width } } }\n"
        "network n { input 8x9x9\n stage s: b(8, i == 0) x 4 }"
    ).ir
    (cell,) = cells(blocks(net))
    assert labels(cell) == ["3x3, 8"]


# ------------------------------------------------------------------ overlays


def test_colours_say_what_is_asked_for() -> None:
    heat = [box.style for box in boxes_of(cells(blocks(shipped("resnet50"), color_by="macs"))[0])]
    assert heat[1] == "heat7"
    assert heat[0] == heat[2] != "heat7"
    ops = Counter(box.style for box in boxes_of(cells(blocks(shipped("preresnet110"), color_by="op"))[0]))
    assert ops == {"conv": 2, "norm": 2, "act": 2}
    legend = [text.text for text in texts_of(svg_tree(blocks(shipped("preresnet110"), color_by="op")))]
    assert {"convolution", "norm", "activation"} <= set(legend)


def test_boxes_are_annotated() -> None:
    svg = blocks(shipped("resnet34"), annotate=("shape", "params", "macs"))
    assert {box.label[1] for box in boxes_of(cells(svg)[0])} == {"64x56x56 · 36.99k params · 115.6M macs"}
    assert crossings(svg) == []


def test_decimals_that_nobody_reads_are_cut_off() -> None:
    labels_of_rs = labels(cells(blocks(shipped("resnetrs101")))[0])
    assert "drop_path 0.006061" in labels_of_rs


def test_too_many_layers_are_refused() -> None:
    net = resdsl.loads("network n { input 8x9x9\n for i in 0..500 { conv 3x3, 8; conv 1x1, 8 } }").ir
    with pytest.raises(NotDrawn, match="n has 1002 layers in one block"):
        blocks(net)


# ------------------------------------------------------ all that is shipped


@pytest.mark.parametrize("name", marked(SHIPPED))
def test_nothing_overlaps_leaves_its_box_or_crosses_one(name: str) -> None:
    assert crossings(blocks(shipped(name))) == []
    assert crossings(changing(shipped(name), annotate=("shape", "macs"), color_by="op")) == []


SIMPLE = ("conv 3x3, 16; norm; act", "conv 1x1, 16; norm", "norm; act", "conv 3x3, 16; act", "avgpool 3x3")


def statements(chance: random.Random, depth: int) -> str:
    """Statements that keep 16 channels and all sizes, nested."""
    found = []
    for _ in range(chance.randint(1, 3)):
        kind = chance.random() if depth else 0.0
        branches = [statements(chance, depth - 1) for _ in range(chance.randint(2, 4))] if kind >= 0.5 else []
        if kind < 0.5:
            found.append(chance.choice((*SIMPLE, "inner") if depth else SIMPLE))
        elif kind < 0.65:
            found.append(f"residual {{ {branches[0]} }}")
        elif kind < 0.75:
            found.append(f"parallel add {{ {branches[0]} }} {{ {branches[1]} }}")
        elif kind < 0.9:
            some = " ".join(f"{{ {each} }}" if chance.random() < 0.8 else "{ }" for each in branches)
            found.append(f"parallel concat {some}; conv 1x1, 16")
        else:
            found.append("gate { avgpool global; conv 1x1, 4; act; conv 1x1, 16; sigmoid }")
    return "; ".join(found)


@pytest.mark.parametrize("seed", range(40))
def test_nothing_overlaps_in_blocks_of_any_form(seed: int) -> None:
    chance = random.Random(seed)
    inner = f"block inner {{ residual {{ {statements(chance, 0)} }} }}"
    text = f"{inner}\nblock drawn {{ {statements(chance, 3)} }}\nnetwork n {{ input 16x8x8\n drawn }}"
    assert crossings(blocks(resdsl.loads(text).ir)) == []


# -------------------------------------------------------------- hostile names


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
@pytest.mark.parametrize("form", ["svg", "html", "tex", "dot"])
def test_hostile_names_are_drawn(name: str, form: Format) -> None:
    content = blocks(renamed(shipped("resnet34"), name), form=form)
    if form == "svg":
        assert crossings(content) == []
    elif form == "dot":
        assert len(graph_of(content)["objects"]) > 5
    else:
        assert "\x00" not in content


def renamed(network: Network, name: str) -> Network:
    """The network with that name, for its blocks, too."""

    def other(node: Any) -> Any:
        runs = []
        for run in node.runs:
            origin = run.body.origin.replace(name=name)
            runs.append(run.replace(body=run.body.replace(origin=origin)))
        return node.replace(runs=tuple(runs))

    nodes = tuple(other(node) if hasattr(node, "runs") else node for node in network.nodes)
    return network.replace(name=name, nodes=nodes)


# --------------------------------------------------------------------- bytes


@pytest.mark.parametrize(
    ("file", "names"),
    [
        ("figure5.svg", ("resnet34", "resnet50")),
        ("figure5.tex", ("resnet34", "resnet50")),
        ("figure5.dot", ("resnet34", "resnet50")),
        ("block_sknet50.svg", ("sknet50",)),
        ("block_res2net50.svg", ("res2net50_26w_4s", "seresnext50_32x4d")),
    ],
)
def test_bytes_are_pinned(file: str, names: tuple[str, ...], update_golden: bool) -> None:
    form: Any = file.rpartition(".")[2]
    content = blocks(*[shipped(name) for name in names], form=form)
    path = GOLDEN / file
    if update_golden:
        path.write_bytes(content.encode())
    assert path.read_bytes() == content.encode(), f"{file} has changed; --update-golden writes it anew"


def test_a_network_with_a_branch_to_another_output_is_refused() -> None:
    text = "network n { input 3x8x8; as b; conv(3, 4); norm; act; tap x%s; from b; conv 3, 8 }"
    for words in ("", " in training"):
        with pytest.raises(NotDrawn, match=r"`conv1` leads elsewhere than to the last output.*--view lattice"):
            blocks(resdsl.loads(text % words).ir)
