"""The view `stages`: one box for each stage, read back from what was written; and names as nobody should give them."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import resdsl
from resdsl.analysis.costs import network_costs
from resdsl.draw.errors import NotDrawn
from resdsl.draw.figure import figure_of
from resdsl.draw.options import DrawOptions
from resdsl.draw.views.stages import stages
from resdsl.draw.write import Format, format_of
from resdsl.ir.network import Layer, Network, Node, Run, Stage
from tests.calls import calls_of
from tests.draw.drawn import SHIPPED, beside, boxes_of, columns_of, drawn, faults, shipped
from tests.draw.figures import HOSTILE, graph_of, svg_tree, texts_of
from tests.zoo import marked

HERE = Path(__file__).parent
EACH = pytest.mark.parametrize("name", marked(SHIPPED))


def labels_of(name: str) -> list[str]:
    (column,) = columns_of(svg_tree(drawn(shipped(name), view="stages")))
    return [" ".join(box.label) for box in boxes_of(column)]


# --------------------------------------------------------------- ResNet-152


def test_resnet_152_has_a_box_for_each_stage_with_its_repeats() -> None:
    assert labels_of("resnet152") == [
        *["input 3x224x224", "7x7 conv, 64, /2", "pool, /2"],
        *["bottleneck(64)", "bottleneck(64) x 2"],
        *["bottleneck(128, /2)", "bottleneck(128) x 7"],
        *["bottleneck(256, /2)", "bottleneck(256) x 35"],
        *["bottleneck(512, /2)", "bottleneck(512) x 2"],
        *["avg pool", "fc 1000"],
    ]


def test_parts_of_a_stage_touch_and_others_do_not() -> None:
    boxes = boxes_of(svg_tree(drawn(shipped("resnet152"), view="stages")))
    for one, other in pairwise(boxes):
        if one.style == other.style != "stem" and one.style.startswith("stage"):
            assert other.top == one.bottom
        elif other.top > one.top:
            assert other.top > one.bottom + 5


def test_channels_and_sizes_stand_beside_the_boxes() -> None:
    tree = svg_tree(drawn(shipped("resnet152"), view="stages"))
    (column,) = columns_of(tree)
    texts = texts_of(column)
    for box in boxes_of(column)[1:]:
        shape = next(part.removeprefix("yields ") for part in box.about.split("; ") if part.startswith("yields "))
        (beside_it,) = [text for text in texts if text.text == shape and box.top <= text.top <= box.bottom]
        assert beside_it.left > box.right
    titles = [text.text for text in texts if text.text.startswith("conv")]
    assert titles == ["conv2_x", "conv3_x", "conv4_x", "conv5_x"]


def test_the_shortcut_of_a_block_runs_beside_it() -> None:
    (column,) = columns_of(svg_tree(drawn(shipped("resnet152"), view="stages")))
    lines = sorted(beside(column), key=lambda line: line.top)
    assert [line.dashed for line in lines] == [True, False] * 4


def test_resnet_152_fits_the_column_of_a_paper() -> None:
    written = figure_of([shipped("resnet152")], "stages", DrawOptions(), width="3.25in").write("svg")
    tree = svg_tree(written.content)
    assert written.warnings == ()
    assert tree.get("width") == "234pt"
    assert min(text.size for text in texts_of(tree)) >= 6


def test_a_warning_comes_with_text_that_is_too_small() -> None:
    (warning,) = figure_of([shipped("resnet152")], "stages", DrawOptions(), width=100.0).write("svg").warnings
    assert "less than 6 pt" in warning


# --------------------------------------------------------- networks of all kinds


@EACH
@pytest.mark.parametrize("look", [{}, {"annotate": ("shape", "params", "macs"), "title": "A title"}], ids=str)
def test_nothing_overlaps_leaves_its_box_or_crosses_one(name: str, look: dict[str, Any]) -> None:
    assert faults(drawn(shipped(name), view="stages", **look)) == []


@EACH
@pytest.mark.parametrize("form", ["svg", "html", "tex", "dot"])
def test_every_network_is_drawn_in_every_form(name: str, form: Format) -> None:
    assert drawn(shipped(name), view="stages", form=form) == drawn(shipped(name), view="stages", form=form)


def test_networks_without_stages_show_their_blocks_and_layers() -> None:
    assert labels_of("vgg19")[1:5] == ["3x3 conv, 64 x 2", "pool, /2", "3x3 conv, 128 x 2", "pool, /2"]
    assert labels_of("densenet121")[3:6] == ["dense(32) x 6", "transition", "dense(32) x 12"]
    assert labels_of("regnetx_400mf")[6:8] == ["regnet_unit(160, groups=10) x 6", "regnet_unit(384, /2, groups=24)"]
    assert labels_of("edsr")[1:4] == ["3x3 conv, 64", "edsr_block(64) x 16", "3x3 conv, 64"]


def test_blocks_of_one_definition_are_one_where_each_is_another() -> None:
    assert labels_of("pyramidnet")[2:5] == ["pyramid x 18", "pyramid(33, /2)", "pyramid x 17"]
    assert labels_of("resnetrs50")[5:8] == ["rs(64, rate=0.00625)", "rs(64) x 2", "rs(128, /2, rate=0.025)"]


def test_a_shortcut_around_many_blocks_goes_around_them() -> None:
    (column,) = columns_of(svg_tree(drawn(shipped("edsr"), view="stages")))
    inner, outer = sorted(beside(column), key=lambda line: line.bottom - line.top)
    assert outer.top < inner.top < inner.bottom < outer.bottom
    assert max(x for x, _ in outer.points) > max(x for x, _ in inner.points)


PARALLEL = """network n(shortcut = B) {
  input 3x8x8
  conv 3x3, 8
  parallel concat { a: basic(8); b: basic(8) } { c: plain(16) } { avgpool 3x3 } { conv 5x5, 4 }
  fc 10
}"""


def test_branches_of_blocks_are_one_box_that_names_them() -> None:
    (column,) = columns_of(svg_tree(drawn(resdsl.loads(PARALLEL).ir, view="stages")))
    boxes = boxes_of(column)
    assert [box.label for box in boxes[2:4]] == [
        ("branches:", "basic(8) x 2", "plain(16)", "3x3 avg pool", "5x5 conv, 4"),
        ("fc 10",),
    ]
    assert beside(column) == []
    layers = boxes_of(svg_tree(drawn(resdsl.loads(PARALLEL).ir)))
    assert layers[2].label[:3] == ("branches:", "3x3 conv, 8 x 4", "3x3 conv, 16 x 2")


def test_blocks_with_more_layers_than_can_be_drawn_are_boxes_nevertheless() -> None:
    doubled = "".join(f"block b{k}(w) {{ b{k - 1}(w); b{k - 1}(2 * w) }}\n" for k in range(1, 16))
    text = f"block b0(w) {{ conv 1x1, w }}\n{doubled} network n {{ input 3x8x8\n stage s: b15(1) x 3 }}"
    network = resdsl.loads(text).ir
    assert [box.label for box in boxes_of(svg_tree(drawn(network, view="stages")))][1:] == [
        ("b15(1)",),
        ("b15(1) x 2",),
    ]
    with pytest.raises(NotDrawn, match="more than 6000 boxes"):
        drawn(network)


def test_boxes_count_what_the_network_counts() -> None:
    for name in ("resnet152", "densenet121", "sknet50", "resnetrs101"):
        (column,) = columns_of(svg_tree(drawn(shipped(name), view="stages")))
        blocks = [box for box in boxes_of(column) if box.style.startswith("stage")]
        total = network_costs(shipped(name))
        said = [next(part for part in box.about.split("; ") if "multiply-adds" in part) for box in boxes_of(column)[1:]]
        assert len(said) > len(blocks) > 3
        scale = {"k": 1e3, "M": 1e6, "G": 1e9}
        macs = [each.partition(", ")[2].removesuffix(" multiply-adds") for each in said]
        found = sum(float(each.rstrip("kMG")) * scale.get(each[-1], 1) for each in macs)
        assert found == pytest.approx(total.macs, rel=1e-3)


def test_depth_takes_no_time() -> None:
    def calls(repeats: int) -> int:
        """Calls that it takes to draw so many blocks."""
        deep = resdsl.loads(f"network n {{ input 3x8x8\n conv 3x3, 4\n stage s: basic(4) x {repeats} }}").ir
        assert len(list(stages([deep], DrawOptions()).flat())) < 40
        return calls_of(lambda: stages([deep], DrawOptions()))

    calls(1_000_000)  # what is imported or remembered takes calls once
    assert calls(1_000_000) <= calls(9) + 100


def test_differences_of_repeats_are_drawn_apart() -> None:
    one, other = columns_of(svg_tree(drawn(shipped("resnet50"), shipped("resnet101"), view="stages", diff=True)))
    assert [box.label[0] for box in boxes_of(other) if box.style == "added"] == ["bottleneck(256) x 17"]
    assert {box.style for box in boxes_of(one)} == {"frameless", "same"}
    removed = columns_of(svg_tree(drawn(shipped("resnet101"), shipped("resnet50"), view="stages", diff=True)))[0]
    assert [box.label[0] for box in boxes_of(removed) if box.style == "removed"] == ["bottleneck(256) x 17"]


# ------------------------------------------------------------------- golden


@pytest.mark.parametrize("file", ["resnet152_stages.svg", "resnet152_stages.tex", "resnet152_stages.dot"])
def test_the_bytes_are_those_that_were_looked_at(file: str, update_golden: bool) -> None:
    written = drawn(shipped("resnet152"), view="stages", form=format_of(file))
    path = HERE / "golden" / file
    if update_golden:
        path.write_text(written, encoding="utf-8", newline="")
    assert path.read_bytes().decode() == written


# ------------------------------------------------------------- hostile names


def named(name: str) -> Network:
    """A network in which everything has this name that may have one."""
    network = shipped("resnet18_small")
    nodes: list[Node] = []
    for node in network.nodes:
        path = {"path": f"{name}.{node.path}"}
        if isinstance(node, Stage):
            runs = tuple([_run(run, name) for run in node.runs])
            nodes.append(node.replace(**{**path, "title": name or None, "runs": runs}))
        else:
            assert isinstance(node, Layer)
            nodes.append(node.replace(**path))
    taps = (network.outputs[0].replace(name=name, value=network.nodes[3].name), *network.outputs)
    return network.replace(name=name, nodes=tuple(nodes), outputs=taps)


def _run(run: Run, name: str) -> Run:
    origin = run.body.origin.replace(name=name)
    return run.replace(body=run.body.replace(origin=origin))


@pytest.mark.parametrize("view", ["columns", "stages"])
@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_drawn_in_every_form(view: str, name: str) -> None:
    network = named(name)
    usual = drawn(named("usual"), view=view)
    for page in (drawn(network, view=view), drawn(network, view=view, form="html")):
        tree = ET.fromstring(page.encode())
        assert not any("script" in each.tag or each.get("onload") for each in tree.iter())
    svg = drawn(network, view=view)
    assert len(boxes_of(svg_tree(svg))) == len(boxes_of(svg_tree(usual)))
    assert faults(svg) == []
    picture = drawn(network, view=view, form="tex")
    assert picture.isascii()
    assert picture.count(r"\begin{tikzpicture}") == picture.count(r"\end{tikzpicture}") == 1
    graph = graph_of(drawn(network, view=view, form="dot"))
    common = graph_of(drawn(named("usual"), view=view, form="dot"))
    assert len(graph["edges"]) == len(common["edges"])
