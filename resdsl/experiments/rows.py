"""The results of runs as rows: a point and a seed, the point's parameters, its costs, and what was measured."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from resdsl.printable import one_line
from resdsl.refusal import Refused

RunValue = int | float | bool | str | list["RunValue"] | None
"""What a cell of a row holds; None is the language's `none` in a parameter, and a missing value elsewhere."""
Row = dict[str, RunValue]

FIRST = ("point", "network")
COSTS = ("seed", "depth", "params", "macs", "steps")
MEASURES = ("train_error", "test_error")

_NUMBER = re.compile(r"-?\d{1,200}(\.\d{1,200})?([eE][+-]?\d{1,2})?")
_LARGEST = 1e300
_WORDS: dict[str, RunValue] = {"true": True, "false": False, "none": None}


class NoResults(Refused):
    """A file or folder has no results that could be read."""


def row_of(run: Mapping[str, Any], result: Mapping[str, Any]) -> Row:
    """The row of a run.

    Args:
        run: its `run.json`; that of a run outside a sweep has no `point`, and is named by its network.
        result: its `result.json`; numbers of its own are further measures, and so are those under `tests`, as
            `WAY.error`. The error in the first way of testing is `test_error`, and not repeated.

    Returns:
        The keys of `FIRST`, the parameters of the sweep, those of `COSTS` and of `MEASURES`, and further measures. A
        parameter that has the name of a cost is called `parameter.NAME`.
    """
    parameters = dict(run.get("parameters", {}))
    network = parameters.pop("network", run["network"])
    row: Row = {"point": run.get("point", run["network"]), "network": network}
    taken = (*FIRST, *COSTS, *MEASURES)
    row |= {f"parameter.{name}" if name in taken else name: value for name, value in parameters.items()}
    row |= {"seed": run["seed"]} | {name: result[name] for name in COSTS[1:]}
    row |= {name: result[name] for name in MEASURES if _is_number(result.get(name))}
    others = {name: value for name, value in result.items() if name not in ("tests", *taken)}
    return row | {name: value for name, value in others.items() if _is_number(value)} | _ways(result.get("tests", {}))


def parameters_of(row: Iterable[str]) -> tuple[str, ...]:
    """The names of the parameters of a sweep among the keys of a row: those between its network and its seed."""
    keys = list(row)
    return tuple(keys[len(FIRST) : keys.index(COSTS[0])])


def measures_of(row: Iterable[str]) -> tuple[str, ...]:
    """The names of the measures among the keys of a row: those after its costs."""
    keys = list(row)
    return tuple(keys[keys.index(COSTS[-1]) + 1 :])


def columns_of(rows: Sequence[Row]) -> tuple[str, ...]:
    """The keys of all rows, those of each row in its order."""
    parameters = dict.fromkeys(name for row in rows for name in parameters_of(row))
    measures = dict.fromkeys(name for row in rows for name in measures_of(row))
    return (*FIRST, *parameters, *COSTS, *measures)


def as_csv(rows: Sequence[Row]) -> str:
    """Rows as CSV with a header; parameters are in the syntax of the language, and missing values empty."""
    columns = columns_of(rows)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows([value_text(row[name]) if name in row else "" for name in columns] for row in rows)
    return text.getvalue()


def rows_in(text: str, name: str) -> list[Row]:
    """The rows in a text that `as_csv` wrote.

    Args:
        text: the CSV.
        name: the name of its file, for messages.

    Raises:
        NoResults: it is no such text.
    """
    try:
        header, *lines = csv.reader(io.StringIO(text), strict=True)
        rows = [{name: _value(cell) for name, cell in zip(header, line, strict=True) if cell} for line in lines]
    except (ValueError, csv.Error):
        raise NoResults(f"{one_line(name)} is not a table of results") from None
    if not _is_header(header) or not all(map(is_whole, rows)):
        raise NoResults(f"{one_line(name)} is not a table of results")
    return rows


def _is_header(header: Sequence[str]) -> bool:
    """Whether the columns that every table has stand where they belong, and no column stands twice."""
    fixed = [name for name in header if name in (*FIRST, *COSTS)]
    return fixed == [*FIRST, *COSTS] and header[:2] == fixed[:2] and len(set(header)) == len(header)


def is_whole(row: Row) -> bool:
    """Whether a row has everything that every row has, and its seed and its costs are numbers."""
    return all(name in row for name in FIRST) and all(_is_number(row.get(name)) for name in COSTS)


def _ways(tests: Mapping[str, Mapping[str, Any]]) -> Row:
    """What the ways of testing measured, as `ten.error`, without the error that is reported."""
    measured = {(way, measure): value for way, found in tests.items() for measure, value in found.items()}
    reported = (next(iter(tests), ""), "error")
    return {".".join(place): value for place, value in measured.items() if _is_number(value) and place != reported}


def _is_number(value: object) -> bool:
    """Whether a value is a finite number; a measure that is none, such as the PSNR of equal images, is missing."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST < value < _LARGEST


def value_text(value: RunValue) -> str:
    """A value as a cell of CSV; as a parameter, it is in the syntax of the language."""
    if isinstance(value, list):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "none" if value is None else repr(value) if isinstance(value, float) else str(value)


def _value(text: str) -> RunValue:
    if text in _WORDS:
        return _WORDS[text]
    if (number := _NUMBER.fullmatch(text)) is not None:
        return float(text) if number[1] or number[2] else int(text)
    if text.startswith("["):
        try:
            found: list[RunValue] = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return found
    return text
