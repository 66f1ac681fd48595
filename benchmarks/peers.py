"""The modules of one network that are compared: ours, a plain one, and torchvision's where it can be imported."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module

import torch
from torch import nn

from benchmarks import plain_resnet
from benchmarks.page import OURS, PLAIN, TORCHVISION
from resdsl import load

Maker = Callable[[], nn.Module]


def peers(network: str) -> dict[str, Maker]:
    """What makes the other modules of a network, with weights of their own."""
    found: dict[str, Maker] = {PLAIN: getattr(plain_resnet, network)}
    theirs = torchvision_maker(network)
    return found if theirs is None else {**found, TORCHVISION: theirs}


def torchvision_maker(network: str) -> Maker | None:
    """torchvision's, where it is installed and fits the torch that is."""
    try:
        models = import_module("torchvision.models")
    except (ImportError, RuntimeError, AttributeError):
        return None
    made: Maker = partial(getattr(models, network), weights=None)
    return made


def contenders(network: str) -> Iterator[tuple[str, nn.Module]]:
    """Fresh modules on the CPU in training mode, all with our weights: ours first."""
    ours = load(network).to_torch()
    yield OURS, ours
    for name, make in peers(network).items():
        yield name, with_weights_of(ours, make())


def with_weights_of(ours: nn.Module, peer: nn.Module) -> nn.Module:
    """A peer with the weights of our module; those of the two are in one order, whatever their names."""
    values = ours.state_dict().values()
    peer.load_state_dict(dict(zip(peer.state_dict(), values, strict=True)))
    return peer


def laid_out(module: nn.Module, layout: torch.memory_format) -> nn.Module:
    """The module itself, its weights of four axes in a layout."""
    for parameter in module.parameters():
        if parameter.dim() == 4:
            parameter.data = parameter.data.contiguous(memory_format=layout)
    return module


def images(batch: int, side: int, layout: torch.memory_format = torch.contiguous_format) -> torch.Tensor:
    """Noise in the shape of images, the same in every process."""
    noise = torch.randn((batch, 3, side, side), generator=torch.Generator().manual_seed(0))
    return noise.contiguous(memory_format=layout)
