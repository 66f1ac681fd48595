"""Receptive fields of rows: those that a path finds, and those of a module that is called again."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given

import resdsl
from resdsl.analysis.receptive_field.field import Field, Fields
from resdsl.analysis.receptive_field.rows import fields_by_row
from resdsl.analysis.rows.tree import DEPTHS, Row, rows
from resdsl.ir.network import Network
from tests.ir.networks import Graph, basic, shared
from tests.ir.strategies import networks

NAMES = [
    "resnet50",
    "densenet121",
    "seresnet50",
    "vgg19",
    "resnet110",
    "res2net50_26w_4s",
    "resnet1d18",
    "edsr",
]


def assert_found_by_path(network: Network) -> None:
    """The rows of modules that are called once have the field that their path has."""
    fields = Fields(network)
    for by in DEPTHS:
        for expand in (False, True):
            whole = rows(network, by, expand=expand)
            found = list(fields_by_row(network, whole))
            assert [row for row, _ in found] == [row for _, row in whole.flat()]
            paths = Counter(row.path for row, _ in found if row.kind not in ("stem", "part", "head", "body"))
            for row, field in found:
                if row.kind == "body":
                    assert field is None
                elif row.kind == "model":
                    assert field == fields.of(network.outputs[-1].value)
                elif row.kind not in ("stem", "part", "head") and paths[row.path] == 1:
                    assert field == fields.at(row.path, row.repeats)


@pytest.mark.parametrize("name", NAMES)
def test_rows_of_shipped_networks_have_the_fields_of_their_paths(name: str) -> None:
    assert_found_by_path(resdsl.load(name).ir)


@given(network=networks())
def test_rows_of_drawn_networks_have_the_fields_of_their_paths(network: Network) -> None:
    assert_found_by_path(network)


def sizes(network: Network) -> list[tuple[str, int | None]]:
    """Rows and the positions they see along the first axis."""
    found = list(fields_by_row(network, rows(network)))
    return [(row.path, first(field)) for row, field in found if row.kind != "model"]


def first(field: Field | None) -> int | None:
    return field.size[0] if field and field.size else None


def test_a_module_that_is_called_again_sees_what_it_is_given_then() -> None:
    seen = sizes(shared())
    assert [size for path, size in seen if path == "head"] == [3, 3 + 2 * 2]
    assert [size for path, size in seen if path == "head.conv"] == [3, 7]


def test_layers_that_begin_with_a_module_of_the_stem_are_others() -> None:
    graph = Graph(input=(4, 16, 16))
    graph.layer("conv", name="conv", kernel=3, out=4)
    graph.stage((basic((4, 16, 16), 4), 2), name="stage")
    graph.layer("conv", name="conv_2", path="conv", kernel=3, out=4)
    network = graph.network("again")
    whole = rows(network, "stage")
    assert [(row.kind, first(field)) for row, field in fields_by_row(network, whole)][1:] == [
        ("stem", 3),
        ("stage", 3 + 4 * 2),
        ("head", 3 + 4 * 2 + 2),
    ]


def test_of_folded_repeats_it_is_the_last_and_of_others_each() -> None:
    network = resdsl.loads("network a(shortcut = A) { input 3x64x64; stage s: basic(3) x 3; conv 3x3, 4 }").ir

    def blocks(whole: Row) -> list[int | None]:
        return [first(field) for row, field in fields_by_row(network, whole) if row.kind == "block"]

    assert blocks(rows(network)) == [13]
    assert blocks(rows(network, expand=True)) == [5, 9, 13]
    assert [size for path, size in sizes(network) if path == "s.0.conv1"] == [11]
