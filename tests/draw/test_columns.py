"""The view `columns`: Figure 3 of He et al. 2015, read back from what was written; and every shipped network."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import resdsl
from resdsl.analysis.costs import network_costs
from resdsl.analysis.shortcuts import count_shortcuts
from resdsl.draw.errors import NotDrawn
from resdsl.draw.strips.reading import Reader
from resdsl.draw.strips.strip import MOST
from resdsl.draw.write import Format, format_of
from tests.draw.drawn import DEEP, SHIPPED, beside, boxes_of, columns_of, drawn, faults, shipped
from tests.draw.figures import graph_of, is_dashed, rects, svg_tree, texts_of, tikz_commands
from tests.zoo import marked

HERE = Path(__file__).parent
EACH = pytest.mark.parametrize("name", marked(SHIPPED))

STAGES_34 = [
    *["7x7 conv, 64, /2", "pool, /2"],
    *["3x3 conv, 64"] * 6,
    *["3x3 conv, 128, /2", *["3x3 conv, 128"] * 7],
    *["3x3 conv, 256, /2", *["3x3 conv, 256"] * 11],
    *["3x3 conv, 512, /2", *["3x3 conv, 512"] * 5],
    *["avg pool", "fc 1000"],
]
"""Figure 3, middle and right, from top to bottom."""
VGG_19 = [
    *[*["3x3 conv, 64"] * 2, "pool, /2"],
    *[*["3x3 conv, 128"] * 2, "pool, /2"],
    *[*["3x3 conv, 256"] * 4, "pool, /2"],
    *[*["3x3 conv, 512"] * 4, "pool, /2"],
    *[*["3x3 conv, 512"] * 4, "pool, /2"],
    *["fc 4096", "fc 4096", "fc 1000"],
]
"""Figure 3, left."""


def figure_3(form: Format = "svg", **look: Any) -> str:
    return drawn(shipped("vgg19"), shipped("plain34"), shipped("resnet34"), form=form, **look)


# ------------------------------------------------------------------ Figure 3


def test_figure_3_has_a_box_for_each_layer_in_order() -> None:
    columns = columns_of(svg_tree(figure_3()))
    assert [column.get("aria-label") for column in columns] == ["vgg19", "plain34", "resnet34"]
    labels = [[" ".join(box.label) for box in boxes_of(column)] for column in columns]
    assert labels == [["input 3x224x224", *each] for each in (VGG_19, STAGES_34, STAGES_34)]
    for column in columns:
        tops = [box.top for box in boxes_of(column)]
        assert tops == sorted(tops)


def test_figure_3_has_sixteen_shortcuts_of_which_three_are_dotted() -> None:
    vgg, plain, residual = columns_of(svg_tree(figure_3()))
    assert beside(vgg) == beside(plain) == []
    lines = beside(residual)
    assert [line.dashed for line in sorted(lines, key=lambda line: line.top)] == [
        *[False] * 3,
        *[True, *[False] * 3],
        *[True, *[False] * 5],
        *[True, *[False] * 2],
    ]
    assert len(lines) == 16
    assert {line.style for line in lines if line.dashed} == {"projection"}
    assert {line.style for line in lines if not line.dashed} == {"identity"}


def test_each_shortcut_passes_the_two_convolutions_of_its_block() -> None:
    residual = columns_of(svg_tree(figure_3()))[2]
    boxes = boxes_of(residual)
    blocks = [boxes[index : index + 2] for index in range(3, 35, 2)]
    lines = sorted(beside(residual), key=lambda line: line.top)
    for line, (first, second) in zip(lines, blocks, strict=True):
        assert [box for box in boxes if line.top <= box.top and box.bottom <= line.bottom] == [first, second]
        # It leaves the path right above the block, and joins it right below.
        middle = (first.left + first.right) / 2
        assert line.points[0][0] == pytest.approx(middle)
        assert line.points[-1][0] == pytest.approx(middle, abs=5)  # the head of the arrow stands there
        assert max(x for x, _ in line.points) > first.right


def test_figure_3_is_aligned_by_output_size() -> None:
    tree = svg_tree(figure_3())
    starts = {
        text.text.removeprefix("output size: "): text.top
        for text in texts_of(tree)
        if text.text.startswith("output size: ")
    }
    assert list(starts) == ["224", "112", "56", "28", "14", "7", "1"]
    assert list(starts.values()) == sorted(starts.values())
    ends = [*list(starts.values())[1:], 1e9]
    for (size, start), end in zip(starts.items(), ends, strict=True):
        named = f"{size}x{size}" if size != "1" else "1"
        bands = [[box for box in boxes_of(column) if box.size == named] for column in columns_of(tree)]
        for boxes in filter(None, bands):
            assert boxes[0].top <= start <= boxes[0].bottom
            assert all(box.bottom < end for box in boxes)
        assert len({boxes[0].top for boxes in bands if boxes}) == 1


def test_stages_have_one_colour_in_all_networks() -> None:
    vgg, plain, residual = ([box.style for box in boxes_of(each)] for each in columns_of(svg_tree(figure_3())))
    assert plain == residual
    assert residual[3:35] == [*["stage1"] * 6, *["stage2"] * 8, *["stage3"] * 12, *["stage4"] * 6]
    assert {*residual[1:3]} == {"stem"}
    assert {*residual[35:]} == {"head"}
    assert vgg[7:11] == ["stage1"] * 4
    assert vgg[12:16] == ["stage2"] * 4


def test_figure_3_is_the_same_in_tikz() -> None:
    picture = figure_3("tex")
    assert len(tikz_commands(picture, "draw", "identity")) == 13 + 1  # and the legend's
    assert len(tikz_commands(picture, "draw", "projection")) == 3 + 1
    labels = [*VGG_19, *STAGES_34, *STAGES_34]
    assert sum(len(tikz_commands(picture, "path", style)) for style in ("stem", "head")) == 3 + 2 * 2 + 4 + 5 + 2 * 2
    assert picture.count("3x3 conv, 128, /2") == labels.count("3x3 conv, 128, /2")


def test_figure_3_is_the_same_graph_in_dot() -> None:
    graph = graph_of(figure_3("dot"))
    names = [each["name"] for each in graph["objects"]]
    skips = [
        (names[each["tail"]], names[each["head"]], is_dashed(each)) for each in graph["edges"] if "tooltip" in each
    ]
    assert len(skips) == 16
    assert ("3/maxpool", "3/layer1.1.conv1", False) in skips
    assert [skip[:2] for skip in skips if skip[2]] == [
        ("3/layer1.2.conv2", "3/layer2.1.conv1"),
        ("3/layer2.3.conv2", "3/layer3.1.conv1"),
        ("3/layer3.5.conv2", "3/layer4.1.conv1"),
    ]
    assert len([name for name in names if re.match(r"[123]/", name)]) == len([*VGG_19, *STAGES_34, *STAGES_34]) + 3


def test_what_the_figure_shows_is_said() -> None:
    tree = svg_tree(figure_3())
    title, description = (
        next(iter(tree.iter(f"{{http://www.w3.org/2000/svg}}{tag}"))).text for tag in ("title", "desc")
    )
    assert title == "vgg19, plain34 and resnet34, layer by layer"
    assert description is not None
    assert (
        "resnet34: 34 layers with weights; 4 stages of 3, 4, 6 and 3 blocks; 16 shortcuts, of them 13 " in description
    )
    assert "vgg19: 19 layers with weights; no shortcuts; 143.7M parameters and 19.63G multiply-adds" in description


# ------------------------------------------------------ options A, B and C


@pytest.mark.parametrize(
    ("option", "styles", "label", "dotted"),
    [
        ("A", {"identity": 13, "padded": 3}, "zeros", 3),
        ("B", {"identity": 13, "projection": 3}, "1x1", 3),
        ("C", {"projected": 13, "projection": 3}, "1x1", 3),
    ],
)
def test_options_differ_by_line_and_label(option: str, styles: dict[str, int], label: str, dotted: int) -> None:
    tree = svg_tree(drawn(resdsl.load("resnet34", shortcut=option).ir))
    lines = beside(columns_of(tree)[0])
    assert {style: sum(line.style == style for line in lines) for style in {line.style for line in lines}} == styles
    assert sum(line.dashed for line in lines) == dotted
    labels = [text.text for text in texts_of(tree)].count(label)
    assert labels == sum(count for style, count in styles.items() if style != "identity")


def test_the_layers_of_a_shortcut_are_told() -> None:
    tree = svg_tree(drawn(shipped("resnet50d")))
    lines = beside(columns_of(tree)[0], "projection")
    assert [line.about for line in lines][1:3] == [
        "projection: avg pool, /2; 1x1 conv, 512; bn",
        "projection: avg pool, /2; 1x1 conv, 1024; bn",
    ]
    assert "avg, 1x1" in [text.text for text in texts_of(tree)]


# ------------------------------------------------------ all that is shipped


@EACH
def test_nothing_overlaps_leaves_its_box_or_crosses_one(name: str) -> None:
    assert faults(drawn(shipped(name), fold=name in DEEP)) == []


@EACH
@pytest.mark.parametrize("form", ["svg", "html", "tex", "dot"])
def test_every_network_is_drawn_in_every_form(name: str, form: Format) -> None:
    assert drawn(shipped(name), form=form, fold=True) == drawn(shipped(name), form=form, fold=True)


@EACH
@pytest.mark.parametrize("blocks", [False, True])
def test_what_boxes_and_shortcuts_cost_is_what_the_network_costs(name: str, blocks: bool) -> None:
    network = shipped(name)
    strip = Reader(blocks=blocks).read(network)
    inner = [skip for skip in strip.skips if not blocks or skip.stop - skip.start > 1]
    found = [*(part.costs for part in strip.parts), *(skip.costs for skip in inner)]
    costs = network_costs(network)
    assert sum(each.params for each in found) == costs.params
    assert sum(each.macs for each in found) == costs.macs
    assert sum(each.activations for each in found) == costs.activations


@EACH
def test_shortcuts_are_those_that_are_counted(name: str) -> None:
    lines = beside(svg_tree(drawn(shipped(name), legend=False)))
    counted = count_shortcuts(shipped(name))
    dotted = sum(line.style in {"projection", "projected"} for line in lines)
    assert dotted == counted.projection
    assert sum(line.style != "concat" for line in lines) == counted.total


# ------------------------------------------------------------ what is no chain


def test_branches_are_one_box_that_names_them() -> None:
    (column,) = columns_of(svg_tree(drawn(shipped("res2net50_26w_4s"))))
    boxes = boxes_of(column)
    assert [box.label for box in boxes[3:6]] == [
        ("1x1 conv, 104",),
        ("branches:", "3x3 conv, 26 x 3", "3x3 avg pool"),
        ("1x1 conv, 256",),
    ]
    assert len(beside(column)) == 16


def test_gates_are_boxes_of_their_own_kind() -> None:
    (column,) = columns_of(svg_tree(drawn(shipped("seresnet50"))))
    gates = [box for box in boxes_of(column) if box.style == "gate-box"]
    assert [box.label for box in gates] == [("squeeze_excite",)] * 16
    select = boxes_of(columns_of(svg_tree(drawn(shipped("sknet50"))))[0])
    assert select[4].label == ("branches:", "3x3 conv, 128, C=32", "3x3 conv, 128, C=32, d=2", "2 gates")


def test_what_is_kept_and_joined_is_no_shortcut() -> None:
    (column,) = columns_of(svg_tree(drawn(shipped("densenet121"))))
    lines = beside(column)
    assert {(line.style, line.dashed) for line in lines} == {("concat", True)}
    assert len(lines) == 58


def test_a_shortcut_around_others_runs_outside_of_them() -> None:
    (column,) = columns_of(svg_tree(drawn(shipped("edsr"))))
    *inner, outer = sorted(beside(column), key=lambda line: line.bottom - line.top)
    reach = [max(x for x, _ in line.points) for line in (*inner, outer)]
    assert len(set(reach[:-1])) == 1
    assert reach[-1] > reach[0] + 4


def test_what_is_put_out_on_the_way_is_named() -> None:
    labels = [text.text for text in texts_of(svg_tree(drawn(shipped("backbone"))))]
    assert [label for label in labels if label.startswith("c") and len(label) == 2] == ["c2", "c3", "c4", "c5"]


@pytest.mark.parametrize("view", ["columns", "stages", "table"])
def test_a_branch_to_an_output_of_its_own_is_not_drawn_into_the_chain(view: str) -> None:
    network = resdsl.loads(
        "network n { input 3x8x8\n conv 3x3, 4; as trunk\n conv 1x1, 2\n tap side\n from trunk\n conv 3x3, 8 }"
    ).ir
    with pytest.raises(NotDrawn) as refused:
        drawn(network, view=view)
    assert str(refused.value) == (
        "`n` branches: `conv2` leads to its own output, which this figure cannot show; `resdsl render --view "
        "lattice` shows branches"
    )


def test_outputs_behind_one_box_are_named_together() -> None:
    network = resdsl.loads(
        "network n { input 3x8x8\n conv 3x3, 4; tap raw; norm; tap normed; act\n conv 3x3, 8; tap last; act }"
    ).ir
    for view in ("columns", "stages"):
        svg = drawn(network, view=view)
        words = [text.text for text in texts_of(svg_tree(svg))]
        assert {"raw, normed", "last"} <= set(words)
        assert not {"raw", "normed"} & set(words)
        assert faults(svg) == []


def test_a_residual_without_a_convolution_is_one_all_the_same() -> None:
    network = resdsl.loads("network n { input 3x8x8\n conv 3x3, 3\n residual { norm; act }\n conv 3x3, 3 }").ir
    svg = drawn(network)
    (line,) = beside(svg_tree(svg))
    labels = [" ".join(box.label) for box in boxes_of(svg_tree(svg))]
    assert labels == ["input 3x8x8", "3x3 conv, 3", "no convolution", "3x3 conv, 3"]
    assert line.style == "identity"
    assert faults(svg) == []


def test_what_comes_back_much_later_is_drawn_from_where_it_left() -> None:
    network = resdsl.loads(
        "network n { input 3x16x16\n conv 3x3, 8; as a\n conv 3x3, 16, /2; as b\n conv 3x3, 16, /2; upsample 2; as c\n"
        " from concat(c, b)\n upsample 2; as d\n from concat(d, a); conv 1x1, 2 }"
    ).ir
    svg = drawn(network)
    inner, outer = sorted(beside(svg_tree(svg)), key=lambda line: line.bottom - line.top)
    assert outer.top < inner.top < inner.bottom < outer.bottom
    assert {inner.style, outer.style} == {"concat"}
    assert faults(svg) == []


def test_signals_and_volumes_have_their_sizes_beside_them() -> None:
    for name, sizes in (("resnet1d18", ["1000", "500", "250"]), ("r3d18", ["16x112x112", "16x56x56", "8x28x28"])):
        labels = [text.text for text in texts_of(svg_tree(drawn(shipped(name))))]
        found = [label.removeprefix("output size: ") for label in labels if label.startswith("output size")]
        assert found[:3] == sizes


def test_networks_without_a_common_size_start_at_one_height() -> None:
    one, other = columns_of(svg_tree(drawn(shipped("resnet18"), shipped("edsr"))))
    assert boxes_of(one)[0].top == boxes_of(other)[0].top


# ------------------------------------------------------------------ options


def test_repeats_are_drawn_once_and_counted() -> None:
    (column,) = columns_of(svg_tree(drawn(shipped("resnet152"), fold=True)))
    assert len(boxes_of(column)) == 3 + 8 * 3 + 2
    assert [text.text for text in texts_of(column) if text.text.startswith("x ")] == ["x 2", "x 7", "x 35", "x 2"]
    assert len(beside(column)) == 8


def test_too_many_boxes_are_refused_unless_folded() -> None:
    deep = resdsl.loads(f"network n {{ input 3x8x8\n conv 3x3, 4\n stage s: basic(4) x {MOST} }}").ir
    with pytest.raises(NotDrawn, match=r"draw equal repeats once \(--fold\)"):
        drawn(deep)
    assert "x 6.000k" in [text.text for text in texts_of(svg_tree(drawn(deep, fold=True)))]


@pytest.mark.parametrize("figure", ["params", "macs", "activations"])
def test_colour_follows_a_figure(figure: str) -> None:
    tree = svg_tree(drawn(shipped("resnet18"), color_by=figure))
    strip = Reader().read(shipped("resnet18"))
    boxes = boxes_of(columns_of(tree)[0])
    costs = [getattr(part.costs, figure) for part in strip.parts]
    steps = [int(box.style.removeprefix("heat")) for box in boxes[1:]]
    order = sorted(range(len(steps)), key=lambda index: costs[index + 1])
    assert [steps[index] for index in order] == sorted(steps)
    assert max(steps) == 7
    assert len(rects(tree, "heat4")) - steps.count(4) == 1  # the legend's
    assert any(text.text.startswith("0 to ") for text in texts_of(tree))


def test_colour_tells_kinds_apart() -> None:
    tree = svg_tree(drawn(shipped("seresnet50"), color_by="op"))
    styles = {box.style for box in boxes_of(columns_of(tree)[0])}
    assert styles == {"frameless", "conv", "pool", "linear", "gate-box"}
    texts = [text.text for text in texts_of(tree)]
    assert {"convolution", "pooling", "fully connected", "gate"} <= set(texts)


def test_boxes_say_more_where_asked_to() -> None:
    boxes = boxes_of(columns_of(svg_tree(drawn(shipped("resnet18"), annotate=("shape", "params", "macs"))))[0])
    assert boxes[1].label == ("7x7 conv, 64, /2", "64x112x112 · 9.536k params · 118.0M macs")
    assert boxes[2].label == ("pool, /2", "64x56x56")


def test_legend_and_title() -> None:
    with_both = [text.text for text in texts_of(svg_tree(figure_3(title="Plain and residual")))]
    assert with_both[0] == "Plain and residual"
    assert with_both[-2:] == ["identity shortcut", "projection, dimensions change"]
    assert {"conv2_x", "conv5_x"} <= set(with_both)
    without = [text.text for text in texts_of(svg_tree(figure_3(legend=False)))]
    assert "identity shortcut" not in without


# --------------------------------------------------------------- differences


def test_a_difference_is_marked_on_both_sides() -> None:
    one, other = columns_of(svg_tree(drawn(shipped("resnet34"), shipped("plain34"), diff=True)))
    assert len(beside(one, "removed")) == 16
    assert beside(other, "removed", "added", *("identity", "projection")) == []
    assert {box.style for box in (*boxes_of(one), *boxes_of(other))} == {"frameless", "same"}


def test_added_and_changed_layers_are_marked() -> None:
    one, other = columns_of(svg_tree(drawn(shipped("resnet18"), shipped("resnet34"), diff=True)))
    assert {box.style for box in boxes_of(one)} == {"frameless", "same"}
    added = [box for box in boxes_of(other) if box.style == "added"]
    assert len(added) == 2 * (1 + 2 + 4 + 1)
    assert len(beside(other, "added")) == 1 + 2 + 4 + 1
    wide = boxes_of(columns_of(svg_tree(drawn(shipped("resnet50"), shipped("wide_resnet50_2"), diff=True)))[1])
    assert {box.label[0] for box in wide if box.style == "changed"} >= {"1x1 conv, 128", "3x3 conv, 128"}


def test_a_difference_is_that_of_two() -> None:
    with pytest.raises(NotDrawn, match="needs two networks, not 3"):
        drawn(*[shipped("resnet18")] * 3, diff=True)


# ------------------------------------------------------------------- golden


GOLDEN: dict[str, tuple[str, ...]] = {
    "figure3.svg": ("vgg19", "plain34", "resnet34"),
    "res2net.tex": ("res2net50_26w_4s",),
    "sknet_edsr.dot": ("sknet50", "edsr"),
    "densenet.svg": ("densenet121",),
}


@pytest.mark.parametrize("file", GOLDEN)
def test_the_bytes_are_those_that_were_looked_at(file: str, update_golden: bool) -> None:
    networks = [shipped(name) for name in GOLDEN[file]]
    written = drawn(*networks, form=format_of(file), fold=file != "figure3.svg")
    path = HERE / "golden" / file
    if update_golden:
        path.write_text(written, encoding="utf-8", newline="")
    assert path.read_bytes().decode() == written


# -------------------------------------------------------- these tests can fail


def test_faults_are_seen() -> None:
    svg = drawn(shipped("resnet18"))
    first = re.search(r'<rect class="box stage1" x="([\d.]+)" y="([\d.]+)"', svg)
    assert first is not None
    lowered = svg.replace(first[0], first[0].replace(f'y="{first[2]}"', f'y="{float(first[2]) + 14}"'), 1)
    assert any("meets" in fault for fault in faults(lowered))
    assert any("a line crosses" in fault for fault in faults(lowered))
    longer = svg.replace(">3x3 conv, 64<", ">3x3 conv, 64, and much more than there is room for<", 1)
    assert any("leaves its box" in fault for fault in faults(longer))
