"""The layers of a network grouped by output size, with blocks in brackets, as in He et al. 2015, Table 1.

The table shows the shapes of blocks and leaves out norms, activations and shortcuts. It is derived from the graph
alone, not from the names of blocks, and a network whose layers do not form a chain is marked as such.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice

from resdsl.ir.network import INPUT, Body, Call, Layer, Network, Node, Stage, output_name
from resdsl.ops.base import Op, Shape, Shapes, show
from resdsl.ops.conv import Convolution
from resdsl.ops.conv_transpose import ConvTranspose
from resdsl.ops.join import Add, Concat, Mul
from resdsl.ops.linear import FullyConnected
from resdsl.ops.pool import GlobalAvgPool, GlobalMaxPool, MaxPool, WindowPool
from resdsl.ops.regularise import Dropout, DropPath, Scale
from resdsl.ops.shape import Flatten, Identity, Split
from resdsl.ops.text import op_text
from resdsl.report.table import Brackets

_UNSAID = (Add, Mul, Concat, Split, Identity, Flatten, Dropout, DropPath, Scale)
_NO_CHAIN = "branches in parallel"
_MOST_ROWS = 24
"""How many layers of a block are listed one by one at most."""


@dataclass(frozen=True, slots=True)
class ArchitecturePart:
    """The layers and blocks that yield maps of one size, up to the next stage.

    Attributes:
        size: spatial sizes of its output; all ones for a vector.
        name: the title of its stage, or the path of its first layer or block; None for a head.
        layers: the layers before its blocks, each in words.
        blocks: the rows of its blocks, and how many blocks there are.
        weighted: whether any of `layers` is a convolution or a linear layer.
        staged: whether its blocks belong to a stage.
        nodes: the nodes of the network in it, including those the table leaves out; no node is in two parts.
    """

    size: Shape
    name: str | None = None
    layers: tuple[str, ...] = ()
    blocks: tuple[Brackets, ...] = ()
    weighted: bool = False
    staged: bool = False
    nodes: tuple[Node, ...] = field(default=(), compare=False, repr=False)


def parts(network: Network) -> tuple[ArchitecturePart, ...]:
    """The parts of a network in execution order; a single part that says so if the network is not a chain."""
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
    """Whether each layer that the table shows reads the output of the one before it."""
    return _is_chain(network.nodes, [given.name for given in network.inputs])


def _size(shape: Shape, rank: int) -> Shape:
    return shape[1:] or (1,) * rank


def _done(part: ArchitecturePart, nodes: list[Node]) -> ArchitecturePart:
    """A part with its nodes; a head is set on one line, as the paper prints the end of a network."""
    part = replace(part, nodes=tuple(nodes))
    is_head = set(part.size) <= {1} and not part.blocks
    return replace(part, name=None, layers=(", ".join(part.layers),)) if is_head else part


def _add(found: list[ArchitecturePart], node: Layer | Call, inputs: Shapes, size: Shape) -> None:
    """Add a layer or a block to the part of its output size, or to a new one."""
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
    """Blocks share a part with the pooling right before them, as in conv2_x."""
    last = found[-1] if found else None
    if last and last.size == part.size and not last.blocks and not last.weighted:
        found[-1] = replace(part, layers=last.layers)
    else:
        found.append(part)


def _merged(blocks: tuple[Brackets, ...]) -> tuple[Brackets, ...]:
    """Merge equal neighbours."""
    found: list[Brackets] = []
    for block in blocks:
        if found and found[-1].rows == block.rows:
            found[-1] = Brackets(block.rows, found[-1].times + block.times)
        else:
            found.append(block)
    return tuple(found)


def _shared(name: str | None, path: str) -> str | None:
    """The longest prefix that two paths share."""
    ours, theirs = (name or "").split("."), path.split(".")
    same = [one for one, other in zip(ours, theirs, strict=False) if one == other]
    return ".".join(same) or name


# ------------------------------------------------------------------ blocks


@lru_cache(maxsize=1024)
def rows_of(body: Body, *, strided: bool = False) -> tuple[str, ...]:
    """The layers of a body's main path, in words.

    Args:
        body: a block.
        strided: whether to give strides; in brackets they are left out, so that all repeats look alike.
    """
    if not _is_chain(body.nodes, [INPUT, *body.beside]):
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
    """Whether each layer that the table shows reads the output of the one before it."""
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
    """A layer as tables in papers write it; None for layers that they leave out."""
    if op.normalises or op.activates or isinstance(op, _UNSAID):
        return None
    match op:
        case Convolution():
            return _conv(op, strided=strided)
        case ConvTranspose():
            groups = f", C={op.groups}" if op.groups > 1 else ""
            return f"{show(op.kernel)} up-conv, {op.out}{groups}{_stride(op.stride)}"
        case WindowPool():
            kind = "max" if isinstance(op, MaxPool) else "average"
            return f"{show(op.kernel)} {kind} pool{_stride(op.stride)}"
        case GlobalAvgPool():
            return "average pool"
        case GlobalMaxPool():
            return "max pool"
        case FullyConnected():
            return f"{op.out}-d fc"
    return op_text(op, inputs)


def _conv(op: Convolution, *, strided: bool) -> str:
    groups = f", C={op.groups}" if op.groups > 1 else ""
    return f"{show(op.kernel)}, {op.out}{groups}" + (_stride(op.stride) if strided else "")


def _stride(stride: tuple[int, ...]) -> str:
    if set(stride) <= {1}:
        return ""
    return f", stride {stride[0] if len(set(stride)) == 1 else show(stride)}"
