"""The view `ops`: the full graph, as Graphviz reads it from the DOT that was written."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import resdsl
from resdsl.draw.errors import NotDrawn
from resdsl.draw.graphviz_figure import GraphvizFigure
from resdsl.draw.options import DrawOptions
from resdsl.draw.sizes import Wish
from resdsl.draw.themes import DARK, PAPER
from resdsl.draw.views.ops import ops
from resdsl.ir.network import Network
from resdsl.ir.walk import steps
from tests.draw.drawn import SHIPPED, shipped
from tests.draw.figures import HOSTILE, SVG
from tests.zoo import marked

GOLDEN = Path(__file__).parent / "golden"


def laid(*networks: Network, **look: Any) -> GraphvizFigure:
    return ops(networks, DrawOptions(**look))


def read(dot: str) -> dict[str, Any]:
    """What Graphviz reads. The layout is of no concern here: a quick one will do."""
    done = subprocess.run(
        ["dot", "-Kosage", "-Tdot_json"], input=dot.encode(), capture_output=True, timeout=200, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    assert b"syntax" not in done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def parts(graph: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Frames and nodes."""
    frames = [each for each in graph["objects"] if each["name"].startswith("cluster")]
    return frames, [each for each in graph["objects"] if not each["name"].startswith("cluster")]


def edges(graph: dict[str, Any]) -> list[tuple[str, str, str]]:
    """Edges by the names of their ends, each with its line."""
    names = {each["_gvid"]: each["name"] for each in graph["objects"]}
    return [(names[each["tail"]], names[each["head"]], each.get("style", "solid")) for each in graph["edges"]]


def test_every_op_is_a_node_and_every_value_an_edge() -> None:
    network = shipped("resnet18")
    whole = list(steps(network))
    _, nodes = parts(read(laid(network).source))
    assert {step.path for step in whole} <= {each["name"] for each in nodes}
    assert len(nodes) == len(whole) + 2  # the input and the output
    found = edges(read(laid(network).source))
    expected = {(value.partition(":")[0], step.outputs[0]) for step in whole for value in step.inputs}
    assert {(tail, head) for tail, head, _ in found} >= expected
    assert len(found) == sum(len(step.inputs) for step in whole) + 1


@pytest.mark.parametrize("name", marked(SHIPPED))
def test_every_network_has_all_its_ops(name: str) -> None:
    network = shipped(name)
    graph = read(laid(network).source)
    whole = list(steps(network))
    _, nodes = parts(graph)
    assert len(nodes) == len(whole) + len(network.inputs) + len(network.outputs)
    inner = sum(len(step.inputs) for step in whole)
    assert len(graph["edges"]) == inner + len(network.outputs)


def test_stages_and_blocks_are_frames_in_each_other() -> None:
    graph = read(laid(shipped("resnet18")).source)
    frames, _ = parts(graph)
    labels = [each["label"] for each in frames]
    assert [label for label in labels if label.startswith("conv")] == ["conv2_x", "conv3_x", "conv4_x", "conv5_x"]
    assert [label for label in labels if label.startswith("basic")] == [
        f"basic({width})" for width in (64, 128, 256, 512) for _ in range(2)
    ]
    assert labels.count("shortcut B") == 3
    by_name = {each["_gvid"]: each["name"] for each in graph["objects"]}
    second = next(each for each in frames if each["label"] == "conv3_x")
    inside = {by_name[number] for number in second["nodes"]}
    assert {"layer2.0.conv1", "layer2.0.downsample.0", "layer2.1.act2"} <= inside
    assert not any(name.startswith(("layer1", "layer3")) for name in inside)


def test_shortcuts_are_dotted_where_dimensions_change() -> None:
    found = edges(read(laid(shipped("resnet18")).source))
    dotted = [(tail, head) for tail, head, line in found if line == "dotted"]
    assert len(dotted) == 3 * 3
    assert ("layer1.1.act2", "layer2.0.downsample.0") in dotted
    assert ("layer2.0.downsample.1", "layer2.0.add") in dotted
    assert ("layer1.0.act2", "layer1.1.add", "solid") in found


def test_repeats_are_folded_if_wanted() -> None:
    frames, nodes = parts(read(laid(shipped("resnet152"), fold=True).source))
    labels = [each["label"] for each in frames]
    assert "bottleneck(256) x 35" in labels
    assert len(nodes) < 120
    _, unfolded = parts(read(laid(shipped("resnet152")).source))
    assert len(unfolded) > 500


def test_networks_stand_side_by_side() -> None:
    network = shipped("resnet18")
    frames, nodes = parts(read(laid(network, network).source))
    assert [each["label"] for each in frames].count("resnet18") == 2
    assert len({each["name"] for each in nodes}) == 2 * (len(list(steps(network))) + 2)


def test_nodes_say_what_is_asked_for() -> None:
    _, nodes = parts(read(laid(shipped("resnet18"), annotate=("shape", "macs"), color_by="macs").source))
    by_name = {each["name"]: each for each in nodes}
    assert by_name["conv1"]["label"] == "conv 7x7, 64, /2\\n64x112x112 · 118.0M macs"
    assert by_name["conv1"]["fillcolor"] != by_name["bn1"]["fillcolor"]
    assert by_name["layer1.0.conv1"]["tooltip"] == "layer1.0.conv1: 64x56x56"


def test_differences_are_marked() -> None:
    before, after = shipped("resnet34"), resdsl.load("resnet34", shortcut="A").ir
    _, nodes = parts(read(laid(before, after, diff=True).source))
    look = {each["name"]: (each["fillcolor"], each.get("style", "filled")) for each in nodes}
    same, changed = PAPER.style("same"), PAPER.style("changed")
    assert look["n1.layer1.0.conv1"] == (same.fill, "filled")
    assert look["n1.layer2.0.downsample.0"] == (changed.fill, "filled,dotted")
    with pytest.raises(NotDrawn, match="a difference needs two networks"):
        laid(before, diff=True)


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_names_are_read_by_graphviz(name: str) -> None:
    network = shipped("resnet18")
    first = network.stages[0]
    nodes = []
    for node in network.nodes:
        inputs = tuple([name if value == first.name else value for value in node.inputs])
        new: dict[str, Any] = {"inputs": inputs}
        if node is first:
            new |= {"name": name, "path": name, "title": name}
        nodes.append(node.replace(**new))
    hostile = network.replace(name=name, nodes=tuple(nodes))
    graph = read(laid(hostile, network, title=name).source)
    _, found = parts(graph)
    assert len(found) == 2 * (len(list(steps(network))) + 2)
    assert all(len(each["label"]) < 200 for each in graph["objects"])
    svg = laid(hostile).to_svg()
    ET.fromstring(svg.encode())


def test_svg_is_read_out() -> None:
    root = ET.fromstring(laid(shipped("resnet18")).to_svg().encode())
    assert root.findtext(f"{SVG}title") == "resnet18, op by op"
    assert "8 shortcuts, of them 5 identities and 3 projections" in (root.findtext(f"{SVG}desc") or "")
    assert root.get("role") == "group"
    texts = ["".join(each.itertext()) for each in root.iter(f"{SVG}text")]
    assert texts.count("conv 3x3, 64") == 4
    assert texts.count("add") == 8


def test_no_two_nodes_overlap() -> None:
    graph = subprocess.run(
        ["dot", "-Tplain"], input=laid(shipped("resnet18")).source.encode(), capture_output=True, check=True
    )
    boxes = []
    for line in graph.stdout.decode().splitlines():
        found = re.match(r'node (?:"[^"]*"|\S+) (\S+) (\S+) (\S+) (\S+) ', line)
        if found:
            x, y, width, height = map(float, found.groups())
            boxes.append((x - width / 2, x + width / 2, y - height / 2, y + height / 2))
    assert len(boxes) == len(list(steps(shipped("resnet18")))) + 2
    for index, (left, right, low, high) in enumerate(boxes):
        for other in boxes[index + 1 :]:
            assert right <= other[0] or other[1] <= left or high <= other[2] or other[3] <= low


def test_all_forms_are_written() -> None:
    figure = laid(shipped("resnet18_small"))
    assert figure.write("dot").content == figure.source
    pdf, png = figure.write("pdf").content, figure.write("png", dpi=60).content
    assert isinstance(pdf, bytes)
    assert isinstance(png, bytes)
    assert (pdf[:5], png[:8]) == (b"%PDF-", b"\x89PNG\r\n\x1a\n")
    assert figure.write("pdf").content == pdf
    page = figure.write("html").content
    assert isinstance(page, str)
    ET.fromstring(page.encode())
    with pytest.raises(NotDrawn, match="does not write TikZ"):
        figure.write("tex")


def test_a_width_is_kept_and_small_texts_are_warned_of() -> None:
    figure = ops([shipped("resnet18_small")], DrawOptions(), wish=Wish(width=36.0))
    drawn = figure.write("svg")
    assert isinstance(drawn.content, str)
    width = re.search(r'width="(\d+)pt"', drawn.content)
    assert width is not None
    assert 34 <= int(width[1]) <= 38
    (warning,) = drawn.warnings
    assert re.fullmatch(
        r"the smallest text has \d\.\d pt, less than 6 pt; \d\.\d\din of width would be enough", warning
    )


def test_more_dots_than_anybody_wants_are_refused() -> None:
    with pytest.raises(
        NotDrawn, match=r"in, which is more than 30000 pixels at 600 dpi; lower --dpi, fold the repeats"
    ):
        laid(shipped("resnet101")).write("png", dpi=600)


def test_without_graphviz_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    figure = laid(shipped("resnet18_small"))
    assert figure.write("dot").content == figure.source
    with pytest.raises(NotDrawn, match=r"apt-get install graphviz.*or write DOT, which does not need it$"):
        figure.write("svg")


def test_themes_colour_the_graph() -> None:
    source = ops([shipped("resnet18_small")], DrawOptions(), theme=DARK).source
    assert read(source)["bgcolor"] == DARK.background
    _, nodes = parts(read(source))
    assert {each["fillcolor"] for each in nodes} <= {style.fill for style in DARK.styles.values()}


def test_the_deepest_network_takes_no_framework() -> None:
    program = (
        "import sys, resdsl; from resdsl.draw.views.ops import ops; from resdsl.draw.options import DrawOptions\n"
        "source = ops([resdsl.load('resnet1202').ir], DrawOptions()).source\n"
        "assert source.count(' -> ') > 4800, source.count(' -> ')\n"
        "assert not {'torch', 'onnx', 'numpy'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


def test_bytes_are_pinned(update_golden: bool) -> None:
    content = laid(shipped("resnet18")).source
    path = GOLDEN / "ops_resnet18.dot"
    if update_golden:
        path.write_bytes(content.encode())
    assert path.read_bytes() == content.encode(), f"{path.name} has changed; --update-golden writes it anew"


# -------------------------------------------------------------------- legend


def legend(graph: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The nodes of the legend by what they say."""
    return {each["label"]: each for each in graph["objects"] if re.fullmatch(r"legend \d+", each["name"])}


def test_marks_differ_in_black_and_white_and_are_explained() -> None:
    text = "network n {{ input 3x16x16\n conv 3x3, 8; norm; {}; avgpool global; fc {} }}"
    one, two = (resdsl.loads(text.format(*each)).ir for each in (("maxpool 3x3, /2", 10), ("scale 0.5", 20)))
    graph = read(laid(one, two, diff=True).source)
    found = legend(graph)
    assert set(found) == {"added", "removed", "changed", "as before"}
    looks = {said: (each.get("style"), each.get("penwidth")) for said, each in found.items()}
    assert len(set(looks.values())) == 4
    added = [each for each in graph["objects"] if each.get("penwidth") == looks["added"][1]]
    assert {"scale 0.5", "added"} <= {each["label"] for each in added}


def test_colours_are_explained() -> None:
    assert list(legend(read(laid(shipped("resnet18"), color_by="op").source))) == [
        *["convolution", "pooling", "fully connected", "sum or product", "norm", "activation"],
    ]
    heat = legend(read(laid(shipped("resnet18"), color_by="macs").source))
    assert list(heat) == [f"up to {most} multiply-adds" for most in ("16.86M", "67.44M", "118.0M")]
    assert legend(read(laid(shipped("resnet18"), color_by="op", legend=False).source)) == {}
    assert legend(read(laid(shipped("resnet18")).source)) == {}


def test_annotations_say_nothing_of_nothing() -> None:
    source = laid(shipped("resnet18"), annotate=("shape", "params", "macs")).source
    assert "64x112x112 · 128 params" in source
    assert " 0 params" not in source
    assert " 0 macs" not in source


def test_the_fonts_are_those_of_the_theme() -> None:
    theme = replace(PAPER, font=("Courier", "monospace"))
    source = ops([shipped("resnet18")], DrawOptions(), theme=theme).source
    assert "Courier,monospace" in source
    assert "Helvetica" not in source
