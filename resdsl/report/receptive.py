"""Receptive fields of rows, as cells and for JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resdsl.analysis.rows import Row
from resdsl.ir.network import Layer, Network
from resdsl.report.table import Cell

if TYPE_CHECKING:
    from fractions import Fraction

    from resdsl.analysis.receptive import Field, Fields

ALL = "all"
"""What is said of a receptive field that is the whole input, as behind a global pool."""


def field_of(row: Row, fields: Fields, network: Network) -> Field | None:
    """What the last repeat of a row yields sees of the first input; None where it is of another input alone.

    What a block does beside its shortcut yields no value of its own, and has none either.
    """
    if row.kind == "body":
        return None
    if row.kind == "model":
        return fields.of(network.outputs[-1].value)
    if row.kind in ("stem", "part", "head"):
        return fields.of(_last_layer(network, row.path).name)
    return fields.at(row.path, row.repeats)


def sizes_cell(field: Field | None, *, shortest: bool = False) -> Cell:
    """Positions of the input, as one number where it is that along every axis."""
    if field is None:
        return None
    sizes = field.shortest_size if shortest else field.size
    return ALL if sizes is None else _cell(sizes)


def stride_cell(field: Field | None) -> Cell:
    """The effective stride; below one, as behind an upsampling, it is a fraction."""
    return None if field is None or field.stride is None else _cell(field.stride)


def as_list(numbers: tuple[int, ...] | tuple[Fraction, ...] | None) -> list[int | float] | None:
    """Numbers axis by axis; None for the whole input."""
    if numbers is None:
        return None
    return [each.numerator if each.denominator == 1 else float(each) for each in numbers]


def _cell(numbers: tuple[int, ...] | tuple[Fraction, ...]) -> Cell:
    same = set(numbers)
    if len(same) == 1 and (only := numbers[0]).denominator == 1:
        return only.numerator
    return "x".join(map(str, [numbers[0]] if len(same) == 1 else numbers)) or None


def _last_layer(network: Network, path: str) -> Layer:
    """The last of the layers at the top that begin with this one, before the next stage or block."""
    found: Layer | None = None
    for node in network.nodes:
        if isinstance(node, Layer) and (found is not None or node.path == path):
            found = node
        elif found is not None:
            break
    assert found is not None
    return found
