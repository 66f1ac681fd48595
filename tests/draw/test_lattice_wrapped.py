"""Lattices that are wrapped: nothing is lost or meets, and every line goes on where it was cut."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

import resdsl
from resdsl.draw.errors import NotDrawn
from resdsl.draw.figure import figure_of
from resdsl.draw.options import DrawOptions
from resdsl.ir.network import Network
from tests.cli.running import Command
from tests.draw.drawn import boxes_of, drawn, shipped
from tests.draw.figures import SVG, svg_tree, texts_of
from tests.draw.lattice_figures import BRANCHING, crossings, faults_in, joined_in, lines_in, network
from tests.random.generator import drawn as random_networks


def pieces_in(svg: str) -> list[str]:
    found = [each for each in svg_tree(svg).iter(f"{SVG}g") if each.get("class") == "piece"]
    return [ET.tostring(each, encoding="unicode") for each in found]


def cut_in(piece: str) -> tuple[list[str], list[str]]:
    """What begins at the left of a piece and what ends at its right, from above."""
    lines = sorted(lines_in(piece), key=lambda line: line[1][0][1])
    left = min(points[0][0] for _, points in lines)
    begun = [title for title, points in lines if points[0][0] == left]
    lines = sorted(lines, key=lambda line: line[1][-1][1])
    right = max(points[-1][0] for _, points in lines)
    return begun, [title for title, points in lines if points[-1][0] == right]


def expect_whole(net: Network, count: int) -> None:
    """A network that is wrapped shows what it shows in one piece."""
    whole, svg = drawn(net, view="lattice"), drawn(net, view="lattice", wrap=count)
    assert faults_in(svg) == []
    pieces = pieces_in(svg)
    assert len(pieces) == count
    for one, other in pairwise(pieces):
        assert cut_in(one)[1] == cut_in(other)[0]
    labels = [Counter((each.label, each.about) for each in boxes_of(svg_tree(each))) for each in (whole, svg)]
    assert labels[0] == labels[1]
    cut = Counter(title for piece in pieces[1:] for title in cut_in(piece)[0])
    assert sorted((joined_in(svg) - joined_in(whole)).elements()) == sorted(
        (source, target) for source, _, target in (title.partition(" to ") for title in cut.elements())
    )
    assert crossings(svg) == crossings(whole)


@pytest.mark.parametrize("count", [2, 3])
@pytest.mark.parametrize("name", BRANCHING)
def test_nothing_is_lost_and_lines_go_on(name: str, count: int) -> None:
    expect_whole(network(name), count)


@pytest.mark.parametrize("seed", range(1, 9))
def test_nothing_is_lost_in_random_networks(seed: int) -> None:
    for each in random_networks(seed):
        expect_whole(resdsl.loads(each.text, network=each.name).ir, 2)


def test_a_wrapped_lattice_is_narrower_and_pieces_have_the_rows_that_they_need() -> None:
    whole, svg = (svg_tree(drawn(network("hrnet_w18"), view="lattice", wrap=count)) for count in (1, 3))
    assert float(svg.attrib["viewBox"].split()[2]) < 0.45 * float(whole.attrib["viewBox"].split()[2])
    sizes = [{each.text for each in texts_of(ET.fromstring(piece))} for piece in pieces_in(ET.tostring(svg).decode())]
    assert [{"224x224", "7x7"} & each for each in sizes] == [{"224x224"}, {"7x7"}, {"7x7"}]


def test_two_networks_are_wrapped_each() -> None:
    svg = drawn(network("unet"), network("fpn"), view="lattice", wrap=2)
    assert faults_in(svg) == []
    assert len(pieces_in(svg)) == 4
    assert "goes on at the left of the piece below" in svg


def test_more_pieces_than_columns_are_refused() -> None:
    with pytest.raises(NotDrawn, match=r"this lattice can be wrapped into \d+ pieces at most: it has no more columns"):
        figure_of([shipped("backbone")], "lattice", DrawOptions(wrap=40))


@pytest.mark.parametrize("form", ["dot", "tex", "pdf"])
def test_a_wrapped_lattice_is_written_in_all_formats(form: str) -> None:
    figure = figure_of([network("unet")], "lattice", DrawOptions(wrap=2))
    assert figure.write(form).content  # type: ignore[arg-type]


def test_the_command_line_wraps_a_lattice(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran = Command(capsys, monkeypatch, tmp_path)("render", "backbone", "--view", "lattice", "--wrap", "2")
    assert ran.code == 0
    assert len(pieces_in(ran.out)) == 2
