"""Networks that take long only because they are large: `make test-zoo` has them, `make test` has smaller ones.

Each has the blocks of a smaller shipped network, other depths and widths aside, so that what could be wrong with it
is wrong with that one too.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

LARGE = {
    "densenet169": "densenet121",
    "preresnet200": "preresnet164",
    "preresnet1001": "preresnet164",
    "pyramidnet110_a270": "pyramidnet",
    "resnet101": "resnet50",
    "resnet101d": "resnet50d",
    "resnet152": "resnet50",
    "resnetrs101": "resnetrs50",
    "resnext101_32x8d": "resnext50_32x4d",
    "resnext101_64x4d": "resnext50_32x4d",
    "resnext29_16x64d": "resnext29_8x64d",
    "wide_cifar": "wrn16_8",
    "wide_resnet50_2": "resnet50",
    "wrn28_10": "wrn16_8",
}
"""Each with the smaller network that stands for it."""


def marked(names: Iterable[str]) -> list[Any]:
    """The names as values of a parameter, large networks marked."""
    return [pytest.param(name, marks=pytest.mark.zoo) if name in LARGE else name for name in names]
