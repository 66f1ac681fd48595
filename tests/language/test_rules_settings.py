"""Rule 1: settings flow inward, and the nearest wins."""

from __future__ import annotations

from pathlib import Path

import pytest

from resdsl.api import load, loads
from tests.language.reading import body, codes, keys, kinds, ops, problems, read, refused, shape, text_of, within

GIVEN = """
block open(width) { conv 3x3, width; norm; act }
block choosy(width, act = elu) { conv 3x3, width; norm; act }
"""


@pytest.mark.parametrize(
    ("head", "use", "expected"),
    [
        ("network n", "stage s: open(8)", "relu"),
        ("network n(act = gelu)", "stage s: open(8)", "gelu"),
        ("network n(act = gelu)", "stage s: choosy(8)", "elu"),
        ("network n(act = gelu)", "stage s: choosy(8), act=silu", "silu"),
        ("network n(act = gelu)", "stage s: open(8), act=silu", "silu"),
        ("network n(act = gelu)", "stage s: open(8, act=mish), act=silu", "mish"),
        ("network n(act = gelu)", "stage s: choosy(8, act=mish), act=silu", "mish"),
        ("network n(act = gelu)", "stage s: choosy(8, act=mish)", "mish"),
    ],
)
def test_rule_01_nearest_wins_call_stage_default_network(head: str, use: str, expected: str) -> None:
    net = read("input 3x8x8", use, head=head, before=GIVEN)
    assert within(body(net, "s")) == ["conv", "bn", expected]


@pytest.mark.parametrize(
    ("given", "default", "expected"),
    [("", "shortcut = C", True), (", shortcut=none", "shortcut = C", False), (", shortcut=C", "shortcut", True)],
)
def test_rule_01_a_stage_comes_before_a_blocks_own_default(given: str, default: str, expected: bool) -> None:
    block = f"block b(width, {default}) {{ residual {{ conv 3x3, width }} }}"
    net = read("input 8x8x8", f"stage s: b(8){given}", before=block)
    assert ("downsample" in within(body(net, "s"))) is expected


def test_rule_01_a_parameter_of_a_settings_name_without_default_takes_what_flows_in() -> None:
    block = "block b(width, shortcut) { residual { conv 3x3, width } }"
    net = read("input 8x8x8", "b(8)", head="network n(shortcut = C)", before=block)
    assert [path for path, _ in ops(net)] == ["b.conv1", "b.downsample.0", "b.downsample.1", "b.add"]
    refused(text_of("input 8x8x8", "b(8)", before=block), "RES311", "b(8)")


def test_rule_01_settings_flow_inward_through_blocks() -> None:
    outer = "block outer(width) { open(width); choosy(width) }"
    net = read("input 3x8x8", "outer(8, act=gelu)", before=GIVEN + outer)
    assert kinds(net) == ["conv", "bn", "gelu", "conv", "bn", "elu"]


def test_rule_01_a_setting_of_a_call_does_not_flow_outward() -> None:
    net = read("input 3x8x8", "open(8, act=gelu)", "act", before=GIVEN)
    assert kinds(net) == ["conv", "bn", "gelu", "relu"]


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("act", "gelu", ["conv", "bn", "gelu"]),
        ("act", "leaky_relu(0.2)", ["conv", "bn", "leaky_relu"]),
        ("act", "none", ["conv", "bn"]),
        ("norm", "group_norm(4)", ["conv", "group_norm", "relu"]),
        ("norm", "none", ["conv", "relu"]),
        ("shortcut", "C", ["conv", "bn", "relu"]),
    ],
)
def test_rule_01_overrides_set_settings_declared_or_not(name: str, given: str, expected: list[str]) -> None:
    text = "block b(width) {{ conv 3x3, width; norm; act }}\nnetwork n{} {{ input 3x8x8\nb(8) }}\n"
    for head in ("", f"({name} = none)"):
        assert kinds(loads(text.format(head), "n", **{name: given})) == expected


def test_rule_01_an_undeclared_shortcut_reaches_a_residual() -> None:
    statements = ("input 3x8x8", "basic(8)")
    found = refused(text_of(*statements), "RES405", "basic(8)")
    assert found.inner is not None
    assert found.inner.text == "residual"
    assert "basic.downsample.0" in dict(ops(read(*statements, shortcut="B")))


def test_rule_01_a_setting_without_effect_is_reported() -> None:
    net = read("input 3x8x8", "conv 3x3, 4", norm="none")
    assert codes(net) == ["RES516"]
    assert codes(read("input 3x8x8", "conv 3x3, 4; norm", norm="none")) == []


@pytest.mark.parametrize(
    ("head", "statements"),
    [
        ("network n", ("input 3x8x8",)),
        ("network n(input = 3x8x8)", ()),
        ("network n(input = 3x8x8)", ("input input",)),
    ],
)
def test_rule_01_the_input_is_a_setting(head: str, statements: tuple[str, ...]) -> None:
    assert shape(read(*statements, "conv 3x3, 4", head=head)) == (4, 8, 8)
    assert shape(read(*statements, "conv 3x3, 4", head=head, input="3x32x32")) == (4, 32, 32)


def test_rule_01_an_input_that_nothing_states_is_an_error() -> None:
    refused("network n { conv 3x3, 4 }", "RES400", "conv 3x3, 4")
    assert shape(loads("network n { conv 3x3, 4 }", input="3x8x8")) == (4, 8, 8)


def test_rule_01_a_declared_setting_of_a_variant_sets_it() -> None:
    text = text_of("input 3x8x8", "basic(8)", head="network base") + "network n(shortcut = C) = base\n"
    assert dict(ops(loads(text, "n")))["basic.downsample.0"] == "conv"
    assert dict(ops(loads(text, "n", shortcut="A")))["basic.downsample.0"] == "subsample"
    wider = text_of("input 3x8x8", "conv 3x3, 4", head="network base") + "network n(input = 3x16x16) = base\n"
    assert shape(loads(wider, "n")) == (4, 16, 16)


@pytest.mark.parametrize("setting", ["shortcut=basic", "shortcut=3", "norm=relu", "act=bn", "act=3", "norm=true"])
def test_rule_01_a_setting_that_cannot_play_its_part_is_refused(setting: str) -> None:
    block = "block b(width) {\n residual {\n conv 3x3, width; norm\n }\n act\n}"
    found = refused(
        text_of("input 3x8x8", f"b(8, {setting})", head="network n(shortcut = B)", before=block),
        "RES317",
        setting,
    )
    name = setting.split("=")[0]
    assert name in found.headline
    assert [label.span.text for label in found.labels] == ["residual" if name == "shortcut" else name]


@pytest.mark.parametrize("name", ["shortcut", "norm", "act"])
def test_rule_01_a_wrong_setting_is_told_where_it_was_given(name: str) -> None:
    inside = "stage s: basic(8) x 2"
    refused(text_of("input 8x8x8", inside, head=f"network n({name} = 3)"), "RES317", "3")
    refused(text_of("input 8x8x8", f"{inside}, {name}=3"), "RES317", f"{name}=3")
    refused(text_of("input 8x8x8", "mine(8)", before=f"block mine(width, {name} = 3) {{ basic width }}"), "RES317", "3")
    base = text_of("input 8x8x8", inside, head="network base")
    refused(base + f"network n = base({name} = 3)\n", "RES317", f"{name} = 3", "n")
    refused(base + f"network n({name} = 3) = base\n", "RES317", "3", "n")
    found = problems(base, "base", **{name: "3"})
    assert [(one.code, one.span.source.name) for one in found if one.span] == [("RES317", f"argument {name}")]


def test_rule_01_a_setting_given_rightly_elsewhere_is_not_blamed() -> None:
    text = text_of("input 8x8x8", "basic(8, act=gelu)", "norm", head="network n(norm = gelu)")
    assert refused(text, "RES317", "gelu").headline == "the setting `norm` cannot be gelu"


@pytest.mark.parametrize(
    ("setting", "wanted", "offered"),
    [
        ("shortcut", "shortcut", "available: `A`, `B`, `C`, `D`, `bare`, `mine`, `none`"),
        ("norm", "norm", "available: `bn`, `frozen_bn`, `group_norm`, `layer_norm`, `none`, `own`"),
        ("act", "activation", None),
    ],
)
def test_rule_01_what_a_setting_could_be_is_offered(setting: str, wanted: str, offered: str | None) -> None:
    own = "block own { relu }\nshortcut mine { conv 1x1, out }"
    for place in (f"network n({setting} = E)", "network n"):
        stage = "stage s: basic(8)" + (f", {setting}=E" if place == "network n" else "")
        found = refused(text_of("input 8x8x8", stage, head=place, before=own), "RES200", "E")
        assert (found.headline, found.hint) == (f"unknown {wanted} `E`", offered)
    (found,) = problems(text_of("input 8x8x8", "basic(8)", before=own), "n", **{setting: "E"})
    assert (found.headline, found.hint) == (f"unknown {wanted} `E`", offered)


@pytest.mark.parametrize("norm", ["bn", "none"])
@pytest.mark.parametrize("argument", ["init=0", "eps=1e-3", "mine=2", "its=2"])
def test_rule_01_arguments_of_a_norm_may_be_those_of_any(norm: str, argument: str, tmp_path: Path) -> None:
    (tmp_path / "other.res").write_text("block theirs(its = 1) { relu; avgpool its }\n", encoding="utf-8")
    text = f'import "other.res" as other\nblock own(mine = 1) {{ bn; avgpool mine }}\nnetwork n(norm = {norm}) {{\n'
    (tmp_path / "n.res").write_text(f"{text} input 3x8x8\n norm {argument}; relu\n}}\n", encoding="utf-8")
    given = {"mine": "own", "its": "other.theirs"}.get(argument.split("=")[0], norm)
    assert kinds(load(tmp_path / "n.res", norm=given))[-1] == "relu"


@pytest.mark.parametrize("setting", ["norm", "act"])
@pytest.mark.parametrize("value", ["none", "own", "bn", "relu"])
def test_rule_01_an_argument_that_no_norm_and_no_activation_has_is_refused(setting: str, value: str) -> None:
    before = f"block own(mine) {{ relu }}\nblock uncalled {{ {setting} inti=0 }}"
    text = text_of("input 3x8x8", "conv 3x3, 4", head=f"network n({setting} = {value})", before=before)
    assert refused(text, "RES310", "inti").hint == "did you mean `init`?"


def test_rule_01_what_let_calls_norm_is_no_setting() -> None:
    assert shape(read("input 3x8x8", "let norm = conv", "norm 3x3, out=4")) == (4, 8, 8)


@pytest.mark.parametrize("place", ["network n(norm = group_norm(channels))", "network n(k = channels // 2)"])
def test_rule_01_channels_has_no_value_among_the_parameters_of_a_network(place: str) -> None:
    refused(text_of("input 3x8x8", "conv 3x3, 4; norm", head=place), "RES208", "channels")
    base = text_of("input 3x8x8", "conv 3x3, 4; norm", head="network base")
    refused(base + "network n = base(norm = group_norm(channels))\n", "RES208", "channels", "n")


def test_rule_01_a_block_as_norm_may_ask_for_channels() -> None:
    net = read(
        "input 3x8x8",
        "conv 3x3, 4; norm",
        head="network n(norm = entire)",
        before="block entire { group_norm channels }",
    )
    assert kinds(net) == ["conv", "group_norm"]


def test_rule_01_defaults_of_the_language_are_bn_and_relu() -> None:
    assert kinds(read("input 3x8x8", "norm; act")) == ["bn", "relu"]


def test_rule_01_a_residual_that_changes_shape_needs_a_shortcut() -> None:
    text = text_of("input 3x8x8", "residual { conv 3x3, 8 }")
    found = refused(text, "RES405", "residual")
    assert found.found == "3x8x8 flowing in, 8x8x8 flowing out"
    assert kinds(read("input 8x8x8", "residual { conv 3x3, 8 }")) == ["conv", "add"]
    assert kinds(read("input 3x8x8", "residual { conv 3x3, 8 }", shortcut=None)) == ["conv"]


def test_rule_01_a_bracket_that_changes_shape_is_marked_whole() -> None:
    refused(text_of("input 3x8x8", "stage s: [3x3, 8; 3x3, 8]"), "RES405", "[3x3, 8; 3x3, 8]")


@pytest.mark.parametrize("norm", ["bn", "group_norm(1)", "layer_norm", "my_norm"])
def test_rule_01_paths_of_norms_do_not_move_with_the_setting(norm: str) -> None:
    text = text_of("input 3x8x8", "conv 3x3, 4; norm; conv 3x3, 4; norm", before="block my_norm { bn }")
    net = loads(text, "n", norm=norm)
    assert [node.path for node in net.ir.nodes] == ["conv1", "bn1", "conv2", "bn2"]
    inner = ".bn1" if norm == "my_norm" else ""
    assert f"bn2{inner}.weight" in keys(net)


def test_rule_01_paths_of_activations_do_not_move_with_the_setting() -> None:
    for act in ("relu", "gelu", "leaky_relu(0.1)"):
        assert [path for path, _ in ops(read("input 3x8x8", "act; act", act=act))] == ["act", "act2"]


def test_a_shortcut_within_a_gate_belongs_to_the_gate() -> None:
    gate = "gate { residual { conv 1x1, channels }; sigmoid }"
    net = read("input 4x8x8", f"conv 3x3, 4; {gate}", head="network n(shortcut = C)")
    roles = {node.path: node.role for node in net.ir.nodes}
    assert roles["downsample"] == "gate"
    assert roles["conv1"] == "main"
    assert net.costs.shortcut_macs == 0


@pytest.mark.parametrize("op", ["upsample 2", "avgpool global"])
def test_a_body_strides_by_its_own_behind_what_has_no_stride(op: str) -> None:
    net = read("input 4x8x8", f"{op}; residual {{ conv 3x3, 8; norm }}", head="network n(shortcut = B)")
    assert "downsample" in [node.path for node in net.ir.nodes]
    refused(
        text_of("input 4x8x8", "residual { conv 3, 4; upsample 2 }", head="network n(shortcut = B)"),
        "RES406",
        "residual",
    )
