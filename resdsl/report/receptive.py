"""Receptive fields as cells of tables and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from resdsl.report.table import Cell

if TYPE_CHECKING:
    from fractions import Fraction

    from resdsl.analysis.receptive_field.field import Field

ALL = "all"
"""The text for a receptive field that covers the whole input, as behind a global pool."""


def sizes_cell(field: Field | None, *, shortest: bool = False) -> Cell:
    """A size in positions of the input; a single number if it is the same along every axis."""
    if field is None:
        return None
    sizes = field.shortest_size if shortest else field.size
    return ALL if sizes is None else _cell(sizes)


def stride_cell(field: Field | None) -> Cell:
    """The effective stride; a fraction if it is below one, as behind an upsampling."""
    return None if field is None or field.stride is None else _cell(field.stride)


def as_list(numbers: tuple[int, ...] | tuple[Fraction, ...] | None) -> list[int | float] | None:
    """Sizes axis by axis; None for the whole input."""
    if numbers is None:
        return None
    return [each.numerator if each.denominator == 1 else float(each) for each in numbers]


def _cell(numbers: tuple[int, ...] | tuple[Fraction, ...]) -> Cell:
    same = set(numbers)
    if len(same) == 1 and (only := numbers[0]).denominator == 1:
        return only.numerator
    return "x".join(map(str, [numbers[0]] if len(same) == 1 else numbers)) or None
