"""Branches joined in the IR: which sums become one convolution, of which window, and why others do not."""

from __future__ import annotations

import pytest

import resdsl
from resdsl.ir.folding import fold_batch_norm
from resdsl.ir.json import from_json, to_json
from resdsl.ir.network import Network
from resdsl.ir.reparameterizing import NothingToJoin, reparameterize
from resdsl.ir.verify import verify
from resdsl.ir.walk import bodies, state, steps
from resdsl.ops.conv import Conv

Sizes = tuple[int, ...]


def network(body: str, *, blocks: str = "") -> Network:
    text = f"{blocks}\nnetwork n(shortcut = B) {{\n  input 8x10x7\n  {body}\n}}\n"
    return resdsl.loads(text).ir


def joined(given: Network) -> Network:
    """The network after, which is sound and survives JSON."""
    after = reparameterize(fold_batch_norm(given).network).network
    verify(after)
    assert from_json(to_json(after)) == after
    return after


def ops_of(given: Network) -> list[str]:
    """Names of the layers with what they read."""
    return [f"{step.outputs[0]}({', '.join(step.inputs)})" for step in steps(given)]


def conv_of(branches: str) -> Conv:
    """What a sum of branches becomes."""
    (conv,) = (step.layer.op for step in steps(joined(network(f"parallel add {branches}"))))
    assert isinstance(conv, Conv)
    return conv


def reason(body: str, *, blocks: str = "") -> str:
    with pytest.raises(NothingToJoin) as caught:
        joined(network(body, blocks=blocks))
    return str(caught.value).removeprefix("there is nothing to reparameterize: ")


# ------------------------------------------------------------------------------------- what is joined


def test_three_branches_become_the_widest() -> None:
    after = joined(network('parallel add { norm } { "a.conv": conv 3x3, 8; norm } { conv 1x1, 8; norm }; act'))
    assert ops_of(after) == ["a.conv(input)", "act(a.conv)"]
    found = [(key, tensor.shape) for key, tensor in state(after)]
    assert found == [("a.conv.weight", (8, 8, 3, 3)), ("a.conv.bias", (8,))]


def test_a_sum_has_a_bias_if_a_branch_has_one() -> None:
    assert not conv_of("{ conv 3x3, 4 } { conv 1x1, 4 }").bias
    assert not conv_of("{ conv 3x3, 8 } { }").bias
    assert conv_of("{ conv 3x3, 4 } { conv 1x1, 4, bias=true }").bias
    assert conv_of("{ conv 3x3, 8 } { norm }").bias


@pytest.mark.parametrize(
    ("branches", "kernel", "pad", "dilation"),
    [
        ("{ conv 3x1, 4 } { conv 1x3, 4 } { conv 1x1, 4 }", (3, 3), (1, 1), (1, 1)),
        ("{ conv 3x3, 4, dilation=2 } { conv 1x1, 4 }", (3, 3), (2, 2), (2, 2)),
        ("{ conv 5x1, 4, dilation=3x1 } { conv 1x3, 4, dilation=1x2 }", (5, 3), (6, 2), (3, 2)),
        ("{ conv 5x5, 4, /2 } { conv 3x3, 4, /2 } { conv 1x1, 4, /2 }", (5, 5), (2, 2), (1, 1)),
        ("{ conv 2x1, 4, /2x1 } { conv 1x1, 4, /2x1 }", (2, 1), (0, 0), (1, 1)),
        ("{ conv 3x3, 8, groups=4 } { conv 1x1, 8, groups=4 } { }", (3, 3), (1, 1), (1, 1)),
        ("{ conv 1x1, 8 } { }", (1, 1), (0, 0), (1, 1)),
    ],
)
def test_the_window_covers_those_of_the_branches(branches: str, kernel: Sizes, pad: Sizes, dilation: Sizes) -> None:
    conv = conv_of(branches)
    assert (conv.kernel, conv.pad, conv.dilation) == (kernel, pad, dilation)


def test_sums_within_sums_and_the_value_itself_several_times() -> None:
    body = (
        "as x; conv 3x3, 8; as a; from x; conv 1x1, 8; as b; from x; norm; as c; from add(add(a, x), add(b, x, c), x)"
    )
    assert ops_of(joined(network(body))) == ["conv1(input)"]


def test_as_many_branches_as_there_may_be() -> None:
    (conv,) = steps(joined(network("as x; conv 1x1, 8; for k in 0..3000 { as y[k]; from add(y[k], x) }")))
    assert conv.layer.inputs == ("input",)


def test_a_branch_may_be_a_block_of_its_own() -> None:
    body = "parallel add { wide: conv_norm(3x3, 8) } { narrow: conv_norm(1x1, 8) } { }"
    after = joined(network(body))
    assert ops_of(after) == ["wide(input)"]
    assert [key for key, _ in state(after)] == ["wide.conv.weight", "wide.conv.bias"]


def test_a_shortcut_is_a_branch_too() -> None:
    body = "residual { conv 3x3, 16, /2; norm }"
    assert ops_of(joined(network(body))) == ["conv1(input)"]


def test_equal_repeats_stay_one_body() -> None:
    net = resdsl.load("repvgg_a1").ir
    after = joined(net)
    assert [stage.blocks for stage in after.stages] == [2, 4, 14, 1]
    assert len(list(bodies(after))) == len(list(bodies(net)))
    assert {step.layer.op.op for step in steps(after)} == {"conv", "relu", "global_avgpool", "fc"}


def test_paths_are_full_in_the_changes() -> None:
    blocks = "block unit() { parallel add { conv 3x3, 8 } { norm } }"
    folded = fold_batch_norm(network("stage s: unit() x 2", blocks=blocks))
    joints = list(reparameterize(folded.network).changes())
    assert [joint.path for joint in joints] == ["s.0.conv1", "s.1.conv1"]
    assert [[branch.norm and branch.norm.path for branch in joint.branches] for joint in joints] == [
        [None, "s.0.bn1"],
        [None, "s.1.bn1"],
    ]


def test_other_sums_stay() -> None:
    body = "parallel add { conv 3x3, 8 } { norm }; act; residual { conv 3x3, 8; act; conv 3x3, 8 }"
    assert [step.layer.op.op for step in steps(joined(network(body)))] == [
        "conv",
        "relu",
        "conv",
        "relu",
        "conv",
        "add",
    ]


# ---------------------------------------------------------------------------------- what is not joined


@pytest.mark.parametrize(
    "body",
    [
        "residual { conv 3x3, 8; norm; act; conv 3x3, 8 }",
        "parallel add { conv 3x3, 8 } { maxpool 3x3 }",
        "parallel add { conv 3x3, 8 } { conv 1x1, 8; tap t }",
        "parallel add { conv 3x3, 8 } { std_conv 1x1, 8 }",
        "parallel add { conv 3x3, 8 } { conv_transpose 1x1, 8 }",
        "parallel add { conv 3x3, 8 } { group_norm 2 }",
        "parallel add { conv 3x3, 8 } { avgpool global; conv 1x1, 8 }",
        "parallel add { shared twin: conv 1x1, 8 } { conv 3x3, 8 } { shared twin: conv 1x1, 8 }",
        "conv 3x3, 8; as a; from add(a, a)",
    ],
)
def test_branches_of_other_kinds_stay(body: str) -> None:
    assert reason(body) in (
        "`add` adds up more than convolutions and norms of one value",
        "`add` adds up no convolution",
    )


@pytest.mark.parametrize(
    ("body", "because"),
    [
        ("conv 3x3, 8; act", "no values are added up"),
        ("parallel add { norm } { }", "`add` adds up no convolution"),
        ("parallel add { conv 3x3, 8; act } { }", "`add` adds up no convolution"),
        ("parallel add { conv 3x3, 8, groups=2 } { conv 1x1, 8 }", "`add` adds up convolutions of different groups"),
        (
            "parallel add { conv 3x3, 8, dilation=2 } { conv 3x3, 8 }",
            "`add` adds up convolutions of different dilation",
        ),
        (
            'parallel add { conv 3x3, 8 } { conv 3x3, 8, pad_mode="circular" }',
            "`add` adds up convolutions that pad in different modes",
        ),
        ("parallel add { conv 3x3, 8 } { conv 1x1, 1 }", "`add` adds up values of different shapes"),
        (
            "parallel add { conv 1x3, 8, /1x4, dilation=1x2, pad=0x1 } { conv 1x1, 8, /1x4 }",
            "`add` adds up convolutions whose windows cannot be aligned",
        ),
        (
            "avgpool global; parallel add { conv 3x3, 8, /2 } { norm }",
            "`add` adds up convolutions with a stride and a branch that cannot have one",
        ),
        (
            "avgpool global; parallel add { conv 3x3, 8, /2 } { conv 1x1, 8 }",
            "`add` adds up convolutions of different stride",
        ),
    ],
)
def test_a_reason_is_given(body: str, because: str) -> None:
    assert reason(body) == because


def test_the_reason_names_the_place() -> None:
    found = reason("stage s: pair() x 2", blocks="block pair() { residual { conv 3x3, 8; act; conv 3x3, 8 } }")
    assert found == "`s.0.add` adds up more than convolutions and norms of one value"
