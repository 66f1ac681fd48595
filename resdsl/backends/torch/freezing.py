"""Freezes parts of a module, so that training does not change them, and thaws them again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Self

import torch.nn.functional as F
from torch import Tensor, nn
from torch.fx import GraphModule
from torch.jit import ScriptModule
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
_THAWED = {frozen: norm for norm, frozen in _FROZEN.items()}
_OF_BACKBONE = "frozen_backbone"
"""The attribute of a module that keeps the paths of its frozen backbone, for copies and pickles too."""


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
        if part == BACKBONE:
            setattr(module, _OF_BACKBONE, tuple(_backbone(network, known)))


def thaw(module: nn.Module, parts: str | Iterable[str]) -> None:
    """Let parts of a module be trained again: their parameters, and the statistics of their batch norms.

    Batch norms are in the mode of the module from then on. An optimizer that was given only the parameters that were
    trained needs those of the parts as well.

    Args:
        module: a module with frozen parts.
        parts: what `to_torch(freeze=...)` takes: `backbone` if that was frozen, `batch_norm`, module paths, or several.

    Raises:
        InvalidFreeze: the module has no such part, nothing in the part is frozen, or it is listed twice; or the module
            is a graph or a program, into which the statistics of frozen batch norms are written for good.
    """
    if isinstance(module, GraphModule | ScriptModule):
        raise InvalidFreeze("a traced or scripted module cannot be thawed: thaw the module that it was made of")
    known: Parts = {**dict(module.named_modules()), **dict(module.named_parameters())}
    named: set[str] = set()
    frozen: list[nn.Module | nn.Parameter] = []
    for part in [parts] if isinstance(parts, str) else parts:
        if part in named:
            raise InvalidFreeze(f"`{part}` is listed twice in the parts to thaw")
        named.add(part)
        found = [known[path] for path in _frozen_paths(part, known, getattr(module, _OF_BACKBONE, ()))]
        if not any(map(_is_frozen, found)):
            raise InvalidFreeze(f"nothing in `{part}` is frozen: to thaw it would have no effect")
        frozen += found
    for each in frozen:  # all of them are known by now: after an error, nothing has been thawed
        _thaw(each, training=module.training)


def _frozen_paths(part: str, known: Parts, backbone: tuple[str, ...]) -> Iterable[str]:
    if part in known and part:
        return [part]
    if part == BACKBONE and backbone:
        return backbone
    if part == BATCH_NORM:
        return [path for path, each in known.items() if type(each) in _THAWED]
    if part == BACKBONE:
        raise InvalidFreeze('the module was not frozen with freeze="backbone"; name the modules to thaw')
    hint = did_you_mean(part, [*filter(None, known), BACKBONE, BATCH_NORM])
    near = f"; {hint}" if hint else ""
    raise InvalidFreeze(f"`{part}` cannot be thawed: the module has no such part{near}")


def _is_frozen(part: nn.Module | nn.Parameter) -> bool:
    if isinstance(part, nn.Parameter):
        return not part.requires_grad
    norms = any(type(each) in _THAWED for each in part.modules())
    return norms or not all(each.requires_grad for each in part.parameters())


def _thaw(part: nn.Module | nn.Parameter, *, training: bool) -> None:
    part.requires_grad_(True)
    if isinstance(part, nn.Parameter):
        return
    for each in part.modules():
        if type(each) in _THAWED:
            each.__class__ = _THAWED[type(each)]
            each.train(training)


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
