"""The parts sum to the whole, in every view and in every format that holds figures."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given, strategies as st

from resdsl.analysis.costs import network_costs
from resdsl.analysis.rows.tree import DEPTHS, Depth
from resdsl.ir.network import Network
from resdsl.report import csv as csv_format, text
from resdsl.report.columns import COLUMNS, OF_PRODUCTS
from resdsl.report.json import COUNTED, report_record
from resdsl.report.layers import layers_table
from resdsl.report.report import models_table, report_table
from resdsl.report.table import Table, TableLine
from resdsl.report.table1 import table1
from tests.ir.networks import nested, shared
from tests.ir.strategies import networks
from tests.report.test_golden import network

SUMMED = [name for name, defined in COLUMNS.items() if defined.adds_up]
views = st.tuples(st.sampled_from(DEPTHS), st.booleans(), st.integers(1, 3))


def column(table: Table, name: str) -> int:
    return [each.name for each in table.columns].index(name)


def assert_lines_add_up(table: Table, names: Iterable[str]) -> None:
    """Every line with lines set in below it is their sum, and the total that of the lines at the edge."""
    *lines, total = table.lines
    assert total.kind == "total"
    for at in [column(table, name) for name in names]:
        assert sum(whole(line, at) for line in lines if line.level == 0) == whole(total, at)
        for index, line in enumerate(lines):
            below = within(lines[index + 1 :], line.level)
            if line.kind == "sum":
                assert sum(whole(each, at) for each in below if each.level == line.level + 1) == whole(line, at)
            else:
                assert below == []


def within(lines: list[TableLine], level: int) -> list[TableLine]:
    """The lines up to the next one that is not set in deeper."""
    end = next((index for index, line in enumerate(lines) if line.level <= level), len(lines))
    return lines[:end]


def whole(line: TableLine, at: int) -> int:
    cell = line.cells[at]
    assert isinstance(cell, int)
    return cell


@given(network=networks(), view=views)
def test_lines_of_drawn_networks_add_up(network: Network, view: tuple[Depth, bool, int]) -> None:
    by, expand, batch = view
    table = report_table(network, by=by, columns="full", expand=expand, batch=batch)
    if by == "model":
        assert len(table.lines) == 1
    else:
        present = {each.name for each in table.columns}
        assert_lines_add_up(table, [name for name in SUMMED if name in present])
    costs = network_costs(network)
    last = table.lines[-1]
    assert whole(last, column(table, "params")) == costs.params
    assert whole(last, column(table, "macs")) == batch * costs.macs


@given(network=networks(), view=views)
def test_rows_in_json_add_up(network: Network, view: tuple[Depth, bool, int]) -> None:
    by, expand, batch = view
    record = report_record(network, by=by, expand=expand, batch=batch)
    if by != "model":
        assert_rows_add_up(record["totals"], record["rows"])
    assert record["totals"]["macs"] == batch * network_costs(network).macs


def assert_rows_add_up(total: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    products = [name for name in OF_PRODUCTS if name in total]
    for name in (*COUNTED, *products):
        assert sum(row[name] for row in rows) == total[name], name
    for row in rows:
        if row["parts"]:
            assert_rows_add_up(row, row["parts"])


@given(network=networks())
def test_textbook_layers_add_up(network: Network) -> None:
    for expand in (False, True):
        table = layers_table(network, expand=expand)
        assert_lines_add_up(table, ["params"])
        assert whole(table.lines[-1], 3) == network_costs(network).params


@given(network=networks())
def test_architectures_end_with_the_networks_counts(network: Network) -> None:
    table, costs = table1([network, network]), network_costs(network)
    (flops, params) = table.lines[-2:]
    assert flops.cells == ("FLOPs", None, costs.macs, costs.macs)
    assert params.cells == ("parameters", None, costs.params, costs.params)


@given(network=networks(), by=st.sampled_from(DEPTHS), width=st.integers(40, 120))
def test_text_is_as_wide_as_it_may_be(network: Network, by: Depth, width: int) -> None:
    written = text.write(report_table(network, by=by, columns="full"), width=width)
    assert max(map(len, written.splitlines())) <= width


@pytest.mark.parametrize("by", DEPTHS)
@pytest.mark.parametrize("name", ["resnet34", "seresnet50", "odd", "densenet121", "resnet1202"])
def test_lines_in_csv_add_up(name: str, by: Depth) -> None:
    table = report_table(network(name), by=by, columns=("name", "path", "params", "macs", "params_bytes"))
    lines = list(csv.DictReader(io.StringIO(csv_format.write(table), newline="")))
    assert len(lines) == len(table.lines)
    edge = [line for line, shown in zip(lines, table.lines, strict=True) if shown.level == 0 and shown.kind != "total"]
    for figure in ("params", "macs", "params_bytes"):
        assert sum(int(line[figure]) for line in edge) == int(lines[-1][figure])


def test_a_module_called_again_is_counted_once() -> None:
    table = report_table(shared(), by="layer")
    assert_lines_add_up(table, ["params", "macs"])
    assert whole(table.lines[-1], column(table, "params")) == network_costs(shared()).params


def test_shares_are_those_of_the_figures() -> None:
    table = report_table(network("resnet34"), by="layer", columns="macs,macs_share,params,params_share", batch=3)
    macs, params = whole(table.lines[-1], 0), whole(table.lines[-1], 2)
    for line in table.lines:
        assert line.cells[1] == whole(line, 0) / macs
        assert line.cells[3] == whole(line, 2) / params


def test_a_line_for_each_of_several_networks() -> None:
    several = [network(name) for name in ("resnet18", "resnet50", "resnet20")]
    table = models_table(several, columns="name,params,macs", batch=2)
    assert [line.cells for line in table.lines] == [
        (each.name, network_costs(each).params, 2 * network_costs(each).macs) for each in several
    ]


def test_a_deep_network_is_as_quick_as_its_distinct_blocks() -> None:
    table = report_table(nested(40), by="stage", columns="layers")
    assert whole(table.lines[-1], 0) == 2**39
