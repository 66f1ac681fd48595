"""Rows that repeat with other values, as loops over lists."""

from __future__ import annotations

import resdsl
from resdsl.lifting.check import graph_hash, graph_of
from resdsl.lifting.series import with_series

CONV = "conv 3x3, 16; norm; act"


def same(lines: list[str], channels: int = 16) -> None:
    """What loops are made of means the same as before."""
    networks = [
        "\n".join(("network net {", f"  input {channels}x8x8", *each, "}")) for each in (lines, with_series(lines))
    ]
    one, other = (graph_hash(graph_of(resdsl.loads(text).ir)) for text in networks)
    assert one == other


def test_values_that_are_defined_are_items_of_a_list() -> None:
    lines = ["split 4; as parts", *[f"from parts[{k}]; {CONV}; as v{k + 1}" for k in range(4)]]
    lines += ["from concat(v1, v2, v3, v4)"]
    assert with_series(lines) == [
        "split 4; as parts",
        f"for k in 0..4 {{ from parts[k]; {CONV}; as y[k] }}",
        "from concat(y)",
    ]
    same(lines)


def test_a_row_reads_what_the_row_before_defines() -> None:
    lines = ["split 4; as parts", f"from parts[0]; {CONV}; as v7"]
    lines += [f"from add(parts[{k}], v{k + 6}); {CONV}; as v{k + 7}" for k in (1, 2, 3)]
    lines[1:] = [line.replace("conv 3x3, 16", "conv 3x3, 4") for line in lines[1:]]
    lines += ["from concat(v7, v8, parts[2])", "conv 3x3, 4; as v11", "from concat(v9, v10, v11)"]
    found = with_series(lines)
    assert "as y[0]" in found[1]
    assert "for k in 1..4 { from add(parts[k], y[k - 1]); " in found[2]
    assert found[3:] == ["from concat(y[0], y[1], parts[2])", "conv 3x3, 4; as v11", "from concat(y[2], y[3], v11)"]
    same(lines)


def test_values_that_are_read_one_after_the_other_are_a_list_too() -> None:
    lines = [f"conv 3x3, {16 * 2**k}; act; as v{k + 1}" for k in range(3)]
    lines += [f'from v{k + 1}; "side.{k}": conv 1x1, 8; as v{k + 4}' for k in range(3)]
    lines += ["from concat(v4, v5, v6)"]
    found = with_series(lines)
    assert found[:3] == [f"conv 3x3, {16 * 2**k}; act; as z[{k}]" for k in range(3)]
    assert found[3] == 'for k in 0..3 { from z[k]; "side.{k}": conv 1x1, 8; as y[k] }'
    same(lines)


def test_a_list_may_be_read_from_its_end() -> None:
    lines = ["split 4; as parts", *[f"from parts[{3 - k}]; {CONV}; as v{k + 1}" for k in range(4)]]
    lines += ["from concat(v1, v2, v3, v4)"]
    assert with_series(lines)[1] == f"for k in 0..4 {{ from parts[3 - k]; {CONV}; as y[k] }}"
    same(lines)


def test_several_rows_repeat_together() -> None:
    lines = ["split 3; as parts"]
    for k in range(3):
        lines += [
            f"from parts[{k}]; {CONV}; as v{2 * k + 1}",
            f"from add(v{2 * k + 1}, v{2 * k + 1}); act; as v{2 * k + 2}",
        ]
    lines += ["from concat(v2, v4, v6)"]
    assert with_series(lines)[1:] == [
        "for k in 0..3 {",
        f"from parts[k]; {CONV}; as y[k]",
        "from add(y[k], y[k]); act; as z[k]",
        "}",
        "from concat(z)",
    ]
    same(lines, 48)


def test_rows_that_read_in_no_order_are_left_alone() -> None:
    start = ["as v1", *[f"conv 3x3, {k}; as v{k}" for k in (2, 3, 4)]]
    for order in ((1, 3, 2), (2, 2, 3), (4, 2, 1)):
        lines = [*start, *[f"from v{each}; conv 1x1, 8; as v{place + 5}" for place, each in enumerate(order)]]
        lines += ["from concat(v5, v6, v7)"]
        assert with_series(lines) == lines


def test_what_blocks_are_given_is_in_no_list() -> None:
    lines = [f"from v{k}; {CONV}; as v{k + 4}" for k in (2, 3, 4)]
    assert with_series(lines) == lines


def test_names_that_a_text_has_already_are_left_to_it() -> None:
    lines = [f"from add(v{k}, y); {CONV}; as v{k + 1}" for k in (1, 2, 3)]
    lines = ["input y 16x8x8", "input k 16x8x8", "from k; as v1", *lines]
    assert with_series(lines)[2:] == ["from k; as z[0]", f"for j in 0..3 {{ from add(z[j], y); {CONV}; as z[j + 1] }}"]


def test_strings_and_labels_are_no_values() -> None:
    lines = ["as v1", *[f'from v1; v1: conv 1x1, 8; "v3.{k}": norm; act; as v{k + 2}' for k in range(3)]]
    assert with_series(lines)[1:] == [
        'for k in 0..3 { from v1; "v1": conv 1x1, 8; "v3.{k}": norm; act; as y[k] }',
    ]
