"""Joins branches that are added up into one convolution, for inference.

Why it exists: networks such as RepVGG (Ding et al., arXiv 2101.03697, Section 3.3) train several branches that read one
value and are added up. Convolutions, batch norms with fixed statistics and the value itself are linear, so that their
sum is one convolution, whose kernel is the sum of theirs. It is done in the IR, after `fold_batch_norm`, and once for
all outputs; `resdsl.weights.reparameterized` computes the new weights.

A sum is joined if each of its values comes from a convolution or a norm of which nothing else reads the output, or is
what these read. One at least is a convolution. All of these have the same stride, dilation and groups, and their
windows can be aligned. The first of the widest keeps its name and path. A branch may be a block of its own if nothing
but its convolution or norm is left in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from math import prod

from resdsl.ir.aligning import Unlike, joint_conv, start_of
from resdsl.ir.folding import FoldedNorm
from resdsl.ir.network import INPUT, Call, Layer, Network, Node
from resdsl.ir.rewriting import Edit, Rewriting, rewrite
from resdsl.ir.walk import bodies
from resdsl.ops.base import Op, Shape
from resdsl.ops.conv import Conv
from resdsl.ops.join import Add
from resdsl.ops.records import Tensor
from resdsl.refusal import Refused


class NothingToJoin(Refused):
    """A network has no branches that can be joined."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"there is nothing to reparameterize: {reason}")


@dataclass(frozen=True, slots=True)
class Branch:
    """What contributes to a joint convolution: a convolution, a norm, or the value that is read.

    Attributes:
        path: the module path of the convolution; empty for the others.
        state: the tensors of the convolution.
        norm: the norm.
        start: where the kernel begins in that of the joint convolution, on each axis; for the others, its centre.
    """

    path: str
    state: tuple[Tensor, ...]
    norm: FoldedNorm | None
    start: tuple[int, ...]

    def under(self, prefix: str) -> Branch:
        """The same, with a prefix before its paths."""
        norm = self.norm and replace(self.norm, path=prefix + self.norm.path)
        return replace(self, path=self.path and prefix + self.path, norm=norm)


@dataclass(frozen=True, slots=True)
class Joint:
    """A convolution in place of a sum of branches.

    Attributes:
        path: its module path.
        branches: the branches, in the order of the sum.
    """

    path: str
    branches: tuple[Branch, ...]

    def under(self, prefix: str) -> Joint:
        """The same, with a prefix before all paths; the prefix ends with a dot."""
        return replace(self, path=prefix + self.path, branches=tuple([each.under(prefix) for each in self.branches]))


Joining = Rewriting[Joint]
"""A network before and after; the changes are the joint convolutions."""


def reparameterize(network: Network) -> Joining:
    """The network, whose batch norms were folded, with its branches joined.

    Raises:
        NothingToJoin: it has no branches that can be joined.
    """
    joining = rewrite(network, _edit)
    if not any((joining.at_top, *joining.within.values())):
        raise NothingToJoin(next(_reasons(network), "no values are added up"))
    return joining


def _reasons(network: Network) -> Iterator[str]:
    """Why sums stay what they are."""
    yielded = tuple([tap.value for tap in network.outputs])
    graphs = [(f"{path}.", body.nodes, body.values, body.outputs) for path, body in bodies(network)]
    for prefix, nodes, values, visible in (*graphs, ("", network.nodes, network.values, yielded)):
        graph = _Graph(nodes, values, visible)
        for total in graph.sums():
            try:
                graph.joined(total)
            except Unlike as unlike:
                yield f"`{prefix}{total.path}` adds up {unlike}"


def _edit(nodes: tuple[Node, ...], values: Mapping[str, Shape], visible: tuple[str, ...]) -> Edit[Joint]:
    graph = _Graph(nodes, values, visible)
    joints: dict[str, Joint] = {}
    layers: dict[str, Layer] = {}
    instead: dict[str, str] = {}
    for total in graph.sums():
        try:
            kept, layer, joint = graph.joined(total)
        except Unlike:
            continue
        joints[kept.path], layers[kept.name] = joint, layer
        sums, added = graph.opened(total)
        gone = [name for name in (*sums, *added) if name not in (kept.name, *layer.inputs)]
        instead.update((name, kept.name) for name in gone)
    return Edit(joints, layers, instead)


@dataclass(frozen=True, slots=True)
class _Term:
    """A value that is added.

    Attributes:
        shape: its shape.
        reads: the value that it is computed from.
        node: what computes it; None if it is the value itself.
        path: the path of the convolution or the norm.
        op: its op.
    """

    shape: Shape
    reads: str
    node: Layer | Call | None = None
    path: str = ""
    op: Op | None = None


class _Graph:
    """One graph, with what reads its values."""

    def __init__(self, nodes: tuple[Node, ...], values: Mapping[str, Shape], visible: tuple[str, ...]) -> None:
        self._nodes = {node.name: node for node in nodes}
        self._values = values
        self._uses = Counter([*visible, *(value for node in nodes for value in node.inputs)])
        self._calls = Counter(node.path for node in nodes)

    def sums(self) -> Iterator[Layer]:
        """The sums that are not added to another one at once."""
        added: set[str] = set()
        for node in reversed(self._nodes.values()):
            if isinstance(node, Layer) and isinstance(node.op, Add) and node.name not in added:
                added |= {*self.opened(node)[0]}
                yield node

    def opened(self, total: Layer) -> tuple[list[str], list[str]]:
        """A sum and those that are added to nothing but it; and the values that they add up, in order."""
        sums, values, waiting = [total.name], list[str](), [*reversed(total.inputs)]
        while waiting:
            value = waiting.pop()
            node = self._nodes.get(value)
            if isinstance(node, Layer) and isinstance(node.op, Add) and self._uses[value] == 1:
                sums.append(value)
                waiting.extend(reversed(node.inputs))
            else:
                values.append(value)
        return sums, values

    def joined(self, total: Layer) -> tuple[Layer | Call, Layer, Joint]:
        """The node that stays, the layer that it becomes, and what that consists of.

        Raises:
            Unlike: the branches cannot be joined.
        """
        terms = [self._term(value) for value in self.opened(total)[1]]
        convs = [(term, term.op) for term in terms if isinstance(term.op, Conv)]
        if not convs:
            raise Unlike("no convolution")
        if len({term.reads for term in terms}) > 1:
            raise Unlike("more than convolutions and norms of one value")
        given = self._values[terms[0].reads]
        if {term.shape for term in terms} != {total.shapes[0]}:
            raise Unlike("values of different shapes")
        widest, _ = max(convs, key=lambda each: prod(each[1].kernel))
        op = joint_conv([op for _, op in convs], others=len(convs) < len(terms))
        if any(term.op is not None and not isinstance(term.op, Conv) for term in terms):
            op = op.replace(bias=True)
        branches = tuple([_branch(term, op, given) for term in terms])
        assert widest.node is not None
        layer = Layer(
            name=widest.node.name,
            path=widest.path,
            op=op,
            inputs=(terms[0].reads,),
            shapes=total.shapes,
            role=widest.node.role,
        )
        return widest.node, layer, Joint(widest.path, branches)

    def _term(self, value: str) -> _Term:
        node, shape = self._nodes.get(value), self._values[value]
        if node is None or self._uses[value] > 1 or self._calls[node.path] > 1:
            return _Term(shape, value)
        path, layer = node.path, node
        if isinstance(node, Call) and len(node.body.nodes) == 1 and node.body.nodes[0].inputs == (INPUT,):
            layer = node.body.nodes[0]
            path = f"{node.path}.{layer.path}"
        if not isinstance(layer, Layer) or not isinstance(node, Layer | Call) or not _linear(layer.op):
            return _Term(shape, value)
        return _Term(shape, node.inputs[0], node, path, layer.op)


def _linear(op: Op) -> bool:
    """Whether it can be a branch: a convolution without standardised weights, or a norm with fixed statistics."""
    return type(op) is Conv or op.inference_eps() is not None


def _branch(term: _Term, joint: Conv, given: Shape) -> Branch:
    if isinstance(term.op, Conv):
        return Branch(term.path, term.op.state((given,)), None, start_of(joint, term.op.pad))
    centre = start_of(joint, (0,) * len(joint.kernel))
    if term.op is None:
        return Branch("", (), None, centre)
    return Branch("", (), FoldedNorm(term.path, term.op.inference_eps() or 0.0, term.op.state((given,))), centre)
