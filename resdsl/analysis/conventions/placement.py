"""What a network would cost with the strides of its bottlenecks on the other convolution.

He et al. 2015 halve maps with the first 1x1 of a bottleneck (v1: the definitions that they published); Torch and
torchvision with the 3x3 behind it (v1.5), for which the 1x1 runs on the larger map. Nothing else differs, and
no parameter does; it is why one ResNet-50 has two counts of multiply-adds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from resdsl.analysis.conventions.uses import DistinctGraph, graphs
from resdsl.ir.network import Layer, Network
from resdsl.ops.base import Shapes, show
from resdsl.ops.conv import Conv
from resdsl.ops.records import ShapeError


@dataclass(frozen=True, slots=True)
class Moved:
    """Strides that were put on the other convolution.

    Attributes:
        to_pointwise: whether they were put on the 1x1, and stand on the convolution behind it.
        kernels: of the other convolutions, such as `3x3`.
        change: by how much that changes the multiply-adds of the network.
    """

    to_pointwise: bool
    kernels: tuple[str, ...]
    change: int


class _Pair(NamedTuple):
    """A 1x1 convolution and the one behind it, with norms and activations alone between them."""

    pointwise: Conv
    behind: Conv
    reads: Shapes


def moved_strides(network: Network, *, to_pointwise: bool) -> Moved | None:
    """The network with strides moved to the 1x1 before, or from there to what stands behind; None if it has none.

    Residual blocks alone are looked at, and those alone whose output keeps its size.
    """
    change, kernels = 0, set()
    for graph in graphs(network):
        for pair in _pairs(graph):
            other = _swapped(pair, to_pointwise=to_pointwise)
            if other is not None:
                change += graph.times * (_macs(other) - _macs(pair))
                kernels.add(show(pair.behind.kernel))
    return Moved(to_pointwise, tuple(sorted(kernels)), change) if kernels else None


def _pairs(graph: DistinctGraph) -> Iterator[_Pair]:
    layers = {node.name: node for node in graph.nodes if isinstance(node, Layer)}
    if not any(layer.joins == "residual" for layer in layers.values()):
        return
    uses = Counter(value for node in graph.nodes for value in node.inputs)
    for layer in layers.values():
        if not isinstance(layer.op, Conv):
            continue
        before = layers.get(layer.inputs[0])
        while before is not None and uses[before.name] == 1 and (before.op.normalises or before.op.activates):
            before = layers.get(before.inputs[0])
        if before is None or uses[before.name] != 1 or not isinstance(before.op, Conv):
            continue
        if set(before.op.kernel) == {1} != set(layer.op.kernel):
            yield _Pair(before.op, layer.op, graph.reads(before))


def _swapped(pair: _Pair, *, to_pointwise: bool) -> _Pair | None:
    """The pair with its strides exchanged, if they stand where they are to be taken from."""
    taken, given = (pair.behind, pair.pointwise) if to_pointwise else (pair.pointwise, pair.behind)
    if set(taken.stride) == {1} or set(given.stride) != {1}:
        return None
    other = pair._replace(
        pointwise=pair.pointwise.replace(stride=pair.behind.stride),
        behind=pair.behind.replace(stride=pair.pointwise.stride),
    )
    try:
        return other if _yields(other) == _yields(pair) else None
    except ShapeError:
        return None


def _yields(pair: _Pair) -> Shapes:
    return pair.behind.infer(pair.pointwise.infer(pair.reads))


def _macs(pair: _Pair) -> int:
    return pair.pointwise.work(pair.reads).macs + pair.behind.work(pair.pointwise.infer(pair.reads)).macs
