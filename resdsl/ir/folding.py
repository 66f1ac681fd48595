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
from operator import is_

from resdsl.ir.inference import for_inference
from resdsl.ir.network import Body, Call, Layer, Network, Node
from resdsl.ir.walk import bodies, refuse_too_many_layers
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


Folds = Mapping[str, Fold]
"""What changed in one graph, by the path of the layer."""


@dataclass(frozen=True)
class Folding:
    """A network before and after.

    Attributes:
        network: the folded network. It has no expectations, since those in the text are about the network as written.
        before: the network as written, without what exists in training only.
        at_top: the changes in its top graph.
        within: the changes in each of its distinct bodies.
    """

    network: Network
    before: Network
    at_top: Folds
    within: Mapping[Body, Folds]

    def pairs(self) -> Iterator[Fold]:
        """Every layer that changed, with full paths, in execution order; a shared module once.

        Raises:
            resdsl.ir.walk.TooManyLayers: the network has too many layers.
        """
        refuse_too_many_layers(self.before)
        return self._pairs(self.before.nodes, self.at_top, "")

    def _pairs(self, nodes: tuple[Node, ...], folds: Folds, prefix: str) -> Iterator[Fold]:
        modules: dict[str, Node] = {}
        for node in nodes:
            modules.setdefault(node.path, node)
        for node in modules.values():
            if isinstance(node, Layer):
                if node.path in folds:
                    yield folds[node.path].under(prefix)
            elif isinstance(node, Call):
                yield from self._pairs(node.body.nodes, self.within[node.body], f"{prefix}{node.path}.")
            else:
                for run in node.runs:
                    for index in run.indices:
                        yield from self._pairs(run.body.nodes, self.within[run.body], f"{prefix}{node.path}.{index}.")


def fold_batch_norm(network: Network) -> Folding:
    """The network for inference, without the batch norms that can be folded and without what exists in training only.

    The time depends on the number of distinct bodies, and equal bodies stay one object.
    """
    network = for_inference(network)
    within: dict[Body, Folds] = {}
    made: dict[Body, Body] = {}
    distinct: dict[Body, Body] = {}
    for _, body in bodies(network):
        folds, instead = _graph_folds(body.nodes, body.values, body.outputs)
        within[body] = folds
        nodes = _rewritten(body.nodes, folds, instead, made)
        if nodes is not body.nodes:
            output, *also = (instead.get(value, value) for value in body.outputs)
            changed = body.replace(nodes=nodes, output=output, also=tuple(also))
            made[body] = distinct.setdefault(changed, changed)
    folds, instead = _graph_folds(network.nodes, network.values, tuple([tap.value for tap in network.outputs]))
    nodes = _rewritten(network.nodes, folds, instead, made)
    outputs = tuple([tap.replace(value=instead.get(tap.value, tap.value)) for tap in network.outputs])
    after = network.replace(nodes=nodes, outputs=outputs, expectations=())
    return Folding(after, network, folds, within)


def _graph_folds(
    nodes: tuple[Node, ...], values: Mapping[str, Shape], visible: tuple[str, ...]
) -> tuple[Folds, dict[str, str]]:
    """What changes in a graph whose values `shown` are read from outside.

    Beside it, for the name of each norm that goes, the name of the layer that is read instead.
    """
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
    return folds, instead


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


def _rewritten(
    nodes: tuple[Node, ...], folds: Folds, instead: Mapping[str, str], made: Mapping[Body, Body]
) -> tuple[Node, ...]:
    """The remaining nodes, with their changes; the same objects if nothing changes."""
    kept = [node for node in nodes if node.name not in instead]
    new = tuple([_changed(node, folds, instead, made) for node in kept])
    return nodes if len(new) == len(nodes) and all(map(is_, new, nodes)) else new


def _changed(node: Node, folds: Folds, instead: Mapping[str, str], made: Mapping[Body, Body]) -> Node:
    update: dict[str, object] = {}
    if any(value in instead for value in node.inputs):
        update["inputs"] = tuple([instead.get(value, value) for value in node.inputs])
    if isinstance(node, Layer):
        if node.path in folds:
            update["op"] = node.op.with_bias()
    elif isinstance(node, Call):
        if node.body in made:
            update["body"] = made[node.body]
    elif any(run.body in made for run in node.runs):
        update["runs"] = tuple([run.replace(body=made.get(run.body, run.body)) for run in node.runs])
    return node.replace(**update) if update else node
