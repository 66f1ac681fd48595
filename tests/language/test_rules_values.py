"""Rules 7 and 8: ranges, loops, the numbers of repeats, and named values."""

from __future__ import annotations

import pytest

from resdsl.api import Net, loads
from resdsl.ops.regularise import DropPath
from tests.language.reading import codes, field, kinds, layers, ops, problems, read, refused, stage, text_of, value

DROPPING = """
block dropping(width, rate, stride = 1) {
  residual { conv 3x3, width, /stride; norm; drop_path rate }
  act
}
"""


def widths(*statements: str) -> list[int]:
    """Widths of all convolutions of a network of these statements."""
    net = read("input 3x8x8", *statements)
    return [step.layer.shapes[0][0] for step in layers(net) if step.layer.op.op == "conv"]


def test_rule_07_ranges_leave_the_end_out() -> None:
    assert widths("for k in 2..5 { conv 3x3, k }") == [2, 3, 4]
    assert widths("conv 3x3, 1", "for k in 5..5 { conv 3x3, k }") == [1]
    assert widths("conv 3x3, 1", "for k in 5..2 { conv 3x3, k }") == [1]
    assert value("len(0..7)") == 7
    refused(text_of("input 3x8x8", "for k in 0..2.5 { relu }"), "RES300", "2.5")
    refused(text_of("input 3x8x8", "for k in 4 { relu }"), "RES300", "4")
    refused(text_of("input 3x8x8", "for k in 3x3 { relu }"), "RES300", "3x3")


def test_rule_07_two_targets_are_index_and_item() -> None:
    assert widths("for k, width in [16, 32, 64] { conv 3x3, width + k }") == [16, 33, 66]
    assert value("[i * x for i, x in [5, 6, 7]]") == value("[0, 6, 14]")


def test_rule_07_pairs_are_taken_apart_in_brackets() -> None:
    assert widths("for (a, b) in zip([1, 2], [10, 20]) { conv 3x3, a + b }") == [11, 22]
    assert widths("for k, (a, b) in zip([1, 2], [10, 20]) { conv 3x3, a + b + k }") == [11, 23]
    assert widths("for (a, (b, c)) in [[1, [2, 3]]] { conv 3x3, a * 100 + b * 10 + c }") == [123]
    refused(text_of("input 3x8x8", "for (a, b) in [1, 2] { relu }"), "RES300", "(a, b)")
    refused(text_of("input 3x8x8", "for (a, b) in [[1, 2, 3]] { relu }"), "RES300", "(a, b)")
    refused(text_of("input 3x8x8", "for (a, a) in [[1, 2]] { relu }"), "RES201", "a")


def test_rule_07_what_a_loop_binds_stays_in_it() -> None:
    found = problems(text_of("input 3x8x8", "for k in 0..2 { relu }", "conv 3x3, k"))
    assert [one.code for one in found] == ["RES200"]
    found = problems(text_of("input 3x8x8", "if true { let k = 4 }", "conv 3x3, k"))
    assert [one.code for one in found] == ["RES200"]


def rates_in(net: Net, under: str = "") -> list[float]:
    """Rates of all `drop_path` below a path, in order."""
    dropping = [(step.path, step.layer.op) for step in layers(net)]
    return [op.rate for path, op in dropping if isinstance(op, DropPath) and path.startswith(under)]


def rates(under: str, *statements: str) -> list[float]:
    """Those of a network of these statements."""
    return rates_in(read("input 8x8x8", *statements, head="network n(shortcut = B)", before=DROPPING), under)


def test_rule_07_i_and_n_number_the_repeats_of_the_stage() -> None:
    two = ("stage a: dropping(8, i / n) x 2", "stage b: dropping(8, (i + 1) / 8) x 4")
    assert rates("a", *two) == [0, 0.5]
    assert rates("b", *two) == [0.125, 0.25, 0.375, 0.5]


def test_rule_07_block_index_and_block_count_number_those_of_the_network() -> None:
    rule = "0.2 * (block_index + 1) / block_count"
    stages = [f"stage {name}: dropping(8, {rule}) x {count}" for name, count in (("a", 2), ("b", 3), ("c", 1))]
    found = rates("", *stages)
    assert found == pytest.approx([0.2 * (at + 1) / 6 for at in range(6)])


def test_rule_07_block_count_sees_loops_conditions_and_lists() -> None:
    head = "network n(depths = [1, 2], shortcut = B)"
    statements = (
        "input 8x8x8",
        'for k, depth in depths { if depth > 1 { stage "s{k}": dropping(8, block_index / block_count) x depth } }',
        "stage last: dropping(8, block_index / block_count)",
    )
    net = read(*statements, head=head, before=DROPPING)
    assert rates_in(net) == pytest.approx([0, 1 / 3, 2 / 3])


def test_rule_07_block_count_sees_what_variants_change() -> None:
    text = DROPPING + text_of(
        "input 8x8x8", *(f"stage {s}: dropping(8, block_index / block_count) x 2" for s in "ab"), head="network base"
    )
    variant = "network n = base { stage a: dropping(8, block_index / block_count) x 5; drop b }\n"
    net = loads(text + variant, "n", shortcut="B")
    assert rates_in(net) == pytest.approx([at / 5 for at in range(5)])


def test_rule_07_the_numbers_of_repeats_are_known_in_brackets_too() -> None:
    net = read("input 8x8x8", "stage s: [3x3, 8 * (i + 1); 3x3, 8] x 3", head="network n")
    assert [field(net, f"s.{at}.conv1", "out") for at in range(3)] == [8, 16, 24]


def test_rule_07_a_name_that_could_be_the_stages_own_or_the_one_around_it_is_refused() -> None:
    loop = 'for i in 0..2 { stage "s{i}": dropping(8, i / 8) x 2 }'
    refused(text_of("input 8x8x8", loop, before=DROPPING), "RES206", "i")
    head = "network n(n = 3)"
    refused(text_of("input 8x8x8", "stage s: dropping(8, 1 / n) x 4", head=head, before=DROPPING), "RES206", "n")
    assert stage(read("input 8x8x8", "stage s: dropping(8, 0) x n", head=head, before=DROPPING), "s").blocks == 3


def test_rule_07_the_numbers_of_repeats_are_known_in_arguments_only() -> None:
    for statement, name in (("stage s: basic(8) x i", "i"), ("conv 3x3, block_index", "block_index")):
        refused(text_of("input 8x8x8", statement), "RES200", name)


def test_rule_07_equal_repeats_stay_one_run() -> None:
    net = read("input 8x8x8", "stage s: dropping(8, min(i, 1) / 2) x 6", before=DROPPING)
    assert [run.count for run in stage(net, "s").runs] == [1, 5]


def test_rule_08_values_are_assigned_once() -> None:
    refused(text_of("input 3x8x8", "as y", "relu", "as y"), "RES201", "y")
    refused(text_of("input 3x8x8", "as y[0]", "relu", "as y[0]"), "RES201", "as y[0]")
    refused(text_of("input 3x8x8", "as y", "relu", "as y[0]"), "RES201", "as y[0]")
    refused(text_of("input 3x8x8", "let y = 3", "let y = 4", "relu"), "RES201", "y")
    refused(text_of("input 3x8x8", "let y = 3", "as y", "relu"), "RES201", "y")
    refused(text_of("input 3x8x8", "for k in 0..2 { relu; as y }"), "RES201", "y")


def test_rule_08_indices_begin_at_0_and_leave_none_out() -> None:
    three = [f"conv 3x3, {width}; as y[{at}]" for at, width in enumerate((4, 5, 6))]
    assert read("input 3x8x8", *three, "from concat(y)").ir.nodes[-1].shapes == ((15, 8, 8),)
    text = text_of("input 3x8x8", three[0], three[2], "from concat(y)")
    assert refused(text, "RES205", "y").headline == "`y[1]` is missing"
    refused(text_of("input 3x8x8", three[1], "from concat(y)"), "RES205", "y")
    refused(text_of("input 3x8x8", three[0], "from y[1]"), "RES303", "1")
    refused(text_of("input 3x8x8", "as y[-1]", "relu"), "RES300", "-1")


def test_rule_08_values_are_known_after_the_loop_that_makes_them() -> None:
    net = read(
        "input 4x8x8",
        "for k in 0..3 { conv 3x3, 4; as y[k] }",
        "if true { relu; as last }",
        "from add(y, last)",
    )
    assert layers(net)[-1].inputs == ("conv1", "conv2", "conv3", "relu")


def test_rule_08_values_are_known_in_their_body_only() -> None:
    block = "block b { conv 3x3, 4; as y }"
    found = problems(text_of("input 4x8x8", "b", "from y", before=block))
    assert [(one.code, one.span and one.span.text) for one in found] == [("RES200", "y")]
    found = problems(text_of("input 4x8x8", "as y", "b", before="block b { from y }"))
    assert ("RES200", "y") in [(one.code, one.span and one.span.text) for one in found]


@pytest.mark.parametrize("join", ["add", "concat", "mul"])
def test_rule_08_a_list_is_joined_as_its_elements(join: str) -> None:
    two = ("input 4x8x8", "relu; as y[0]", "conv 3x3, 4; as y[1]", "sigmoid; as z")
    as_list = read(*two, f"from {join}(y, z)")
    one_by_one = read(*two, f"from {join}(y[0], y[1], z)")
    assert as_list.ir == one_by_one.ir
    assert layers(as_list)[-1].inputs == ("relu", "conv1", "sigmoid")


def test_rule_08_parts_of_a_split_are_a_list() -> None:
    net = read("input 8x8x8", "split 4; as part", "from concat(part[3], part[0], part)")
    assert layers(net)[-1].inputs == ("split:3", "split", "split", "split:1", "split:2", "split:3")
    refused(text_of("input 8x8x8", "split 4; as part", "from part[4]"), "RES303", "4")
    refused(text_of("input 8x8x8", "split 3", "relu"), "RES403", "3")


def test_rule_08_what_flows_is_taken_up_again_by_from() -> None:
    net = read("input 4x8x8", "relu; as a", "conv 3x3, 4; as b", "from a", "conv 3x3, 4; as c", "from add(b, c)")
    assert [step.inputs for step in layers(net)] == [("input",), ("relu",), ("relu",), ("conv1", "conv2")]
    refused(text_of("input 4x8x8", "from 3"), "RES300", "3")
    refused(text_of("input 4x8x8", "from z"), "RES200", "z")
    refused(text_of("input 4x8x8", "relu; as a", "let b = a", "relu"), "RES414", "a")


def test_rule_08_a_block_may_be_called_on_a_named_value() -> None:
    net = read("input 4x8x8", "relu; as a", "conv 3x3, 9", "as b", "from concat(basic(a, 4), b)")
    assert [node.path for node in net.ir.nodes] == ["relu", "conv1", "basic", "concat"]


def test_rule_08_what_reaches_no_output_is_told() -> None:
    assert codes(read("input 4x8x8", "relu; as a", "conv 3x3, 4", "from a", "sigmoid")) == ["RES415"]
    assert kinds(read("input 4x8x8", "relu; as a", "conv 3x3, 4; tap c", "from a", "sigmoid")) == [
        "relu",
        "conv",
        "sigmoid",
    ]


def test_rule_08_paths_of_joined_values_are_in_order() -> None:
    net = read("input 4x8x8", "relu; as a", "sigmoid; as b", "from add(add(a, b), mul(a, b))")
    assert ops(net)[2:] == [("add", "add"), ("mul", "mul"), ("add2", "add")]


def test_rule_08_named_values_may_be_indexed_twice() -> None:
    net = read(
        "input 4x8x8",
        "for m in 0..2 { for i in 0..3 { conv 3x3, 4; as x[m][i] } }",
        "from add(x[1], x[0][2])",
    )
    assert layers(net)[-1].inputs == ("conv4", "conv5", "conv6", "conv3")
    growing = read("input 4x8x8", "relu; as x[0][0]", "from x[0][0]; conv 3x3, 4; as x[0][1]", "from add(x[0])")
    assert layers(growing)[-1].inputs == ("relu", "conv1")
    parts = read("input 8x8x8", "split 2; as x[0]", "split 4; as x[1]", "from concat(x[0][1], x[1])")
    assert layers(parts)[-1].inputs == ("split:1", "split2", "split2:1", "split2:2", "split2:3")


def test_outputs_have_the_names_that_the_text_gives_them() -> None:
    net = read("input 4x8x8", 'for l in 0..2 { conv 3x3, 4; tap "{l}" }', "conv 3x3, 2", 'output "pool"')
    assert [(tap.name, tap.value) for tap in net.ir.outputs] == [("0", "conv1"), ("1", "conv2"), ("pool", "conv3")]
    assert read("input 4x8x8", "output: conv 3x3, 4", "output output").ir.outputs[-1].name == "output"
    refused(text_of("input 4x8x8", "tap output", "relu"), "RES201", "output")


def test_sizes_of_a_named_value_are_numbers() -> None:
    net = read(
        "input 3x9x7; as image", "conv 3x3, 8, /2", 'upsample like=image, mode="bilinear"', "conv 3, shape(image)[0]"
    )
    assert [step.layer.shapes for step in layers(net)] == [((8, 5, 4),), ((8, 9, 7),), ((3, 9, 7),)]
    assert ops(net)[1] == ("upsample", "resize")
    called = read("input 3x9x7; as image", "conv 3x3, 3, /2; as small", "from add(upsample(small, like=image), image)")
    assert layers(called)[-1].inputs == ("upsample", "input")
    written = read("input 3x9x7; as image", "let size = shape(image)", "resize dims(size[1] * 2, size[2] // 2)")
    assert layers(written)[-1].layer.shapes == ((3, 18, 3),)


def test_a_reshape_like_a_map_has_its_sizes_and_its_stride() -> None:
    net = read(
        "input 3x9x7; as image",
        "residual { conv 3x3, 8, /2; as map; reshape 8x20; permute 1x0; reshape 40x4; reshape like=map -> 8x5x4 }",
        "fc 3",
        head="network n(shortcut = B)",
    )
    assert ("downsample.0", "conv") in ops(net)
    refused(text_of("input 3x8x8; as image", "conv 3x3, 5, /2; reshape like=image"), "RES403", "reshape like=image")
    refused(text_of("input 3x8x8; as image", "reshape 192, like=image"), "RES314", "like=image")
