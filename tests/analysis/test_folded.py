"""Equal blocks that stand in no stage are one row, which is the sum of theirs."""

from __future__ import annotations

import pytest
from hypothesis import given

import resdsl
from resdsl.analysis.receptive_field.rows import fields_by_row
from resdsl.analysis.rows.folded import with_calls_folded
from resdsl.analysis.rows.layers import layers_of
from resdsl.analysis.rows.tree import DEPTHS, Depth, Row, rows
from resdsl.ir.network import Network
from tests.ir.strategies import networks

LOOP = """block b(width, stride = 1) {{ residual {{ conv 3x3, width, /stride; act; conv 3x3, width }} }}
network n(shortcut = B) {{
  input 3x16x16
  conv 3x3, 8
  {body}
  fc 10
}}
"""


def shown(body: str, by: Depth = "stage") -> list[tuple[str, str, int]]:
    net = resdsl.loads(LOOP.format(body=body))
    whole = with_calls_folded(rows(net.ir, by))
    return [(part.name, part.path, part.times) for part in whole.parts if part.kind == "block"]


def test_a_loop_of_equal_blocks_is_one_row() -> None:
    assert shown('for i in 0..4 { "body.{i}": b(8) }') == [("b(8)", "body.0", 4)]


def test_what_changes_the_shape_stays_apart() -> None:
    body = 'for i in 0..4 { "body.{i}": b(16, if i == 0 then 2 else 1) }'
    assert [(path, times) for _, path, times in shown(body)] == [("body.0", 1), ("body.1", 3)]


@pytest.mark.parametrize(
    "body",
    [
        '"body.0": b(8); "body.2": b(8)',
        '"one": b(8); "two": b(8)',
        '"body.0": b(8); act; "body.1": b(8)',
        '"body.0": b(8); "tail.1": b(8)',
    ],
)
def test_what_no_path_would_name_stays_apart(body: str) -> None:
    assert [times for _, _, times in shown(body)] == [1, 1]


def test_blocks_side_by_side_stay_apart() -> None:
    body = 'parallel add { "body.0": b(8) } { "body.1": b(8) }'
    assert [times for _, _, times in shown(body)] == [1, 1]


@pytest.mark.parametrize("by", DEPTHS)
def test_figures_of_a_shipped_network_are_the_sums(by: Depth) -> None:
    net = resdsl.load("edsr")
    assert_sums(net.ir, by)
    folded = with_calls_folded(rows(net.ir, by))
    found = [(row.path, row.repeats) for row in folded.parts]
    by_stage = [("head.0", 1), ("body.0", 16), ("body.16", 1)]
    assert found == {"model": [], "part": [("head", 1), ("body", 1), ("tail", 1)]}.get(by, by_stage)
    assert by in ("model", "part") or folded.parts[1].last_path == "body.15"


@given(networks())
def test_figures_of_drawn_networks_are_the_sums(network: Network) -> None:
    for by in DEPTHS:
        assert_sums(network, by)


def assert_sums(network: Network, by: Depth) -> None:
    whole = rows(network, by)
    folded = with_calls_folded(whole)
    found = iter(whole.parts)
    fields = {id(row): field for row, field in fields_by_row(network, whole)}
    last = {id(row): field for row, field in fields_by_row(network, folded)}
    for row in folded.parts:
        own = [next(found) for _ in range(row.times)]
        assert row.costs == sum((each.costs for each in own[1:]), own[0].costs)
        assert row.saved == sum_saved(own)
        assert row.outputs == own[-1].outputs
        assert last[id(row)] == fields[id(own[-1])]
        together = layers_of(row)
        assert together == {layer: sum(layers_of(each).get(layer, 0) for each in own) for layer in together}
        assert_parts(row)
    assert next(found, None) is None


def sum_saved(own: list[Row]) -> object:
    saved = own[0].saved
    for each in own[1:]:
        saved = saved.plus(each.saved)
    return saved


def assert_parts(row: Row) -> None:
    for part in row.parts:
        assert part.repeats % row.repeats == 0
        assert_parts(part)
    if row.parts:
        assert sum(part.costs.macs for part in row.parts) == row.costs.macs
        assert sum(part.costs.params for part in row.parts) == row.costs.params
