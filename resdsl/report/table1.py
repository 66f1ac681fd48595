"""The architecture table of He et al. 2015 (arXiv 1512.03385), Table 1: several networks side by side."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import SequenceMatcher

from resdsl.analysis.costs import network_costs
from resdsl.ir.network import Network
from resdsl.ops.base import show
from resdsl.report.architecture import ArchitecturePart, parts
from resdsl.report.table import Brackets, Cell, Column, Table, TableLine

_NOTE = (
    "Brackets hold the convolutions of a block. Norms, activations and shortcuts are left out, and strides within "
    "blocks; C is the number of groups."
)
_FLOPS = "FLOPs are multiply-adds of convolutions and fully connected layers, as in the paper; one sample."

Aligned = list[ArchitecturePart | None]
"""For each network what it has in one row of the table."""


def table1(networks: Sequence[Network]) -> Table:
    """The networks side by side, aligned by the sizes that their parts yield.

    A network that is no chain of layers, as one with branches in parallel, says so in its column.
    """
    return table_of(aligned(networks), networks)


def aligned(networks: Sequence[Network]) -> list[Aligned]:
    """The rows of the table: what each network has, beside what the others have of the same size."""
    rows: list[Aligned] = []
    for index, network in enumerate(networks):
        rows = _aligned(rows, index, parts(network))
    return rows


def table_of(rows: Sequence[Aligned], networks: Sequence[Network]) -> Table:
    """The table with these rows, the lines of each after those of the one before, and two lines for the wholes."""
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
    return Table(title, columns, tuple(lines), (_NOTE, _FLOPS, f"Input {', '.join(inputs)}."))


def _names(networks: Sequence[Network]) -> list[str]:
    """The networks' names, numbered where several have one."""
    names = [network.name for network in networks]
    return [
        f"{name} ({names[: index + 1].count(name)})" if names.count(name) > 1 else name
        for index, name in enumerate(names)
    ]


def _aligned(rows: list[Aligned], index: int, new: tuple[ArchitecturePart, ...]) -> list[Aligned]:
    """The rows with one more network, whose parts stand beside those of the same size."""
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
    """What each network has, line by line."""
    most = max(map(len, found))
    return [tuple([each[at] if at < len(each) else None for each in found]) for at in range(most)]
