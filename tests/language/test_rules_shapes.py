"""Rules 3 to 6: shortcuts from within, option A, defaults of ops, and depth."""

from __future__ import annotations

import pytest

from resdsl.ir.network import Call
from tests.language.reading import codes, field, kinds, layers, ops, read, refused, shape, text_of

MARKS = """
shortcut marks {
  if changes { conv 1x1, out, /stride } else { identity }
}
"""


def residual(body: str) -> tuple[str, str]:
    """A residual of one line, before a width of its own."""
    return f"residual {{ {body} }}", "relu"


@pytest.mark.parametrize(
    ("entering", "body", "stride", "out"),
    [
        ("8x57x57", "conv 3x3, 8, /2", (2, 2), 8),
        ("8x8x8", "conv 3x3, 16, /2; maxpool 2x2, /2, pad=0", (4, 4), 16),
        ("8x9x9", "conv 3x3, 16, /2x1; conv 3x3, 8, /1x2", (2, 2), 8),
        ("8x9x9", "conv 3x3, 16, /3x1", (3, 1), 16),
        ("8x8x8", "basic(8, stride=2); conv 3x3, 12, /2", (4, 4), 12),
        ("8x1x1", "conv 3x3, 8, /2", (2, 2), 8),
        ("8x8x8", "conv 3x3, 9", (1, 1), 9),
    ],
)
def test_rule_03_out_and_stride_are_those_of_the_body(
    entering: str, body: str, stride: tuple[int, ...], out: int
) -> None:
    net = read(f"input {entering}", *residual(body), head="network n(shortcut = marks)", before=MARKS)
    assert field(net, "downsample.0", "stride") == stride
    assert field(net, "downsample.0", "out") == out


def test_rule_03_57_to_29_is_stride_2() -> None:
    net = read("input 8x57x57", "stage s: basic(8), /2", head="network n(shortcut = B)")
    assert field(net, "s.0.downsample.0", "stride") == (2, 2)
    assert shape(net) == (8, 29, 29)


@pytest.mark.parametrize("entering", ["8x57x57", "8x2x2", "8x1x1"])
@pytest.mark.parametrize(
    ("body", "changes"), [("conv 3x3, 8", False), ("conv 3x3, 8, /2", True), ("conv 3x3, 4", True)]
)
def test_rule_03_changes_never_asks_for_the_inputs_size(entering: str, body: str, changes: bool) -> None:
    net = read(f"input {entering}", *residual(body), head="network n(shortcut = marks)", before=MARKS)
    assert dict(ops(net))["downsample.0"] == ("conv" if changes else "identity")


def test_rule_03_sizes_are_compared_at_the_sum() -> None:
    text = text_of("input 8x8x8", "residual { conv 3x3, 8, pad=0 }", head="network n(shortcut = B)")
    found = refused(text, "RES416", "residual")
    assert "yields 8x6x6, but its shortcut `B` yields 8x8x8" in found.headline
    assert [label.span.text for label in found.labels] == ["B"]
    identity = refused(text.replace("residual", "residual identity"), "RES416", "residual")
    assert "yields 8x6x6, which cannot be added to its input, 8x8x8" in identity.headline
    assert identity.labels == ()


@pytest.mark.parametrize("name", ["out", "stride", "changes"])
def test_rule_03_what_a_shortcut_knows_is_no_parameter_of_it(name: str) -> None:
    text = text_of("input 8x8x8", "relu", before=f"shortcut mine({name} = 1) {{ conv 1x1, out, /{name} }}")
    assert f"`{name}`" in refused(text, "RES209", f"{name} = 1").headline
    assert kinds(read("input 8x8x8", f"mine({name} = 1)", before=f"block mine({name}) {{ avgpool {name} }}")) == [
        "avgpool"
    ]


def test_rule_03_a_shortcut_that_lacks_an_argument_is_told_where_it_is_given() -> None:
    lacks = "shortcut lacks(k) { conv k, out }"
    refused(text_of("input 8x8x8", "basic 8", head="network n(shortcut = lacks)", before=lacks), "RES311", "lacks")
    assert "conv" in kinds(read("input 8x8x8", "basic 8", head="network n(shortcut = lacks(3))", before=lacks))


@pytest.mark.parametrize("entering", ["16x8x8", "16x9", "16"])
def test_a_gate_yields_what_can_multiply_what_flows_in(entering: str) -> None:
    found = refused(text_of(f"input {entering}", "gate { split 2; as part; from part[0] }"), "RES403", "gate")
    yields = entering.replace("16", "8", 1)
    wanted = f"{entering}, or 1 on some of its axes"
    expected = f"this gate yields {yields}; to multiply what flows in, it must yield {wanted}"
    assert found.headline == f"the body of {expected}"


def test_a_gate_can_yield_one_channel_for_all() -> None:
    read("input 16x8x8", "gate { conv 3x3, 1; sigmoid } -> 16x8x8")
    read("input 16x9", "gate { channel_mean } -> 16x9")


@pytest.mark.parametrize("body", ["avgpool global", "upsample 2", "fc 8"])
def test_rule_03_a_body_without_a_stride_has_no_shortcut_that_could_ask_for_it(body: str) -> None:
    refused(text_of("input 8x8x8", f"residual {{ {body} }}", head="network n(shortcut = B)"), "RES406", "residual")


def test_rule_03_out_stride_and_changes_are_known_in_shortcuts_only() -> None:
    for name in ("out", "changes"):
        refused(text_of("input 8x8x8", f"let y = {name}", "relu"), "RES200", name)


@pytest.mark.parametrize(
    ("body", "widths"),
    [
        ("conv 3x3, 12; conv 3x3, channels", [12, 8]),
        ("conv 3x3, 12; if true { conv 3x3, channels }", [12, 8]),
        ("conv 3x3, 12; for i in 0..2 { conv 3x3, channels * 2 }", [12, 16, 16]),
        ("conv 3x3, 12; parallel concat { conv 3x3, 4; conv 3x3, channels } { conv 3x3, channels }", [12, 4, 12, 12]),
        ("conv 3x3, 12; gate { conv 3x3, 4; conv 3x3, channels }", [12, 4, 12]),
        ("conv 3x3, 12; inner", [12, 24]),
        ("conv 3x3, 12; residual identity { conv 3x3, 4; conv 3x3, channels }", [12, 4, 12]),
    ],
)
def test_rule_03_channels_are_those_that_enter_the_innermost_body(body: str, widths: list[int]) -> None:
    inner = "block inner { conv 3x3, 2 * channels }"
    net = read(
        "input 8x8x8", f"outer({8})", before=f"{inner}\nblock outer(width) {{ {body}; if width > 9 {{ relu }} }}"
    )
    assert [step.layer.shapes[0][0] for step in layers(net) if step.layer.op.op == "conv"] == widths


def test_defaults_of_a_block_know_the_channels_that_enter_it() -> None:
    block = "block squeezed(width, inner = channels // 4) { conv 1x1, inner; conv 1x1, width }"
    net = read("input 8x8x8", "conv 3x3, 12", "squeezed 20", "squeezed(20, inner=7)", before=block)
    assert [field(net, f"{path}.conv1", "out") for path in ("squeezed", "squeezed2")] == [3, 7]
    (_, squeezed, _) = net.ir.nodes
    assert isinstance(squeezed, Call)
    assert squeezed.body.origin.argument("inner") == 3


def test_rule_03_channels_in_a_shortcut_are_those_that_enter_it() -> None:
    shortcut = "shortcut s { conv 3x3, channels * 3; conv 1x1, out }"
    net = read("input 8x8x8", *residual("conv 3x3, 16"), head="network n(shortcut = s)", before=shortcut)
    assert field(net, "downsample.0", "out") == 24


@pytest.mark.parametrize(("zeros", "after"), [("", "after"), ('(zeros="after")', "after"), ('(zeros="both")', "both")])
def test_rule_04_a_keeps_rows_and_columns_and_appends_channels(zeros: str, after: str) -> None:
    net = read("input 8x9x9", "basic(16, stride=2)", head=f"network n(shortcut = A{zeros})")
    assert [kind for path, kind in ops(net) if "downsample" in path] == ["subsample", "pad_channels"]
    assert field(net, "basic.downsample.0", "stride") == (2, 2)
    assert field(net, "basic.downsample.1", "zeros") == after
    assert net.params == 8 * 16 * 9 + 16 * 16 * 9 + 4 * 16


def test_rule_04_a_does_nothing_where_nothing_changes() -> None:
    assert not [path for path, _ in ops(read("input 8x9x9", "basic(8)", shortcut="A")) if "downsample" in path]


def test_rule_04_narrowing_is_an_error_that_says_what_to_use() -> None:
    text = text_of("input 8x9x9", "basic(4)", head="network n(shortcut = A)")
    found = refused(text, "RES403", "basic(4)")
    assert found.inner is not None
    assert found.inner.text == "out"
    assert "projection" in found.headline
    assert [frame.span.text for frame in found.chain] == ["residual", "basic(4)"]


def test_rule_04_zeros_stand_after_or_on_both_sides() -> None:
    text = text_of("input 8x9x9", "basic(16)", head='network n(shortcut = A(zeros="before"))')
    assert refused(text, "RES314", "basic(16)").expected == '"after" or "both"'


@pytest.mark.parametrize(
    ("call", "path", "name", "expected"),
    [
        ("conv 3x3, 4", "conv1", "pad", (1, 1)),
        ("conv 7x7, 4", "conv1", "pad", (3, 3)),
        ("conv 1x1, 4", "conv1", "pad", (0, 0)),
        ("conv 2x2, 4", "conv1", "pad", (0, 0)),
        ("conv 4x4, 4", "conv1", "pad", (1, 1)),
        ("conv 3x3, 4, dilation=2", "conv1", "pad", (2, 2)),
        ("conv 4x4, 4, dilation=3", "conv1", "pad", (4, 4)),
        ("conv 3x5, 4, dilation=2x3", "conv1", "pad", (2, 6)),
        ("conv 3x3, 4, pad=0", "conv1", "pad", (0, 0)),
        ("conv 3x3, 4", "conv1", "bias", False),
        ("conv 3x3, 4", "conv1", "groups", 1),
        ("conv 3x3, 4", "conv1", "stride", (1, 1)),
        ("conv 3x3, 4", "conv1", "dilation", (1, 1)),
        ("fc 10", "fc", "bias", True),
        ("maxpool 3x3, /2", "maxpool", "pad", (1, 1)),
        ("maxpool 3x3, /2", "maxpool", "ceil", False),
        ("maxpool 2x2, /2", "maxpool", "pad", (0, 0)),
        ("avgpool 3x3", "avgpool", "pad", (1, 1)),
        ("avgpool 3x3", "avgpool", "ceil", False),
        ("norm", "bn1", "eps", 1e-5),
        ("norm", "bn1", "momentum", 0.1),
        ("bn", "bn1", "eps", 1e-5),
    ],
)
def test_rule_05_defaults_of_ops(call: str, path: str, name: str, expected: object) -> None:
    assert field(read("input 6x16x16", call), path, name) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("avgpool global", (6, 1, 1)),
        ("maxpool global", (6, 1, 1)),
        ("fc 10", (10,)),
        ("maxpool 3x3, /2", (6, 8, 8)),
        ("maxpool 2x2, /2", (6, 7, 7)),
        ("maxpool 2x2, /2, ceil=true", (6, 8, 8)),
    ],
)
def test_rule_05_shapes_that_ops_yield(call: str, expected: tuple[int, ...]) -> None:
    assert shape(read("input 6x15x15", call)) == expected


@pytest.mark.parametrize(
    ("call", "code", "span"),
    [
        ("conv 3x3", "RES311", "conv 3x3"),
        ("conv 3x3, 4, biass=true", "RES310", "biass"),
        ("conv 3x3, 4, bias=1", "RES314", "bias=1"),
        ("conv 3x3, 4.5", "RES314", "4.5"),
        ("conv 3x3, 0", "RES314", "0"),
        ("conv 3x3x3, 4", "RES403", "3x3x3"),
        ("conv 3x3, 4, groups=5", "RES403", "groups=5"),
        ('conv 3x3, 4, /1, 1, 1, 1, false, 0, none, 1, "zeros", 7', "RES312", "7"),
        ("relu 3", "RES312", "3"),
        ("relu /2", "RES407", "/2"),
        ("avgpool globl", "RES200", "globl"),
        ("maxpool 99x99, pad=0", "RES403", "99x99"),
        ("avgpool", "RES311", "avgpool"),
    ],
)
def test_rule_05_wrong_arguments_of_ops(call: str, code: str, span: str) -> None:
    refused(text_of("input 6x16x16", call), code, span)


@pytest.mark.parametrize(
    ("statements", "depth"),
    [
        (("conv 3x3, 8", "norm; act", "fc 10"), 2),
        (("basic(8, shortcut=C)",), 2),
        (("bottleneck(2, shortcut=C)",), 3),
        (("squeeze_excite(2)",), 0),
        (("gate { basic(8, shortcut=B) }",), 0),
        (("residual { conv 3x3, 8; gate { conv 1x1, 8 } }",), 1),
        (("parallel add { conv 3x3, 8 } { conv 1x1, 8; conv 3x3, 8 }",), 3),
        (("stage s: basic(8, shortcut=C) x 5",), 10),
        (("fc 8; fc 9",), 2),
    ],
)
def test_rule_06_depth_counts_convolutions_and_fc_of_the_main_path(statements: tuple[str, ...], depth: int) -> None:
    net = read("input 8x8x8", *statements, f"expect depth = {depth}")
    assert net.depth == depth
    refused(text_of("input 8x8x8", *statements, f"expect depth = {depth + 1}"), "RES800", f"expect depth = {depth + 1}")


def test_rule_06_what_is_nested_in_a_shortcut_or_a_gate_is_no_depth_either() -> None:
    shortcut = "shortcut deep { conv 1x1, out, /stride; residual identity { conv 3x3, out }; gate { conv 1x1, out } }"
    net = read("input 8x8x8", "basic(8)", head="network n(shortcut = deep)", before=shortcut)
    assert kinds(net).count("conv") == 5
    assert net.depth == 2


def test_rule_05_op_defaults_that_change_nothing_are_no_override() -> None:
    assert codes(read("input 6x16x16", "conv 3x3, 4, /1, dilation=1, groups=1, bias=false")) == []
