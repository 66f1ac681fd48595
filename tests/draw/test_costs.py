"""The chart of costs, read back from SVG and compared with the counts, and the bytes of both kinds of charts."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations
from pathlib import Path

import pytest

import resdsl
from resdsl.analysis.rows.tree import rows
from resdsl.catalogue import networks_of
from resdsl.draw.charts.costs import cost_scene
from resdsl.draw.charts.scatter import scatter_scene
from resdsl.draw.scene import Scene
from resdsl.draw.themes import DARK, MONO, THEMES
from resdsl.draw.write import Format, write
from resdsl.resources import shipped_specs
from tests.draw.figures import HOSTILE, SVG, graph_of, rects, svg_tree, texts_of, tikz_commands
from tests.draw.test_scatter import MACS, PARAMS, family
from tests.zoo import marked

GOLDEN = Path(__file__).parent / "golden"
SHIPPED = [name for path in shipped_specs() for name in networks_of(path)]
SHORT = """network n {
  input 3x8x8
  conv 3x3, 4
  stage layer1 "%s": basic(4) x 2
  fc 10
}
"""


def tree_of(name: str) -> ET.Element:
    return svg_tree(write(cost_scene(resdsl.load(name).ir), "svg").content)


def test_bars_are_as_long_as_what_they_show() -> None:
    """By stage, from ResNet-50's counts as others have them: see `tests/truth`."""
    tree = tree_of("resnet50")
    costs = [part.costs for part in rows(resdsl.load("resnet50").ir, "stage").parts]
    long = [float(each.attrib["width"]) for group in parts(tree) for each in group]
    assert len(parts(tree)) == 2 * 6
    macs, params = ([sum(float(one.attrib["width"]) for one in group) for group in parts(tree)[at::2]] for at in (0, 1))
    assert [each / max(macs) for each in macs] == pytest.approx([each.macs / 1_464_336_384 for each in costs], abs=1e-3)
    assert [each / max(params) for each in params] == pytest.approx(
        [each.params / 14_964_736 for each in costs], abs=1e-3
    )
    assert min(long) > 0


def test_the_part_of_shortcuts_is_hatched() -> None:
    tree = tree_of("resnet50")
    hatched = rects(tree, "bar-shortcut")[1:]  # the first is the legend's
    assert len(hatched) == 4 * 2
    assert len([each for each in tree.iter(f"{SVG}path") if each.get("class") == "hatch"]) == 4 * 2 + 1
    fourth = parts(tree)[6]
    share = float(fourth[1].attrib["width"]) / sum(float(each.attrib["width"]) for each in fourth)
    assert share == pytest.approx(102_760_448 / 1_464_336_384, abs=1e-3)


def test_shares_are_those_of_the_whole() -> None:
    said = [each.text for each in texts_of(tree_of("resnet50")) if each.text.endswith("%)")]
    assert said[:4] == ["118.0M (2.9%)", "9.536k (<0.1%)", "667.9M (16.3%)", "215.8k (0.8%)"]
    shares = [float(each.partition("(")[2].removeprefix("<").removesuffix("%)")) for each in said]
    assert sum(shares[::2]) == pytest.approx(100, abs=0.3)
    assert sum(shares[1::2]) == pytest.approx(100, abs=0.3)


def test_every_convolution_has_a_thin_bar() -> None:
    tree = tree_of("resnet152")
    assert len(rects(tree, "strip")) == 2 * (151 + 1)
    assert len(rects(tree, "strip-shortcut")) == 2 * 4


def test_a_thousand_layers_are_drawn_together() -> None:
    tree = tree_of("resnet1202")
    assert 2 * 200 < len(rects(tree, "strip")) <= 2 * 240
    assert any(each.text.endswith("a bar is the mean of 6") for each in texts_of(tree))


def test_many_blocks_of_a_module_are_one_part() -> None:
    names = [each.text for each in texts_of(tree_of("densenet121"))]
    assert [name for name in names if re.match(r"denseblock|transition", name)][:7] == [
        *("denseblock1", "transition1", "denseblock2", "transition2", "denseblock3", "transition3", "denseblock4"),
    ]


@pytest.mark.parametrize("name", marked(SHIPPED))
def test_labels_of_shipped_networks_can_be_read(name: str) -> None:
    scene = cost_scene(resdsl.load(name).ir)
    labels = texts_of(svg_tree(write(scene, "svg").content))
    assert not [(one.text, other.text) for one, other in combinations(labels, 2) if one.meets(other)]
    assert all(each.left >= 0 and each.right <= scene.width and each.bottom <= scene.height for each in labels)
    assert all(each.size >= 6 for each in labels)


def test_what_is_seen_is_said() -> None:
    said = cost_scene(resdsl.load("resnet50").ir).description
    assert said.startswith("Bar chart of resnet50: 4.089G multiply-adds and 25.56M parameters")
    assert "8.8% and 10.9% of them in shortcuts" in said
    assert "conv4_x has the most multiply-adds (1.464G) and conv5_x the most parameters (14.96M)" in said


def test_a_network_without_work_is_a_chart_too() -> None:
    network = resdsl.loads("network n {\n  input 3x8x8\n  act\n}\n").ir
    assert write(cost_scene(network), "svg").warnings == ()


@pytest.mark.parametrize("name", [name for name in HOSTILE if re.fullmatch(r'[^"\\\x00-\x1f\ud800]+', name)])
def test_hostile_titles_of_stages_stay_in_the_chart(name: str) -> None:
    network = resdsl.loads(SHORT % name).ir
    scene = cost_scene(network)
    labels = texts_of(svg_tree(write(scene, "svg").content))
    assert all(each.left >= 0 and each.right <= scene.width for each in labels)
    assert not any(one.meets(other) for one, other in combinations(labels, 2))


@pytest.mark.parametrize("form", ["tex", "dot"])
def test_other_formats_have_the_same_bars(form: Format) -> None:
    scene = cost_scene(resdsl.load("resnet18").ir)
    count = len(rects(svg_tree(write(scene, "svg").content), "strip"))
    content = write(scene, form).content
    if form == "tex":
        assert len(tikz_commands(content, "path", "strip")) == count
    else:
        fills = [each.get("fillcolor") for each in graph_of(content)["objects"]]
        assert fills.count(THEMES["paper"].style("strip").fill) == count


def charts() -> dict[str, tuple[Scene, Format, str]]:
    costs = cost_scene(resdsl.load("resnet18").ir)
    points = scatter_scene(family(), MACS, PARAMS, "cifar: parameters against multiply-adds")
    return {
        "costs.svg": (costs, "svg", "paper"),
        "costs.tex": (costs, "tex", MONO.name),
        "points.svg": (points, "svg", DARK.name),
        "points.dot": (points, "dot", "paper"),
    }


@pytest.mark.parametrize("name", ["costs.svg", "costs.tex", "points.svg", "points.dot"])
def test_bytes_of_charts(name: str, update_golden: bool) -> None:
    scene, form, theme = charts()[name]
    content = write(scene, form, theme=THEMES[theme]).content
    assert isinstance(content, str)
    path = GOLDEN / name
    if update_golden:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode())
    assert path.read_bytes() == content.encode(), f"{name} has changed; --update-golden writes it anew"


def parts(tree: ET.Element) -> list[list[ET.Element]]:
    """The bars of each stage, for multiply-adds and for parameters in turns; a bar may have two pieces."""
    found: list[list[ET.Element]] = []
    for group in tree.iter(f"{SVG}g"):
        if group.get("class") != "part":
            continue
        end = -1.0
        for bar in group.iter(f"{SVG}rect"):
            if bar.get("class", "").startswith("box bar"):
                if abs(float(bar.attrib["x"]) - end) > 0.02:
                    found.append([])
                found[-1].append(bar)
                end = float(bar.attrib["x"]) + float(bar.attrib["width"])
    return found
