"""Tables of conventions: exact, in 80 columns, and with what is not known."""

from __future__ import annotations

import pytest

import resdsl
from resdsl.analysis.conventions.count import counted
from resdsl.analysis.conventions.known import CONVENTIONS
from resdsl.analysis.conventions.reconcile import reconciled
from resdsl.analysis.conventions.records import UnknownConvention
from resdsl.ir.network import Network
from resdsl.report.formats import FORMATS, Format, write
from resdsl.report.reconcile import convention_table, reconcile_table
from resdsl.report.table import Cell


@pytest.fixture(scope="module")
def resnet50() -> Network:
    return resdsl.load("resnet50").ir


@pytest.mark.parametrize("name", CONVENTIONS)
def test_a_convention_is_its_parts_and_their_sum(resnet50: Network, name: str) -> None:
    table = convention_table(resnet50, name)
    *parts, total = [line.cells for line in table.lines]
    assert total == (name, counted(resnet50, name).total)
    assert sum(amount for _, amount in parts if isinstance(amount, int)) == total[1]
    assert table.columns[1].title == CONVENTIONS[name].unit
    assert any(CONVENTIONS[name].counts in note for note in table.notes)
    assert any(CONVENTIONS[name].source in note for note in table.notes)


def test_an_unknown_convention_is_refused(resnet50: Network) -> None:
    with pytest.raises(UnknownConvention, match="did you mean `thop`"):
        convention_table(resnet50, "thopp")


def test_every_figure_is_ours_with_the_changes_below_it(resnet50: Network) -> None:
    first, *lines = reconcile_table(resnet50).lines
    reached: dict[str, int] = {}
    printed: dict[str, int] = {}
    latest = ""
    for line in lines:
        name, change, total, _ = line.cells
        if line.level == 0:
            latest = str(name)
            printed[latest], reached[latest] = whole(total), whole(first.cells[2])
        else:
            reached[latest] += whole(change)
    assert reached == printed == {way.name: way.total for way in reconciled(resnet50)}


def whole(cell: Cell) -> int:
    assert isinstance(cell, int)
    return cell


def test_the_table_is_read_in_80_columns(resnet50: Network) -> None:
    text = write([reconcile_table(resnet50)], "text")
    assert max(map(len, text.splitlines())) <= 80
    behind = " ".join(text.partition("stride on the 1x1")[2].split())
    assert "3,857,973,248 multiply-adds" in behind
    assert "-231,211,008" in behind


def test_what_is_not_verified_is_said_below() -> None:
    odd = resdsl.loads("network n { input 3x8x8; conv 3x3, 4; mish; maxpool 3x3, /2, ceil=true }").ir
    said = "Not verified for onnx-tool: maxpool, mish. The counter may print another figure."
    assert said in reconcile_table(odd).notes
    assert convention_table(odd, "onnx-tool").notes[-1] == said
    assert not any("Not verified" in note for note in convention_table(odd, "fvcore").notes)


@pytest.mark.parametrize("form", FORMATS)
def test_tables_have_every_format(resnet50: Network, form: Format) -> None:
    for table in (reconcile_table(resnet50), convention_table(resnet50, "fvcore")):
        assert ("4111512576" if form == "csv" else "4,111,512,576") in write([table], form)
