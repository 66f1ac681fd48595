"""The networks of the study of design spaces are the published ones: figures are those of timm and of torchvision."""

from __future__ import annotations

from typing import Any

import pytest

from resdsl.api import load
from resdsl.resources import shipped_studies
from tests.truth.data import residual_family, torchvision

(ANYNET,) = (path for path in shipped_studies() if path.stem == "anynet")

LINES: dict[str, dict[str, Any]] = {
    "regnet_x_1_6gf": {"d": 18, "w0": 80, "wa": 34.01, "wm": 2.25, "g": 24},
    "regnet_x_8gf": {"d": 23, "w0": 80, "wa": 49.56, "wm": 2.88, "g": 120},
    "regnet_x_32gf": {"d": 23, "w0": 320, "wa": 69.86, "wm": 2.0, "g": 168},
}
"""The quantised lines of the published models, from the configurations of their authors."""
STAGES: dict[str, dict[str, Any]] = {
    "regnet_x_400mf": {"d": [1, 2, 7, 12], "w": [32, 64, 160, 400], "g": [16, 16, 16, 16]},
    "regnet_x_1_6gf": {"d": [2, 4, 10, 2], "w": [72, 168, 408, 912], "g": [24, 24, 24, 24]},
    "regnet_x_8gf": {"d": [2, 5, 15, 1], "w": [80, 240, 720, 1920], "g": [80, 120, 120, 120]},
    "regnet_x_32gf": {"d": [2, 7, 13, 1], "w": [336, 672, 1344, 2520], "g": [168, 168, 168, 168]},
}
"""Depths, widths and groups of their stages, as their authors print them."""


def assert_counted_alike(reference: dict[str, Any], network: str, **values: Any) -> None:
    """Parameters and multiply-adds at each input size that the reference has."""
    net = load(str(ANYNET), network, **values)
    assert (net.params, net.macs) == (reference["params"], reference["macs"])
    if (other := reference.get("at_other_input")) is not None:
        size = "x".join(map(str, other["input"][1:]))
        assert load(str(ANYNET), network, input=size, **values).macs == other["macs"]


@pytest.mark.parametrize("network", ["anynetx", "regnetx"])
def test_without_arguments_they_are_the_smallest_model_of_the_authors(network: str) -> None:
    assert_counted_alike(residual_family()["regnetx_004"], network)


@pytest.mark.parametrize("name", LINES)
def test_quantised_lines_yield_the_published_models(name: str) -> None:
    assert_counted_alike(torchvision()[name], "regnetx", **LINES[name])


@pytest.mark.parametrize("name", STAGES)
def test_so_do_free_stages(name: str) -> None:
    assert_counted_alike(torchvision()[name], "anynetx", **STAGES[name])
