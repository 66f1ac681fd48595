"""The points of a sweep as a Parquet file, written in groups of rows while points are costed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from importlib.util import find_spec
from itertools import chain, islice
from pathlib import Path
from typing import Any

from resdsl.refusal import Refused
from resdsl.sweeps.point import Plain, Point, plain, value_text
from resdsl.sweeps.sweep import Sweep
from resdsl.sweeps.table import point_record

GROUP = 10_000
"""Rows of a group, which are all that is kept."""
_TEXTS = ("name", "network")
_FIGURES = ("depth", "params", "macs", "flops", "activations", "memory_bytes")


class NoParquet(Refused):
    """The package that writes Parquet is not installed."""

    of_usage = True

    def __init__(self) -> None:
        super().__init__("--format parquet needs the package pyarrow: pip install 'resdsl[parquet]'")


class NoColumn(Refused):
    """A value does not fit into its column."""

    def __init__(self, reason: object) -> None:
        super().__init__(f"a column of a Parquet file has values of one type: {reason}; JSON lines take any")


def refuse_missing() -> None:
    """Refuse to go on without the package.

    Raises:
        NoParquet: it is not installed.
    """
    if find_spec("pyarrow") is None:
        raise NoParquet


def write_points(points: Iterable[Point], sweep: Sweep, path: Path) -> None:
    """Write a file with a row for each point.

    The columns are `name`, `network`, the parameters, and the figures of a record of JSON. A parameter with only whole
    numbers, numbers, truth values or lists of these has values of that type, any other has texts of the language.

    Args:
        points: the points.
        sweep: their sweep.
        path: the file, which is replaced.

    Raises:
        NoParquet: the package is not installed.
        NoColumn: a number takes more than 64 bits, or a parameter has values that its first ones do not announce.
        OSError: the file cannot be written.
    """
    refuse_missing()
    from pyarrow import ArrowInvalid, ArrowTypeError, Table, parquet

    coming = iter(points)
    first = list(islice(coming, GROUP))
    kinds = _kinds(sweep, first)
    schema = _schema(kinds, first)
    try:
        with parquet.ParquetWriter(path, schema, compression="zstd") as writer:
            for group in _groups(chain(first, coming)):
                writer.write_table(Table.from_pylist([_row(point, kinds) for point in group], schema))
    except (ArrowInvalid, ArrowTypeError, OverflowError) as error:
        raise NoColumn(error) from None


def _groups(points: Iterator[Point]) -> Iterator[Sequence[Point]]:
    while group := list(islice(points, GROUP)):
        yield group


def _row(point: Point, kinds: dict[str, str]) -> dict[str, Any]:
    record = point_record(point)
    parameters = record.pop("parameters")
    texts = {name: value_text(name, value) for name, value in point.parameters if kinds[name] == "text"}
    return {**{_column(name): value for name, value in {**parameters, **texts}.items()}, **record}


def _schema(kinds: dict[str, str], first: Sequence[Point]) -> Any:
    import pyarrow

    items = {"bool": pyarrow.bool_(), "whole": pyarrow.int64(), "number": pyarrow.float64(), "text": pyarrow.string()}
    types = {**items, **{f"{name} list": pyarrow.list_(kind) for name, kind in items.items()}}
    columns = [(name, items["text"]) for name in _TEXTS] + [
        (_column(name), types[kind]) for name, kind in kinds.items()
    ]
    columns += [(name, items["whole"]) for name in _FIGURES]
    if first and first[0].latency is not None:
        columns.append(("latency_ms", items["number"]))
    return pyarrow.schema(columns)


def _column(parameter: str) -> str:
    """The name of the column of a parameter."""
    taken = (*_TEXTS, *_FIGURES, "latency_ms")
    return f"parameter_{parameter}" if parameter in taken else parameter


def _kinds(sweep: Sweep, first: Sequence[Point]) -> dict[str, str]:
    """The type of each parameter: by all values of its axis or, where it is no axis, those of the first points."""
    values = {
        name: [row[place].value for row in axis.rows] for axis in sweep.axes for place, name in enumerate(axis.names)
    }
    for name, _ in first[0].parameters if first else ():
        values.setdefault(name, [point.value(name) for point in first])
    return {name: _kind([plain(value) for value in each]) for name, each in values.items()}


def _kind(values: Sequence[Plain]) -> str:
    """`bool`, `whole`, `number` or a list of these, if all values that are not missing are such; otherwise `text`."""
    given = [value for value in values if value is not None]
    lists = [value for value in given if isinstance(value, list)]
    types = {type(value) for value in given}
    if given and len(lists) == len(given):
        kind = _kind([item for value in lists for item in value])
        return f"{kind} list" if kind in ("bool", "whole", "number") else "text"
    if types == {bool}:
        return "bool"
    if types == {int}:
        return "whole"
    return "number" if types in ({float}, {int, float}) else "text"
