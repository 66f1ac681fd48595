"""Activations that a file writes as several nodes."""

from __future__ import annotations

from resdsl.lifting.graph import Draft, Unmatched
from resdsl.lifting.idioms.rewriting import DraftGraph, is_op, op_as
from resdsl.ops.registry import op_named
from resdsl.ops.regularise import Scale

_NEAR = 1e-5


def _factor(node: Draft | None) -> float | None:
    """What a node multiplies by."""
    scale = op_as(node, Scale)
    return None if scale is None else scale.factor


def _term(node: Draft | None) -> float | None:
    """What a node adds."""
    found = node.op if node is not None else None
    return found.numbers.get("term") if isinstance(found, Unmatched) else None


def _kind(node: Draft | None) -> str:
    return node.op.kind if node is not None and isinstance(node.op, Unmatched) else ""


def _about(number: float | None, wanted: float) -> bool:
    return number is not None and abs(number - wanted) <= _NEAR * abs(wanted)


def _gated(graph: DraftGraph, node: Draft) -> bool:
    """x * sigmoid(x), x * hard_sigmoid(x), x * tanh(softplus(x))."""
    if not is_op(node, "mul") or len(node.inputs) != 2:
        return False
    for position in (0, 1):
        gate, source = graph.before(node, position), node.inputs[1 - position]
        if gate is None:
            continue
        if gate.inputs == [source] and is_op(gate, "sigmoid"):
            return graph.become(node, op_named("silu").of({}), [source], gate)
        if gate.inputs == [source] and is_op(gate, "hard_sigmoid") and gate.op == op_named("hard_sigmoid").of({}):
            return graph.become(node, op_named("hard_swish").of({}), [source], gate)
        if is_op(gate, "tanh"):
            soft = graph.before(gate)
            if soft is not None and is_op(soft, "softplus") and soft.inputs == [source]:
                return graph.become(node, op_named("mish").of({}), [source], gate, soft)
    return False


def _hard_sigmoid(graph: DraftGraph, node: Draft) -> bool:
    """min(max(x + 3, 0), 6) / 6."""
    if not _about(_factor(node), 1 / 6):
        return False
    clip = graph.before(node)
    if clip is None or not is_op(clip, "relu6"):
        return False
    added = graph.before(clip)
    if added is None or _term(added) != 3:
        return False
    return graph.become(node, op_named("hard_sigmoid").of({}), added.inputs, clip, added)


def _hard_swish(graph: DraftGraph, node: Draft) -> bool:
    """x * min(max(x + 3, 0), 6) / 6, where the division comes last."""
    product = graph.before(node) if _about(_factor(node), 1 / 6) else None
    if product is None or not is_op(product, "mul") or len(product.inputs) != 2:
        return False
    for position in (0, 1):
        clip, source = graph.before(product, position), product.inputs[1 - position]
        added = graph.before(clip) if clip is not None and is_op(clip, "relu6") else None
        if clip is not None and added is not None and _term(added) == 3 and added.inputs == [source]:
            return graph.become(node, op_named("hard_swish").of({}), [source], product, clip, added)
    return False


def _gelu(graph: DraftGraph, node: Draft) -> bool:
    """x * (1 + erf(x / sqrt 2)) / 2, the half at the end, or at either factor."""
    product: Draft | None = node
    gone: list[Draft] = []
    halved = False
    if _about(_factor(node), 0.5):
        product, halved = graph.before(node), True
        gone += [product] if product is not None else []
    if product is None or not is_op(product, "mul") or len(product.inputs) != 2:
        return False
    for position in (0, 1):
        added, other = graph.before(product, position), product.inputs[1 - position]
        whole, extra = halved, []
        if added is not None and not whole and _about(_factor(added), 0.5):
            extra, whole, added = [added], True, graph.before(added)
        half = graph.before(product, 1 - position)
        if not whole and half is not None and _about(_factor(half), 0.5):
            extra, whole, other = [half], True, half.inputs[0]
        if added is None or not whole or _term(added) != 1:
            continue
        erf = graph.before(added)
        root = graph.before(erf) if erf is not None and _kind(erf) == "Erf" else None
        if erf is None or root is None or not _about(_factor(root), 2**-0.5) or root.inputs != [other]:
            continue
        return graph.become(node, op_named("gelu").of({}), [other], *gone, *extra, added, erf, root)
    return False


ACTIVATIONS = (_gated, _hard_sigmoid, _hard_swish, _gelu)
