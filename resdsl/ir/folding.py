"""Folds batch norm into the layer before it, to make the network for inference.

Why it exists: with fixed statistics a batch norm only scales and shifts each channel, and the convolution before it can
do both (Jacob et al., arXiv 1712.05877, Section 3.2). ONNX and PyTorch must agree on where that is possible, so it is
done here, in the IR, once for each distinct body. `resdsl.weights.folded` computes the new weights.

A norm is folded if it reads the value of a layer of the same graph whose op can take it (`Op.with_bias`), and nothing
else reads that value: no other node, no output of the network, and not the caller of the body. Readers of the norm then
read the layer instead, under the layer's name. Outputs keep their names, and bodies keep their origins. A layer whose
module is called several times is changed only if the same norms follow every call; a norm that follows several layers
is folded into each of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from resdsl.ir.inference import for_inference
from resdsl.ir.network import Layer, Network, Node
from resdsl.ir.rewriting import Edit, Rewriting, rewrite
from resdsl.ops.base import Shape, Shapes
from resdsl.ops.records import Standardised, Tensor


@dataclass(frozen=True, slots=True)
class FoldedNorm:
    """A norm that was folded; it yielded (x - running_mean) / sqrt(running_var + eps) * weight + bias.

    Attributes:
        path: its module path.
        eps: the eps above.
        state: its tensors, with the names above.
    """

    path: str
    eps: float
    state: tuple[Tensor, ...]


@dataclass(frozen=True, slots=True)
class Fold:
    """A layer and what was folded into it.

    Attributes:
        path: the module path of the layer.
        biased: whether it had a bias before.
        norms: the norm, or several consecutive norms, in order from the layer on.
        groups: how its output channels lie in its weight; see `Op.weight_groups`.
        standardised: how its weight was standardised before it was used.
    """

    path: str
    biased: bool
    norms: tuple[FoldedNorm, ...]
    groups: tuple[int, int]
    standardised: Standardised | None = None

    def under(self, prefix: str) -> Fold:
        """The same, with a prefix before all paths; the prefix ends with a dot."""
        norms = tuple(replace(norm, path=prefix + norm.path) for norm in self.norms)
        return replace(self, path=prefix + self.path, norms=norms)


Folding = Rewriting[Fold]
"""A network before and after; the changes are the layers into which norms were folded."""


def fold_batch_norm(network: Network) -> Folding:
    """The network for inference: without norms that can be folded, and without what exists in training only."""
    return rewrite(for_inference(network), _edit)


def _edit(nodes: tuple[Node, ...], values: Mapping[str, Shape], visible: tuple[str, ...]) -> Edit[Fold]:
    """What changes in a graph whose values `visible` are read from outside."""
    uses = Counter([*visible, *(value for node in nodes for value in node.inputs)])
    after: dict[str, tuple[str, FoldedNorm]] = {}
    calls: dict[str, list[Layer]] = {}
    for layer in nodes:
        if not isinstance(layer, Layer):
            continue
        eps, read = layer.op.inference_eps(), layer.inputs[0]
        if eps is not None and uses[read] == 1:
            after[read] = layer.name, FoldedNorm(layer.path, eps, _state(layer, values))
        elif layer.op.with_bias() is not None:
            calls.setdefault(layer.path, []).append(layer)
    folds: dict[str, Fold] = {}
    layers: dict[str, Layer] = {}
    instead: dict[str, str] = {}
    for path, callers in calls.items():
        norms = []
        for row in zip(*(_followers(caller, after) for caller in callers), strict=False):
            if any(norm != row[0][1] for _, norm in row):
                break
            norms.append(row[0][1])
            instead.update((name, caller.name) for (name, _), caller in zip(row, callers, strict=True))
        if norms:
            first, given = callers[0].op, _given(callers[0], values)
            biased = any(tensor.name == "bias" for tensor in first.state(given))
            folds[path] = Fold(path, biased, tuple(norms), first.weight_groups(given), first.standardises(given))
            layers.update((caller.name, caller.replace(op=caller.op.with_bias())) for caller in callers)
    return Edit(folds, layers, instead)


def _followers(layer: Layer, after: Mapping[str, tuple[str, FoldedNorm]]) -> Iterator[tuple[str, FoldedNorm]]:
    """The norms that follow a layer, each reading the output of the one before, with their names."""
    follower = after.get(layer.name)
    while follower is not None:
        yield follower
        follower = after.get(follower[0])


def _state(layer: Layer, values: Mapping[str, Shape]) -> tuple[Tensor, ...]:
    return layer.op.state(_given(layer, values))


def _given(layer: Layer, values: Mapping[str, Shape]) -> Shapes:
    return tuple([values[value] for value in layer.inputs])
