"""Rows of points one by one: the text of the whole table, with no point kept for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from resdsl.compiler import read_spec
from resdsl.report.formats import write
from resdsl.source import Source
from resdsl.sweeps import table
from resdsl.sweeps.point import Point
from resdsl.sweeps.sweep import Sweep
from resdsl.sweeps.table import csv_rows, json_lines, points_record, points_table

NETWORK = """
network net(n = 1, width = 4, shortcut = A, word = "=x") {
  input 3x8x8
  conv 3x3, width; norm; act
  stage layer1: basic(width) x n
  stage layer2: basic(2 * width) x n, /2
  avgpool global
  fc 3
}
"""
AXES = {
    "one axis": "over n = 1..4",
    "two axes": "over n = [1, 2], shortcut = [A, B, none]",
    "names that are a parameter": 'over shortcut = [A, B, C] name "{shortcut}"',
    "names that are a parameter at first": 'over n = [1, 2, 3] name "{if n < 3 then n else 7}"',
    "a solved parameter": "over n = [1, 2] solve width in 1..9 for macs = 20k",
    "one point": 'over n = [2] name "{n}"',
    "no point": "over n = [1, 2] keep params > 1G",
    "formulas": 'over word = ["=a", "-b"]',
}


def family(lines: str) -> Sweep:
    text = f"{NETWORK}sweep family {{ network net\n{lines} }}".replace(" name ", "\nname ")
    text = text.replace(" solve ", "\nsolve ").replace(" keep ", "\nkeep ")
    return read_spec(Source("net.res", text)).sweep("family", with_memory=True)


def as_a_whole(points: list[Point], most: int | None = None) -> str:
    baseline = points[0] if len(points) > 1 else None
    return write([points_table(family("over n = [1]"), points[:most], baseline, exact=True)], "csv")


@pytest.mark.parametrize("lines", AXES.values(), ids=AXES)
@pytest.mark.parametrize("most", [None, 1, 2, 3])
def test_rows_are_those_of_the_table(lines: str, most: int | None) -> None:
    points = list(family(lines).points())
    assert "".join(csv_rows(points, most)) == as_a_whole(points, most)


def test_a_parameter_that_names_show_for_long_has_a_column(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "MOST_AHEAD", 3)
    names = 'over n = 1..{} name "{{n}}"'
    assert next(csv_rows(family(names.format(4)).points())).startswith("name,depth")
    assert next(csv_rows(family(names.format(5)).points())).startswith("name,n,depth")


@pytest.mark.parametrize("lines", AXES.values(), ids=AXES)
def test_json_lines_are_the_points_of_the_json(lines: str) -> None:
    sweep = family(lines)
    points = list(sweep.points())
    whole = points_record(sweep, points, None)["points"]
    assert [json.loads(line) for line in json_lines(points)] == whole
    if points:
        compared = points_record(sweep, points, points[-1])["points"]
        assert [json.loads(line) for line in json_lines(points, points[-1])] == compared


@pytest.mark.parametrize(("rows", "ahead"), [(csv_rows, 2), (json_lines, 1)])
def test_a_row_is_there_before_the_points_after_it(
    rows: Callable[[Iterator[Point]], Iterator[str]], ahead: int
) -> None:
    taken: list[Point] = []

    def coming() -> Iterator[Point]:
        for point in family("over n = 1..9").points():
            taken.append(point)
            yield point

    next(rows(coming()))
    assert len(taken) == ahead
