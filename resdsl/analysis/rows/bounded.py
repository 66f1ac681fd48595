"""The rows of a network, unless there are more than anybody would read.

Equal repeats of a stage are one row, however many there are. But a block that calls another twice is not folded, and
forty such levels are more rows than fit into memory. So rows are counted first, once for each distinct body.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from resdsl.analysis.rows.regions import named_parts, regions
from resdsl.analysis.rows.tree import Depth, Row, rows
from resdsl.ir.network import Body, Call, Layer, Network, Node, Run, Stage
from resdsl.ir.walk import MOST_LAYERS
from resdsl.refusal import Refused

MOST_ROWS = MOST_LAYERS


class TooManyRows(Refused):
    """A network has too many layers and blocks to list them one by one."""


def layer_rows(network: Network) -> Row:
    """`rows(network)`, with equal repeats folded.

    Raises:
        TooManyRows: there would be more than `MOST_ROWS`.
    """
    return bounded_rows(network)


def bounded_rows(network: Network, by: Depth = "layer", *, expand: bool = False) -> Row:
    """The rows of a network, as made by `resdsl.analysis.rows.tree.rows`, if there are not too many.

    Raises:
        TooManyRows: there would be more than `MOST_ROWS`.
    """
    found = _rows_of(network, by, expand=expand)
    if found > MOST_ROWS:
        raise TooManyRows(_refusal(network, by, found, expand=expand))
    return rows(network, by, expand=expand)


def _refusal(network: Network, by: Depth, found: int, *, expand: bool) -> str:
    repeats = "with every repeat" if expand else "with repeats of stages folded"
    wording = f"{network.name} has {found:_} rows by {by} {repeats}, but at most {MOST_ROWS:_} can be listed"
    folded = f"with repeats folded there are {_rows_of(network, by, expand=False):_}, and " if expand else ""
    return f"{wording}; {folded}`resdsl report --by stage` has a row for each stage"


# ------------------------------------------------------------------ counting


def _rows_of(network: Network, by: Depth, *, expand: bool) -> int:
    """The number of rows below the one for the whole network."""
    if by == "model":
        return 0
    if by == "part":
        found = list(named_parts(network.nodes, network.values))
        return sum(1 if name else _at_the_top(nodes) for name, nodes in found)
    groups = sum(1 for _ in _regions(network.nodes))
    if by == "layer":
        return groups + _Layers(expand=expand).count(network.nodes)
    within = sum(_blocks(node, by, expand=expand) for node in network.nodes if not isinstance(node, Layer))
    return groups + within


def _at_the_top(nodes: Sequence[Node]) -> int:
    """The rows of nodes by stage."""
    return sum(1 for _ in _regions(nodes)) + sum(not isinstance(node, Layer) for node in nodes)


def _regions(nodes: Sequence[Node]) -> Iterator[tuple[Layer, ...]]:
    """The rows of layers outside of stages and blocks."""
    for are_layers, run in groupby(nodes, lambda node: isinstance(node, Layer)):
        if are_layers:
            yield from regions([node for node in run if isinstance(node, Layer)])


def _blocks(node: Call | Stage, by: Depth, *, expand: bool) -> int:
    """The rows of a node at the top down to blocks, each with its shortcuts."""
    if by == "stage":
        return 1
    if isinstance(node, Call):
        return _with_shortcuts(node.body)
    return 1 + sum(_repeats(run, expand=expand) * _with_shortcuts(run.body) for run in node.runs)


def _with_shortcuts(body: Body) -> int:
    beside = sum(isinstance(node, Call) and node.body.origin.kind == "shortcut" for node in body.nodes)
    return 2 + beside if beside else 1


def _repeats(run: Run, *, expand: bool) -> int:
    return run.count if expand else 1


class _Layers:
    """Counts rows down to layers."""

    def __init__(self, *, expand: bool) -> None:
        self._expand = expand
        self._known: dict[Body, int] = {}

    def count(self, nodes: tuple[Node, ...]) -> int:
        return sum(1 if isinstance(node, Layer) else self._within(node) for node in nodes)

    def _within(self, node: Call | Stage) -> int:
        if isinstance(node, Call):
            return self._of_body(node.body)
        return 1 + sum(_repeats(run, expand=self._expand) * self._of_body(run.body) for run in node.runs)

    def _of_body(self, body: Body) -> int:
        if body not in self._known:
            self._known[body] = 1 + self.count(body.nodes)
        return self._known[body]
