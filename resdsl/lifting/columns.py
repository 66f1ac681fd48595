"""What stands in a hole in each of several blocks, and what such columns have to do with each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from resdsl.ops.base import Shape

Column = tuple[str | None, ...]
"""What stands in a hole in each of the blocks that are alike; None for those that do not have it."""
_FACTORS = (1, 2, 3, 4, 6, 8, 16, 32)
_MOST_EXPANSIONS = 3


def multiple_of(name: str, base: Column, column: Column) -> str | None:
    """A column as a multiple or a part of another one."""
    pairs = [(int(own), int(each)) for own, each in zip(column, base, strict=True) if own and each]
    if len(pairs) < sum(each is not None for each in column):
        return None
    for factor in _FACTORS:
        if all(own == factor * each for own, each in pairs):
            return name if factor == 1 else f"{name} * {factor}"
        if factor > 1 and all(own * factor == each for own, each in pairs):
            return f"{name} // {factor}"
    return None


def expansions_of(base: Column, column: Column) -> Column | None:
    """By what a column is a multiple of another one, if these are few."""
    pairs = list(zip(column, base, strict=True))
    if any(own and (not each or int(own) % int(each)) for own, each in pairs):
        return None
    factors = tuple([own and str(int(own) // int(each or 1)) for own, each in pairs])
    few = len(set(factors) - {None}) <= min(_MOST_EXPANSIONS, len(set(column) - {None}) - 1)
    return factors if few else None


def strides_as(column: Column, sizes: Sequence[tuple[Shape, Shape]]) -> Column | None:
    """The strides of blocks by the sizes of maps before and behind them, if they are those that a column has.

    Blocks without the layer of the column have a stride of one. None also if there are no strides.
    """
    ratios = [{-(-one // other) for one, other in zip(*each, strict=False)} for each in sizes]
    if any(len(ratio) != 1 for ratio in ratios):
        return None
    strides = tuple([str(ratio.pop()) for ratio in ratios])
    are_same = all((own or "1") == stride for own, stride in zip(column, strides, strict=True))
    return strides if are_same and set(strides) != {"1"} else None


def agree(one: Column, other: Column) -> bool:
    """Whether two columns are equal wherever both have something."""
    return all(None in (own, each) or own == each for own, each in zip(one, other, strict=True))


def default_of(kind: str, column: Column) -> str:
    """The default of a parameter: what most blocks have, or those that have it at all; empty if it has none."""
    if kind == "stride":
        return "1"
    given = Counter(each for each in column if each is not None)
    value, count = given.most_common(1)[0]
    if None in column or (kind != "out" and count * 2 > len(column)):
        return value
    return ""
