"""Columns laid across and wrapped: what was one below the other is abreast, and nothing is lost or meets."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

import resdsl
from resdsl.draw.errors import NotDrawn
from resdsl.draw.figure import figure_of
from resdsl.draw.options import DrawOptions
from tests.cli.running import Command
from tests.draw.drawn import beside, boxes_of, columns_of, drawn, faults, shipped
from tests.draw.figures import svg_tree, words_of

WAYS = [("right", 1), ("right", 3), ("down", 3)]


@pytest.mark.parametrize(("direction", "wrap"), WAYS)
@pytest.mark.parametrize("name", ["resnet50", "backbone", "densenet121", "vgg19", "seresnet50", "edsr"])
def test_nothing_meets(name: str, direction: str, wrap: int) -> None:
    svg = drawn(shipped(name), direction=direction, wrap=wrap)
    assert faults(svg) == []


@pytest.mark.parametrize("look", [{"annotate": ("shape", "macs")}, {"fold": True}, {"color_by": "macs"}], ids=str)
def test_nothing_meets_with_other_options(look: dict[str, Any]) -> None:
    assert faults(drawn(shipped("resnet101"), shipped("resnet34"), direction="right", **look)) == []
    assert faults(drawn(shipped("resnet101"), direction="right", wrap=2, **look)) == []


@pytest.mark.parametrize(("direction", "wrap"), WAYS)
def test_all_boxes_shortcuts_and_outputs_are_there(direction: str, wrap: int) -> None:
    before, after = (
        svg_tree(drawn(shipped("backbone"))),
        svg_tree(drawn(shipped("backbone"), direction=direction, wrap=wrap)),
    )
    assert [each.about for each in boxes_of(after)] == [each.about for each in boxes_of(before)]
    assert len(beside(after)) == len(beside(before)) == 16
    assert {"c2", "c3", "c4", "c5"} <= set(words_of(drawn(shipped("backbone"), direction=direction, wrap=wrap)))


def test_boxes_run_to_the_right_and_equal_sizes_start_together() -> None:
    rows = columns_of(svg_tree(drawn(shipped("plain34"), shipped("resnet34"), direction="right")))
    plain, residual = [boxes_of(row) for row in rows]
    assert all(one.right < other.left and one.top == other.top for one, other in pairwise(residual))
    assert [box.left for box in plain] == [box.left for box in residual]
    assert max(box.bottom for box in plain) < min(box.top for box in residual)


def test_pieces_are_about_as_long_and_end_where_no_shortcut_passes() -> None:
    pieces = columns_of(svg_tree(drawn(shipped("resnet101"), wrap=4)))
    counts = [len(boxes_of(piece)) for piece in pieces]
    assert sum(counts) == len(boxes_of(svg_tree(drawn(shipped("resnet101")))))
    assert max(counts) - min(counts) <= 6
    assert sum(len(beside(piece)) for piece in pieces) == 33
    assert "resnet101, 4 of 4" in words_of(drawn(shipped("resnet101"), wrap=4))


def test_what_cannot_be_wrapped_is_refused() -> None:
    with pytest.raises(NotDrawn, match="only one network can be wrapped; several are aligned"):
        figure_of([shipped("resnet18"), shipped("resnet34")], "columns", DrawOptions(wrap=2))
    with pytest.raises(NotDrawn, match=r"this network can be wrapped into 3 pieces at most"):
        resdsl.loads("network n { input 3x8x8; conv 3x3, 3; conv 3x3, 3 }").render(wrap=4)
    with pytest.raises(NotDrawn, match="only the view columns can be laid across, not lattice"):
        resdsl.load("resnet18").render("lattice", direction="right")
    with pytest.raises(NotDrawn, match="only the views columns and lattice can be wrapped, not stages"):
        resdsl.load("resnet18").render("stages", wrap=2)
    with pytest.raises(NotDrawn, match="unknown direction 'up'"):
        resdsl.load("resnet18").render(direction="up")
    with pytest.raises(NotDrawn, match="at least one piece"):
        resdsl.load("resnet18").render(wrap=0)


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    return Command(capsys, monkeypatch, tmp_path)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("--view stages --wrap 2", "--wrap is for --view columns or lattice"),
        ("--format mmd --direction right", "--direction is for --view columns"),
        ("--format mmd --wrap 2", "--wrap is for --view columns or lattice"),
        ("--view lattice --direction right", "--direction is for --view columns"),
    ],
)
def test_the_command_line_refuses_what_would_have_no_effect(command: Command, options: str, message: str) -> None:
    ran = command("render", "resnet18", *options.split())
    assert ran.code == 2
    assert message in ran.err
