"""Differences as tables and as JSON: what is written adds up, and texts are what a person has read."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

import resdsl
from resdsl.analysis.compare.diff import diff
from resdsl.analysis.memory.totals import memory
from resdsl.analysis.rows.tree import NESTED_DEPTHS
from resdsl.report.diff import diff_table, totals_table
from resdsl.report.diff_json import diff_record
from resdsl.report.formats import write
from tests.analysis.test_diff import GOLDEN, PAIRS, compared


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_text_is_what_was_read_by_a_person(before: str, after: str, update_golden: bool) -> None:
    path = GOLDEN / f"diff_{before}_{after}.txt"
    text = write([diff_table(compared(before, after))], "text")
    if update_golden:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")
    assert max(map(len, text.splitlines())) <= 80


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_lines_of_every_view_add_up(before: str, after: str) -> None:
    for by in NESTED_DEPTHS:
        difference = compared(before, after)
        table, whole = diff_table(difference, by), difference.whole
        *lines, last = table.lines
        figures = {"params": whole.by("params"), "macs": whole.by("macs"), "saved_bytes": whole.saved_bytes}
        summed = [at for at, column in enumerate(table.columns) if column.name in figures]
        assert last.kind == "total"
        assert [last.cells[at] for at in summed] == list(figures.values())[: len(summed)]
        assert len(summed) == 3 or all(change.saved_bytes == 0 for change in whole.parts)
        for at in summed:
            counted = [cell for line in lines if line.level == 0 and isinstance(cell := line.cells[at], int)]
            assert by == "model" or sum(counted) == last.cells[at]


def test_parts_that_change_are_named_and_blocks_of_a_stage_counted() -> None:
    table = diff_table(compared("resnet50", "resnet50d"), "block")
    named = {str(line.cells[0]): line.cells[2] for line in table.lines}
    assert named["layer1.0"] == "bottleneck(64): downsample B -> D"
    table = diff_table(compared("plain20", "resnet20"), "stage")
    assert [line.cells[:3] for line in table.lines if line.cells[1]] == [
        (name, "~", "3 of 3 blocks") for name in ("layer1", "layer2", "layer3")
    ]


def test_totals_are_those_of_the_networks() -> None:
    one, two = (resdsl.load(name) for name in ("resnet34", "resnet50"))
    found = {total.name: (total.before, total.after) for total in diff(one.ir, two.ir).totals}
    assert found == {
        "depth": (34, 50),
        "params": (21_797_672, 25_557_032),
        "macs": (3_663_761_408, one.macs + 425_422_848),
        "activations": (one.costs.activations, two.costs.activations),
        "inference_bytes": (memory(one.ir).inference, memory(two.ir).inference),
        "training_bytes": (memory(one.ir).training, memory(two.ir).training),
        "receptive_field": (899, 427),
    }
    table = totals_table(diff(one.ir, two.ir))
    assert [line.cells[0] for line in table.lines] == list(found)
    assert table.lines[1].cells[1:] == (21_797_672, 25_557_032, 3_759_360, "21_797_672 -> 25_557_032")
    assert totals_table(diff(one.ir, one.ir)).lines[1].cells[3:] == (0, "21_797_672")


def test_a_network_whose_values_all_see_the_whole_input_has_no_receptive_field() -> None:
    one, two = (resdsl.loads(f"network a {{ input 3x8x8; {body}fc 10 }}").ir for body in ("", "conv 3x3, 4; "))
    total = diff(one, two).totals[-1]
    assert (total.name, total.before, total.after, total.change) == ("receptive_field", None, 3, None)
    assert totals_table(diff(one, two)).lines[-1].cells == ("receptive_field", None, 3, None, "none -> 3")


def test_equal_networks_have_a_table_without_lines() -> None:
    table = diff_table(compared("cifar", "resnet20"))
    assert (table.title, table.lines) == ("cifar and resnet20 are the same network", ())


def count(changes: list[dict[str, Any]]) -> int:
    return sum(1 + count(each["parts"]) for each in changes)


def test_record_is_the_whole_difference() -> None:
    difference = compared("resnet34", "resnet50")
    record = json.loads(json.dumps(diff_record(difference)))
    assert (record["before"], record["after"], record["same"]) == ("resnet34", "resnet50", False)
    assert record["totals"]["params"] == {"before": 21_797_672, "after": 25_557_032, "change": 3_759_360}
    assert record["given"] == [{"matter": "argument", "name": "stride_at", "before": None, "after": "3x3"}]
    assert sum(each["change"]["macs"] for each in record["changes"]) == record["totals"]["macs"]["change"]

    assert count(record["changes"]) == len(list(difference.whole.flat())) - 1
    layer1 = record["changes"][1]
    assert (layer1["before"]["receptive_field"], layer1["after"]["receptive_field"]) == (59, 35)
    assert layer1["change"]["receptive_field"] == -24
    assert sum(each["change"]["saved_bytes"] for each in record["changes"]) == difference.whole.saved_bytes
    first = record["changes"][1]["parts"][1]
    assert (first["before"]["path"], first["before"]["last_path"]) == ("layer1.1", "layer1.2")
    assert first["notes"] == [
        {"aspect": "in", "before": "64x56x56", "after": "256x56x56"},
        {"aspect": "out", "before": "64x56x56", "after": "256x56x56"},
    ]


def test_a_figure_that_nobody_counts_is_none() -> None:
    whole = compared("resnet34", "resnet50").whole
    with pytest.raises(KeyError):
        whole.by("colour")
    assert replace(whole, after=None).by("params") == -21_797_672
