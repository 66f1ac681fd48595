"""Costs: reference figures, shared modules, roles, and agreement with the flat view."""

from __future__ import annotations

from dataclasses import fields
from math import prod

import pytest
from hypothesis import given

from resdsl.analysis.costs import Costs, body_costs, network_costs, node_costs, stage_costs, total
from resdsl.ir.network import Network, Role
from resdsl.ir.walk import state, steps
from resdsl.ops.records import Work
from tests.ir.networks import Graph, branches, nested, projection, resnet, resnet34, shared, small
from tests.ir.strategies import networks


def test_resnet34() -> None:
    # Counted from torchvision 0.28.0's module; the depth is He et al. 2015, Table 1.
    costs = network_costs(resnet34())
    assert costs.params == 21_797_672
    assert costs.macs == costs.work.macs == 3_663_761_408
    assert costs.buffers == 17_024
    assert costs.counters == 36
    assert costs.depth == 34
    assert costs.activations == 3_738_112


@pytest.mark.parametrize("blocks", [3, 5, 200])
def test_depth_of_cifar_networks(blocks: int) -> None:
    # He et al. 2015, Section 4.2: 6n + 2 layers.
    network = resnet((blocks,) * 3, width=16, size=32, classes=10, imagenet=False)
    assert network_costs(network).depth == 6 * blocks + 2


def test_projections_are_the_macs_of_shortcuts() -> None:
    costs = network_costs(small())
    assert costs.shortcut_macs == 8 * 16 * 16 * 16


def test_stages_and_layers_add_up() -> None:
    network = small()
    assert total(node_costs(node, network.values) for node in network.nodes) == network_costs(network)
    first = network.stages[0]
    assert stage_costs(first) == body_costs(first.runs[0].body) * 2
    assert total([]) == Costs()


def test_sum_and_product() -> None:
    one = Costs(weights=1, depth=2, work=Work(conv=3, fixed=4))
    assert one + one == one * 2 == Costs(weights=2, depth=4, work=Work(conv=6, fixed=8))


def test_shared_module_has_its_params_once_and_its_work_each_time() -> None:
    costs = network_costs(shared())
    assert costs.params == sum(prod(tensor.shape) for _, tensor in state(shared()))
    heads = 4 * 5 * 9 * (8 * 8 + 4 * 4)
    assert costs.macs == heads + 5 * 8 * 8 * 3 + 2 * 5 * 5


@pytest.mark.parametrize(("role", "depth", "shortcut"), [("main", 1, 64), ("shortcut", 0, 64 * 2), ("gate", 0, 64)])
def test_roles(role: Role, depth: int, shortcut: int) -> None:
    graph = Graph(input=(1, 8, 8))
    graph.layer("conv", name="conv", kernel=1, out=1, role=role)
    graph.call(projection((1, 8, 8), 1, 1), name="downsample", role="shortcut")
    costs = network_costs(graph.network("roles"))
    assert (costs.depth, costs.shortcut_macs, costs.activations) == (depth, shortcut, 128)


def test_outermost_role_decides() -> None:
    graph = Graph(input=(1, 8, 8))
    graph.call(projection((1, 8, 8), 1, 1), name="downsample", role="shortcut")
    body = graph.body("block")
    macs: dict[Role, int] = {"main": 64, "shortcut": 64, "gate": 0}
    assert {role: body_costs(body).with_role(role).shortcut_macs for role in macs} == macs


def test_a_body_is_counted_once_however_often_it_is_called() -> None:
    assert network_costs(nested(40)).layers == 2**39


@given(networks())
def test_costs_are_those_of_the_flat_view(network: Network) -> None:
    costs = network_costs(network)
    flat = list(steps(network))
    works = [step.layer.op.work(step.shapes) for step in flat]
    kinds = [kind.name for kind in fields(Work)]
    assert costs.work == Work(**{kind: sum(getattr(work, kind) for work in works) for kind in kinds})
    assert costs.layers == len(flat)
    assert costs.depth == sum(step.layer.op.weighted and step.role == "main" for step in flat)
    assert costs.shortcut_macs == sum(s.layer.op.work(s.shapes).macs for s in flat if s.role == "shortcut")
    assert costs.activations == sum(prod(s.layer.shapes[0]) for s in flat if s.layer.op.op == "conv")
    tensors = [tensor for _, tensor in state(network)]
    assert costs.params == sum(prod(tensor.shape) for tensor in tensors if tensor.role != "buffer")
    assert costs.buffers + costs.counters == sum(prod(tensor.shape) for tensor in tensors if tensor.role == "buffer")


def test_branches() -> None:
    assert network_costs(branches()).depth == 3
