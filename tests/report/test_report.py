"""The cost report: columns, words, and the form in JSON."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import jsonschema
import pytest
from hypothesis import given

import resdsl
from resdsl.analysis.devices import UnknownDevice, UnknownRate, demand, device_named
from resdsl.analysis.memory.totals import memory
from resdsl.analysis.rows.tree import rows
from resdsl.ir.network import Network
from resdsl.refusal import Refused
from resdsl.report.columns import COLUMNS, PRESETS, IdleColumn, UnknownColumn, columns_named
from resdsl.report.figures import bytes_text
from resdsl.report.json import COUNTED, DEMANDED, report_record, to_json
from resdsl.report.report import InvalidBatch, models_table, report_table
from resdsl.report.schema import json_schema
from resdsl.report.table import Table
from tests.ir.networks import branches, shared
from tests.ir.strategies import networks
from tests.report.test_golden import network


def names(table: Table) -> list[str]:
    return [column.name for column in table.columns]


def notes(spec: str, **settings: Any) -> str:
    return "\n".join(report_table(resdsl.load(spec, **settings).ir).notes)


# ------------------------------------------------------------------ columns


def test_columns_are_chosen_by_name() -> None:
    table = report_table(network("resnet20"), columns="path, macs,params")
    assert names(table) == ["path", "macs", "params"]
    assert names(report_table(network("resnet20"), columns=["params"])) == ["params"]
    assert names(report_table(network("resnet20"), columns="paper,flops,macs")) == [*PRESETS["paper"], "flops"]


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_of_columns(preset: str) -> None:
    for by in ("model", "stage", "block", "layer"):
        table = report_table(network("resnet20"), by=by, columns=preset, device="a100" if preset == "time" else None)
        assert set(names(table)) <= set(COLUMNS)
        assert len(names(table)) == len(set(names(table)))
    assert [each.column.name for each in columns_named("full", "layer")] == list(PRESETS["full"])


@pytest.mark.parametrize(("name", "hint"), [("mac", "did you mean `macs`?"), ("nonsense", "available: short, paper")])
def test_an_unknown_column_is_refused(name: str, hint: str) -> None:
    with pytest.raises(UnknownColumn, match="unknown column") as refused:
        report_table(network("resnet20"), columns=f"macs,{name}")
    assert isinstance(refused.value, Refused)
    assert hint in str(refused.value)


def test_every_column_says_what_it_is_and_what_it_counts() -> None:
    assert all(defined.says and defined.column.title for defined in COLUMNS.values())
    for name in COLUMNS:
        if name.endswith("_bytes"):
            assert COLUMNS[name].column.measure == "bytes"
        if name.endswith("_share"):
            assert COLUMNS[name].column.measure == "share"


@pytest.mark.parametrize(
    ("batch", "shown"),
    [
        (0, "0"),
        (-1, "-1"),
        (10**12 + 1, "a larger number"),
        pytest.param(10**5000, "a larger number", id="huge"),
        (2.5, "2.5"),
        ("2", "'2'"),
    ],
)
def test_a_batch_has_a_sample(batch: Any, shown: str) -> None:
    with pytest.raises(InvalidBatch, match=f"a batch has 1 to 1_000_000_000_000 samples, not {shown}"):
        report_table(network("resnet20"), batch=batch)
    with pytest.raises(InvalidBatch):
        report_record(network("resnet20"), batch=batch)


def test_repeats_have_one_line_and_their_path_says_which() -> None:
    table = report_table(network("resnet34"), by="layer", columns="name,path,repeats")
    cells = [line.cells for line in table.lines]
    assert ("basic(64) x 3", "layer1.0-2", 3) in cells
    assert ("conv 3x3, 64", "layer1.0-2.conv1", 1) in cells
    assert ("shortcut B", "layer2.0.downsample", 1) in cells
    assert ("basic(256) x 5", "layer3.1-5", 5) in cells
    unfolded = report_table(network("resnet34"), by="block", columns="name,path", expand=True)
    assert [line.cells for line in unfolded.lines if line.cells[0] == "basic(64)"] == [
        ("basic(64)", f"layer1.{index}") for index in range(3)
    ]


def test_repeats_within_repeats_have_their_own_indices() -> None:
    table = report_table(network("odd"), by="layer", columns="path,repeats")
    cells = [line.cells for line in table.lines]
    assert ("layer1.0-1", 2) in cells
    assert ("layer1.0-1.inner.0-2", 3) in cells
    assert ("layer1.0-1.inner.0-2.conv1", 1) in cells


def test_a_stage_says_its_blocks() -> None:
    table = report_table(network("resnet152"), columns="blocks")
    assert [line.cells[0] for line in table.lines][1:5] == [f"bottleneck x {count}" for count in (3, 8, 36, 3)]


# Araujo et al., Distill 2019, for the stride at the 1x1; at the 3x3 the formula of the same paper.
@pytest.mark.parametrize(
    ("spec", "settings", "fields"),
    [
        ("resnet34", {}, [11, 59, 179, 547, 899]),
        ("resnet50", {"stride_at": "1x1"}, [11, 35, 99, 291, 483]),
        ("resnet50", {}, [11, 35, 91, 267, 427]),
    ],
)
@pytest.mark.parametrize("by", ["stage", "block", "layer"])
def test_receptive_fields_of_parts(spec: str, settings: dict[str, Any], fields: list[int], by: Any) -> None:
    net = resdsl.load(spec, **settings).ir
    table = report_table(net, by=by, columns="kind,receptive_field,shortest_field,effective_stride")
    parts = [line.cells[1:] for line in table.lines if line.cells[0] in ("stem", "stage")]
    assert parts == [(field, 11, stride) for field, stride in zip(fields, (4, 4, 8, 16, 32), strict=True)]
    assert [line.cells[1:] for line in table.lines if line.level == 0][-2:] == [("all", "all", None)] * 2
    assert all(line.cells[1:] == (None, None, None) for line in table.lines if line.cells[0] == "body")


def test_receptive_fields_in_json_are_axis_by_axis() -> None:
    rows = report_record(resdsl.load("edsr").ir, by="stage")["rows"]
    assert rows[0]["receptive_field"] == rows[0]["shortest_field"] == [3, 3]
    assert rows[-1]["effective_stride"] == [0.5, 0.5]
    assert report_record(network("resnet20"), by="stage")["rows"][-1]["receptive_field"] is None


def test_sizes_that_differ_by_axis_are_both_said() -> None:
    net = resdsl.loads("network a { input 2x8x8; conv 3x5, 4, /1x2; upsample 2 }")
    table = report_table(net.ir, by="layer", columns="receptive_field,effective_stride")
    assert [line.cells for line in table.lines][1:] == [("3x5", "1x2"), ("3x5", "1/2x1"), ("3x5", "1/2x1")]


# ------------------------------------------------------------------ devices


@pytest.mark.parametrize("expand", [False, True])
@pytest.mark.parametrize("by", ["model", "stage", "block", "layer"])
def test_least_times_are_those_of_the_layers(by: Any, expand: bool) -> None:
    asked = {"by": by, "expand": expand, "batch": 8, "dtype": "float16", "device": "h100"}
    table = report_table(network("resnet50"), columns="moved_bytes,intensity,time_us,time_share", **asked)
    whole = demand(rows(network("resnet50")), 8, "float16", device_named("h100"))
    assert whole.seconds is not None
    assert whole.intensity is not None
    assert table.lines[-1].cells == pytest.approx((whole.bytes, whole.intensity, whole.seconds * 1e6, 1.0))
    for at, total in ((0, whole.bytes), (2, whole.seconds * 1e6), (3, 1)):
        edge = [line.cells[at] for line in table.lines if line.level == 0 and line.kind != "total"]
        assert sum(float(cell) for cell in edge if isinstance(cell, int | float)) == pytest.approx(total)


def test_a_device_brings_its_columns_and_its_source() -> None:
    table = report_table(network("resnet20"), device="a100")
    assert names(table) == list(PRESETS["time"])
    assert device_named("a100").source in table.notes[-1]
    assert names(report_table(network("resnet20"), columns="macs", device="a100")) == ["macs", "time_us", "time_share"]
    short = names(report_table(network("resnet20"), columns="short"))
    assert names(report_table(network("resnet20"), columns="short", device="a100")) == [*short, *_TIMES]
    models = models_table([network("resnet20"), network("resnet34")], device="a100")
    assert "no forecast" in models.notes[-1]


_TIMES = ["time_us", "time_share"]


@pytest.mark.parametrize("columns", ["time_us", "name,time_share", "time", ["macs", "time"]])
def test_times_need_a_device(columns: Any) -> None:
    with pytest.raises(IdleColumn, match=r"needs a device \(--device\)"):
        report_table(network("resnet20"), columns=columns)
    with pytest.raises(IdleColumn):
        models_table([network("resnet20")], columns=columns)


def test_memory_of_networks_stands_beside_them() -> None:
    several = [network("resnet20"), network("resnet34")]
    table = models_table(several, columns="memory", batch=4, dtype="float16")
    assert names(table) == [*PRESETS["memory"], "peak_bytes", "training_bytes"]
    for line, each in zip(table.lines, several, strict=True):
        takes = memory(each, 4, "float16")
        assert line.cells[-2:] == (takes.peak, takes.training)
    assert set(names(table)) <= set(names(models_table(several, columns="full")))
    assert {line.cells[-1] for line in models_table(several, columns="memory", dtype="int8").lines} == {None}


@pytest.mark.parametrize("by", ["stage", "block", "layer"])
def test_memory_of_networks_is_none_of_their_rows(by: Any) -> None:
    assert names(report_table(network("resnet20"), by=by, columns="memory")) == list(PRESETS["memory"])
    with pytest.raises(IdleColumn, match=f"use --by model instead of --by {by}"):
        report_table(network("resnet20"), by=by, columns="name,peak_bytes")


def test_strides_and_shortcuts_of_several_are_said_of_each() -> None:
    notes = models_table([network("resnet18"), network("resnet34"), network("resnet50")]).notes
    assert "resnet18, resnet34: stride of blocks: on the first of 2 convolutions, the 3x3." in notes
    assert "resnet50: stride of blocks: on the second of 3 convolutions, the 3x3 (v1.5)." in notes
    assert [note.partition(" (B)")[0] for note in notes if "shortcuts (B)" in note] == [
        "resnet18: shortcuts", "resnet34: shortcuts", "resnet50: shortcuts"
    ]  # fmt: skip
    alone = models_table([network("resnet50")]).notes
    assert alone == report_table(network("resnet50")).notes


def test_a_device_of_ones_own() -> None:
    table = report_table(network("resnet20"), device="20e12,900e9")
    assert "20 Tflop/s in float32, 900 GB/s" in table.notes[-1]


@pytest.mark.parametrize("device", ["h1000", "1,2,3", "fast,900e9", ",", ""])
def test_an_unknown_device_is_refused(device: str) -> None:
    with pytest.raises(UnknownDevice) as refused:
        report_table(network("resnet20"), device=device)
    assert isinstance(refused.value, Refused)
    with pytest.raises(UnknownDevice):
        report_record(network("resnet20"), device=device)


@pytest.mark.parametrize("dtype", ["float64", "int8"])
def test_a_rate_that_is_not_known_is_refused(dtype: Any) -> None:
    with pytest.raises(UnknownRate):
        report_table(network("resnet20"), device="h100", dtype=dtype)
    with pytest.raises(IdleColumn, match="the size of accumulators is not known for int8"):
        report_table(network("resnet20"), columns="intensity,moved_bytes", dtype="int8")


def test_json_says_the_device_and_the_times() -> None:
    record = report_record(network("resnet20"), device="h100", by="stage")
    validate(record)
    assert record["device"]["name"] == "h100"
    assert sum(row["time_us"] for row in record["rows"]) == pytest.approx(record["totals"]["time_us"])
    assert sum(row["moved_bytes"] for row in record["rows"]) == record["totals"]["moved_bytes"]
    assert report_record(network("resnet20"))["totals"]["time_us"] is None


# ------------------------------------------------------------------ words


@pytest.mark.parametrize(
    ("spec", "settings", "said"),
    [
        ("resnet50", {}, "on the second of 3 convolutions, the 3x3 (v1.5)."),
        ("resnet50", {"stride_at": "1x1"}, "on the first of 3 convolutions, the 1x1 (v1, as He et al. have it)."),
        ("resnet34", {}, "on the first of 2 convolutions, the 3x3."),
        ("resnet20", {"shortcut": "none"}, "on the first of 2 convolutions, the 3x3."),
        ("regnety_400mf", {}, "on the second of 3 convolutions, the 3x3 (v1.5)."),
    ],
)
def test_where_blocks_stride_is_said(spec: str, settings: dict[str, str], said: str) -> None:
    assert f"Stride of blocks: {said}" in notes(spec, **settings)


def test_a_stride_elsewhere_is_said() -> None:
    net = resdsl.loads("""
block smooth(width, stride = 1) {
  residual {
    conv 3x3, width; norm; act
    if stride != 1 { blur 3x3, /stride }
    conv 3x3, width; norm
  }
}
network a(shortcut = D) { input 8x8x8; stage layer1: smooth(8) x 2, /2 }
""")
    assert "Stride of blocks: on a blur." in report_table(net.ir).notes
    assert not any("Stride" in note for note in report_table(network("edsr")).notes)


@pytest.mark.parametrize(
    ("spec", "settings", "said"),
    [
        ("resnet34", {}, "Shortcuts (B): 13 identity, 3 projection; they cost 173.8k parameters (0.8%) and 19.27M"),
        ("resnet34", {"shortcut": "A"}, "Shortcuts (A): 13 identity, 3 zero-padded; they cost no parameters and no"),
        ("resnet34", {"shortcut": "C"}, "Shortcuts (C): 16 projection; they cost 1.093M parameters (4.8%)"),
        ("resnet34", {"shortcut": "none"}, "No shortcuts."),
        ("vgg19", {}, "No shortcuts."),
    ],
)
def test_shortcuts_and_what_they_cost_are_said(spec: str, settings: dict[str, str], said: str) -> None:
    assert said in notes(spec, **settings)


def test_what_is_counted_is_said() -> None:
    said = "\n".join(report_table(network("resnet20"), columns="flops,output_bytes", batch=3, dtype="float16").notes)
    assert "a multiply and an add count as one" in said
    assert "Not in them: biases, norms, activations, pooling" in said
    assert "Flops are twice the multiply-adds." in said
    assert "Input 3x32x32, batch 3; float16, 2 bytes per element." in said
    assert "bytes" not in "\n".join(report_table(network("resnet20")).notes)


def test_memory_is_said_with_its_columns() -> None:
    table = report_table(network("resnet50"), columns="memory", batch=8)
    takes = memory(network("resnet50"), 8)
    said = "\n".join(table.notes)
    assert f"Inference takes {bytes_text(takes.inference)} of memory" in said
    assert f"Training takes {bytes_text(takes.training)}: " in said
    assert table.lines[-1].cells[names(table).index("saved_bytes")] == takes.saved
    assert "Training" not in "\n".join(report_table(network("resnet50"), columns="memory", dtype="int8").notes)


def test_inputs_have_names_where_there_are_several_and_models_their_own() -> None:
    assert "Input 3x16x12, batch 1." in report_table(branches()).notes
    table = models_table([network("resnet20"), network("resnet34")], batch=2)
    assert table.title == "2 networks"
    assert "Batch 2, each at its own input." in table.notes
    table = models_table([network("resnet18"), network("resnet34")], columns="name,params_bytes,flops", dtype="float16")
    assert "Input 3x224x224, batch 1; float16, 2 bytes per element." in table.notes
    assert "Flops are twice the multiply-adds." in table.notes


# ------------------------------------------------------------------ JSON


@cache
def validator() -> Any:
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def validate(value: object) -> None:
    validator().validate(value)


@pytest.mark.parametrize("name", ["resnet34", "odd", "vgg19", "densenet121", "sknet50", "edsr", "resnet1d18"])
@pytest.mark.parametrize("by", ["model", "stage", "block", "layer"])
def test_json_is_as_published(name: str, by: Any) -> None:
    validate(json.loads(to_json([report_record(network(name), by=by)])))


def test_several_reports_are_an_array() -> None:
    records = [report_record(network(name), by="stage") for name in ("resnet20", "resnet34")]
    read = json.loads(to_json(records))
    validate(read)
    assert [record["network"] for record in read] == ["resnet20", "resnet34"]


@given(network=networks())
def test_json_of_drawn_networks_is_as_published(network: Network) -> None:
    validate(json.loads(to_json([report_record(network)])))


@pytest.mark.parametrize(
    "change", [{"totals": {}}, {"batch": 0}, {"dtype": "float8"}, {"rows": [{}]}, {"more": 1}, {"convention": None}]
)
def test_the_schema_refuses_what_is_no_report(change: dict[str, Any]) -> None:
    record = {**report_record(network("resnet20"), by="stage"), **change}
    with pytest.raises(jsonschema.ValidationError):
        validate(record)


def test_json_says_what_it_is_about() -> None:
    record = report_record(resdsl.load("resnet34", shortcut="A", input="3x112x96").ir, by="stage", batch=2)
    assert record["network"] == "resnet34"
    assert record["resdsl"] == resdsl.__version__
    assert record["inputs"] == {"input": [3, 112, 96]}
    assert record["outputs"] == {"output": [1000]}
    assert record["arguments"]["shortcut"] == record["settings"]["shortcut"] == record["shortcuts"]["setting"]
    assert (record["batch"], record["dtype"]) == (2, "float32")
    assert record["convention"].startswith("Multiply-adds (macs) of convolutions")


def test_counts_have_the_names_of_columns() -> None:
    record = report_record(network("resnet20"))
    assert tuple(record["totals"]) == (*COUNTED, *DEMANDED)
    assert all(type(record["totals"][name]) is int for name in COUNTED)
    assert {*COUNTED, "path", "name", "kind", "role", "repeats", "inputs", "outputs"} <= set(record["rows"][0])


def test_memory_in_json_is_that_of_the_analysis() -> None:
    record = report_record(network("resnet20"), batch=2, dtype="float16")
    takes = memory(network("resnet20"), 2, "float16")
    assert record["memory"]["training_bytes"] == takes.training
    assert record["memory"]["saved_bytes"] == record["totals"]["saved_bytes"] == takes.saved
    whole_numbers = report_record(network("resnet20"), dtype="int8")
    assert whole_numbers["memory"] is None
    validate(whole_numbers)


def test_a_shared_head_is_in_two_rows_and_held_once() -> None:
    record = report_record(shared())
    heads = [row for row in record["rows"] if row["path"] == "head"]
    assert [row["params"] > 0 for row in heads] == [True, False]
    assert all(row["macs"] > 0 for row in heads)


def test_products_of_matrices_are_apart_in_every_total() -> None:
    """Two of 4 x 6 x 4 and 4 x 4 x 6, twice in a batch of two; a network without any has no word of them."""
    text = (
        "network n { input 4x2x3; reshape 4x6; as x; from matmul(x, permute(x, 1x0)); as y; from matmul(y, x); fc 2 }"
    )
    net = resdsl.loads(text)
    table = report_table(net.ir, columns="full", batch=2)
    assert table.title.endswith("96 multiply-adds and 384 in products of matrices")
    assert table.columns[-1].name == "matmul_macs"
    assert table.lines[-1].cells[-1] == 384
    assert any("take 384 multiply-adds more" in note for note in table.notes)
    record = report_record(net.ir)
    assert record["totals"]["matmul_macs"] == 192
    assert record["totals"]["macs"] == net.macs == 48
    plain = report_record(network("resnet20"))
    assert "matmul_macs" not in plain["totals"]
