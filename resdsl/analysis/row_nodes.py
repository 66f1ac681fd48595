"""The nodes that rows were made of.

Why it exists: a row says what stands there and what it costs. What is no sum of costs, such as a receptive field, is
found in the graph, and a path does not tell two calls of one module apart. Rows and nodes stand in one order.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from resdsl.analysis.rows import Row
from resdsl.ir.network import Call, Layer, Node, Run, Stage


def nodes_of(parts: Sequence[Row], nodes: Iterable[Node]) -> Iterator[tuple[Row, tuple[Node, ...]]]:
    """The rows of a graph's nodes, each with its own: several for layers in a row, for equal blocks that are one row,
    and for what a block does beside its shortcuts; one for any other."""
    waiting = deque(nodes)
    for part in parts:
        if part.kind in ("stem", "part", "head"):
            taken: list[Node] = []
            while waiting and isinstance(waiting[0], Layer):
                taken.append(waiting.popleft())
            yield part, tuple(taken)
        elif part.kind == "body":
            yield part, tuple([node for node in waiting if not _is_shortcut(node)])
            waiting = deque([node for node in waiting if _is_shortcut(node)])
        else:
            yield part, tuple([waiting.popleft() for _ in range(part.times)])


def runs_of(parts: Sequence[Row], stage: Stage) -> Iterator[tuple[Row, Run]]:
    """The rows of a stage's blocks, each with the run that it is of."""
    waiting = iter(parts)
    for run in stage.runs if parts else ():
        left = run.count
        while left:
            part = next(waiting)
            yield part, run
            left -= part.times


def _is_shortcut(node: Node) -> bool:
    return isinstance(node, Call) and node.body.origin.kind == "shortcut"
