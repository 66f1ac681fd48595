"""Rule 10: paths, which are the names of a checkpoint's tensors."""

from __future__ import annotations

import pytest

import resdsl
from resdsl.api import load
from tests.language.reading import keys, layers, ops, read, refused, text_of

LINES = ("input 4x8x8", "conv 3x3, 4; norm; act", "residual { conv 3x3, 4; norm }")


def paths(*statements: str, before: str = "", head: str = "network n") -> list[str]:
    """Paths of all layers of a network of these statements, on 4 channels."""
    return [path for path, _ in ops(read("input 4x8x8", *statements, before=before, head=head))]


def test_rule_10_residual_if_and_for_add_no_level() -> None:
    assert paths("residual { conv 3x3, 4; if true { norm }; for k in 0..2 { act } }") == [
        "conv1",
        "bn1",
        "act",
        "act2",
        "add",
    ]


def test_rule_10_gates_and_parallel_branches_add_no_level() -> None:
    assert paths("gate { conv 1x1, 4; sigmoid }") == ["conv1", "sigmoid", "mul"]
    assert paths("parallel concat { conv 1x1, 4 } { conv 3x3, 4; relu }") == ["conv1", "conv2", "relu", "concat"]


def test_rule_10_repeats_are_numbered_from_0() -> None:
    assert paths("stage layer1: [3x3, 4] x 2") == [
        *(f"layer1.0.{name}" for name in ("conv1", "bn1", "add", "act")),
        *(f"layer1.1.{name}" for name in ("conv1", "bn1", "add", "act")),
    ]


def test_rule_10_a_shortcut_is_downsample_with_its_children_by_position() -> None:
    found = paths("basic(8)", head="network n(shortcut = B)")
    assert [path for path in found if "downsample" in path] == ["basic.downsample.0", "basic.downsample.1"]
    found = paths("stage s: basic(8), /2", head="network n(shortcut = D)")
    assert [path for path in found if "downsample" in path] == [f"s.0.downsample.{at}" for at in range(3)]
    before = "shortcut inner { basic(out, shortcut=none); relu }"
    assert paths("residual { conv 3x3, 8 }", "relu", head="network n(shortcut = inner)", before=before)[1:3] == [
        "downsample.0.conv1",
        "downsample.0.bn1",
    ]


def test_rule_10_a_shortcut_has_the_path_that_it_is_given() -> None:
    found = paths("stage s: basic(8), /2", head='network n(shortcut = B(path="shortcut"))')
    assert found[-4:-2] == ["s.0.shortcut.0", "s.0.shortcut.1"]
    found = paths("residual { conv 3x3, 8 }", "residual { conv 3x3, 4 }", head='network n(shortcut = C(path="a.b"))')
    assert [path for path in found if path[0] == "a"] == ["a.b.0", "a.b.1", "add", "a.b2.0", "a.b2.1", "add2"]


def test_rule_10_a_shortcut_with_a_parameter_path_keeps_it() -> None:
    before = "shortcut own(path) { conv path, out }"
    found = ops(
        read("input 4x8x8", "residual { conv 3x3, 8 }", before=before, head="network n(shortcut = own(path=3x3))")
    )
    assert [path for path, _ in found] == ["conv1", "downsample.0", "add"]


def test_rule_10_a_shortcut_may_come_before_the_body() -> None:
    before = "block b { act; residual { conv 3x3, 8; norm } }"
    net = read("input 4x8x8", "b", before=before, head='network n(shortcut = B(path="proj", before=true))')
    assert [path for path, _ in ops(net)] == ["b.act", "b.proj.0", "b.proj.1", "b.conv1", "b.bn1", "b.add"]
    assert keys(net)[0] == "b.proj.0.weight"
    assert net.depth == 1


def test_rule_10_a_convolution_can_hold_its_norm() -> None:
    net = read(
        "input 4x8x8", '"stem.conv1": conv 3x3, 4', '"stem.conv1.norm": norm', "stem2: fc 3", '"stem2.a.b": relu'
    )
    assert [path for path, _ in ops(net)] == ["stem.conv1", "stem.conv1.norm", "stem2", "stem2.a.b"]
    assert keys(net)[:2] == ["stem.conv1.weight", "stem.conv1.norm.weight"]


@pytest.mark.parametrize("statement", ['"a.weight": norm', '"a.stride": relu', '"a.bias.0": norm'])
def test_rule_10_a_convolution_holds_nothing_under_a_name_of_its_own(statement: str) -> None:
    refused(text_of("input 4x8x8", "a: conv 3x3, 4", statement), "RES501", statement)


def test_rule_10_a_part_of_a_path_is_a_name_a_number_or_has_hyphens() -> None:
    block = 'block two { "0": conv 3x3, 4; "1": norm; "1x1-a.0": conv 1x1, 4 }'
    assert paths('"7": relu', '"block1-0": two', 'stage "3.a-b": two() x 2', before=block) == [
        "7",
        *(f"block1-0.{part}" for part in ("0", "1", "1x1-a.0")),
        *(f"3.a-b.{at}.{part}" for at in (0, 1) for part in ("0", "1", "1x1-a.0")),
    ]


def test_rule_10_a_second_shortcut_of_a_body_has_a_path_of_its_own() -> None:
    found = paths("residual { conv 3x3, 8 }", "residual { conv 3x3, 4 }", head="network n(shortcut = C)")
    assert [path for path in found if "downsample" in path] == [
        *("downsample.0", "downsample.1"),
        *("downsample2.0", "downsample2.1"),
    ]


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        ("conv 3x3, 4; conv 3x3, 4; conv 3x3, 4", ["conv1", "conv2", "conv3"]),
        ("norm; norm; bn; group_norm(2)", ["bn1", "bn2", "bn3", "group_norm1"]),
        ("relu; relu; act; act; relu", ["relu", "relu2", "act", "act2", "relu3"]),
        ("maxpool 3x3; avgpool 3x3; maxpool 3x3", ["maxpool", "avgpool", "maxpool2"]),
        ("avgpool global; fc 3; fc 4", ["avgpool", "fc", "fc2"]),
        ("dropout 0.1; dropout 0.1", ["dropout", "dropout2"]),
        ("twin; twin", ["twin.relu", "twin2.relu"]),
    ],
)
def test_rule_10_conv_and_norm_count_from_1_and_others_from_the_second(statements: str, expected: list[str]) -> None:
    assert paths(statements, before="block twin { relu }") == expected


def test_rule_10_numbers_count_within_their_scope() -> None:
    block = "block two { conv 3x3, 4; conv 3x3, 4 }"
    assert paths("conv 3x3, 4; two; conv 3x3, 4", before=block) == ["conv1", "two.conv1", "two.conv2", "conv2"]


def test_rule_10_a_label_is_the_path() -> None:
    assert paths("head: conv 3x3, 4; conv 3x3, 4") == ["head", "conv1"]
    assert paths('for k in 0..2 { "part{k}.conv": conv 3x3, 4 }') == ["part0.conv", "part1.conv"]
    assert paths("trunk: two", before="block two { relu; conv 3x3, 4 }") == ["trunk.relu", "trunk.conv1"]


@pytest.mark.parametrize(
    ("statements", "code", "span"),
    [
        (("a: relu", "a: relu"), "RES501", "a: relu"),
        (("a: relu", '"a.b": relu'), "RES501", '"a.b": relu'),
        (('"a.b": relu', "a: relu"), "RES501", "a: relu"),
        (("stage a: basic(4)", "a: relu"), "RES501", "a: relu"),
        (("stage a: basic(4)", "stage a: basic(4)"), "RES501", "a"),
        (('"a b": relu',), "RES500", '"a b"'),
        (('"a..b": relu',), "RES500", '"a..b"'),
        (('"": relu',), "RES500", '""'),
        (('"ä": relu',), "RES500", '"ä"'),
        (("conv1: relu", "conv 3x3, 4"), "RES501", "conv 3x3, 4"),
        (('"input": relu',), "RES500", '"input"'),
    ],
)
def test_rule_10_paths_are_well_formed_and_given_once(statements: tuple[str, ...], code: str, span: str) -> None:
    refused(text_of("input 4x8x8", *statements), code, span)


def test_rule_10_state_order_is_body_then_shortcut() -> None:
    norms = [f"{name}.{tensor}" for name in ("bn1",) for tensor in ("weight", "bias", "running_mean", "running_var")]
    found = keys(read("input 4x8x8", "stage s: [3x3, 8], /2", head="network n(shortcut = B)"))
    assert found == [
        "s.0.conv1.weight",
        *(f"s.0.{name}" for name in norms),
        "s.0.bn1.num_batches_tracked",
        "s.0.downsample.0.weight",
        *(f"s.0.{name.replace('bn1', 'downsample.1')}" for name in norms),
        "s.0.downsample.1.num_batches_tracked",
    ]


def block_keys(prefix: str, convolutions: int, projects: bool) -> list[str]:
    """Names of a block's tensors in torchvision 0.28.0 (`torchvision/models/resnet.py`)."""
    norm = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    made = []
    for at in range(1, convolutions + 1):
        made += [f"{prefix}.conv{at}.weight", *(f"{prefix}.bn{at}.{name}" for name in norm)]
    if projects:
        made += [f"{prefix}.downsample.0.weight", *(f"{prefix}.downsample.1.{name}" for name in norm)]
    return made


@pytest.mark.parametrize(
    ("spec", "blocks", "convolutions"),
    [
        ("resnet18", (2, 2, 2, 2), 2),
        ("resnet34", (3, 4, 6, 3), 2),
        ("resnet50", (3, 4, 6, 3), 3),
        ("resnet101", (3, 4, 23, 3), 3),
        ("resnet152", (3, 8, 36, 3), 3),
        ("resnext50_32x4d", (3, 4, 6, 3), 3),
        ("wide_resnet50_2", (3, 4, 6, 3), 3),
    ],
)
def test_rule_10_for_the_shipped_specs_that_is_torchvision(
    spec: str, blocks: tuple[int, ...], convolutions: int
) -> None:
    norm = ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")
    wanted = ["conv1.weight", *(f"bn1.{name}" for name in norm)]
    for stage, count in enumerate(blocks, 1):
        for index in range(count):
            projects = index == 0 and (stage > 1 or convolutions == 3)
            wanted += block_keys(f"layer{stage}.{index}", convolutions, projects)
    assert keys(load(spec)) == [*wanted, "fc.weight", "fc.bias"]


def test_rule_10_vgg_has_torchvisions_places() -> None:
    convolutions = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)
    places = [*(f"features.{at}" for at in convolutions), *(f"classifier.{at}" for at in (0, 3, 6))]
    assert keys(load("vgg19")) == [f"{place}.{name}" for place in places for name in ("weight", "bias")]


def test_rule_10_paths_are_those_of_the_flat_view() -> None:
    net = read(*LINES)
    assert [step.path for step in layers(net)] == ["conv1", "bn1", "act", "conv2", "bn2", "add"]


def test_blocks_of_a_stage_may_have_names() -> None:
    net = read("input 4x8x8", 'stage "a.s": basic(8) x 3, /2, path="layer{i + 1}"', head="network n(shortcut = B)")
    assert [node.path for node in net.ir.nodes] == ["a.s.layer1", "a.s.layer2", "a.s.layer3"]
    assert [node.shapes[0] for node in net.ir.nodes] == [(8, 4, 4)] * 3
    looped = 'for j in 0..3 { "a.s.layer{j + 1}": basic(8, /(if j == 0 then 2 else 1)) }'
    assert read("input 4x8x8", looped, head="network n(shortcut = B)").ir == net.ir


def test_names_of_blocks_number_them_as_arguments_do() -> None:
    lines = ("stage r: basic(4)", 'stage s: basic(4 + 4 * i) x 2, path="{n}.{block_index}-{block_count}"', "act")
    net = read("input 4x8x8", *lines, head="network n(shortcut = B)")
    assert [node.path for node in net.ir.nodes] == ["r", "s.2.1-3", "s.2.2-3", "act"]
    assert keys(net)[-1].startswith("s.2.2-3.downsample.")


def test_named_blocks_may_be_shared_and_read_values_beside_what_flows() -> None:
    before = "block fuse(skip) { conv 3x3, 4; as x; from add(x, skip) }"
    call = 'shared stage s: fuse(skip=y) x 2, path=["a", "b"][i]'
    net = read("input 4x8x8", "as y", "conv 1x1, 4", call, "act", call, before=before)
    assert [node.path for node in net.ir.nodes] == ["conv1", "s.a", "s.b", "act", "s.a", "s.b"]
    assert [key for key in keys(net) if key.startswith("s")] == ["s.a.conv1.weight", "s.b.conv1.weight"]
    assert net.ir.nodes[-1].inputs == ("s_2.a", "input")


def test_named_blocks_within_a_block_and_dropped_by_a_variant() -> None:
    before = 'block outer { stage inner: basic(4) x 2, path="{i + 1}" }'
    net = read("input 4x8x8", "outer", before=before, head="network n(shortcut = B)")
    assert keys(net)[0] == "outer.inner.1.conv1.weight"
    base = 'network base(shortcut = B) { input 4x8x8; stage s: basic(4) x 2, path="{i + 1}"; act }\n'
    assert [node.path for node in resdsl.loads(base + "network n = base { drop s }", "n").ir.nodes] == ["act"]
    replaced = resdsl.loads(base + "network n = base { stage s: basic(4) x 3 }", "n")
    assert [node.path for node in replaced.ir.nodes] == ["s", "act"]


CIFAR_18 = """
network cifar18(classes = 10, shortcut = B(path="shortcut")) {
  input 3x32x32
  conv 3x3, 64; norm; act
  for s in 0..4 { stage "layer{s + 1}": basic(64 * 2 ** s) x 2, /(if s == 0 then 1 else 2) }
  avgpool global
  linear: fc classes
  expect depth = 18
}
"""


def test_a_residual_network_whose_projections_are_called_shortcut_keeps_its_depth() -> None:
    net = resdsl.loads(CIFAR_18)
    assert [(check.verdict, check.actual) for check in net.checks] == [("holds", 18)]
    assert "layer2.0.shortcut.0.weight" in keys(net)
    assert "layer1.0.shortcut.0.weight" not in keys(net)
