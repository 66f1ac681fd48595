"""Positions that a file picks, repeats and numbers one axis at a time, as one op over all axes."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.lifting.graph import Draft, Unmatched
from resdsl.lifting.idioms.rewriting import DraftGraph, is_op, op_as, op_if_fits, yields
from resdsl.ops.adaptive_pool import AdaptiveMaxPool
from resdsl.ops.conv import Conv
from resdsl.ops.positions import Coords
from resdsl.ops.resize import Resize
from resdsl.ops.shape import PadChannels


def _numbers(node: Draft | None, kind: str) -> dict[str, int]:
    """What is noted of a node that no op stands for, if it is of this kind."""
    left = op_as(node, Unmatched)
    return {} if left is None or left.kind != kind else {name: int(number) for name, number in left.numbers.items()}


def _changed(graph: DraftGraph, node: Draft) -> set[int]:
    """The axes whose size a node changes."""
    pairs = zip(graph.shape(node), node.shapes[0], strict=True)
    return {axis for axis, (before, after) in enumerate(pairs) if before != after}


def _resized(graph: DraftGraph, node: Draft) -> bool:
    """Axes resized to the nearest positions one after the other."""
    outer, first = op_as(node, Resize), graph.before(node)
    inner = op_as(first, Resize)
    if outer is None or first is None or inner is None or (outer.mode, inner.mode) != ("nearest", "nearest"):
        return False
    if _changed(graph, node) & _changed(graph, first):
        return False
    return graph.become(node, outer, first.inputs, first)


def _repeated(graph: DraftGraph, node: Draft) -> bool:
    """The only position of an axis, several times: a resize, unless a convolution takes it for its other end."""
    found = _numbers(node, "Gather")
    if "axis" not in found or not _wrap(node) or graph.shape(node)[found["axis"] - 1] != 1:
        return False
    last = node
    while len(graph.users[last.output]) == 1 and _wrap(last):
        (last,) = graph.users[last.output]
    if isinstance(last.op, Conv) and not any(last.op.pad):
        return False
    op = op_if_fits("resize", {"size": node.shapes[0][1:]}, graph.shape(node))
    return op is not None and graph.become(node, op, node.inputs)


def _largest(graph: DraftGraph, node: Draft) -> bool:
    """Windows of an axis side by side, and the largest of each: adaptive_maxpool along this axis."""
    over, windows = _numbers(node, "ReduceMax"), graph.before(node)
    parted = _numbers(windows, "Gather")
    if windows is None or not over or "to" not in parted or over["axis"] != parted["axis"] + 1:
        return False
    op = op_if_fits("adaptive_maxpool", {"to": node.shapes[0][1:]}, graph.shape(windows))
    return op is not None and graph.become(node, op, windows.inputs, windows)


def _pooled(graph: DraftGraph, node: Draft) -> bool:
    """Axes pooled one after the other: the largest of the largest."""
    outer, first = op_as(node, AdaptiveMaxPool), graph.before(node)
    if outer is None or first is None or op_as(first, AdaptiveMaxPool) is None:
        return False
    if _changed(graph, node) & _changed(graph, first):
        return False
    return graph.become(node, outer, first.inputs, first)


def _wrapped(graph: DraftGraph, node: Draft) -> bool:
    """Positions of the other end at both ends of each axis, before a convolution without padding."""
    conv = op_as(node, Conv)
    if conv is None or any(conv.pad) or conv.pad_after is not None:
        return False
    chain = list(_wraps(graph, node))
    if not chain:
        return False
    margins = {name: size for each in chain for name, size in _wrap(each).items()}
    axes = range(2, 2 + len(conv.pad))
    before, after = (tuple([margins.get(f"{end}{axis}", 0) for axis in axes]) for end in ("before", "after"))
    made = conv.replace(pad=before, pad_after=after if after != before else None, pad_mode="circular")
    return yields(made, graph.shape(chain[-1]), node) and graph.become(node, made, chain[-1].inputs, *chain)


def _wraps(graph: DraftGraph, node: Draft) -> Iterator[Draft]:
    """The nodes before this one that wrap an axis, the last one first; each axis at most once."""
    done: set[str] = set()
    first = graph.before(node)
    while first is not None and _wrap(first) and not done.intersection(_wrap(first)):
        done.update(_wrap(first))
        yield first
        first = graph.before(first)


def _wrap(node: Draft) -> dict[str, int]:
    noted = _numbers(node, "Pad") or _numbers(node, "Gather")
    return {name: size for name, size in noted.items() if name.startswith(("before", "after"))}


def _located(graph: DraftGraph, node: Draft) -> bool:
    """Channels of zeros, to each of which the coordinates of one axis are added: coords."""
    axes = len(node.shapes[0]) - 1
    chain: list[Draft] = []
    last: Draft | None = node
    while last is not None and len(chain) < axes and _adds_coordinates(last, axes - len(chain), graph):
        chain.append(last)
        last = graph.before(last)
    padded = op_as(last, PadChannels)
    if len(chain) < axes or not axes or last is None or padded is None or padded.zeros != "after":
        return False
    fits = graph.shape(last)[0] + axes == node.shapes[0][0]
    return fits and graph.become(node, Coords(), last.inputs, *chain[1:], last, tensors={})


def _adds_coordinates(node: Draft, axis: int, graph: DraftGraph) -> bool:
    """Whether a node adds those of an axis, which is zero where there is one position."""
    noted = _numbers(node, "Add")
    if "axis" in noted:
        return noted["axis"] == axis + 1
    zeros = is_op(node, "learned_bias") and not node.path and node.shapes[0][axis] == 1
    return zeros and not any(tensor.values().any() for tensor in node.tensors.values())


POSITIONS = (_repeated, _resized, _largest, _pooled, _wrapped, _located)
