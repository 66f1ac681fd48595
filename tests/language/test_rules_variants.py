"""Rule 9: a variant is a difference."""

from __future__ import annotations

from pathlib import Path

import pytest

from resdsl.api import Net, load, loads
from resdsl.settings import Setting
from tests.language.reading import body, codes, ops, refused, shape, stage

BASE = """
network base(width = 8, blocks = 2, shortcut = B, classes = 10) {
  input 3x32x32
  conv 3x3, width; norm; act
  maxpool 3x3, /2
  stage layer1 "first":  basic(width) x blocks     -> 8x16x16
  stage layer2 "second": basic(2 * width) x blocks, /2
  avgpool global
  head: fc classes
  expect depth = 4 * blocks + 2
  expect macs <= 1G when default
}
"""


def variant(line: str, name: str = "n", **values: Setting) -> Net:
    """The network of that name, `n`, in the text of the base and these lines."""
    return loads(BASE + line + "\n", name, **values)


def path_of(net: Net) -> list[str]:
    return [node.path for node in net.ir.nodes]


def test_rule_09_a_variant_keeps_the_unbound_parameters() -> None:
    net = variant("network n = base(blocks = 3)", classes=7)
    assert stage(net, "layer1").blocks == 3
    assert shape(net) == (7,)
    assert [argument.name for argument in net.ir.arguments] == ["width", "blocks", "shortcut", "classes"]


def test_rule_09_what_a_variant_binds_is_bound() -> None:
    line = "network n = base(blocks = 3)\nnetwork m = n(blocks = 4)"
    refused(BASE + line, "RES508", None, "n", blocks=4)
    refused(BASE + line, "RES508", "4", "n", blocks="4")
    refused(BASE + line, "RES508", "blocks = 4", "m")


def test_rule_09_a_variants_parameter_may_bear_the_name_that_it_binds() -> None:
    line = "network n(blocks = 2) = base(blocks = blocks + 1)\nnetwork m = n(blocks = 4)"
    assert stage(variant(line), "layer1").blocks == 3
    assert stage(variant(line, blocks=5), "layer1").blocks == 6
    assert stage(variant(line, "m"), "layer1").blocks == 5


def test_rule_09_a_difference_sees_the_parameters_it_keeps() -> None:
    net = variant("network n = base { head: fc 2 * classes }", classes=7)
    assert shape(net) == (14,)


@pytest.mark.parametrize(
    ("line", "code", "span"),
    [
        ("network n = base(3)", "RES507", "3"),
        ("network n = base(depth = 3)", "RES310", "depth = 3"),
        ("network n = base(blocks = 3, blocks = 4)", "RES313", "blocks = 4"),
        ("network n = bas", "RES200", "bas"),
        ("network n = basic", "RES509", "basic"),
        ("network n = n", "RES506", "n"),
    ],
)
def test_rule_09_wrong_bases_and_arguments(line: str, code: str, span: str) -> None:
    refused(BASE + line, code, span, "n")


def test_rule_09_a_stage_of_an_existing_name_replaces_it_whole() -> None:
    net = variant("network n = base { stage layer2: basic(24) }")
    assert path_of(net) == path_of(variant("", "base"))
    replaced = stage(net, "layer2")
    assert (replaced.blocks, replaced.title, body(net, "layer2").shape) == (1, None, (24, 16, 16))
    assert stage(net, "layer1") == stage(variant("", "base"), "layer1")


def test_rule_09_a_label_of_an_existing_name_replaces_it() -> None:
    net = variant("network n = base { maxpool: conv 3x3, 8, /4\n head: fc 3, bias=false }")
    assert ops(net)[3] == ("maxpool", "conv")
    assert shape(net) == (3,)


def test_rule_09_a_new_one_says_after_what_it_comes() -> None:
    net = variant("network n = base { stage extra after layer1: basic(8)\n drop1 after extra: dropout 0.1 }")
    assert path_of(net)[4:7] == ["layer1", "extra", "drop1"]
    refused(BASE + "network n = base { stage extra: basic(8) }", "RES510", "extra", "n")
    refused(BASE + "network n = base { extra: conv 3x3, 8 }", "RES510", "extra", "n")
    refused(BASE + "network n = base { extra after layer9: conv 3x3, 8 }", "RES510", "layer9", "n")
    refused(BASE + "network n = base { extra after head: conv 3x3, 8 }", "RES403", "extra after head: conv 3x3, 8", "n")
    found = refused(BASE + "network n = base { stage layer3: basic(8) }", "RES510", "layer3", "n")
    assert found.hint is not None
    assert "layer1" in found.hint


def test_rule_09_after_an_existing_path_is_an_error() -> None:
    found = refused(BASE + "network n = base { head after layer1: relu }", "RES501", "head: fc classes", "n")
    assert "head" in found.headline


def test_rule_09_drop_removes() -> None:
    net = variant("network n = base { drop maxpool; drop layer2 }")
    assert path_of(net) == ["conv1", "bn1", "act", "layer1", "avgpool", "head"]
    assert body(net, "layer1").shape == (8, 32, 32)
    refused(BASE + "network n = base { drop maxpol }", "RES510", "maxpol", "n")
    refused(BASE + "network n = base { drop head; drop head }", "RES201", "head", "n")
    refused(BASE + "network n = base { drop layer2; stage layer2: basic(8) }", "RES201", "layer2", "n")


@pytest.mark.parametrize("statement", ["conv 3x3, 8", "residual { relu }", "as y", "gate { relu }", "tap c3"])
def test_rule_09_a_difference_holds_nothing_without_a_place(statement: str) -> None:
    refused(BASE + f"network n = base {{ {statement} }}", "RES505", statement, "n")


def test_rule_09_drop_and_after_stand_in_variants_only() -> None:
    text = "network n {{ input 3x8x8\n {} }}"
    refused(text.format("drop conv1"), "RES504", "drop conv1")
    refused(text.format("a: relu\n b after a: relu"), "RES504", "a")


def test_rule_09_checks_of_the_base_are_dropped_and_that_is_said() -> None:
    net = variant("network n = base { drop maxpool }")
    assert [(check.expectation.text, check.verdict) for check in net.checks] == [
        ("expect depth = 4 * blocks + 2", "not checked"),
        ("expect macs <= 1G when default", "not checked"),
        ("-> 8x16x16", "not checked"),
    ]
    assert {check.reason for check in net.checks} == {"the variant `n` changes the network"}
    assert {check.verdict for check in variant("", "base").checks} == {"holds"}


def test_rule_09_arguments_alone_drop_no_check() -> None:
    net = variant("network n = base(blocks = 3)")
    figures = [check for check in net.checks if check.expectation.quantity != "shape"]
    assert [check.verdict for check in figures] == ["holds", "not checked"]
    assert figures[1].reason == "its condition is false: default"


@pytest.mark.parametrize("head", ["network base(input = 3x32x32) {", "network base { input 3x32x32"])
@pytest.mark.parametrize("made", ["network n = base(input = {})", "network n(input = {}) = base"])
def test_rule_09_another_input_alone_is_as_one_from_outside(head: str, made: str) -> None:
    text = head + "\nconv 3x3, 8 -> 8x32x32\nexpect depth = 1\nexpect macs = 221_184\n}\n"
    other = loads(text + made.format("3x64x64"), "n").checks
    assert [(check.verdict, check.reason) for check in other] == [
        (check.verdict, check.reason) for check in loads(text, "base", input="3x64x64").checks
    ]
    assert [check.verdict for check in other] == ["holds", "not checked", "not checked"]
    same = loads(text + made.format("3x32x32"), "n").checks
    assert {check.verdict for check in same} == {"holds"}
    refused(text.replace("-> 8x32", "-> 9x32") + made.format("3x32x32"), "RES412", "9x32x32", "n")


def test_rule_09_a_declared_input_that_depends_on_a_parameter_is_the_texts_own() -> None:
    text = "network base(size = 32, input = dims(3, size, size)) {\nconv 3x3, 8 -> dims(8, size, size)\n}\n"
    assert [check.verdict for check in loads(text + "network n = base(size = 64)", "n").checks] == ["holds"]
    assert [check.verdict for check in loads(text + "network n = base(input = 3x9x9)", "n").checks] == ["not checked"]


def test_rule_09_a_shipped_network_is_no_base_and_the_way_is_told() -> None:
    found = refused("network n = resnext50_32x4d(classes = 10)\n", "RES200", "resnext50_32x4d")
    assert found.hint is not None
    assert 'import "resnext50_32x4d.res" as shipped' in found.hint


def test_rule_09_a_variants_own_checks_are_checked() -> None:
    own = "network n = base { drop maxpool; expect depth = 8; stage layer2: basic(8) -> 8x32x32 }"
    checks = variant(own).checks
    assert [check.verdict for check in checks if check.expectation.text == "expect depth = 8"] == ["holds"]
    refused(BASE + own.replace("= 8;", "= 9;"), "RES800", "expect depth = 9", "n")
    refused(BASE + own.replace("8x32x32", "8x16x16"), "RES412", "8x16x16", "n")


def test_rule_09_a_variant_of_a_variant_drops_the_checks_of_both() -> None:
    lines = """network m = base { stage layer2: basic(8) -> 8x16x16; expect depth = 8 }
network n = m { drop maxpool }"""
    assert {check.verdict for check in variant(lines).checks} == {"not checked"}
    assert {check.verdict for check in variant(lines, "m").checks if "depth = 8" in check.expectation.text} == {"holds"}


def test_rule_09_the_outermost_variant_has_the_last_word() -> None:
    lines = """network m = base { stage layer2: basic(8); stage extra after layer2: basic(8) }
network n = m { stage layer2: basic(12); drop extra }"""
    net = variant(lines)
    assert path_of(net)[4:] == ["layer1", "layer2", "avgpool", "head"]
    assert body(net, "layer2").shape == (12, 16, 16)


def test_rule_09_a_replacement_that_equals_the_original_is_reported() -> None:
    assert codes(variant('network n = base { stage layer2 "second": basic(16) x 2, /2 }')) == ["RES511"]
    assert codes(variant("network n = base { maxpool: maxpool 3x3, stride=2 }")) == ["RES511"]
    assert codes(variant("network n = base { stage layer2: basic(16) x 3, /2 }")) == []


def test_rule_09_an_argument_that_equals_the_default_is_no_change() -> None:
    assert variant("network n = base(blocks = 2)").ir.nodes == variant("", "base").ir.nodes


def test_rule_09_a_variant_may_have_another_input() -> None:
    net = variant("network n = base { input 3x64x64 }")
    assert body(net, "layer1").shape == (8, 32, 32)
    assert codes(variant("network n = base { input 3x64x64 }", input="3x16x16")) == []


def test_rule_09_conditions_loops_and_taps_in_a_difference() -> None:
    lines = """network n(dropped = true) = base {
  let wide = 12
  require wide > 8
  if dropped { drop maxpool } else { stage layer1: basic(wide) }
  for at in 1..3 { stage "more{at}" after "layer2": basic(wide) }
  tap c2 after layer1
}"""
    net = variant(lines)
    assert [tap.name for tap in net.ir.outputs] == ["c2", "output"]
    assert path_of(net)[3:7] == ["layer1", "layer2", "more1", "more2"]
    assert body(variant(lines, dropped=False), "layer1").shape == (12, 16, 16)


def test_rule_09_a_variant_of_an_imported_network_sees_its_own_files_names(tmp_path: Path) -> None:
    folder = tmp_path
    (folder / "base.res").write_text(BASE, encoding="utf-8")
    own = 'import "base.res" as b\nblock wide(width) { conv 5x5, width }\n'
    (folder / "n.res").write_text(own + "network n = b.base { stage layer2: wide(6) }\n", encoding="utf-8")
    assert body(load(folder / "n.res"), "layer2").shape == (6, 16, 16)
