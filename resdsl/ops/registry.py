"""Every op by its name in the language.

Ops are found by name only; the grammar does not mention any of them. Other packages add ops under the entry point group
`resdsl.ops`: the name of the entry point is the name of the op, and it points to the class. Reading the installed
packages takes a while, so it is put off until a name is needed that is not one of the project's own.
"""

from __future__ import annotations

from functools import cache
from types import FunctionType
from typing import TYPE_CHECKING

from resdsl.ops.activation import (
    Clip,
    Elu,
    Gelu,
    HardSigmoid,
    HardSwish,
    LeakyRelu,
    Mish,
    Prelu,
    Relu,
    Relu6,
    Sigmoid,
    Silu,
    Softmax,
    Softplus,
    Tanh,
)
from resdsl.ops.adaptive_pool import AdaptiveAvgPool, AdaptiveMaxPool
from resdsl.ops.base import Op
from resdsl.ops.channels import ChannelMax, ChannelMean, ChannelShuffle, SliceChannels
from resdsl.ops.conv import Conv
from resdsl.ops.conv_transpose import ConvTranspose
from resdsl.ops.join import Add, Concat, Mul
from resdsl.ops.learned import LearnedBias, LearnedScale
from resdsl.ops.linear import ChannelFullyConnected, FullyConnected
from resdsl.ops.matmul import MatMul, RelativeLogits
from resdsl.ops.norm import BatchNorm, FrozenBatchNorm, GroupNorm, LayerNorm
from resdsl.ops.pad import Pad
from resdsl.ops.pool import AvgPool, GlobalAvgPool, GlobalMaxPool, MaxPool
from resdsl.ops.positions import Coords, Shift
from resdsl.ops.records import ShapeError
from resdsl.ops.regularise import Dropout, DropPath, Scale
from resdsl.ops.resample import Blur, Upsample
from resdsl.ops.reshape import Permute, Reshape
from resdsl.ops.resize import Resize
from resdsl.ops.response_norm import LocalResponseNorm
from resdsl.ops.shape import Flatten, Identity, PadChannels, PixelShuffle, Split, Subsample
from resdsl.ops.std_conv import StandardisedConv
from resdsl.plugins import PluginError, blaming, load, offered, package_of
from resdsl.records.checks import Invalid

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "resdsl.ops"
_OWN: tuple[type[Op], ...] = (
    *(Conv, StandardisedConv, ConvTranspose),
    FullyConnected,
    ChannelFullyConnected,
    *(BatchNorm, FrozenBatchNorm, GroupNorm, LayerNorm, LocalResponseNorm),
    *(
        Relu,
        Relu6,
        Clip,
        LeakyRelu,
        Elu,
        Prelu,
        Gelu,
        Silu,
        HardSwish,
        HardSigmoid,
        Sigmoid,
        Tanh,
        Softplus,
        Mish,
        Softmax,
    ),
    *(MaxPool, AvgPool, GlobalMaxPool, GlobalAvgPool),
    *(AdaptiveMaxPool, AdaptiveAvgPool),
    *(ChannelMax, ChannelMean, ChannelShuffle, SliceChannels),
    *(Add, Mul, Concat, Split),
    *(MatMul, RelativeLogits),
    *(Identity, Flatten, Reshape, Permute, Subsample, Pad, PadChannels),
    *(Shift, Coords),
    *(Dropout, DropPath, Scale),
    *(LearnedScale, LearnedBias),
    *(Upsample, Resize, PixelShuffle, Blur),
)


_EXPECTED = (ShapeError, Invalid)
"""What methods of ops raise where they cannot be applied."""
RegistryError = PluginError
"""An installed package offers an op that cannot be loaded."""


@cache
def ops() -> dict[str, type[Op]]:
    """The project's own ops by name, in the order of the reference page."""
    return {op.kind(): op for op in _OWN}


@cache
def all_ops() -> dict[str, type[Op]]:
    """The project's own ops, then those of other packages by name.

    Raises:
        RegistryError: two packages offer the same name, or an op cannot be loaded.
    """
    return {**ops(), **{name: _load(entry) for name, entry in sorted(_offered().items())}}


def op_named(name: str) -> type[Op]:
    """The op of that name.

    Raises:
        ValueError: there is no such op.
        RegistryError: as for `all_ops`, if the name is not one of the project's own.
    """
    if name in ops():
        return ops()[name]
    entry = _offered().get(name)
    if entry is None:
        raise ValueError(f"unknown op `{name}`")
    return _load(entry)


@cache
def _offered() -> dict[str, EntryPoint]:
    """What other packages offer, by name; nothing is loaded yet."""
    return offered(GROUP, "op", ops())


@cache
def _load(entry: EntryPoint) -> type[Op]:
    op = load(entry, "op")
    if not (isinstance(op, type) and issubclass(op, Op) and op.kind() == entry.name):
        package = package_of(entry)
        raise PluginError(f"what {package} offers as `{entry.name}` is not an op of that name: {entry.value}")
    _blame(op, f"the op `{entry.name}` of {package_of(entry)}")
    return op


def _blame(op: type[Op], plugin: str) -> None:
    """Make the methods of an op of another package name it in their unexpected errors."""
    for name, member in list(vars(op).items()):
        if name.startswith("__"):
            continue
        if isinstance(member, FunctionType):
            setattr(op, name, blaming(plugin, member, _EXPECTED))
        elif isinstance(member, classmethod | staticmethod) and isinstance(member.__func__, FunctionType):
            setattr(op, name, type(member)(blaming(plugin, member.__func__, _EXPECTED)))
