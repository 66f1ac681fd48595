"""Layers whose bias, padding or scales a file has as nodes of their own."""

from __future__ import annotations

from math import comb

from resdsl.lifting.graph import Draft, FileTensor, Unmatched
from resdsl.lifting.idioms.rewriting import DraftGraph, is_op, op_as, op_if_fits, yields
from resdsl.lifting.sources.computed import frozen_statistics
from resdsl.lifting.sources.reading import path_of_state
from resdsl.ops.base import Op
from resdsl.ops.conv import Conv
from resdsl.ops.pad import Pad
from resdsl.ops.pool import AvgPool, MaxPool
from resdsl.ops.resample import Blur

_NEAR = 1e-6


def _biased(graph: DraftGraph, node: Draft) -> bool:
    """A linear layer, and a learned term for each of its outputs."""
    if not is_op(node, "learned_bias") or getattr(node.op, "shape", "") in ("one", "scalar"):
        return False
    layer = graph.before(node)
    if layer is None or not is_op(layer, "fc", "channel_fc", "conv") or getattr(layer.op, "bias", True):
        return False
    if not isinstance(layer.op, Op) or (len(node.shapes[0]) > 1 and not is_op(layer, "channel_fc", "conv")):
        return False
    if node.path not in ("", layer.path) and layer.path:
        return False
    tensors = {**layer.tensors, "bias": next(iter(node.tensors.values()))}
    node.path = layer.path or node.path
    return graph.become(node, layer.op.replace(bias=True), layer.inputs, layer, tensors=tensors)


def _grouped(graph: DraftGraph, node: Draft) -> bool:
    """Instance norm of a row for each group, then scales and shifts of channels: group_norm."""
    scaled = graph.before(node) if is_op(node, "learned_bias") else None
    back = graph.before(scaled) if scaled is not None and is_op(scaled, "learned_scale") else None
    normed = graph.before(back) if is_op(back, "reshape", "flatten") and back is not None else back
    norm = op_as(normed, Unmatched)
    if scaled is None or back is None or normed is None or norm is None or norm.kind != "InstanceNormalization":
        return False
    if not _is_plain(normed):
        return False
    before = graph.before(normed)
    rows = [before] if before is not None and is_op(before, "reshape") else []
    first = rows[-1] if rows else normed
    op = op_if_fits("group_norm", {"groups": normed.shapes[0][0], "eps": norm.numbers["eps"]}, node.shapes[0])
    if op is None or graph.shape(first) != node.shapes[0]:
        return False
    gone = [scaled, *[back] * (back is not normed), normed, *rows]
    return graph.become(node, op, first.inputs, *gone, tensors={**scaled.tensors, **node.tensors})


def _is_plain(norm: Draft) -> bool:
    """Whether a norm neither scales nor shifts."""
    weight, bias = norm.tensors.get("weight"), norm.tensors.get("bias")
    return weight is not None and bias is not None and bool((weight.values() == 1).all() and not bias.values().any())


def _by_channel(graph: DraftGraph, node: Draft) -> bool:
    """Instance norm that scales and shifts by itself: group_norm with a group for each channel."""
    norm = op_as(node, Unmatched)
    if norm is None or norm.kind != "InstanceNormalization" or (_is_plain(node) and _is_scaled(graph, node)):
        return False
    op = op_if_fits("group_norm", {"groups": node.shapes[0][0], "eps": norm.numbers["eps"]}, node.shapes[0])
    return op is not None and graph.become(node, op, node.inputs)


def _is_scaled(graph: DraftGraph, node: Draft) -> bool:
    """Whether scales of channels follow, which are those of a norm over groups."""
    users = graph.users[node.output]
    while len(users) == 1 and is_op(users[0], "reshape", "flatten"):
        users = graph.users[users[0].output]
    return len(users) == 1 and is_op(users[0], "learned_scale")


def _padded_window(graph: DraftGraph, node: Draft) -> bool:
    """Padding before a convolution or a mean that has none of its own."""
    op, pad = node.op, graph.before(node)
    padding = op_as(pad, Pad)
    if pad is None or padding is None or not isinstance(op, Conv | AvgPool) or any(op.pad) or op.pad_after is not None:
        return False
    after = padding.after if padding.after != padding.before else None
    if isinstance(op, Conv):
        made: Op = op.replace(pad=padding.before, pad_after=after, pad_mode=padding.mode)
    elif padding.mode == "zeros":
        made = op.replace(pad=padding.before, pad_after=after, count_pad=True)
    else:
        return False
    return yields(made, graph.shape(pad), node) and graph.become(node, made, pad.inputs, pad)


def _unbounded(graph: DraftGraph, node: Draft) -> bool:
    """Padding with the lowest number before a maximum that has none of its own."""
    pool, pad = op_as(node, MaxPool), graph.before(node)
    padding = op_as(pad, Unmatched)
    if pool is None or pad is None or padding is None or padding.kind != "Pad" or "start2" not in padding.numbers:
        return False
    if any(pool.pad) or pool.pad_after is not None or pool.ceil:
        return False
    axes = range(2, 2 + len(pool.kernel))
    before, after = (tuple([int(padding.numbers[f"{end}{axis}"]) for axis in axes]) for end in ("start", "end"))
    shapes, given = (graph.shape(pad),), {**pool.plain(), "pad": before, "pad_after": after}
    made = op_if_fits("maxpool", {**given, "pad_after": None if after == before else after}, *shapes)
    return made is not None and made.infer(shapes) == node.shapes and graph.become(node, made, pad.inputs, pad)


def _blurred(graph: DraftGraph, node: Draft) -> bool:
    """A reflected map and means over small windows: blur."""
    pools: list[AvgPool] = []
    nodes: list[Draft] = []
    last: Draft | None = node
    while last is not None and isinstance(last.op, AvgPool):
        pools.append(last.op)
        nodes.append(last)
        last = graph.before(last)
    pad = op_as(last, Pad)
    if not pools or last is None or pad is None or pad.mode != "reflect":
        return False
    kernel = tuple(1 + before + after for before, after in zip(pad.before, pad.after, strict=True))
    made = op_if_fits("blur", {"kernel": kernel, "stride": pools[0].stride}, graph.shape(last))
    if not isinstance(made, Blur) or any(set(pool.stride) != {1} for pool in pools[1:]):
        return False
    if [pool.kernel for pool in reversed(pools)] != [window for window, _ in made.means()]:
        return False
    return graph.become(node, made, last.inputs, *nodes[1:], last)


def _filtered(graph: DraftGraph, node: Draft) -> bool:
    """A convolution of each reflected channel by itself with the weights of a blur, which are no parameters."""
    conv, weight = op_as(node, Conv), node.tensors.get("weight")
    if (
        conv is None
        or weight is None
        or (weight.name and not weight.is_buffer)
        or conv.bias
        or conv.pad_mode != "reflect"
        or len(conv.kernel) != 2
    ):
        return False
    if conv.pad_after is not None or any(2 * pad + 1 != size for pad, size in zip(conv.pad, conv.kernel, strict=True)):
        return False
    made = op_if_fits("blur", {"kernel": conv.kernel, "stride": conv.stride}, graph.shape(node))
    if made is None or conv.groups != conv.out or graph.shape(node)[0] != conv.out:
        return False
    rows, columns = ([comb(size - 1, place) / 2 ** (size - 1) for place in range(size)] for size in conv.kernel)
    wanted = [[row * column for column in columns] for row in rows]
    if not (abs(weight.values() - wanted) <= _NEAR).all():
        return False
    return graph.become(node, made, node.inputs, tensors={})


def _frozen(graph: DraftGraph, node: Draft) -> bool:
    """Scales and shifts that are computed from those of a norm and its statistics: frozen_bn."""
    scaled = graph.before(node) if is_op(node, "learned_bias") else None
    if scaled is None or not is_op(scaled, "learned_scale"):
        return False
    found = frozen_statistics(scaled.tensors["weight"], node.tensors["bias"])
    if found is None:
        return False
    tensors = {name: tensor for name, tensor in found._asdict().items() if isinstance(tensor, FileTensor)}
    op = op_if_fits("frozen_bn", {"eps": found.eps}, node.shapes[0])
    path = path_of_state(tensors)
    if op is None or any(tensor.name != f"{path}.{name}" for name, tensor in tensors.items()):
        return False
    node.path = path
    return graph.become(node, op, scaled.inputs, scaled, tensors=tensors)


LAYERS = (_frozen, _biased, _grouped, _by_channel, _padded_window, _unbounded, _blurred, _filtered)
