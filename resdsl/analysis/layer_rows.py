"""The rows of a network down to its layers, unless blocks in blocks make them more than anybody reads.

Equal repeats of a stage are one row however many there are; a block that calls another twice is not folded, and forty
such levels are more rows than memory holds.
"""

from __future__ import annotations

from resdsl.analysis.rows import Row, rows
from resdsl.ir.network import Body, Call, Layer, Network, Node, Stage
from resdsl.refusal import Refused

MOST_ROWS = 100_000


class TooManyRows(Refused):
    """A network has too many layers to be looked at one by one."""


def layer_rows(network: Network) -> Row:
    """`rows(network)`, equal repeats folded.

    Raises:
        TooManyRows: there would be more than `MOST_ROWS`.
    """
    found = _count(network.nodes, {})
    if found > MOST_ROWS:
        raise TooManyRows(
            f"{network.name} has {found:_} layers and blocks, repeats of stages folded, "
            f"and at most {MOST_ROWS:_} are looked at one by one"
        )
    return rows(network)


def _count(nodes: tuple[Node, ...], known: dict[Body, int]) -> int:
    return sum(1 if isinstance(node, Layer) else _within(node, known) for node in nodes)


def _within(node: Call | Stage, known: dict[Body, int]) -> int:
    if isinstance(node, Call):
        return _of_body(node.body, known)
    return 1 + sum(_of_body(run.body, known) for run in node.runs)


def _of_body(body: Body, known: dict[Body, int]) -> int:
    if body not in known:
        known[body] = 1 + _count(body.nodes, known)
    return known[body]
