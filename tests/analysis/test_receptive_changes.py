"""Differences in memory and receptive fields, part by part."""

from __future__ import annotations

import resdsl
from resdsl.analysis.compare.diff import diff
from resdsl.analysis.receptive_field.field import Fields
from resdsl.ir.network import Network
from resdsl.report.diff import diff_table
from tests.analysis.test_diff import compared, part
from tests.ir.networks import Graph


def stacked(count: int, kernel: int) -> Network:
    """Two blocks in a row, each with a stage of convolutions of which only the first may be another."""
    bodies = []
    for size in (kernel, 3):
        inner = Graph(input=(4, 9, 9))
        inner.layer("conv", name="conv", kernel=size, out=4)
        bodies.append(inner.body(f"conv{size}"))
    outer = Graph(input=(4, 9, 9))
    outer.stage((bodies[0], 1), (bodies[1], count), name="deep")
    graph = Graph(input=(4, 9, 9))
    graph.stage((outer.body("outer"), 2), name="stage")
    return graph.network("stacked")


def test_receptive_fields_are_those_of_the_last_of_what_a_part_stands_for() -> None:
    whole = diff(stacked(2, 3), stacked(4, 5)).whole
    fields = {each.last_path(each.row): (each.status, each.fields, each.field_change) for _, each in whole.flat()}
    # One of the outer blocks reads 3 convolutions of 3x3, or one of 5x5 and 4 of 3x3, and there are two.
    assert fields["stage"] == ("changed", (13, 25), 12)
    assert fields["stage.1"] == ("changed", (13, 25), 12)
    deep = {path: fields[path] for path in fields if path.startswith("stage.0.deep.")}
    assert deep["stage.0.deep.0"] == ("changed", (9, 17), 8)
    assert deep["stage.0.deep.2"] == ("same", (13, 21), 8)
    assert deep["stage.0.deep.4"] == ("added", (None, 25), None)


def test_receptive_fields_of_parts_are_those_of_the_networks() -> None:
    one, two = (resdsl.load(name).ir for name in ("resnet50", "resnet101"))
    layer3 = part(diff(one, two).whole, "layer3")
    seen = [Fields(each).at("layer3") for each in (one, two)]
    assert layer3.fields == tuple([max(field.size or ()) for field in seen if field])
    # conv3_x sees 91 positions, 8 apart; one 3x3 adds 2 * 8, and each of the 5 and 17 that are 16 apart adds 2 * 16.
    assert [each.fields[1] for each in layer3.parts] == [107, 267, 811]
    (head,) = (each for each in diff(one, two).whole.parts if each.row.kind == "head")
    assert (head.fields, head.field_change) == ((None, None), None)


def test_memory_and_fields_have_columns_where_they_change() -> None:
    def columns(before: str, after: str) -> list[str]:
        return [column.name for column in diff_table(compared(before, after)).columns[3:]]

    assert columns("resnet34", "resnet50") == ["params", "macs", "saved_bytes", "receptive_field"]
    assert columns("resnet50", "resnext50_32x4d") == ["params", "macs", "saved_bytes"]
    counts = diff_table(diff(*(resdsl.load("resnet18", classes=n).ir for n in ("10", "20"))))
    assert ([column.name for column in counts.columns[3:]], counts.notes) == (["params", "macs"], ())
