"""Networks that branch are drawn as they are, or not at all."""

from __future__ import annotations

import pytest

import resdsl
from resdsl.api import Net
from resdsl.draw.errors import NotDrawn
from resdsl.draw.figure import figure_of, mermaid_of
from resdsl.draw.options import DrawOptions
from resdsl.draw.strips.chain import expect_row
from tests.draw.drawn import SHIPPED, beside, drawn, faults, shipped
from tests.draw.figures import svg_tree, words_of
from tests.draw.lattice_figures import BRANCHING, network
from tests.zoo import marked

AUXILIARY = """network aux(shortcut = B) {
  input 3x32x32
  conv 3x3, 16; norm; act
  stage layer1: basic(16) x 2
  as c
  avgpool global; aux_fc: fc 7; tap aux
  from c
  stage layer2: basic(32) x 2, /2
  avgpool global; fc 10
}"""
PYRAMID = """network pyramid(shortcut = B) {
  input 3x64x64
  conv 3x3, 16; norm; act
  stage layer1: basic(16) x 2; as c2
  stage layer2: basic(32) x 2, /2; as c3
  conv 1x1, 16; as p3; tap p3_out
  from c2; conv 1x1, 16; as l2
  from add(l2, upsample(p3, 2)); tap p2_out
}"""
ABREAST = """network abreast {
  input 3x8x8
  conv 3x3, 8
  parallel concat { conv 1x1, 4 } { conv 3x3, 4 } { conv 5x5, 4 } { conv 7x7, 4 } { conv 9x9, 4 }
  fc 10
}"""
TWO = """network two {
  input 3x8x8
  parallel concat { conv 1x1, 4 } { conv 3x3, 4 }
  fc 10
}"""
REASONS = {
    AUXILIARY: "`aux` branches: the path from `avgpool` to `aux_fc` leads to its own output, ",
    PYRAMID: "`pyramid` branches: the output `p3_out` is taken from one of several branches, ",
    ABREAST: "`abreast` branches: there are 5 kinds of parallel layers, from `conv2` on, ",
}


def net_of(text: str) -> Net:
    return resdsl.loads(text)


@pytest.mark.parametrize("view", ["columns", "stages"])
@pytest.mark.parametrize("text", REASONS, ids=["auxiliary", "pyramid", "abreast"])
def test_what_no_row_shows_is_refused_with_the_view_that_does(text: str, view: str) -> None:
    with pytest.raises(NotDrawn) as refused:
        net_of(text).render(view)
    assert str(refused.value) == (
        f"{REASONS[text]}which this figure cannot show; `resdsl render --view lattice` shows branches"
    )


@pytest.mark.parametrize("text", REASONS, ids=["auxiliary", "pyramid", "abreast"])
def test_the_flowchart_refuses_the_same(text: str) -> None:
    with pytest.raises(NotDrawn, match="which this figure cannot show"):
        mermaid_of([net_of(text).ir], DrawOptions())


@pytest.mark.parametrize("text", [*REASONS, TWO], ids=["auxiliary", "pyramid", "abreast", "two"])
def test_a_table_of_one_row_is_refused(text: str) -> None:
    with pytest.raises(NotDrawn, match="`resdsl render --view lattice` shows branches"):
        net_of(text).render("table")


@pytest.mark.parametrize("view", ["columns", "stages", "table"])
@pytest.mark.parametrize("name", [*BRANCHING, "resnet50_fpn", "deeplabv3_resnet50"])
def test_a_network_that_branches_is_a_row_with_skips_or_is_refused(name: str, view: str) -> None:
    net = shipped(name) if name not in BRANCHING else network(name)
    if name in ("backbone", "unet"):
        svg = drawn(net, view=view)
        assert faults(svg) == []
        skips = [each for each in beside(svg_tree(svg), "concat") if each.dashed]
        assert len(skips) == (4 if name == "unet" and view != "table" else 0)
    else:
        with pytest.raises(NotDrawn, match="which this figure cannot show; `resdsl render --view lattice`"):
            drawn(net, view=view)


def test_a_table_says_that_it_leaves_out_what_is_kept_for_later() -> None:
    text = (
        "network n { input 3x8x8; conv 3x3, 8; as early; conv 3x3, 8; as late; from concat(early, late); conv 3x3, 8 }"
    )
    kept = "are kept and taken up again further down are left out too"
    assert kept in " ".join(words_of(net_of(text).render("table").to_svg()))
    assert kept not in " ".join(words_of(drawn(shipped("edsr"), view="table")))


@pytest.mark.parametrize("text", [*REASONS, TWO], ids=["auxiliary", "pyramid", "abreast", "two"])
def test_its_lattice_its_graph_and_its_blocks_are_drawn(text: str) -> None:
    network = net_of(text).ir
    assert all(f"output {tap.name}" in net_of(text).render("lattice").to_svg() for tap in network.outputs)
    graph = str(figure_of([network], "ops", DrawOptions()).write("dot").content)
    assert all(f'"output {tap.name}"' in graph or tap.name in graph for tap in network.outputs)
    if "basic" in text:
        assert figure_of([network], "block", DrawOptions()).write("svg").content


def test_branches_that_a_box_can_name_are_drawn() -> None:
    figure = net_of(TWO).render("columns")
    assert "branches:" in figure.to_svg()
    assert "1x1 conv, 4" in figure.to_svg()


def test_a_notebook_shows_the_line_of_a_network_that_is_no_row() -> None:
    assert net_of(AUXILIARY)._repr_svg_() is None
    assert (net_of(TWO)._repr_svg_() or "").startswith("<?xml")


@pytest.mark.parametrize("name", marked(SHIPPED))
def test_every_shipped_network_is_a_row(name: str) -> None:
    expect_row(shipped(name))


@pytest.mark.parametrize("view", ["columns", "stages", "table"])
def test_two_networks_are_refused_by_the_name_of_the_one_that_branches(view: str) -> None:
    with pytest.raises(NotDrawn, match=r"^`aux` branches"):
        figure_of([shipped("resnet18"), net_of(AUXILIARY).ir], view, DrawOptions())
