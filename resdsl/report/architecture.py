"""A network as He et al. 2015, Table 1, puts it: for each output size the layers, and blocks in brackets.

Why it exists: the table is about shapes of blocks and says nothing of norms, activations and shortcuts. What is left
of a network is read off its graph; no block is known by name, and what is no chain is said to be none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice

from resdsl.ir.network import INPUT, Body, Call, Layer, Network, Node, Stage, output_name
from resdsl.ops.base import Op, Shape, Shapes, show
from resdsl.ops.conv import Conv
from resdsl.ops.join import Add, Concat, Mul
from resdsl.ops.linear import FullyConnected
from resdsl.ops.pool import GlobalAvgPool, GlobalMaxPool, MaxPool, WindowPool
from resdsl.ops.regularise import Dropout, DropPath, Scale
from resdsl.ops.shape import Flatten, Identity, Split
from resdsl.ops.text import as_written
from resdsl.report.table import Brackets

_UNSAID = (Add, Mul, Concat, Split, Identity, Flatten, Dropout, DropPath, Scale)
_NO_CHAIN = "branches in parallel"
_MOST_ROWS = 24
"""The most layers of a block that are written one by one."""


@dataclass(frozen=True, slots=True)
class ArchitecturePart:
    """What yields maps of one size, up to the next stage.

    Attributes:
        size: spatial sizes of what it yields; ones for a vector.
        name: a stage's title, or the path of what stands there; None for a head.
        layers: layers before its blocks, each in words.
        blocks: rows of its blocks, and how many there are.
        weighted: whether there are convolutions or linear layers among `layers`.
        staged: whether its blocks are a stage's.
        nodes: all nodes of the network in it, with those that the table leaves out; none is in two parts.
    """

    size: Shape
    name: str | None = None
    layers: tuple[str, ...] = ()
    blocks: tuple[Brackets, ...] = ()
    weighted: bool = False
    staged: bool = False
    nodes: tuple[Node, ...] = field(default=(), compare=False, repr=False)


def parts(network: Network) -> tuple[ArchitecturePart, ...]:
    """The parts of a network in execution order; one that says so where the network is no chain."""
    rank = len(network.inputs[0].shape) - 1
    if not is_chain(network):
        last = network.values[network.outputs[-1].value]
        return (ArchitecturePart(_size(last, rank), layers=(_NO_CHAIN,), nodes=network.nodes),)
    found: list[ArchitecturePart] = []
    held: dict[int, list[Node]] = defaultdict(list)
    for node in network.nodes:
        if isinstance(node, Stage):
            _add_stage(found, node, _size(node.shapes[0], rank))
        elif node.role == "main":
            inputs = tuple([network.values[value] for value in node.inputs])
            _add(found, node, inputs, _size(node.shapes[0], rank))
        held[max(len(found) - 1, 0)].append(node)
    return tuple([_done(part, held[index]) for index, part in enumerate(found)])


def is_chain(network: Network) -> bool:
    """Whether of all that the table shows each reads what the one before it yields."""
    return _is_chain(network.nodes, [given.name for given in network.inputs])


def _size(shape: Shape, rank: int) -> Shape:
    return shape[1:] or (1,) * rank


def _done(part: ArchitecturePart, nodes: list[Node]) -> ArchitecturePart:
    """A part with its nodes; a head on one line, as the paper prints what stands at the end."""
    part = replace(part, nodes=tuple(nodes))
    is_head = set(part.size) <= {1} and not part.blocks
    return replace(part, name=None, layers=(", ".join(part.layers),)) if is_head else part


def _add(found: list[ArchitecturePart], node: Layer | Call, inputs: Shapes, size: Shape) -> None:
    """Put a layer or a block where it belongs: behind what has its size, or into a part of its own."""
    if isinstance(node, Layer):
        words = words_of(node.op, inputs)
        if words:
            _add_layer(found, words, node.path, size, weighted=node.op.weighted)
        return
    rows = rows_of(node.body)
    if not rows:
        return
    if len(rows) == 1 and not _joins(node.body):
        (words,) = rows_of(node.body, strided=True)
        _add_layer(found, words, node.path, size, weighted=True)
        return
    last = found[-1] if found else None
    if last and last.size == size and last.blocks and not last.staged:
        name = _shared(last.name, node.path) if last.blocks[-1].rows == rows else node.path
        found[-1] = replace(last, name=name, blocks=_merged((*last.blocks, Brackets(rows))))
    else:
        _add_blocks(found, ArchitecturePart(size, node.path, blocks=(Brackets(rows),)))


def _add_layer(found: list[ArchitecturePart], words: str, path: str, size: Shape, *, weighted: bool) -> None:
    last = found[-1] if found else None
    if last is None or last.blocks or last.size != size:
        last = ArchitecturePart(size)
        found.append(last)
    name = path if weighted and last.name is None else last.name
    found[-1] = replace(last, name=name, layers=(*last.layers, words), weighted=last.weighted or weighted)


def _add_stage(found: list[ArchitecturePart], stage: Stage, size: Shape) -> None:
    runs = [Brackets(rows, run.count) for run in stage.runs if (rows := rows_of(run.body))]
    _add_blocks(found, ArchitecturePart(size, stage.title or stage.path, blocks=_merged(tuple(runs)), staged=True))


def _add_blocks(found: list[ArchitecturePart], part: ArchitecturePart) -> None:
    """Blocks stand with the pooling right before them, as conv2_x does."""
    last = found[-1] if found else None
    if last and last.size == part.size and not last.blocks and not last.weighted:
        found[-1] = replace(part, layers=last.layers)
    else:
        found.append(part)


def _merged(blocks: tuple[Brackets, ...]) -> tuple[Brackets, ...]:
    """Equal neighbours as one."""
    found: list[Brackets] = []
    for block in blocks:
        if found and found[-1].rows == block.rows:
            found[-1] = Brackets(block.rows, found[-1].times + block.times)
        else:
            found.append(block)
    return tuple(found)


def _shared(name: str | None, path: str) -> str | None:
    """What two paths begin with."""
    ours, theirs = (name or "").split("."), path.split(".")
    same = [one for one, other in zip(ours, theirs, strict=False) if one == other]
    return ".".join(same) or name


# ------------------------------------------------------------------ blocks


@lru_cache(maxsize=1024)
def rows_of(body: Body, *, strided: bool = False) -> tuple[str, ...]:
    """The layers of a body's main path, in words.

    Args:
        body: a block.
        strided: whether strides are said; in brackets they are not, so that all repeats are one.
    """
    if not _is_chain(body.nodes, [INPUT]):
        return (f"{body.origin.name}: {_NO_CHAIN}",)
    rows = tuple(islice(_rows(body, strided=strided), _MOST_ROWS + 1))
    return rows if len(rows) <= _MOST_ROWS else (f"{body.origin.name}: more than {_MOST_ROWS} layers",)


def _rows(body: Body, *, strided: bool) -> Iterator[str]:
    for node in body.nodes:
        if isinstance(node, Stage):
            yield from _runs(node, strided=strided)
        elif node.role != "main":
            continue
        elif isinstance(node, Call):
            inner = rows_of(node.body, strided=strided)
            yield from (node.body.origin.name,) if inner == ("gate",) else inner
        elif node.joins == "gate":
            yield "gate"
        else:
            words = words_of(node.op, tuple([body.values[value] for value in node.inputs]), strided=strided)
            if words:
                yield words


def _runs(stage: Stage, *, strided: bool) -> Iterator[str]:
    """A stage within a block: repeats on one line."""
    for block in _merged(tuple([Brackets(rows_of(run.body, strided=strided), run.count) for run in stage.runs])):
        yield from block.rows if block.times == 1 else (f"({'; '.join(block.rows)}) x {block.times}",)


def _joins(body: Body) -> bool:
    return any(isinstance(node, Layer) and node.joins for node in body.nodes)


def _is_chain(nodes: tuple[Node, ...], inputs: list[str]) -> bool:
    """Whether of all that the table shows each reads what the one before it yields."""
    behind = dict.fromkeys(inputs, 0)
    visible = 0
    for node in nodes:
        before = max((behind[value] for value in node.inputs), default=0)
        if _is_printed(node):
            if before != visible:
                return False
            visible += 1
            before = visible
        behind.update({output_name(node.name, index): before for index in range(len(node.shapes))})
    return True


def _is_printed(node: Node) -> bool:
    if node.role != "main":
        return False
    if isinstance(node, Layer):
        return node.op.weighted
    return _shows(node.body) if isinstance(node, Call) else True


@lru_cache(maxsize=1024)
def _shows(body: Body) -> bool:
    return any(map(_is_printed, body.nodes))


# ------------------------------------------------------------------ layers in words


def words_of(op: Op, inputs: Shapes, *, strided: bool = True) -> str | None:
    """A layer as tables of papers have it; None for what they leave out."""
    if op.normalises or op.activates or isinstance(op, _UNSAID):
        return None
    match op:
        case Conv():
            return _conv(op, strided=strided)
        case WindowPool():
            kind = "max" if isinstance(op, MaxPool) else "average"
            return f"{show(op.kernel)} {kind} pool{_stride(op.stride)}"
        case GlobalAvgPool():
            return "average pool"
        case GlobalMaxPool():
            return "max pool"
        case FullyConnected():
            return f"{op.out}-d fc"
    return as_written(op, inputs)


def _conv(op: Conv, *, strided: bool) -> str:
    groups = f", C={op.groups}" if op.groups > 1 else ""
    return f"{show(op.kernel)}, {op.out}{groups}" + (_stride(op.stride) if strided else "")


def _stride(stride: tuple[int, ...]) -> str:
    if set(stride) <= {1}:
        return ""
    return f", stride {stride[0] if len(set(stride)) == 1 else show(stride)}"
