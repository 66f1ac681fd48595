"""Demands of layers and the least time on a device."""

from __future__ import annotations

import pytest
from hypothesis import given

import resdsl
from resdsl.analysis.devices import (
    DEVICES,
    InvalidRate,
    UnknownDevice,
    UnknownRate,
    demand,
    demand_of,
    device_named,
    own_device,
)
from resdsl.analysis.rows.layers import layers_of
from resdsl.analysis.rows.tree import DEPTHS, Depth, rows
from resdsl.ir.network import Network
from tests.ir.networks import Graph
from tests.ir.strategies import networks


def test_the_demand_of_a_convolution_done_by_hand() -> None:
    graph = Graph(input=(64, 56, 56))
    graph.layer("conv", name="conv", kernel=3, out=64)
    found = demand(rows(graph.network("one")), batch=8, dtype="float16")
    positions, weights = 56 * 56, 9 * 64 * 64
    assert found.flops == 2 * 8 * positions * weights
    assert found.bytes == 2 * (8 * positions * (64 + 64) + weights)
    assert found.intensity == found.flops / found.bytes
    assert found.seconds is None


def test_a_layer_is_bound_by_its_operations_or_by_its_bytes() -> None:
    graph = Graph(input=(64, 56, 56))
    graph.layer("conv", name="conv", kernel=3, out=64)
    graph.layer("relu", name="relu")
    device = own_device(1e12, 1e9)
    conv, relu = (demand(row, device=device) for row in rows(graph.network("two")).leaves())
    quick, narrow = own_device(1e30, 1e9), own_device(1e9, 1e30)
    whole = rows(graph.network("two"))
    assert relu.seconds == relu.bytes / 1e9
    assert demand(whole, device=quick).seconds == pytest.approx((conv.bytes + relu.bytes) / 1e9)
    assert demand(whole, device=narrow).seconds == pytest.approx((conv.flops + relu.flops) / 1e9)


def test_names_and_parts_of_tensors_move_nothing() -> None:
    graph = Graph(input=(4, 8, 8))
    graph.layer("split", name="split", parts=2)
    graph.layer("flatten", name="flatten")
    found = demand(rows(graph.network("views")), device=DEVICES["h100"])
    assert (found.flops, found.bytes, found.intensity, found.seconds) == (0, 0, None, 0)


@pytest.mark.parametrize("expand", [False, True])
@pytest.mark.parametrize("by", DEPTHS)
@pytest.mark.parametrize("name", ["resnet50", "densenet121", "seresnet50", "vgg19"])
def test_rows_of_any_depth_have_their_layers(name: str, by: Depth, expand: bool) -> None:
    network = resdsl.load(name).ir
    tree = rows(network, by, expand=expand)
    for _, row in tree.flat():
        layers = layers_of(row)
        assert sum(times * op.work(inputs).macs for (op, inputs), times in layers.items()) == row.costs.work.macs
        assert sum(layers.values()) == row.costs.layers
        if by == "layer":
            demanded, by_leaves = demand_of(layers, 3), demand(row, 3)
            assert (demanded.flops, demanded.bytes) == (by_leaves.flops, by_leaves.bytes)


@given(network=networks())
def test_rows_of_drawn_networks_have_their_layers(network: Network) -> None:
    for by in DEPTHS:
        for expand in (False, True):
            for _, row in rows(network, by, expand=expand).flat():
                layers = layers_of(row)
                assert sum(times * op.work(inputs).macs for (op, inputs), times in layers.items()) == row.costs.macs
                assert sum(layers.values()) == row.costs.layers


def test_folded_repeats_take_as_long_as_unfolded_ones() -> None:
    network = resdsl.load("resnet50").ir
    device = device_named("a100")
    folded = demand(rows(network), 32, "float32", device, "tf32")
    unfolded = demand(rows(network, expand=True), 32, "float32", device, "tf32")
    assert (folded.flops, folded.bytes) == (unfolded.flops, unfolded.bytes)
    assert folded.seconds == pytest.approx(unfolded.seconds)
    assert folded.seconds is not None
    assert folded.seconds > max(folded.flops / device.rate("tf32"), folded.bytes / device.bandwidth)


def test_a_row_without_layers_is_not_asked() -> None:
    with pytest.raises(ValueError, match="`conv1` is not a layer"):
        demand(rows(resdsl.load("resnet18").ir, "stage"))


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(UnknownDevice, match="unknown device `z80`; available: v100, a100, h100, h200, rtx4090"):
        device_named("z80")
    with pytest.raises(UnknownRate, match="SXM2 is known for `bfloat16`, only for float32, float16"):
        device_named("v100").rate("bfloat16")
    with pytest.raises(UnknownDevice, match=r"unknown device `H1\\n00`; did you mean `h100`\? .* `20e12,900e9`"):
        device_named("H1\n00")
    with pytest.raises(InvalidRate, match=r"must be from 1 to 1e\+30, not 0 and 1e\+09"):
        own_device(0, 1e9)


def test_every_device_names_its_source_and_computes_in_what_memory_is_counted_for() -> None:
    for device in DEVICES.values():
        assert device.source.startswith("NVIDIA, ")
        assert device.rates.keys() <= {"float32", "tf32", "float16", "bfloat16"}
        assert device.rates["float16"] > device.rates["float32"] > device.bandwidth
