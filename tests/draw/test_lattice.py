"""The view `lattice`, read back from what it writes: no box meets another, and every value read has its line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from math import dist

import pytest

import resdsl
from resdsl.draw.errors import NotDrawn
from resdsl.draw.figure import figure_of
from resdsl.draw.options import DrawOptions
from resdsl.ir.network import Network, output_name
from tests.draw.drawn import SHIPPED, Rect, boxes_of, drawn, faults, shipped
from tests.draw.figures import SVG, svg_tree, texts_of, tikz_commands, words_of
from tests.draw.lattice_figures import (
    BRANCHING,
    coordinates,
    crossings,
    faults_in,
    figure,
    joined_in,
    lines_in,
    network,
)
from tests.ir.networks import Graph
from tests.random.generator import drawn as random_networks
from tests.zoo import marked

OPEN = ("googlenet",)
"""Networks with blocks that are drawn open, whose lines are not those of the graph at the top."""


def marks_in(svg: str) -> set[str]:
    """The paths of everything that is drawn."""
    titles = [each.findtext(f"{SVG}title") or "" for each in svg_tree(svg).iter(f"{SVG}g")]
    return {title.partition(":")[0] for title in titles if ": " in title}


def read_in(net: Network, marks: set[str]) -> Counter[tuple[str, str]]:
    """Who reads whom, by the graph: what is not drawn belongs to what it reads."""
    home = {each.name: "input" if len(net.inputs) == 1 else each.name for each in net.inputs}
    found: Counter[tuple[str, str]] = Counter()
    for node in net.nodes:
        if node.path in marks:
            found.update((home[value], node.path) for value in dict.fromkeys(node.inputs))
        for index in range(len(node.shapes)):
            home[output_name(node.name, index)] = node.path if node.path in marks else home[node.inputs[0]]
    found.update((home[tap.value], f"output {tap.name}") for tap in net.outputs)
    return found


def box(svg: str, label: str) -> Rect:
    """The one box with this label."""
    (found,) = [each for each in boxes_of(svg_tree(svg)) if each.label[0] == label]
    return found


@pytest.mark.parametrize("annotate", [(), ("shape", "params", "macs")], ids=["plain", "annotated"])
@pytest.mark.parametrize("name", BRANCHING)
def test_nothing_overlaps_and_no_line_crosses_a_box(name: str, annotate: tuple[str, ...]) -> None:
    assert faults_in(drawn(network(name), view="lattice", annotate=annotate)) == []


@pytest.mark.parametrize("name", marked(SHIPPED))
def test_nothing_overlaps_in_shipped_networks(name: str) -> None:
    assert faults_in(drawn(shipped(name), view="lattice")) == []


@pytest.mark.parametrize("name", [name for name in BRANCHING if name not in OPEN])
def test_every_value_that_is_read_has_its_line(name: str) -> None:
    svg = figure(name)
    assert joined_in(svg) == read_in(network(name), marks_in(svg))


@pytest.mark.parametrize("name", BRANCHING)
def test_lines_have_right_angles(name: str) -> None:
    pairs = [pair for _, points in lines_in(figure(name)) for pair in pairwise(points)]
    assert all(start[0] == end[0] or start[1] == end[1] for start, end in pairs)


@pytest.mark.parametrize("name", BRANCHING)
def test_every_output_has_its_label_and_every_size_is_written_once(name: str) -> None:
    net, words = network(name), words_of(figure(name))
    assert all(words.count(tap.name) == 1 for tap in net.outputs)
    sizes = {"x".join(map(str, shape[1:] if set(shape[1:]) - {1} else (1,))) for shape in drawn_shapes(figure(name))}
    assert all(words.count(size) == 1 for size in sizes)


def drawn_shapes(svg: str) -> list[tuple[int, ...]]:
    abouts = [each.about for each in boxes_of(svg_tree(svg)) if "yields " in each.about]
    return [tuple(map(int, about.partition("yields ")[2].partition(";")[0].split("x"))) for about in abouts]


def test_a_u_net_is_a_u() -> None:
    svg = figure("unet")
    down = [box(svg, label) for label in ("7x7 conv, 64, /2", "layer1", "layer2", "layer3", "layer4")]
    up = [box(svg, f"twice({width})") for width in (256, 128, 64, 32, 16)]
    assert all(one.right < other.left and one.bottom < other.top for one, other in pairwise(down))
    assert all(one.right < other.left and one.top > other.bottom for one, other in pairwise(up))
    for encoder, decoder in zip(reversed(down[:-1]), up, strict=False):
        assert (encoder.top + encoder.bottom) == pytest.approx(decoder.top + decoder.bottom, abs=0.1)
    assert crossings(svg) == 0


def test_a_pyramid_is_two_with_laterals() -> None:
    svg = figure("fpn")
    assert crossings(svg) == 0
    assert {title for title, _ in lines_in(svg) if " to add" in title} == {
        f"{source} to {target}"
        for source, target in [
            *[("inner2", "add"), ("upsample", "add"), ("inner1", "add2"), ("upsample2", "add2")],
            *[("inner0", "add3"), ("upsample3", "add3")],
        ]
    }


def test_streams_are_rows_that_keep_step() -> None:
    boxes = boxes_of(svg_tree(figure("hrnet_w18")))
    streams = {width: [each for each in boxes if each.label == (f"stream({width})",)] for width in (18, 36, 72, 144)}
    assert [len(each) for each in streams.values()] == [8, 8, 7, 3]
    for row in streams.values():
        assert len({each.top for each in row}) == 1
    for finest, *others in zip(*(row[-3:] for row in streams.values()), strict=True):
        assert all(abs(finest.left + finest.right - each.left - each.right) < 0.1 for each in others)


def test_blocks_of_parallel_layers_are_drawn_open() -> None:
    boxes = boxes_of(svg_tree(figure("googlenet")))
    assert [each.label for each in boxes if each.label == ("1x1 conv, 96", "3x3 conv, 128")]
    assert sum(each.label[0] == "3x3 pool" for each in boxes) == 9
    assert figure("googlenet").count(">concatenation<") == 1


def test_an_open_block_has_its_name_above_its_branches() -> None:
    svg = figure("googlenet")
    names = [text for text in texts_of(svg_tree(svg)) if text.text.startswith("inception")]
    assert [name.text for name in names] == ["inception", *(f"inception{number}" for number in range(2, 10))]
    firsts = [each for each in boxes_of(svg_tree(svg)) if len(each.label) == 1 and "1x1 conv" in each.label[0]][:9]
    for name, first in zip(names, firsts, strict=True):
        assert 0 < first.top - name.bottom < 6
        assert (name.left + name.right) == pytest.approx(first.left + first.right, abs=0.1)


def test_the_name_of_an_open_block_is_its_path_and_what_it_is() -> None:
    text = (
        "block fan { parallel concat { conv 1x1, 4 } { conv 3x3, 4 } { conv 5x5, 4 } }\n"
        "network n { input 3x8x8; fan; mixed: fan; fc 2 }"
    )
    words = words_of(drawn(resdsl.loads(text).ir, view="lattice"))
    assert {"fan", "mixed: fan"} <= set(words)


def test_an_open_block_yields_all_its_values() -> None:
    text = (
        "block fan { as it; conv 1x1, 4, /2; as low; from it\n"
        "parallel concat { conv 1x1, 4 } { conv 3x3, 4 } { conv 5x5, 4 }; as high; from [low, high] }\n"
        "network n { input 3x8x8; fan; as s; from s[0]; conv 3x3, 4; tap coarse; from s[1]; fc 2 }"
    )
    svg = drawn(resdsl.loads(text).ir, view="lattice")
    assert faults(svg) == []
    assert {("fan.conv1", "conv1"), ("fan.concat", "fc")} <= set(joined_in(svg))


def labels_of(text: str) -> list[tuple[str, ...]]:
    """The labels of all boxes of a network that is written here."""
    svg = drawn(resdsl.loads(text).ir, view="lattice")
    assert faults(svg) == []
    return [each.label for each in boxes_of(svg_tree(svg))]


def test_a_shared_module_has_its_path_at_each_place() -> None:
    svg = figure("siamese")
    towers = [each for each in boxes_of(svg_tree(svg)) if each.label == ("shared encoder", "tower")]
    assert len(towers) == 2
    assert [each.about.split("; ")[2].split(" ")[0] for each in towers] == ["5.136k", "0"]


def test_shared_layers_that_follow_each_other_are_one_box_and_others_are_not() -> None:
    labels = labels_of(
        "network n { input 3x16x16; for i in 0..3 { conv 3x3, 8, /2; as p[i] }; for i in 0..3 { from p[i]\n"
        'conv 1x1, 8; shared "head.0": conv 3x3, 8, bias=true; shared "head.1": act\n'
        'shared "head.2": conv 3x3, 8; norm; conv 1x1, 4; tap "p{i}" } }'
    )
    shared = ("shared head.0 to head.2", "3x3 conv, 8 x 2")
    assert labels.count(shared) == 3
    assert [label[-1] for label in labels].count("1x1 conv, 8") == 3
    assert labels.count(("1x1 conv, 4",)) == 3


def test_a_shared_block_of_branches_is_one_box_and_a_shared_pool_has_no_name() -> None:
    labels = labels_of(
        "block fan { parallel concat { conv 1x1, 4 } { conv 3x3, 4 } { conv 5x5, 4 } }\n"
        "network n { input a 3x8x8; input b 3x8x8; from a; shared fan: fan; shared pool: maxpool 2x2, /2; as x\n"
        "from b; shared fan: fan; shared pool: maxpool 2x2, /2; as y; from add(x, y)\n"
        "shared stage trunk: basic(12) x 2; shared stage trunk: basic(12) x 2 }"
    )
    assert labels.count(("shared fan",)) == 2
    assert labels.count(("shared trunk", "basic(12) x 2")) == 2
    assert not [label for label in labels if "shared pool" in label]


def test_a_block_around_branches_is_open_too() -> None:
    labels = words_of(drawn(shipped("deeplabv3_resnet50"), view="lattice"))
    assert {"classifier: pyramid_head", "3x3 conv, 256, d=24", "plain_head(21)"} <= set(labels)


def test_a_resize_is_a_change_of_resolution() -> None:
    labels = labels_of(
        "network n { input 3x12x12; avgpool global; resize 4x4; as low; tap a; from low; resize 6x9; tap b\n"
        "from low; resize 12x12; conv 1x1, 3 }"
    )
    assert {("\N{UPWARDS ARROW}4",), ("to 6x9",), ("\N{UPWARDS ARROW}3",)} <= set(labels)


def test_a_long_label_is_broken_and_keeps_its_size() -> None:
    text = (
        "block wide(width, kernel = 3x3, expansion = 4, reduction = 16) { conv kernel, width; conv 1x1, "
        "width * expansion; conv 1x1, width + reduction }\n"
        "network n { input 3x8x8; wide(8); wide(16, kernel=5x5, expansion=3, reduction=32) }"
    )
    svg = svg_tree(drawn(resdsl.loads(text).ir, view="lattice"))
    assert ("wide(16, kernel=5x5,", "expansion=3, reduction=32)") in [each.label for each in boxes_of(svg)]
    assert {each.size for each in texts_of(svg) if "wide(" in each.text} == {7.5}


@pytest.mark.parametrize("seed", range(1, 25))
def test_nothing_overlaps_in_random_networks(seed: int) -> None:
    for each in random_networks(seed):
        assert faults_in(drawn(resdsl.loads(each.text, network=each.name).ir, view="lattice")) == []


def test_two_networks_stand_one_below_the_other() -> None:
    svg = drawn(network("unet"), network("fpn"), view="lattice", color_by="macs")
    assert faults(svg) == []
    assert {"unet_resnet34", "fpn"} <= set(words_of(svg))


@pytest.mark.parametrize("form", ["html", "tex", "dot"])
@pytest.mark.parametrize("name", BRANCHING)
def test_all_formats_have_the_same_words(name: str, form: str) -> None:
    content = drawn(network(name), view="lattice", form=form)  # type: ignore[arg-type]
    assert all(tap.name.replace("_", "\\_") in content or tap.name in content for tap in network(name).outputs)


@pytest.mark.parametrize("wrap", [1, 2])
@pytest.mark.parametrize("name", BRANCHING)
def test_tikz_has_the_boxes_and_lines_of_svg(name: str, wrap: int) -> None:
    svg, tikz = (drawn(network(name), view="lattice", wrap=wrap, form=form) for form in ("svg", "tex"))
    lines = [coordinates(line) for line in tikz_commands(tikz, "draw", "flow")]
    drawings = [points for _, points in lines_in(svg)]
    assert [flat(line[:-1]) for line in lines] == [pytest.approx(flat(points[:-1]), abs=0.02) for points in drawings]
    # In SVG a line ends where its arrow head begins.
    assert all(dist(line[-1], points[-1]) < 4.6 for line, points in zip(lines, drawings, strict=True))
    corners = [
        coordinates(line) for line in tikz.splitlines() if line.startswith(r"\path[") and " rectangle (" in line
    ][1:]
    edges = [((each.left, each.top), (each.right, each.bottom)) for each in boxes_of(svg_tree(svg))]
    assert [flat(each) for each in corners] == [pytest.approx(flat(each), abs=0.02) for each in edges]
    assert tikz.count(r"\node[") == len(words_of(svg))


def flat(points: Iterable[tuple[float, float]]) -> list[float]:
    return [number for point in points for number in point]


def test_no_difference_is_drawn() -> None:
    with pytest.raises(NotDrawn, match="a lattice shows no differences; use --view stages"):
        figure_of([network("unet"), network("fpn")], "lattice", DrawOptions(diff=True))


def test_more_parts_than_can_be_read_are_refused() -> None:
    text = "network long { input 8x32x32; for i in 0..400 { as a; conv 3x3, 8; as b; from add(a, b) } }"
    with pytest.raises(
        NotDrawn, match="`long` has 802 parts outside of stages and blocks, but a lattice shows at most"
    ):
        resdsl.loads(
            text.replace("as a", "as a[i]").replace("as b", "as b[i]").replace("(a, b)", "(a[i], b[i])")
        ).render("lattice")


def test_two_inputs_are_two_rows_that_meet() -> None:
    graph = Graph(rgb=(3, 32, 32), depth=(1, 32, 32))
    for name in ("rgb", "depth"):
        graph.layer("conv", name, name=f"conv_{name}", kernel=(3, 3), out=8)
    graph.layer("add", "conv_rgb", "conv_depth", name="add")
    svg = drawn(graph.network("two"), view="lattice")
    assert faults(svg) == []
    assert {("rgb", "conv_rgb"), ("depth", "conv_depth"), ("conv_rgb", "add"), ("conv_depth", "add")} < set(
        joined_in(svg)
    )
    assert {"rgb", "depth"} < set(words_of(svg))


def test_names_that_would_do_harm_are_shown_as_text() -> None:
    network = resdsl.loads('network n { input 3x8x8; stage s "</svg><b>": basic(3); tap a }').ir
    assert "</svg><b>" in words_of(drawn(network, view="lattice"))


def test_long_names_of_open_blocks_and_of_shared_modules_are_made_to_fit() -> None:
    text = (
        "block fan { parallel concat { conv 1x1, 3 } { conv 3x3, 3 } { conv 5x5, 3 } }\n"
        'network n { input 3x8x8; "NAME": fan; shared "SAME": conv 3x3, 9; shared "SAME": conv 3x3, 9 }'
    )
    svg = drawn(resdsl.loads(text.replace("NAME", "open" * 40).replace("SAME", "same" * 40)).ir, view="lattice")
    assert faults_in(svg) == []
    assert max(text.right - text.left for text in texts_of(svg_tree(svg))) < 200


def test_a_block_that_reads_named_values_has_a_line_for_each() -> None:
    svg = drawn(
        resdsl.loads(
            "block up(width, skip) { upsample 2; as it; from concat(it, skip); conv 3x3, width; conv 3x3, width }\n"
            "network n { input 3x32x32; conv 3x3, 8; as fine\n conv 3x3, 8, /2; up(8, skip=fine) }"
        ).ir,
        view="lattice",
    )
    assert faults(svg) == []
    assert {("conv1", "up"), ("conv2", "up")} < set(joined_in(svg))
