"""The architecture table of He et al. 2015 (arXiv 1512.03385), Table 1: several networks side by side."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from resdsl.analysis.costs import network_costs
from resdsl.ir.network import Layer, Network
from resdsl.ops.base import show
from resdsl.report.architecture import ArchitecturePart, parts
from resdsl.report.table import Brackets, Cell, Column, Table, TableLine

_NOTE = (
    "Brackets hold the convolutions of a block. Norms, activations and shortcuts are left out, and strides within "
    "blocks; C is the number of groups."
)
_KEPT = "Values that are kept and taken up again further down are left out too."
_FLOPS = "FLOPs are multiply-adds of convolutions and fully connected layers, as in the paper; one sample."

Aligned = list[ArchitecturePart | None]
"""For each network, its part in one row of the table."""


def table1(networks: Sequence[Network]) -> Table:
    """The networks side by side, aligned by the output sizes of their parts.

    The column of a network that is not a chain of layers, such as one with parallel branches, says so.
    """
    return table_of(aligned(networks), networks)


def aligned(networks: Sequence[Network]) -> list[Aligned]:
    """The rows of the table: the parts of the networks, those of the same output size side by side."""
    rows: list[Aligned] = []
    for index, network in enumerate(networks):
        rows = _aligned(rows, index, parts(network))
    return rows


def table_of(rows: Sequence[Aligned], networks: Sequence[Network]) -> Table:
    """The table with the lines of these rows, followed by two lines of totals."""
    columns = (
        Column("layer", "layer", "text"),
        Column("output_size", "output size", "text"),
        *(Column(name, name, "text") for name in _names(networks)),
    )
    costs = [network_costs(network) for network in networks]
    lines = [line for row in rows for line in lines_of(row)]
    lines.append(TableLine(("FLOPs", None, *(each.macs for each in costs)), kind="total"))
    lines.append(TableLine(("parameters", None, *(each.params for each in costs))))
    inputs = dict.fromkeys(show(given.shape) for network in networks for given in network.inputs)
    title = f"Architectures of {', '.join(network.name for network in networks)}"
    return Table(title, columns, tuple(lines), (*_left_out(networks), _FLOPS, f"Input {', '.join(inputs)}."))


def _left_out(networks: Sequence[Network]) -> tuple[str, ...]:
    """What the table leaves out."""
    nodes = [node for network in networks for node in network.nodes if len(node.inputs) > 1]
    kept = any(not isinstance(node, Layer) or node.joins not in {"residual", "gate"} for node in nodes)
    return (_NOTE, _KEPT) if kept else (_NOTE,)


def _names(networks: Sequence[Network]) -> list[str]:
    """The names of the networks, numbered where several share one."""
    names = [network.name for network in networks]
    return [
        f"{name} ({names[: index + 1].count(name)})" if names.count(name) > 1 else name
        for index, name in enumerate(names)
    ]


def _aligned(rows: list[Aligned], index: int, new: tuple[ArchitecturePart, ...]) -> list[Aligned]:
    """The rows with one more network, whose parts are placed beside those of the same size."""
    before = [next(part.size for part in row if part) for row in rows]
    after = [part.size for part in new]
    out: list[Aligned] = []
    for tag, start, end, first, last in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            out += [[*row, part] for row, part in zip(rows[start:end], new[first:last], strict=True)]
        else:
            out += [[*row, None] for row in rows[start:end]]
            out += [[*[None] * index, part] for part in new[first:last]]
    return out


def lines_of(row: Sequence[ArchitecturePart | None]) -> list[TableLine]:
    """The lines of one row: layers above, blocks below."""
    present = [part for part in row if part]
    name = next((part.name for part in present if part.name), None)
    above = _columns([part.layers if part else () for part in row])
    below = _columns([part.blocks if part else () for part in row])
    heads: list[tuple[Cell, Cell]] = [(name, show(present[0].size) or None)]
    return [
        TableLine((*(heads[at] if at < len(heads) else (None, None)), *cells))
        for at, cells in enumerate([*above, *below])
    ]


def _columns(found: Sequence[Sequence[str | Brackets]]) -> list[tuple[Cell, ...]]:
    """The cells of each network, line by line."""
    most = max(map(len, found))
    return [tuple([each[at] if at < len(each) else None for each in found]) for at in range(most)]
