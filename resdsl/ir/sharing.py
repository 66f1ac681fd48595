"""Whether two nodes can be one module: the same ops with the same state under the same paths.

A shared head is called on maps of several sizes, so its bodies have different shapes and are still one module.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from resdsl.ir.network import Body, Call, Layer, Node, Stage
from resdsl.ops.base import Shapes

_known: WeakKeyDictionary[Body, str] = WeakKeyDictionary()


def same_module(one: Node, one_reads: Shapes, other: Node, other_reads: Shapes) -> bool:
    """Whether one PyTorch module can serve both nodes, which read values of these shapes."""
    if isinstance(one, Layer) and isinstance(other, Layer):
        return one.op == other.op and one.op.state(one_reads) == other.op.state(other_reads)
    if isinstance(one, Call) and isinstance(other, Call):
        return one.body is other.body or _digest(one.body) == _digest(other.body)
    if isinstance(one, Stage) and isinstance(other, Stage):
        return _runs(one) == _runs(other)
    return False


def _runs(stage: Stage) -> list[tuple[int, int, str]]:
    return [(run.first, run.count, _digest(run.body)) for run in stage.runs]


def _digest(body: Body) -> str:
    """A digest of the module: names, paths, references, ops and state, but not the shapes."""
    known = _known.get(body)
    if known is None:
        from hashlib import sha256  # loads OpenSSL, and few networks share a body

        parts = [(node.name, node.path, node.inputs, _content(body, node)) for node in body.nodes]
        known = _known[body] = sha256(repr((parts, body.beside, body.outputs)).encode()).hexdigest()
    return known


def _content(body: Body, node: Node) -> object:
    if isinstance(node, Layer):
        return node.op, node.op.state(tuple(body.values[value] for value in node.inputs))
    return _digest(node.body) if isinstance(node, Call) else _runs(node)
