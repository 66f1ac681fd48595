"""Axes and channels that are turned, parted and moved in several nodes."""

from __future__ import annotations

from itertools import pairwise

from resdsl.lifting.graph import Draft, Unmatched
from resdsl.lifting.idioms.rewriting import DraftGraph, is_op, op_as, op_if_fits
from resdsl.ops.channels import SliceChannels
from resdsl.ops.join import Concat
from resdsl.ops.pad import Pad
from resdsl.ops.reshape import Permute
from resdsl.ops.shape import Split, Subsample


def _flat(graph: DraftGraph, node: Draft) -> bool:
    """A flattening that what reads it does by itself, or that changes nothing."""
    if not is_op(node, "flatten"):
        return False
    return _is_formed_again(graph, node) and graph.skip(node)


def _reshaped(graph: DraftGraph, node: Draft) -> bool:
    """A form that is changed at once into another one."""
    if not is_op(node, "reshape"):
        return False
    if _is_formed_again(graph, node):
        return graph.skip(node)
    return graph.shape(node) == node.shapes[0] and graph.skip(node)


def _is_formed_again(graph: DraftGraph, node: Draft) -> bool:
    """Whether all that reads a form makes another one of it, or a flat vector."""
    users = graph.users[node.outputs[0]]
    return bool(users) and all(
        is_op(user, "fc", "flatten", "reshape") and not parts_channels(graph, user) for user in users
    )


def parts_channels(graph: DraftGraph, node: Draft) -> bool:
    """Whether a form is one within an idiom, as where channels are shuffled, or normalised in groups."""
    return any(isinstance(user.op, Permute | Unmatched) for user in graph.users[node.output])


def _permuted(graph: DraftGraph, node: Draft) -> bool:
    """Axes that are turned twice."""
    outer = op_as(node, Permute)
    first = graph.before(node)
    inner = op_as(first, Permute)
    if outer is None or first is None or inner is None:
        return False
    order = tuple(inner.order[axis] for axis in outer.order)
    return graph.become(node, Permute(order=order), first.inputs, first)


def _shuffled(graph: DraftGraph, node: Draft) -> bool:
    """Channels in groups, turned, and one after the other again: channel_shuffle."""
    turn = graph.before(node) if is_op(node, "reshape", "flatten") else None
    turned = op_as(turn, Permute)
    parted = graph.before(turn) if turn is not None else None
    if turn is None or turned is None or parted is None or not is_op(parted, "reshape"):
        return False
    groups, each, *sizes = parted.shapes[0]
    if turned.order != (1, 0, *range(2, len(sizes) + 2)) or node.shapes[0] != (groups * each, *sizes):
        return False
    if graph.shape(parted) != node.shapes[0]:
        return False
    op = op_if_fits("channel_shuffle", {"groups": groups}, node.shapes[0])
    return op is not None and graph.become(node, op, parted.inputs, turn, parted)


def _parts(graph: DraftGraph, node: Draft) -> bool:
    """Parts of the channels that are equal and make up all of them: split."""
    if not isinstance(node.op, SliceChannels):
        return False
    source = node.inputs[0]
    found = [(user.op.start, user.op.end, user) for user in graph.users[source] if isinstance(user.op, SliceChannels)]
    found.sort(key=lambda part: part[:2])
    if len(found) < 2 or found[0][0] != 0 or found[-1][1] != graph.shape(node)[0]:
        return False
    if any(one[1] != other[0] for one, other in pairwise(found)) or len({end - start for start, end, _ in found}) > 1:
        return False
    graph.join([part for _, _, part in found], Split(parts=len(found)), source)
    return True


def _shifted(graph: DraftGraph, node: Draft) -> bool:
    """A part of the positions with zeros in place of the others: shift."""
    part, pad = graph.before(node), op_as(node, Pad)
    kept = op_as(part, Unmatched)
    if part is None or pad is None or kept is None or kept.kind != "Slice" or graph.shape(part) != node.shapes[0]:
        return False
    axis, start = int(kept.numbers["axis"]), int(kept.numbers["start"])
    op = op_if_fits("shift", {"by": pad.before[axis - 2] - start, "axis": axis - 1}, node.shapes[0])
    return op is not None and graph.become(node, op, part.inputs, part)


def _subsampled(graph: DraftGraph, node: Draft) -> bool:
    """Positions left out twice."""
    first, op = graph.before(node), op_as(node, Subsample)
    inner = op_as(first, Subsample)
    if first is None or op is None or inner is None:
        return False
    stride = tuple(one * other for one, other in zip(inner.stride, op.stride, strict=True))
    return graph.become(node, Subsample(stride=stride), first.inputs, first)


def _grown(graph: DraftGraph, node: Draft) -> bool:
    """Values that are joined again with one more at their end, as in dense blocks."""
    if not is_op(node, "concat") or len(node.inputs) < 3:
        return False
    *before, last = node.inputs
    joined = graph.joined.get(tuple(before))
    return joined is not None and graph.become(node, Concat(), [joined, last])


FORMS = (_grown, _shuffled, _flat, _reshaped, _permuted, _parts, _shifted, _subsampled)
