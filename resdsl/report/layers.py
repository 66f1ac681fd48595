"""The layer table known from textbooks: layer, operation, output size, parameters."""

from __future__ import annotations

from resdsl.analysis.rows.bounded import bounded_rows
from resdsl.analysis.rows.folded import with_calls_folded
from resdsl.ir.network import Network
from resdsl.ir.text import input_texts
from resdsl.ops.base import show
from resdsl.report.numbering import NumberedRow, numbered
from resdsl.report.table import Cell, Column, Table, TableLine

_COLUMNS = (
    Column("layer", "layer", "text"),
    Column("operation", "operation", "text"),
    Column("output_size", "output size", "text"),
    Column("params", "parameters", "exact"),
)


def layers_table(network: Network, *, expand: bool = False) -> Table:
    """Every layer with its output size and its parameters.

    Args:
        network: the network.
        expand: whether each of several equal blocks gets its own line; otherwise one line stands for all of them.

    Raises:
        resdsl.analysis.rows.bounded.TooManyRows: there would be too many lines.
    """
    whole = bounded_rows(network, expand=expand)
    whole = whole if expand else with_calls_folded(whole)
    shapes = ", ".join(input_texts(network))
    lines = [TableLine(("input", None, shapes, 0)), *map(_line, numbered(whole))]
    lines.append(TableLine(("total", None, None, whole.costs.params), kind="total"))
    folded = any(each.times > 1 for each in numbered(whole))
    notes = ("A line within repeats (`x 3`) has the parameters of all of them.",) if folded else ()
    return Table(f"Layers of {network.name}", _COLUMNS, tuple(lines), notes, network.name)


def _line(each: NumberedRow) -> TableLine:
    row = each.row
    shapes = ", ".join(map(show, row.outputs))
    if row.kind == "layer":
        return TableLine((each.path, each.name, shapes, row.costs.params), each.level)
    name: Cell = each.name if each.name != each.path else None
    return TableLine((each.path, name, shapes, row.costs.params), each.level, "sum")
