"""Statements that repeat, as loops."""

from __future__ import annotations

from resdsl.lifting.loops import with_loops

ROW = "conv 3x3, 16; norm; act"


def test_equal_rows_are_a_loop_from_three_on() -> None:
    assert with_loops([ROW] * 2) == [ROW] * 2
    assert with_loops([ROW] * 3) == [f"for k in 0..3 {{ {ROW} }}"]


def test_numbers_in_labels_count() -> None:
    lines = [f'"features.{k}": {ROW}' for k in (4, 5, 6)]
    assert with_loops(lines) == [f'for k in 4..7 {{ "features.{{k}}": {ROW} }}']
    lines = [f"conv{k}: conv 3x3, 16" for k in (1, 3, 5)]
    assert with_loops(lines) == ['for k in [1, 3, 5] { "conv{k}": conv 3x3, 16 }']
    lines = [f'"a.{k}": conv 3x3, 16; "b.{k + 1}.0": norm' for k in range(3)]
    assert with_loops(lines) == ['for k in 0..3 { "a.{k}": conv 3x3, 16; "b.{k + 1}.0": norm }']

    lines = [f"stage stage{k}: unit(16)   -> 16x8x8" for k in (1, 2, 3)]
    assert with_loops(lines) == ['for k in 1..4 { stage "stage{k}": unit(16)   -> 16x8x8 }']


def test_numbers_that_grow_unevenly_do_not() -> None:
    for places in ((1, 2, 4), (3, 2, 1), ("01", "02", "03")):
        lines = [f'"features.{k}": {ROW}' for k in places]
        assert with_loops(lines) == lines
    lines = [f'"a.{k}.{2 * k}": {ROW}' for k in range(4)]
    assert with_loops(lines) == lines


def test_several_statements_repeat_together() -> None:
    lines = [line for k in range(3) for line in (f'"s.{2 * k}": one(16)', f'"s.{2 * k + 1}": two(16)')]
    loop = ["for k in [0, 2, 4] {", '"s.{k}": one(16)', '"s.{k + 1}": two(16)', "}"]
    assert with_loops(lines) == loop


def test_bodies_are_searched_too_and_inner_loops_have_another_variable() -> None:
    body = ["residual {", *[ROW] * 4, "}"]
    inner = ["residual {", f"for k in 0..4 {{ {ROW} }}", "}"]
    assert with_loops(body) == inner
    assert with_loops(body * 4) == ["for j in 0..4 {", *inner, "}"]
    branches = ["parallel add {", *[ROW] * 3, "} {", "residual {", ROW, "}", "act", "}"]
    assert with_loops(branches) == ["parallel add {", f"for k in 0..3 {{ {ROW} }}", *branches[4:]]


def test_what_names_values_or_outputs_is_left_alone() -> None:
    for line in ("conv 3x3, 16; as v1", "from v1; conv 3x3, 16", "tap c1"):
        assert with_loops([line] * 3) == [line] * 3
