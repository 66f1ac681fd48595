"""What a report is asked for and cannot have, or has nothing to say to."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

import resdsl
from resdsl.analysis.costs import network_costs
from resdsl.analysis.devices import InvalidRate
from resdsl.refusal import Refused
from resdsl.report.columns import IdleColumn
from resdsl.report.formats import UnknownFormat, write
from resdsl.report.json import COUNTED, TRAINED, report_record, to_json
from resdsl.report.report import MOST_SAMPLES, models_table, report_table
from tests.report.test_golden import network
from tests.report.test_report import validate


def test_the_largest_batch_has_figures() -> None:
    record = report_record(network("resnet20"), batch=MOST_SAMPLES, device="1,1e30", by="block")
    assert record["totals"]["macs"] == 10**12 * network_costs(network("resnet20")).macs
    assert json.loads(to_json([record])) == record
    validate(record)
    table = report_table(network("resnet20"), columns="full", batch=MOST_SAMPLES, device="1,1e30")
    assert max(map(len, write([table], "text").splitlines())) <= 80


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"by": "stages"}, "unknown depth 'stages'; available: model, part, stage, block, layer"),
        ({"by": None}, "unknown depth None"),
        ({"dtype": "float8"}, "unknown data type `float8`; available: float64"),
        ({"columns": ""}, "the name of a column is empty; separate names by commas"),
        ({"columns": ["macs", ""]}, "the name of a column is empty"),
        ({"columns": "macs,"}, "the name of a column is empty"),
        ({"columns": [1]}, "unknown column `1`; available: short"),
        ({"columns": f"\x1b[31m{'x' * 3000}"}, r"unknown column `\\x1b\[31mx{20,60}`; available:"),
        ({"device": 5}, "unknown device `5`"),
        ({"device": ""}, "unknown device ``"),
        ({"device": "1e12,1e12", "dtype": "int8"}, "least times are not known for `int8`; available: float64"),
    ],
)
def test_wrong_wishes_are_refused_in_words(asked: dict[str, Any], said: str) -> None:
    with pytest.raises(Refused, match=said):
        str(resdsl.load("resnet20").report(**asked))


def test_a_format_that_tables_do_not_have_is_refused() -> None:
    form: Any = "pdf"
    with pytest.raises(UnknownFormat, match="unknown table format 'pdf'; available: text, csv, md, latex, html"):
        resdsl.load("resnet20").report().to(form)


@pytest.mark.parametrize("device", ["0,1", "-1,900e9", "nan,1", "1,inf", "1e400,1", "1e-320,1", "0.5,1"])
def test_figures_that_are_no_rates_are_refused(device: str) -> None:
    with pytest.raises(InvalidRate, match=r"operations and bytes per second must be from 1 to 1e\+30, not "):
        report_record(network("resnet20"), device=device)


def saved_in(rows: list[dict[str, Any]]) -> list[Any]:
    return [each for row in rows for each in (row["saved_bytes"], *saved_in(row["parts"]))]


def test_nothing_is_trained_in_integers() -> None:
    asked: dict[str, Any] = {"by": "block", "dtype": "int8"}
    record = report_record(network("resnet20"), **asked)
    assert set(saved_in([*record["rows"], {**record["totals"], "parts": []}])) == {None}
    assert all(type(record["totals"][name]) is int for name in COUNTED if name not in TRAINED)
    table = report_table(network("resnet20"), columns="memory", **asked)
    assert {line.cells[-1] for line in table.lines} == {None}
    assert table.lines[-1].cells[2] == network_costs(network("resnet20")).params
    said = "No saved bytes: numbers of int8 have no gradients"
    assert said in "\n".join(table.notes)
    for form in ("text", "md", "latex", "html"):
        assert said in " ".join(write([table], form).split())
    assert "saved bytes" not in write([table], "text").partition("\n\n")[2].partition("\n")[0]
    assert {line["saved_bytes"] for line in csv.DictReader(io.StringIO(write([table], "csv")))} == {""}
    several = models_table([network("resnet20")], columns="memory", dtype="int8")
    assert (several.lines[0].cells[-3:], said in "\n".join(several.notes)) == ((None,) * 3, True)
    for name in ("saved_bytes", "training_bytes"):
        with pytest.raises(IdleColumn, match=f"the column `{name}` would be empty: there is no training in int8"):
            models_table([network("resnet20")], columns=f"name,{name},macs", dtype="int8")
    assert "No saved bytes" not in "\n".join(report_table(network("resnet20"), columns="macs", **asked).notes)
