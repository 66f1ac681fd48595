"""Rows that are too many: counted before they are made, and refused with a way out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

import resdsl
from resdsl.analysis.rows import bounded as layer_rows
from resdsl.analysis.rows.bounded import TooManyRows, bounded_rows
from resdsl.analysis.rows.tree import DEPTHS, rows
from resdsl.analysis.why import why
from resdsl.draw.charts.costs import cost_scene
from resdsl.ir.network import Network
from resdsl.report.json import report_record
from resdsl.report.layers import layers_table
from resdsl.report.report import report_table
from tests.ir.networks import nested, shared
from tests.ir.strategies import networks

LAYERS = 2**39
ROWS = 3 * LAYERS - 1
SAID = f"nested has {ROWS:_} rows by layer.*`resdsl report --by stage` has a row for each stage"


def counted(network: Network, **asked: Any) -> int | None:
    """The number of rows that a refusal names; None where there is none."""
    try:
        bounded_rows(network, **asked)
    except TooManyRows as refused:
        return int(str(refused).partition(" rows by ")[0].rpartition(" ")[2].replace("_", ""))
    return None


def assert_counted_as_made(network: Network) -> None:
    for by in DEPTHS[1:]:
        for expand in (False, True):
            made = len(list(rows(network, by, expand=expand).flat())) - 1
            assert counted(network, by=by, expand=expand) == made


@given(network=networks())
def test_rows_of_drawn_networks_are_as_many_as_is_said(network: Network) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layer_rows, "MOST_ROWS", -1)
        assert_counted_as_made(network)


@pytest.mark.parametrize("name", ["resnet50", "densenet121", "seresnet50", "vgg19", "res2net50_26w_4s", "resnet110"])
def test_rows_of_shipped_networks_are_as_many_as_is_said(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layer_rows, "MOST_ROWS", -1)
    assert_counted_as_made(resdsl.load(name).ir)
    assert_counted_as_made(shared())


@pytest.mark.parametrize("expand", [False, True])
def test_a_report_by_layer_is_refused_where_nobody_could_read_it(expand: bool) -> None:
    with pytest.raises(TooManyRows, match=SAID):
        report_table(nested(40), by="layer", expand=expand)
    with pytest.raises(TooManyRows, match=SAID):
        report_record(nested(40), by="layer", expand=expand)
    with pytest.raises(TooManyRows, match=SAID):
        layers_table(nested(40), expand=expand)


def test_so_are_the_arithmetic_and_the_drawing() -> None:
    with pytest.raises(TooManyRows, match=SAID):
        why(nested(40), "top.a")
    with pytest.raises(TooManyRows, match=SAID):
        cost_scene(nested(40))


@pytest.mark.parametrize("by", ["model", "stage", "block"])
@pytest.mark.parametrize("expand", [False, True])
def test_other_depths_take_no_longer_than_there_are_distinct_blocks(by: Any, expand: bool) -> None:
    record = report_record(nested(40), by=by, expand=expand, device="h100")
    assert record["totals"]["activation_elements"] == LAYERS * 2 * 4 * 4
    assert record["totals"]["moved_bytes"] == 2 * 4 * record["totals"]["activation_elements"]
    assert [row["moved_bytes"] for row in record["rows"]] == [record["totals"]["moved_bytes"]] * (by != "model")
    assert len(report_table(nested(40), by=by, columns="full", expand=expand, device="h100").lines) <= 2


def test_repeats_that_are_too_many_one_by_one_are_shown_folded() -> None:
    net = resdsl.loads("network a(shortcut = A) { input 3x8x8; stage s: basic(3) x 60_000; fc 10 }").ir
    said = r"a has 480_003 rows by layer with every repeat, .*; with repeats folded there are 11, and `resdsl"
    with pytest.raises(TooManyRows, match=said):
        layers_table(net, expand=True)
    assert counted(net, by="block", expand=True) is None
    assert len(layers_table(net).lines) < 20
