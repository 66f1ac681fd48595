"""Attention and the like within chains, as calls of blocks of the standard library.

A chain with a product of matrices is compared with every block of the library that has one, called with the arguments
that its layers suggest.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from resdsl.lifting.graph import PlainNode
from resdsl.lifting.library import Library
from resdsl.lifting.modules import BlockNode
from resdsl.lifting.segments import path_of
from resdsl.lifting.standard import ops_in, standard_definitions
from resdsl.lifting.structure import Branches, Chain, Part, PlainStep, Tangle, nodes_of
from resdsl.ops.conv import Conv
from resdsl.ops.pool import MaxPool
from resdsl.ops.reshape import Reshape
from resdsl.ops.shape import Identity
from resdsl.syntax import tree
from resdsl.syntax.mentions import walk

_PRODUCT = "matmul"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardNode(BlockNode):
    """A call of a block of the standard library.

    Attributes:
        name: its name.
        arguments: what it is called with, as the language writes them.
    """

    name: str
    arguments: str


@cache
def _blocks() -> tuple[tuple[tree.Definition, int], ...]:
    """The blocks that may be meant, each with the number of its convolutions."""
    found = [each for each in standard_definitions("block") if _PRODUCT in ops_in(each)]
    return tuple(
        (each, sum(isinstance(n, tree.Apply) and n.target.text == Conv.op for n in walk(each))) for each in found
    )


def with_standard_calls(chain: Chain, library: Library, tapped: Collection[str]) -> Chain:
    """A chain in which parts that are blocks of the library are calls of these.

    Args:
        chain: the chain.
        library: what tells whether a call is a part.
        tapped: values that are outputs of the network, which no block can have.
    """
    found: list[Part] = []
    place = 0
    while place < len(chain):
        part = chain[place]
        if isinstance(part, PlainStep) or not any(node.op.op == _PRODUCT for node in nodes_of((part,))):
            found.append(part)
            place += 1
            continue
        parts = next((parts for parts in (chain[place : place + 2], (part,)) if _may_be_block(parts, tapped)), ())
        step = _step(parts, library) or (_step((part,), library) if len(parts) > 1 else None)
        found.append(step or _within(part, library, tapped))
        place += len(parts) if step is not None and step.output == parts[-1].output else 1
    return tuple(found)


def _may_be_block(parts: Sequence[Part], tapped: Collection[str]) -> bool:
    made = (value for node in nodes_of(tuple(parts)) for value in node.outputs)
    return bool(parts[0].source) and not any(value in tapped and value != parts[-1].output for value in made)


def _within(part: Part, library: Library, tapped: Collection[str]) -> Part:
    """A part with calls in its chains."""
    if isinstance(part, Branches):
        return replace(part, chains=tuple([with_standard_calls(chain, library, tapped) for chain in part.chains]))
    if isinstance(part, Tangle):
        strands = [replace(each, chain=with_standard_calls(each.chain, library, tapped)) for each in part.strands]
        return replace(part, strands=tuple(strands))
    return part


def _step(parts: Chain, library: Library) -> PlainStep | None:
    """A call of the library that computes what a chain does."""
    if not parts:
        return None
    nodes = tuple(nodes_of(parts))
    path = path_of(parts) if library.style.named else ""
    channels = library.graph.shapes[parts[0].source][0]
    convs = sum(isinstance(node.op, Conv) for node in nodes)
    for block in [block for block, count in _blocks() if count == convs]:
        names = [each.name for each in block.parameters]
        arguments = {name: value for name, value in _suggested(nodes, channels) if name in names}
        if library.is_call(block.name.text, arguments, parts, path):
            tensors = next((node.tensors for node in nodes if node.tensors), {})
            node = StandardNode(
                Identity(op="identity"),
                (parts[0].source,),
                (parts[-1].output,),
                path,
                tensors,
                layers=nodes,
                name=block.name.text,
                arguments=_written(block, arguments),
            )
            return PlainStep(node, parts[0].source)
    return None


def _written(block: tree.Definition, arguments: Mapping[str, str]) -> str:
    needed = {each.name for each in block.parameters if each.default is None}
    return ", ".join(value if name in needed else f"{name}={value}" for name, value in arguments.items())


def _suggested(nodes: Sequence[PlainNode], channels: int) -> Iterator[tuple[str, str]]:
    """What the layers of a block say of its parameters, without what is usual."""
    ops: list[Any] = [node.op for node in nodes]
    convs = [op for op in ops if isinstance(op, Conv)]
    heads = next((op.to[0] for op in ops if isinstance(op, Reshape) and len(op.to) == 3), None)
    if heads is not None:
        yield "heads", str(heads)
    if convs and convs[0].out != channels:
        yield "width", str(convs[0].out)
    if any(op.op == "relative_logits" for op in ops):
        yield "relative", "true"
    if convs and convs[0].bias:
        yield "bias", "true"
    if convs and convs[0].out != channels // 2:
        yield "inner", str(convs[0].out)
    pool = next((op for op in ops if isinstance(op, MaxPool)), None)
    if pool is not None:
        yield "pool", "x".join(map(str, pool.kernel))
    if any(op.op == "scale" for op in ops):
        yield "scaled", "true"
