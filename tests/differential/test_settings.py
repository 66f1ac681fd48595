"""Networks that no paper lists, against torch modules written by hand: counts, names, shapes and outputs."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest
import torch
from hypothesis import given, settings, strategies as st

import resdsl
from tests.differential.compare import TOLERANCE, compare, outputs, relative_difference
from tests.differential.config import BlockKind, Config, Row, ShortcutKind, Stage
from tests.differential.reference import reference, run
from tests.differential.spec import spec


def stages(*rows: tuple[int, int, int]) -> tuple[Stage, ...]:
    """Stages from width, blocks and stride each."""
    return tuple(Stage(*row) for row in rows)


ONE = stages((20, 2, 1))
TWO = stages((20, 1, 3), (36, 2, 2))
THREE = stages((20, 2, 1), (36, 1, 3), (100, 2, 1))
FIVE = stages((12, 1, 1), (20, 2, 2), (20, 1, 2), (36, 1, 1), (44, 2, 2))
SEVEN = stages((8, 1, 1), (9, 1, 2), (10, 2, 1), (12, 1, 2), (20, 1, 1), (36, 1, 3), (37, 1, 1))
NARROWING = stages((36, 1, 1), (20, 2, 2), (12, 1, 3))

CONFIGS = {
    # stage counts, widths, strides, odd inputs
    "one_stage_B": Config("basic", ONE),
    "one_stage_A": Config("basic", ONE, "A"),
    "two_stages_stride_3": Config("basic", TWO, "B", (57, 57)),
    "two_stages_stride_3_A": Config("basic", TWO, "A", (57, 57)),
    "two_stages_stride_3_D": Config("basic", TWO, "D", (61, 33)),
    "three_stages_A_both": Config("basic", THREE, "A_both", (61, 33)),
    "three_stages_C": Config("basic", THREE, "C", (33, 61)),
    "three_stages_none": Config("basic", THREE, "none", (57, 57)),
    "five_stages_B": Config("basic", FIVE, "B", (57, 57), pool=True),
    "five_stages_D": Config("basic", FIVE, "D", (225, 225), (7, 12, 2), pool=True),
    "five_stages_A_both": Config("basic", FIVE, "A_both", (61, 33), (5, 12, 2)),
    "seven_stages_A": Config("basic", SEVEN, "A", (57, 57), (3, 7, 1)),
    "seven_stages_A_both": Config("basic", SEVEN, "A_both", (57, 57), (3, 7, 1)),
    "seven_stages_B": Config("basic", SEVEN, "B", (33, 61), (3, 8, 1)),
    "seven_stages_C": Config("basic", SEVEN, "C", (33, 61), (3, 8, 3)),
    "narrowing_B": Config("basic", NARROWING, "B", (31, 29), (3, 36, 1)),
    "narrowing_D": Config("basic", NARROWING, "D", (31, 29), (3, 40, 1)),
    "grey_input_one_class": Config("basic", TWO, "B", (29, 31), channels=1, classes=1),
    "map_of_one_pixel": Config("basic", THREE, "D", (1, 1)),
    "map_of_one_row": Config("basic", THREE, "B", (1, 17)),
    # bottlenecks
    "bottleneck_3x3": Config("bottleneck", TWO, "B", (57, 57)),
    "bottleneck_1x1": Config("bottleneck", TWO, "B", (57, 57), stride_at=1),
    "bottleneck_1x1_D": Config("bottleneck", TWO, "D", (61, 33), stride_at=1),
    "bottleneck_A": Config("bottleneck", TWO, "A", (61, 33)),
    "bottleneck_A_both_1x1": Config("bottleneck", stages((9, 2, 1), (11, 2, 2)), "A_both", (33, 33), stride_at=1),
    "bottleneck_C": Config("bottleneck", THREE, "C", (33, 33)),
    "bottleneck_none": Config("bottleneck", TWO, "none", (33, 33)),
    "bottleneck_expansion_2": Config("bottleneck", THREE, "B", (31, 33), expansion=2),
    "bottleneck_expansion_1": Config("bottleneck", ONE, "A", (31, 33), expansion=1),
    "bottleneck_inner": Config("bottleneck", TWO, "B", (57, 57), inner=3),
    "bottleneck_five_stages": Config("bottleneck", FIVE, "D", (225, 225), (7, 20, 2), pool=True, expansion=3),
    "groups_4": Config("bottleneck", TWO, "B", (57, 57), groups=4),
    "groups_inner": Config("bottleneck", stages((20, 2, 1), (40, 2, 3)), "D", (33, 61), groups=10, inner=2),
    "depthwise": Config("bottleneck", stages((20, 1, 2), (20, 2, 1)), "A", (33, 33), groups=20),
    # without shortcuts
    "plain": Config("plain", THREE, "B", (57, 57)),
    "plain_five_stages": Config("plain", FIVE, "A", (61, 33)),
    # norm and activation first
    "preact_basic": Config("preact_basic", THREE, "bare", (57, 57)),
    "preact_basic_A": Config("preact_basic", THREE, "A", (33, 61)),
    "preact_basic_C": Config("preact_basic", TWO, "C", (33, 33)),
    "preact_basic_none": Config("preact_basic", TWO, "none", (33, 33)),
    "preact_bottleneck": Config("preact_bottleneck", TWO, "bare", (57, 57), pool=True),
    "preact_bottleneck_1x1": Config("preact_bottleneck", TWO, "bare", (57, 57), stride_at=1),
    "preact_bottleneck_groups_D": Config("preact_bottleneck", TWO, "D", (61, 33), groups=4, expansion=2),
    # gates
    "squeeze_excite": Config("se_basic", THREE, "B", (33, 33)),
    "squeeze_excite_odd": Config("se_basic", SEVEN, "D", (57, 57), reduction=3),
    # brackets
    "bracket_basic": Config("basic", THREE, "B", (57, 57), brackets=True),
    "bracket_basic_A_both": Config("basic", SEVEN, "A_both", (33, 61), (3, 7, 1), brackets=True),
    "bracket_bottleneck": Config("bottleneck", TWO, "D", (57, 57), brackets=True),
    "bracket_groups": Config("bottleneck", stages((20, 2, 1), (40, 2, 2)), "B", groups=5, inner=2, brackets=True),
    "bracket_three_rows": Config(
        "rows",
        (
            Stage(blocks=2, stride=3, rows=(Row(3, 20), Row(5, 36), Row(3, 20))),
            Stage(blocks=1, stride=2, rows=(Row(1, 20), Row(1, 24), Row(7, 24, 6), Row(3, 36))),
        ),
        "B",
        (57, 33),
    ),
    "bracket_one_row": Config("rows", (Stage(blocks=3, rows=(Row(3, 16),)), Stage(stride=2, rows=(Row(5, 36),))), "A"),
}


@pytest.mark.parametrize("name", CONFIGS)
def test_setting(name: str) -> None:
    config = CONFIGS[name]
    compare(resdsl.loads(spec(config)), config)


@pytest.mark.parametrize("name", [name for name, config in CONFIGS.items() if config.brackets])
def test_a_bracket_is_the_block(name: str) -> None:
    config = CONFIGS[name]
    bracket, block = (resdsl.loads(spec(each)) for each in (config, replace(config, brackets=False)))
    assert bracket.costs == block.costs


def test_every_block_and_shortcut_is_tried() -> None:
    assert {config.block for config in CONFIGS.values()} == set(get_args(BlockKind))
    assert {config.shortcut for config in CONFIGS.values()} == set(get_args(ShortcutKind))


# --------------------------------------------------------------------------------------- families

FAMILY = """
network family(n = 1, k = 1, shortcut = B, widths = [20, 36]) {
  input 3x33x33
  conv 3x3, 20; norm; act
  for i, width in widths {
    stage "layer{i + 1}": basic(width * k) x n + i, /(if i == 0 then 1 else 2)
  }
  avgpool global
  fc 7
}
network base = family(n = 2)
network deep = family(n = 4, widths = [20, 36, 60])
network wide = base(k = 2)
"""


def member(n: int, k: int = 1, widths: tuple[int, ...] = (20, 36), shortcut: ShortcutKind = "B") -> Config:
    rows = [(width * k, n + i, 1 if i == 0 else 2) for i, width in enumerate(widths)]
    return Config("basic", stages(*rows), shortcut, (33, 33), (3, 20, 1))


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("k", [1, 3])
def test_family_of_depths_and_widths(n: int, k: int) -> None:
    compare(resdsl.loads(FAMILY, "family", n=n, k=k), member(n, k))


@pytest.mark.parametrize(
    ("name", "config"), [("base", member(2)), ("deep", member(4, widths=(20, 36, 60))), ("wide", member(2, 2))]
)
def test_named_members(name: str, config: Config) -> None:
    compare(resdsl.loads(FAMILY, name), config)


@pytest.mark.parametrize("shortcut", ["A", "C", "D", "none"])
def test_a_setting_from_outside(shortcut: ShortcutKind) -> None:
    compare(resdsl.loads(FAMILY, "family", shortcut=shortcut), member(1, shortcut=shortcut))


@pytest.mark.parametrize(("n", "k", "size"), [(1, 1, (33, 61)), (2, 3, (29, 29)), (4, 1, (16, 17))])
def test_shipped_cifar(n: int, k: int, size: tuple[int, int]) -> None:
    rows = [(16 * k, n, 1), (32 * k, n, 2), (64 * k, n, 2)]
    config = Config("basic", stages(*rows), "D", size, classes=11)
    net = resdsl.load("cifar", n=n, k=k, classes=11, shortcut="D", input=f"3x{size[0]}x{size[1]}")
    compare(net, config)


# ---------------------------------------------------------------------------------------- at random

WIDENING: tuple[ShortcutKind, ...] = ("A", "A_both")
NAMED: tuple[BlockKind, ...] = ("basic", "bottleneck", "plain", "preact_basic", "preact_bottleneck", "se_basic")


@st.composite
def configs(draw: st.DrawFn) -> Config:
    """Small networks of one to four stages; option A is given widths that never shrink."""
    block = draw(st.sampled_from(NAMED))
    kind = draw(st.sampled_from(get_args(ShortcutKind)))
    groups = draw(st.sampled_from([1, 2, 4]))
    widths = [groups * width for width in draw(st.lists(st.integers(2, 6), min_size=1, max_size=4))]
    widths = sorted(widths) if kind in WIDENING else widths
    stem = draw(st.integers(3, 8))
    return Config(
        block,
        tuple(Stage(width, draw(st.integers(1, 3)), draw(st.integers(1, 3))) for width in widths),
        kind,
        (draw(st.integers(3, 25)), draw(st.integers(3, 25))),
        (draw(st.sampled_from([1, 3, 5])), min(stem, widths[0]) if kind in WIDENING else stem, draw(st.integers(1, 2))),
        draw(st.booleans()),
        groups,
        draw(st.integers(1, 2)) if block == "bottleneck" else 1,
        draw(st.integers(1, 4)),
        draw(st.sampled_from([1, 3])),
        reduction=2,
    )


@settings(max_examples=25)
@given(configs())
def test_any_setting(config: Config) -> None:
    compare(resdsl.loads(spec(config)), config)


# ------------------------------------------------------------------------------- the tests can fail


@pytest.mark.parametrize("other", ["A_both", "none"])
def test_another_shortcut_is_seen(other: ShortcutKind) -> None:
    config = CONFIGS["two_stages_stride_3_A"]
    wrong = resdsl.loads(spec(replace(config, shortcut=other)))
    by_hand = reference(config)
    x = torch.ones((1, 3, *config.size))
    logits, _ = run(by_hand, x)
    assert relative_difference(outputs(wrong, by_hand, x), np.asarray(logits)) > 100 * TOLERANCE
    with pytest.raises(AssertionError):
        compare(wrong, config)
