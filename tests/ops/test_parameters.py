"""What is filled in where a call leaves it out; the order of parameters stands in docs/ops.md, which a test holds."""

from __future__ import annotations

from collections.abc import Mapping
from math import sqrt

import pytest
import torch

from resdsl.ops.base import Shapes
from resdsl.ops.pool import AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from resdsl.ops.records import Constant, Normal, Uniform
from resdsl.ops.registry import all_ops


@pytest.mark.parametrize(
    ("op", "given", "inputs", "expected"),
    [
        ("conv", {"kernel": 7, "out": 4}, ((3, 9, 9),), {"kernel": (7, 7), "stride": (1, 1), "pad": (3, 3)}),
        ("conv", {"kernel": 3, "out": 4, "dilation": 2}, ((3, 9),), {"dilation": (2,), "pad": (2,), "groups": 1}),
        ("conv", {"kernel": (1, 5), "out": 4, "dilation": 3}, ((3, 9, 20),), {"pad": (0, 6), "bias": False}),
        ("maxpool", {"kernel": 3}, ((3, 9, 9),), {"stride": (1, 1), "pad": (1, 1), "ceil": False}),
        ("avgpool", {"kernel": (2, 5), "stride": 2}, ((3, 9, 9),), {"pad": (0, 2), "count_pad": True}),
        ("bn", {}, ((3, 9, 9),), {"eps": 1e-5, "momentum": 0.1, "init": 1.0}),
        ("fc", {"out": 10}, ((3,),), {"bias": True}),
        ("blur", {}, ((3, 9, 9, 9),), {"kernel": (3, 3, 3), "stride": (1, 1, 1)}),
    ],
)
def test_what_is_left_out_is_filled_in(
    op: str, given: Mapping[str, object], inputs: Shapes, expected: Mapping[str, object]
) -> None:
    built = all_ops()[op].build(given, inputs)
    assert {name: getattr(built, name) for name in expected} == expected


def test_global_pools_are_ops_of_their_own() -> None:
    assert AvgPool.build({"kernel": "global"}, ((3, 9, 9),)) == GlobalAvgPool()
    assert MaxPool.build({"kernel": "global"}, ((3, 9, 9),)) == GlobalMaxPool()


def test_convolutions_start_as_the_paper_says() -> None:
    weight, bias = all_ops()["conv"].build({"kernel": 3, "out": 8, "bias": True}, ((4, 9, 9),)).state(((4, 9, 9),))
    assert weight.init == Normal(sqrt(2 / 72))
    assert bias.init == Constant(0.0)


def test_linear_layers_start_as_in_torch() -> None:
    """PyTorch's own weights fill the interval that the bound gives, and no more."""
    state = all_ops()["fc"].build({"out": 1000}, ((4, 3, 3),)).state(((4, 3, 3),))
    torch.manual_seed(0)
    layer = torch.nn.Linear(36, 1000)
    for tensor, theirs in zip(state, (layer.weight, layer.bias), strict=True):
        assert isinstance(tensor.init, Uniform)
        assert 0.99 < theirs.abs().max().item() / tensor.init.bound <= 1


@pytest.mark.parametrize("name", [name for name, op in all_ops().items() if op.normalises])
def test_scales_start_at_init(name: str) -> None:
    weight, bias, *_ = all_ops()[name].build({"init": 0}, ((32, 4, 4),)).state(((32, 4, 4),))
    assert (weight.init, bias.init) == (Constant(0.0), Constant(0.0))
