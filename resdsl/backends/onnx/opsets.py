"""What a network needs of an opset, and its forms in each.

An op has the form of a recent opset; `at_opset` makes that of another one of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from resdsl.backends.onnx.form import OLDEST
from resdsl.ir.inference import for_inference
from resdsl.ir.network import Network
from resdsl.ir.walk import distinct_layers
from resdsl.ops.base import Op, Shapes
from resdsl.ops.forms import OnnxNode
from resdsl.refusal import Refused


class OpsetTooOld(Refused):
    """An op has no form in an opset.

    Attributes:
        needed: the first opset in which it has one.
    """

    def __init__(self, op: Op, opset: int, needed: int) -> None:
        super().__init__(f"`{op.op}` cannot be written in opset {opset}: it needs opset {needed} or a later one")
        self.needed = needed


def onnx_form(op: Op, inputs: Shapes, opset: int, *, training: bool = False) -> tuple[OnnxNode, ...]:
    """The ONNX form of an op in an opset, for inference or training.

    Raises:
        OpsetTooOld: it has none.
    """
    newest = op.onnx_training(inputs) if training else op.onnx(inputs)
    needed = _needed(newest)
    if needed > opset:
        raise OpsetTooOld(op, opset, needed)
    return tuple(at_opset(newest, opset))


def at_opset(nodes: Iterable[OnnxNode], opset: int) -> Iterator[OnnxNode]:
    """The nodes, with older ones in place of those that an opset does not have; there must be some."""
    for node in nodes:
        if node.since <= opset or node.older is None:
            yield node
        else:
            yield from at_opset(node.older, opset)


def least_opset(network: Network, *, training: bool = False) -> int:
    """The first opset in which every op of a network has a form: the default.

    The results are the same in all of them. Where a later opset has one operator for several, runtimes that are quicker
    with it join them by themselves.
    """
    if training:
        forms = [layer.op.onnx_training(inputs) for layer, inputs in distinct_layers(network)]
    else:
        uses = {(layer.op, inputs) for layer, inputs in distinct_layers(for_inference(network))}
        forms = [op.onnx(inputs) for op, inputs in uses]
    return max(map(_needed, forms), default=OLDEST)


def _needed(nodes: Iterable[OnnxNode]) -> int:
    """The first opset in which nodes have a form."""
    return max((node.since if node.older is None else _needed(node.older) for node in nodes), default=OLDEST)
