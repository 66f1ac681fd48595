"""The networks of torchvision are found from the names and shapes of their state dicts alone, whatever their heads.

The references have hashes of these state dicts, which torchvision wrote; the shapes here have these hashes.
"""

from __future__ import annotations

from typing import Any

import pytest

import resdsl
from resdsl.identifying.identify import identify_shapes
from resdsl.identifying.signature import Shapes, without_counters
from resdsl.ir.walk import state
from tests.identifying.test_identify import shapes_of
from tests.truth.data import torchvision
from tests.truth.test_torchvision import digest, lines_of

REFERENCES = torchvision()
FEW = ("mobilenet_v2",)
HEADLESS = ("resnet50_fpn", "resnet50_fpn_bn")


def each_of(names: list[str]) -> list[Any]:
    """Networks by name; `make test` tries a few."""
    return [pytest.param(name, marks=[] if name in FEW else pytest.mark.zoo) for name in names]


def of_torchvision(name: str) -> Shapes:
    """The shapes of a state dict, whose hash is that of torchvision's."""
    net = resdsl.load(name)
    assert digest(sorted(lines_of(net))) == REFERENCES[name]["state_dict_sha256"]["sorted"]
    return without_counters({key: tensor.shape for key, tensor in state(net.ir)})


@pytest.mark.parametrize("name", each_of([*REFERENCES]))
def test_a_network_is_found_with_all_that_have_the_same_tensors(name: str) -> None:
    shapes = of_torchvision(name)
    found = identify_shapes(shapes)
    assert found.exact
    assert name in [each.network for each in found.networks if not each.settings]
    for each in found.networks:
        assert shapes_of(each.network, **dict(each.settings)) == shapes, each.network


@pytest.mark.parametrize("name", each_of([name for name in REFERENCES if name not in HEADLESS]))
def test_a_head_of_another_size_is_told_as_a_setting(name: str) -> None:
    found = identify_shapes(shapes_of(name, classes=37))
    assert found.exact
    (own,) = (each for each in found.networks if each.network == name)
    assert dict(own.settings) == {"classes": "37"}
