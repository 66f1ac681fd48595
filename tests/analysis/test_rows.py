"""Rows: order, folding, and the promise that every row is the sum of its parts."""

from __future__ import annotations

import pytest
from hypothesis import given

import resdsl
from resdsl.analysis.costs import network_costs, total
from resdsl.analysis.rows.tree import DEPTHS, Depth, Row, rows
from resdsl.catalogue import networks_of
from resdsl.ir.network import Network
from resdsl.ir.walk import steps
from resdsl.resources import shipped_specs
from tests.ir.networks import nested, shared
from tests.ir.strategies import networks
from tests.zoo import marked

SHIPPED = [name for path in shipped_specs() for name in networks_of(path)]


def assert_adds_up(row: Row) -> None:
    for _, each in row.flat():
        assert not each.parts or total(part.costs for part in each.parts) == each.costs, each.path


@pytest.mark.parametrize("by", DEPTHS)
@pytest.mark.parametrize("name", marked(SHIPPED))
def test_rows_of_shipped_networks_add_up(name: str, by: Depth) -> None:
    network = resdsl.load(name).ir
    folded = rows(network, by)
    assert folded.costs == network_costs(network)
    assert_adds_up(folded)
    if name != "resnet1202":
        assert_adds_up(rows(network, by, expand=True))


@given(network=networks())
def test_rows_of_drawn_networks_add_up(network: Network) -> None:
    for by in DEPTHS:
        for expand in (False, True):
            row = rows(network, by, expand=expand)
            assert row.costs == network_costs(network)
            assert_adds_up(row)


@given(network=networks())
def test_unfolded_layers_are_the_steps_of_the_network(network: Network) -> None:
    found = [(row.path, row.op) for row in rows(network, expand=True).leaves() if row.kind == "layer"]
    assert found == [(step.path, step.layer.op) for step in steps(network)]


def test_a_shared_module_has_its_state_in_its_first_row_alone() -> None:
    leaves = list(rows(shared()).leaves())
    again = [row for index, row in enumerate(leaves) if row.path in {before.path for before in leaves[:index]}]
    assert again
    assert all(row.costs.params == 0 for row in again)
    assert sum(row.costs.params for row in leaves) == network_costs(shared()).params


def test_rows_take_the_time_of_distinct_bodies_at_the_depth_of_stages() -> None:
    assert rows(nested(40), "stage").costs.layers == 2**39


def lines(name: str, by: Depth) -> list[str]:
    return [f"{row.path} {row.name} x {row.repeats}" for _, row in rows(resdsl.load(name).ir, by).flat()]


def test_a_stage_folds_equal_repeats_and_keeps_the_one_that_changes_the_shape_apart() -> None:
    assert lines("resnet34", "block") == [
        " resnet34 x 1",
        "conv1 stem x 1",
        "layer1 conv2_x x 1",
        "layer1.0 basic(64) x 3",
        "layer2 conv3_x x 1",
        "layer2.0 basic(128, /2) x 1",
        "layer2.0 body x 1",
        "layer2.0.downsample B x 1",
        "layer2.1 basic(128) x 3",
        "layer3 conv4_x x 1",
        "layer3.0 basic(256, /2) x 1",
        "layer3.0 body x 1",
        "layer3.0.downsample B x 1",
        "layer3.1 basic(256) x 5",
        "layer4 conv5_x x 1",
        "layer4.0 basic(512, /2) x 1",
        "layer4.0 body x 1",
        "layer4.0.downsample B x 1",
        "layer4.1 basic(512) x 2",
        "avgpool head x 1",
    ]


def test_names_say_what_tells_uses_of_a_block_apart() -> None:
    names = {row.name for _, row in rows(resdsl.load("resnet50").ir, "block").flat() if row.kind == "block"}
    assert {"bottleneck(64)", "bottleneck(128, /2)", "bottleneck(128)"} < names


def test_layers_are_written_as_in_the_language() -> None:
    names = [row.name for row in rows(resdsl.load("resnext50_32x4d").ir).leaves()]
    assert names[:4] == ["conv 7x7, 64, /2", "bn", "relu", "maxpool 3x3, /2"]
    assert "conv 3x3, 256, /2, groups=32" in names
    assert names[-2:] == ["avgpool global", "fc 1000"]


def test_a_network_without_stages_has_a_row_for_each_run_of_layers() -> None:
    (row,) = rows(resdsl.load("vgg19").ir, "stage").parts
    assert row.name.startswith("features.0 to ")
