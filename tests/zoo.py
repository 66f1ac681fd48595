"""Networks that differ from a smaller one in depth and width alone: `make test-zoo` has them, `make test` the smaller.

Each has the kinds of layers and blocks of the shipped network that stands for it, so that what could be wrong with it
is wrong with that one too.
"""

from __future__ import annotations

from collections.abc import Container, Iterable
from pathlib import Path
from typing import Any

import pytest

from resdsl.catalogue import networks_of
from resdsl.ir.network import Network, Node, Stage

LARGE = {
    "backbone": "backbone_os16",
    "backbone_os8": "backbone_os16",
    "cifar": "resnet20",
    "densenet161": "densenet121",
    "densenet169": "densenet121",
    "plain110": "plain20",
    "plain32": "plain20",
    "plain34": "plain18",
    "plain44": "plain20",
    "plain56": "plain20",
    "preresnet1001": "preresnet164",
    "preresnet110": "preact_cifar",
    "preresnet200": "preresnet164",
    "pyramidnet110_a270": "pyramidnet",
    "res2net50_14w_8s": "res2net50_26w_4s",
    "regnetx_400mf": "regnety_400mf",
    "resnet101": "resnet50",
    "resnet101d": "resnet50d",
    "resnet152": "resnet50",
    "resnet110": "resnet20",
    "resnet18_mnist": "resnet18",
    "resnet18_small": "resnet18",
    "resnet32": "resnet20",
    "resnet34": "resnet18",
    "resnet44": "resnet20",
    "resnet50c": "resnet50",
    "resnet56": "resnet20",
    "resnetrs101": "resnetrs50",
    "resnext101_32x8d": "resnext50_32x4d",
    "resnext101_64x4d": "resnext50_32x4d",
    "resnext29_16x64d": "resnext50_32x4d",
    "resnext29_8x64d": "resnext50_32x4d",
    "seresnext50_32x4d": "seresnet50",
    "vgg19": "wrn16_8",
    "wide_cifar": "wrn16_8",
    "wide_resnet50_2": "resnet50",
    "wrn28_10": "wrn16_8",
    "wrn40_4": "wrn16_8",
}
"""Each with the smaller network that stands for it."""


HEAVY = frozenset(
    {
        *("backbone_os16", "ecaresnet50", "edsr_x4", "r3d18", "r3d_18", "res2net50_26w_4s", "resnet50", "resnet50d"),
        *("resnetblur50", "resnetrs50", "resnext50_32x4d", "seresnet50", "sknet50", "skresnext50_32x4d"),
        *("backbone_os32", "hrnet_w18", "nf_resnet50", "rednet", "repvgg_b1g4", "resnest50d", "unet_resnet34"),
    }
)
"""Of more than 20 million parameters: what writes or fills all of these takes long, whatever the network is."""


def marked(names: Iterable[str], also: Container[str] = ()) -> list[Any]:
    """The names as values of a parameter, large networks and those of `also` marked."""
    return [pytest.param(name, marks=pytest.mark.zoo) if name in LARGE or name in also else name for name in names]


def marked_files(paths: Iterable[Path]) -> list[Any]:
    """Files of networks as values of a parameter, those marked that have large networks alone."""
    return [pytest.param(path, marks=pytest.mark.zoo) if {*networks_of(path)} <= {*LARGE} else path for path in paths]


REPEATS = 2
"""Of equal blocks in a row: more of them are written the same way, only longer."""


def shortened(network: Network, repeats: int = REPEATS) -> Network:
    """The network with each row of equal blocks cut."""
    nodes = tuple(_shortened(node, repeats) for node in network.nodes)
    return Network(**{field: getattr(network, field) for field in Network.fields()} | {"nodes": nodes})


def _shortened(node: Node, repeats: int) -> Node:
    if not isinstance(node, Stage):
        return node
    runs, first = [], 0
    for run in node.runs:
        runs.append(run.replace(first=first, count=min(run.count, repeats)))
        first += runs[-1].count
    return node.replace(runs=tuple(runs))
