"""Rule 2: where a stage's stride falls."""

from __future__ import annotations

import pytest

from tests.language.reading import body, field, kinds, layers, ops, read, refused, stage, text_of, within

GIVEN = """
block deaf(width) { conv 3x3, width }
block ignores(width, stride = 1) { conv 3x3, width; if stride > 8 { relu } }
block twice(width, stride = 1) { conv 3x3, width, /stride; conv 3x3, width, /stride }
block pools(width, stride = 1) { conv 3x3, width; avgpool global; if stride > 8 { relu } }
"""


def test_rule_02_a_stages_stride_goes_to_its_first_block_and_the_rest_get_1() -> None:
    net = read("input 8x32x32", "stage s: basic(8) x 3, /2", head="network n(shortcut = B)")
    assert [field(net, f"s.{index}.conv1", "stride") for index in range(3)] == [(2, 2), (1, 1), (1, 1)]
    assert [run.count for run in stage(net, "s").runs] == [1, 2]


def test_rule_02_the_stages_stride_goes_over_the_blocks_own_default() -> None:
    block = "block own(width, stride = 4) { conv 3x3, width, /stride }"
    net = read("input 3x32x32", "stage s: own(8) x 2, /2", before=block)
    assert [step.layer.shapes[0] for step in layers(net)] == [(8, 16, 16), (8, 16, 16)]


def test_rule_02_stride_may_be_written_out_and_differ_per_axis() -> None:
    for written in ("/2", "stride=2", "/2x2", "/dims(2, 2)"):
        net = read("input 8x32x32", f"stage s: basic(8), {written}", head="network n(shortcut = B)")
        assert body(net, "s").shape == (8, 16, 16)
    oblong = read("input 8x32x32", "stage s: basic(8), /2x1", head="network n(shortcut = B)")
    assert body(oblong, "s").shape == (8, 16, 32)


@pytest.mark.parametrize(
    ("use", "code", "span"),
    [
        ("stage s: deaf(8) x 2, /2", "RES407", "/2"),
        ("stage s: deaf(8), /2", "RES407", "/2"),
        ("stage s: ignores(8) x 2, /2", "RES408", "/2"),
        ("stage s: twice(8) x 2, /2", "RES408", "/2"),
        ("stage s: pools(8), /2", "RES408", "/2"),
        ("stage s: twice(8, stride=2) x 2", "RES409", "stride=2"),
        ("stage s: twice(8, 2) x 2", "RES409", "2"),
        ("stage s: twice(8, /2) x 2", "RES409", "/2"),
        ("stage s: twice(8, stride=2) x 1", "RES409", "stride=2"),
        ("stage s: twice(8, stride=2), /2", "RES409", "stride=2"),
        ("stage s: twice(8), /2, /2", "RES313", "/2"),
        ("stage s: twice(8), /0", "RES300", "/0"),
        ("stage s: twice(8), /(3 / 2)", "RES300", "/(3 / 2)"),
        ('stage s: twice(8), /"2"', "RES300", '/"2"'),
        ("stage s: twice(8), groups=2", "RES502", "groups=2"),
    ],
)
def test_rule_02_strides_that_cannot_be_meant(use: str, code: str, span: str) -> None:
    refused(text_of("input 3x32x32", use, before=GIVEN), code, span)


def test_rule_02_a_stride_bound_to_a_block_value_is_one_among_its_arguments() -> None:
    head = "network n(block = basic(stride=2), shortcut = B)"
    refused(text_of("input 3x32x32", "stage s: block(8) x 2", head=head), "RES409", "block(8)")
    refused(text_of("input 3x32x32", "stage s: block(8), /2", head=head), "RES409", "block(8)")
    assert body(read("input 3x32x32", "stage s: block(8)", head=head), "s").shape == (8, 16, 16)


def test_rule_02_a_single_block_may_take_its_stride_as_an_argument() -> None:
    net = read("input 3x32x32", "stage s: basic(8, stride=2)", head="network n(shortcut = B)")
    assert body(net, "s").shape == (8, 16, 16)


def test_rule_02_stride_1_asks_nothing_of_a_block() -> None:
    net = read("input 3x32x32", "stage s: deaf(8) x 2, /1", before=GIVEN)
    assert body(net, "s").shape == (8, 32, 32)


def test_rule_02_a_bracket_is_convolutions_with_norm_and_act_and_the_shortcut() -> None:
    net = read("input 64x8x8", "stage s: [1x1, 16; 3x3, 16; 1x1, 64]", head="network n(shortcut = B)")
    assert kinds(net) == ["conv", "bn", "relu", "conv", "bn", "relu", "conv", "bn", "add", "relu"]


@pytest.mark.parametrize(
    ("bracket", "block"),
    [
        ("[1x1, 64; 3x3, 64; 1x1, 256]", "bottleneck(64)"),
        ("[3x3, 64; 3x3, 64]", "basic(64)"),
        ("[1x1, 256; 3x3, 256, groups=32; 1x1, 512]", "bottleneck(256, groups=32, expansion=2)"),
    ],
)
@pytest.mark.parametrize("repeats", [" x 3, /2", " x 2", ", /2", ""])
def test_rule_02_in_a_bracket_the_stride_falls_on_the_first_convolution_larger_than_1x1(
    bracket: str, block: str, repeats: str
) -> None:
    head = "network n(shortcut = B)"
    short = read("input 16x16x16", f"stage s: {bracket}{repeats}", head=head)
    named = read("input 16x16x16", f"stage s: {block}{repeats}", head=head)
    assert [(step.path, step.layer, step.role) for step in layers(short)] == [
        (step.path, step.layer, step.role) for step in layers(named)
    ]


@pytest.mark.parametrize(
    ("use", "code", "span"),
    [
        ("stage s: [1x1, 8; 3x3, 8, /2; 1x1, 8] x 2, /2", "RES410", "/2"),
        ("stage s: [1x1, 8, stride=2; 3x3, 8; 1x1, 8], /2", "RES410", "stride=2"),
        ("stage s: [1x1, 8; 3x3, 8, 2; 1x1, 8] x 2, /2", "RES410", "2"),
        ("stage s: [1x1, 8; 3x3, 8, /2; 1x1, 8] x 2", "RES409", "/2"),
        ("stage s: [1x1, 8; 3x3, 8, 2; 1x1, 8] x 2", "RES409", "2"),
        ("stage s: [1x1, 8; 1x1, 8] x 2, /2", "RES411", "/2"),
    ],
)
def test_rule_02_strides_of_rows_that_cannot_be_meant(use: str, code: str, span: str) -> None:
    refused(text_of("input 8x32x32", use, head="network n(shortcut = B)"), code, span)


def test_rule_02_a_row_of_a_single_bracket_may_stride() -> None:
    net = read("input 8x32x32", "stage s: [1x1, 8, /2; 3x3, 8]", head="network n(shortcut = B)")
    assert [field(net, f"s.0.{path}", "stride") for path in ("conv1", "conv2", "downsample.0")] == [
        (2, 2),
        (1, 1),
        (2, 2),
    ]


def test_rule_02_the_first_row_larger_than_1x1_in_any_axis() -> None:
    net = read("input 8x32x32", "stage s: [1, 8; 1x3, 8; 3x3, 8], /2", head="network n(shortcut = B)")
    assert [field(net, f"s.0.conv{index}", "stride") for index in (1, 2, 3)] == [(1, 1), (2, 2), (1, 1)]


def test_rule_02_settings_may_stand_beside_the_stride() -> None:
    net = read("input 8x32x32", "stage s: basic(8) x 2, /2, act=gelu, shortcut=D", head="network n")
    assert "gelu" in within(body(net, "s"))
    assert "s.0.downsample.0" in dict(ops(net))
