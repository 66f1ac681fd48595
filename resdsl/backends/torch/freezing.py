"""Freezes parts of a module, so that training does not change them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.ir.network import Layer, Network
from resdsl.ir.walk import state
from resdsl.refusal import Refused

Parts = dict[str, nn.Module | nn.Parameter]
"""Modules, and parameters that are in no module of their own, by path."""
BACKBONE = "backbone"
BATCH_NORM = "batch_norm"


class InvalidFreeze(Refused):
    """A part to freeze is not in the network, or training would not change it anyway."""


class _Frozen(_NormBase):
    """A batch norm that always normalises with its stored statistics and never updates them.

    It does not rely on evaluation mode, which TorchScript, FX and preparation for quantisation reset. It keeps the
    state of PyTorch's class but does not inherit from it, so tools that convert or measure batch norms skip it.
    """

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, False, 0.0, self.eps)

    def train(self, mode: bool = True) -> Self:
        return super().train(False)


class FrozenBatchNorm1d(_Frozen):
    """`nn.BatchNorm1d` with frozen statistics."""


class FrozenBatchNorm2d(_Frozen):
    """`nn.BatchNorm2d` with frozen statistics."""


class FrozenBatchNorm3d(_Frozen):
    """`nn.BatchNorm3d` with frozen statistics."""


_FROZEN: dict[type[nn.Module], type[nn.Module]] = {
    nn.BatchNorm1d: FrozenBatchNorm1d,
    nn.BatchNorm2d: FrozenBatchNorm2d,
    nn.BatchNorm3d: FrozenBatchNorm3d,
}


def freeze(module: nn.Module, network: Network, parts: str | Iterable[str]) -> None:
    """Exclude parts of a module from training: they get no gradients, and their batch norms keep their statistics.

    Dropout and stochastic depth in these parts remain active in training mode.

    Args:
        module: the module of the network.
        network: the network.
        parts: `backbone` (everything before the head, which is the first layer with weights behind the last stage),
            `batch_norm` (all batch norms), module paths, or several of these.

    Raises:
        InvalidFreeze: the network has no such part, the part has nothing to freeze, or it is listed twice.
    """
    alone = {name for name, tensor in state(network) if tensor.alone}
    known: Parts = dict(module.named_modules())
    known |= {name: each for name, each in module.named_parameters() if name in alone}
    named: set[str] = set()
    for part in [parts] if isinstance(parts, str) else parts:
        if part in named:
            raise InvalidFreeze(f"`{part}` is listed twice in the parts to freeze")
        named.add(part)
        found = [known[path] for path in _paths(part, known, network)]
        if all(isinstance(each, nn.Module) and next(each.parameters(), None) is None for each in found):
            raise InvalidFreeze(_nothing(part, network))
        for each in found:
            _freeze(each)


def _nothing(part: str, network: Network) -> str:
    kinds = {BACKBONE: "its backbone has no weights", BATCH_NORM: "it has no batch norms"}
    if part in kinds:
        return f'freeze="{part}" would have no effect on `{network.name}`: {kinds[part]}'
    return f"`{part}` cannot be frozen: it has no weights"


def _paths(part: str, known: Parts, network: Network) -> Iterator[str]:
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


def _backbone(network: Network, known: Parts) -> Iterator[str]:
    """The top-level modules before the first layer with weights behind the last stage; a norm there is not a head."""
    if not network.stages:
        raise InvalidFreeze(f"`{network.name}` has no stages and therefore no backbone; name the modules to freeze")
    behind = network.nodes.index(network.stages[-1]) + 1
    for place, node in enumerate(network.nodes):
        if place >= behind and (not isinstance(node, Layer) or node.op.weighted):
            return
        if node.path in known:
            yield node.path


def _freeze(part: nn.Module | nn.Parameter) -> None:
    part.requires_grad_(False)
    if isinstance(part, nn.Parameter):
        return
    for each in part.modules():
        if type(each) in _FROZEN:
            each.__class__ = _FROZEN[type(each)]
            each.train(False)
