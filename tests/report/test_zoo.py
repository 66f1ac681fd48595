"""The report meets every reference figure: totals, parts, kinds, other inputs, shortcuts, shapes."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

import resdsl
from resdsl.report.json import report_record, to_json
from tests.truth.test_zoo import OTHER_INPUTS, SPECS, ZOO

every_model = pytest.mark.parametrize("name", ZOO)


@cache
def reported(name: str, by: str = "layer") -> dict[str, Any]:
    """The report of a reference network, written and read again."""
    spec, settings = SPECS[name]
    return read(resdsl.load(spec, **settings), by)


def read(net: resdsl.Net, by: Any) -> dict[str, Any]:
    record: dict[str, Any] = json.loads(to_json([report_record(net.ir, by=by)]))
    return record


def by_part(record: dict[str, Any], count: str) -> dict[str, int]:
    """A count by the parts of the reference, which calls what follows no stage `features`."""
    rows = record["rows"]
    if [row["kind"] for row in rows] == ["part"]:
        found = {"stem": 0, "features": 0, "head": 0}
        for row in rows[0]["parts"]:
            found["features" if row["path"].startswith("features.") else "head"] += row[count]
        return found
    return {row["path"] if row["kind"] == "stage" else row["kind"]: row[count] for row in rows}


def stage_shapes(record: dict[str, Any]) -> dict[str, list[int]]:
    return {row["path"]: [1, *row["outputs"][0]] for row in record["rows"] if row["kind"] == "stage"}


@every_model
def test_totals(name: str) -> None:
    totals, model = reported(name)["totals"], ZOO[name]
    wanted = {
        "params": model["params"],
        "macs": model["macs"],
        "flops": 2 * model["macs"],
        "depth": model["depth"],
        "shortcut_macs": model["macs_shortcut"],
        "activations": model["conv_output_elements"],
        "buffers": model["buffers"].get("running_stats", 0),
        "counters": model["buffers"].get("num_batches_tracked", 0),
        "params_bytes": 4 * model["params"],
    }
    assert {count: totals[count] for count in wanted} == wanted


@every_model
def test_params_by_kind(name: str) -> None:
    totals, kinds = reported(name)["totals"], ZOO[name]["params_by_kind"]
    assert totals["weights"] == sum(count for kind, count in kinds.items() if kind.endswith("_weight"))
    assert totals["biases"] == sum(count for kind, count in kinds.items() if kind.endswith("_bias"))
    assert totals["norms"] == kinds.get("norm", 0)
    assert sum(kinds.values()) == totals["params"]


@every_model
def test_macs_by_kind(name: str) -> None:
    totals, kinds = reported(name)["totals"], ZOO[name]["params_by_kind"]
    # A linear layer multiplies each of its weights once.
    assert totals["linear_macs"] == kinds["linear_weight"]
    assert totals["conv_macs"] == ZOO[name]["macs"] - kinds["linear_weight"]


@pytest.mark.parametrize(
    ("name", "by"),
    # Without stages, a network has parts among its layers alone.
    [(name, by) for name in ZOO for by in ("stage", "block", "layer") if name != "vgg19" or by == "layer"],
)
def test_parts(name: str, by: str) -> None:
    record = reported(name, by)
    assert by_part(record, "params") == ZOO[name]["params_by_part"]
    assert by_part(record, "macs") == ZOO[name]["macs_by_part"]


@every_model
def test_shortcuts(name: str) -> None:
    record, wanted = reported(name), ZOO[name]["shortcuts"]
    assert {kind: record["shortcuts"][kind] for kind in wanted} == wanted
    assert sum(row["macs"] for row in flat(record["rows"]) if row["kind"] == "shortcut") == ZOO[name]["macs_shortcut"]


def flat(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [each for row in rows for each in (row, *flat(row["parts"]))]


@every_model
def test_shapes(name: str) -> None:
    record, model = reported(name, "stage"), ZOO[name]
    assert {"input": model["input"][1:]} == record["inputs"]
    if name != "vgg19":
        assert stage_shapes(record) == model["stage_outputs"]


@pytest.mark.parametrize(
    ("name", "other"), OTHER_INPUTS, ids=["-".join(map(str, (n, *o["input"][2:]))) for n, o in OTHER_INPUTS]
)
def test_other_inputs(name: str, other: dict[str, Any]) -> None:
    spec, settings = SPECS[name]
    record = read(resdsl.load(spec, input="x".join(map(str, other["input"][1:])), **settings), "stage")
    assert record["totals"]["macs"] == other["macs"]
    assert record["totals"]["params"] == ZOO[name]["params"]
    assert stage_shapes(record) == other["stage_outputs"]
    assert record["inputs"] == {"input": other["input"][1:]}


@every_model
def test_a_batch_multiplies_work_and_not_parameters(name: str) -> None:
    spec, settings = SPECS[name]
    record = report_record(resdsl.load(spec, **settings).ir, by="model", batch=7, dtype="float16")
    assert record["totals"]["macs"] == 7 * ZOO[name]["macs"]
    assert record["totals"]["activations"] == 7 * ZOO[name]["conv_output_elements"]
    assert record["totals"]["params"] == ZOO[name]["params"]
    assert record["totals"]["params_bytes"] == 2 * ZOO[name]["params"]
    assert record["totals"]["output_bytes"] == 2 * record["totals"]["output_elements"]
