"""Parts of a module that training leaves alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.ir.network import Layer, Network
from resdsl.refusal import Refused

BACKBONE = "backbone"
BATCH_NORM = "batch_norm"


class InvalidFreeze(Refused):
    """What is to be frozen is no part of the network, or has nothing that training would change."""


class _Frozen(_NormBase):
    """A batch norm whose statistics stay what they are, and are what it normalises with, in every mode.

    That is a matter of what it computes and not of a mode, which TorchScript, FX and preparation for quantisation
    set anew. It keeps all that it had as PyTorch's class, and is none of its kind: what converts or measures batch
    norms passes it over.
    """

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps)

    def train(self, mode: bool = True) -> Self:
        return super().train(False)


class FrozenBatchNorm1d(_Frozen):
    """`nn.BatchNorm1d` with the statistics that it has."""


class FrozenBatchNorm2d(_Frozen):
    """`nn.BatchNorm2d` with the statistics that it has."""


class FrozenBatchNorm3d(_Frozen):
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
        InvalidFreeze: the network has no such part, it has nothing to freeze, or it is named twice.
    """
    known = dict(module.named_modules())
    named: set[str] = set()
    for part in [parts] if isinstance(parts, str) else parts:
        if part in named:
            raise InvalidFreeze(f"`{part}` is to be frozen twice")
        named.add(part)
        found = [known[path] for path in _paths(part, known, network)]
        if not any(True for each in found for _ in each.parameters()):
            raise InvalidFreeze(_nothing(part, network))
        for each in found:
            _freeze(each)


def _nothing(part: str, network: Network) -> str:
    kinds = {BACKBONE: "its backbone has no weights", BATCH_NORM: "it has no batch norms"}
    if part in kinds:
        return f'freeze="{part}" would have no effect on `{network.name}`: {kinds[part]}'
    return f"`{part}` cannot be frozen: it has no weights"


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
