"""Parts of a module that training leaves alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

from torch import nn

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.ir.network import Layer, Network
from resdsl.refusal import Refused

BACKBONE = "backbone"
BATCH_NORM = "batch_norm"


class InvalidFreeze(Refused):
    """What is to be frozen is no part of the network."""


class _FixedStatistics(nn.Module):
    """A batch norm that stays in evaluation mode, whatever mode its network is put in."""

    def train(self, mode: bool = True) -> Self:
        return super().train(False)


class FrozenBatchNorm1d(_FixedStatistics, nn.BatchNorm1d):
    """`nn.BatchNorm1d` with the statistics that it has."""


class FrozenBatchNorm2d(_FixedStatistics, nn.BatchNorm2d):
    """`nn.BatchNorm2d` with the statistics that it has."""


class FrozenBatchNorm3d(_FixedStatistics, nn.BatchNorm3d):
    """`nn.BatchNorm3d` with the statistics that it has."""


_FROZEN: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm1d: FrozenBatchNorm1d,
    nn.BatchNorm2d: FrozenBatchNorm2d,
    nn.BatchNorm3d: FrozenBatchNorm3d,
}


def freeze(module: nn.Module, network: Network, parts: str | Iterable[str]) -> None:
    """Take parts of a module out of training: no gradients, and batch norms keep their statistics.

    Dropout and stochastic depth within them stay as they are in training mode.

    Args:
        module: the module of the network.
        network: the network.
        parts: `backbone`, which is everything up to the head (the first layer with weights behind the last
            stage), or `batch_norm`, which is every batch
            norm, or module paths; or several of these.

    Raises:
        InvalidFreeze: the network has no such part.
    """
    known = dict(module.named_modules())
    for part in [parts] if isinstance(parts, str) else parts:
        for path in _paths(part, known, network):
            _freeze(known[path])


def _paths(part: str, known: dict[str, nn.Module], network: Network) -> Iterator[str]:
    if part in known and part:
        yield part
    elif part == BACKBONE:
        yield from _backbone(network, known)
    elif part == BATCH_NORM:
        yield from (path for path, each in known.items() if type(each) in _FROZEN)
    else:
        hint = did_you_mean(part, [*filter(None, known), BACKBONE, BATCH_NORM])
        near = f"; {hint}" if hint else ""
        raise InvalidFreeze(f"`{part}` cannot be frozen: the network has no such module{near}")


def _backbone(network: Network, known: dict[str, nn.Module]) -> Iterator[str]:
    """The modules at the top, up to the first layer with weights behind the last stage: a norm there is no head."""
    if not network.stages:
        raise InvalidFreeze(f"`{network.name}` has no stages, so that it has no backbone; name the modules to freeze")
    behind = network.nodes.index(network.stages[-1]) + 1
    for place, node in enumerate(network.nodes):
        if place >= behind and (not isinstance(node, Layer) or node.op.weighted):
            return
        if node.path in known:
            yield node.path


def _freeze(module: nn.Module) -> None:
    module.requires_grad_(False)
    for each in module.modules():
        if type(each) in _FROZEN:
            each.__class__ = _FROZEN[type(each)]
            each.train(False)
