"""Reports of networks that branch: a row for each stretch of one resolution, within the width of a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

import resdsl
from resdsl.analysis.rows.tree import rows
from resdsl.catalogue import networks_of
from resdsl.ir.network import Network
from resdsl.report.report import report_table
from resdsl.report.text import display_width, write
from resdsl.resources import shipped_specs
from tests.cli.running import Command

HOME = Path(__file__).parent.parent / "draw" / "lattices"
NAMES = sorted(path.stem for path in HOME.glob("*.res"))


def network(name: str) -> Network:
    return resdsl.load(HOME / f"{name}.res").ir


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Command:
    return Command(capsys, monkeypatch, tmp_path)


def test_a_pyramid_has_a_row_for_each_level() -> None:
    whole = rows(network("fpn"), "stage")
    found = [(row.name, row.kind, row.outputs[0][1:]) for row in whole.parts[5:]]
    assert found == [
        ("inner3", "part", (7, 7)),
        ("inner2 to add", "part", (14, 14)),
        ("inner1 to add2", "part", (28, 28)),
        ("inner0 to layer_0", "part", (56, 56)),
        ("layer_1", "part", (28, 28)),
        ("layer_2", "part", (14, 14)),
        ("layer_3", "part", (7, 7)),
        ("maxpool2", "part", (4, 4)),
    ]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("by", ["stage", "block", "layer"])
def test_rows_add_up_and_have_one_size_each(name: str, by: str) -> None:
    whole = rows(network(name), by)  # type: ignore[arg-type]  # the names of depths
    assert sum(row.costs.macs for row in whole.parts) == whole.costs.macs
    assert sum(row.costs.params for row in whole.parts) == whole.costs.params


def test_an_auxiliary_head_is_a_row_of_its_own() -> None:
    names = [row.name for row in rows(network("auxiliary"), "stage").parts]
    assert names == ["stem", "layer1", "avgpool to aux_fc", "layer2", "head"]


@pytest.mark.parametrize("path", shipped_specs(), ids=lambda path: path.stem)
def test_layers_that_follow_each_other_stay_one_row(path: Path) -> None:
    for name in networks_of(path):
        kinds = [row.kind for row in rows(resdsl.load(name).ir, "stage").parts]
        assert kinds.count("stem") <= 1
        assert kinds.count("head") <= 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [60, 80, 120])
def test_lines_are_as_wide_as_the_terminal_at_most(name: str, width: int) -> None:
    text = write(report_table(network(name)), width=width)
    assert max(map(display_width, text.splitlines())) <= width


def test_a_pyramid_is_one_table_of_80_columns_and_no_word_is_cut() -> None:
    text = write(report_table(network("fpn")))
    body = text.partition("\ntotal")[0]
    assert body.count("layer4") == 2  # its name and its path, once each
    assert "..." not in body


def test_the_command_takes_a_width(command: Command) -> None:
    ran = command("report", "resnet50", "--columns", "full", "--width", "200")
    assert ran.code == 0
    assert 120 < max(map(len, ran.out.splitlines())) <= 200
    assert command("report", "resnet50", "--width", "80").out == command("report", "resnet50").out


@pytest.mark.parametrize("options", ["--format md", "--why layer1", "--format json"])
def test_a_width_is_for_text_only(command: Command, options: str) -> None:
    ran = command("report", "resnet50", "--width", "100", *options.split())
    assert ran.code == 2
    assert "--width is for tables of text" in ran.err
