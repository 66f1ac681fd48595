"""The results of runs as rows, and rows as CSV and back."""

from __future__ import annotations

from typing import Any

import pytest

from resdsl.experiments.rows import NoResults, as_csv, columns_of, measures_of, parameters_of, row_of, rows_in

RUN = {"network": "small", "canonical_hash": "00", "recipe": {}, "seed": 1, "data": "11"}
SWEPT = {**RUN, "sweep": "study", "point": "small-n=1", "parameters": {"n": 1, "shortcut": None, "se": True}}
RESULT = {
    "network": "small",
    "seed": 1,
    "depth": 8,
    "params": 4_866,
    "macs": 92_000,
    "steps": 55,
    "train_error": 0.1,
    "test_error": 0.25,
}


def test_a_run_of_a_sweep_has_its_parameters_in_order() -> None:
    row = row_of(SWEPT, RESULT)
    assert list(row) == [
        *("point", "network", "n", "shortcut", "se", "seed", "depth", "params", "macs", "steps"),
        *("train_error", "test_error"),
    ]
    assert list(row.values())[:6] == ["small-n=1", "small", 1, None, True, 1]


def test_a_run_of_its_own_is_named_by_its_network() -> None:
    assert row_of(RUN, RESULT)["point"] == "small"
    assert parameters_of(row_of(RUN, RESULT)) == ()


def test_an_axis_of_networks_is_the_network() -> None:
    row = row_of({**SWEPT, "parameters": {"network": "plain", "n": 2}}, RESULT)
    assert row["network"] == "plain"
    assert parameters_of(row) == ("n",)


def test_a_parameter_with_the_name_of_a_cost_keeps_apart() -> None:
    row = row_of({**SWEPT, "parameters": {"depth": 3}}, RESULT)
    assert (row["parameter.depth"], row["depth"]) == (3, 8)


def test_further_numbers_are_measures() -> None:
    ways = {"centre": {"error": 0.25, "top5_error": 0.01, "averaged": "scores"}, "ten": {"error": 0.2}}
    row = row_of(RUN, {**RESULT, "psnr": 26.5, "device": "cpu", "tests": ways})
    assert measures_of(row) == ("train_error", "test_error", "psnr", "centre.top5_error", "ten.error")
    assert (row["psnr"], row["ten.error"]) == (26.5, 0.2)


@pytest.mark.parametrize("value", [float("inf"), float("nan"), 10**400, True, None, "0.1"])
def test_what_is_no_finite_number_is_missing(value: object) -> None:
    assert measures_of(row_of(RUN, {**RESULT, "train_error": value, "test_psnr": value})) == ("test_error",)


def test_without_errors_there_are_none() -> None:
    result = {name: value for name, value in RESULT.items() if "error" not in name}
    assert measures_of(row_of(RUN, {**result, "psnr": 30})) == ("psnr",)


def test_rows_as_csv() -> None:
    assert as_csv([row_of(SWEPT, RESULT)]) == (
        "point,network,n,shortcut,se,seed,depth,params,macs,steps,train_error,test_error\n"
        "small-n=1,small,1,none,true,1,8,4866,92000,55,0.1,0.25\n"
    )


def test_rows_are_read_back() -> None:
    other: dict[str, Any] = {"n": 2, "shortcut": "A", "se": False, "widths": [8, 16], "rate": 1e-05, "k": -1.5}
    rows = [row_of(SWEPT, RESULT), row_of({**SWEPT, "parameters": other}, {**RESULT, "psnr": 1.0})]
    assert rows_in(as_csv(rows), "results.csv") == rows
    assert columns_of(rows)[2:8] == ("n", "shortcut", "se", "widths", "rate", "k")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a,b\n1,2\n",
        "point,network,seed,depth,params,macs\n",
        "network,point,seed,depth,params,macs,steps\n",
        "point,network,seed,seed,depth,params,macs,steps\n",
        "point,network,seed,depth,params,macs,steps\na,b,1,2,3\n",
        "point,network,seed,depth,params,macs,steps\na,b,1,2,3,4,many\n",
        'point,network,seed,depth,params,macs,steps\n"a,b,1,2,3,4,5\n',
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(NoResults, match=r"^x\.csv is not a table of results$"):
        rows_in(text, "x.csv")
