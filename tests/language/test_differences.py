"""Variants of variants, `block_count`, and values that flow: what was once wrong in silence."""

from __future__ import annotations

import pytest

from resdsl import SpecError, loads
from resdsl.ir.network import Call, Layer, Stage

RATES = "block b(w, r = 0) { residual identity { conv 3x3, w; drop_path r } }\n"
STAGE = "b(8, r=0.5 * (block_index + 1) / block_count)"
BASE = f"{RATES}network n {{ input 8x8x8; conv 3x3, 8; stage s0: {STAGE} x 2; fc 10 }}\n"


def rates(text: str, network: str) -> list[float]:
    """Rates of stochastic depth, block by block."""
    found = []
    for stage in loads(text, network).ir.stages:
        for run in stage.runs:
            (layer,) = (node for node in run.body.nodes if isinstance(node, Layer) and node.op.op == "drop_path")
            found += [layer.op.plain()["rate"]] * run.count
    return found


@pytest.mark.parametrize(
    ("variant", "count"),
    [
        ("network v = n", 2),
        (f"network v = n {{ stage e after conv1: {STAGE} x 1 }}", 3),
        (f"network v = n {{ stage conv1: {STAGE} x 1 }}", 3),
        (f"network u = n {{ stage e after s0: {STAGE} x 1 }}\nnetwork v = u {{ stage f after e: {STAGE} x 2 }}", 5),
        (f"network u = n {{ drop s0 }}\nnetwork v = u {{ stage f after conv1: {STAGE} x 2 }}", 2),
    ],
)
def test_block_count_counts_what_variants_leave(variant: str, count: int) -> None:
    assert rates(BASE + variant, "v") == [0.5 * (index + 1) / count for index in range(count)]


def paths(text: str, network: str) -> list[str]:
    return [node.path for node in loads(text, network).ir.nodes]


PLAIN = "network n { input 8x8x8; conv 3x3, 8; norm; act; fc 10 }\n"


def test_after_means_right_after_what_the_base_has() -> None:
    text = PLAIN + "network m = n { p1 after bn1: relu }\nnetwork v = m { p2 after bn1: relu; tap t after bn1 }"
    assert paths(text, "v") == ["conv1", "bn1", "p2", "p1", "act", "fc"]
    net = loads(text.replace("p2 after bn1: relu; ", ""), "v").ir
    assert {tap.name: tap.value for tap in net.outputs} == {"t": "bn1", "output": "fc"}


@pytest.mark.parametrize("difference", ["stage s: plain(8) x 1", "tap t after act", "act: gelu"])
def test_what_a_variant_dropped_is_not_there_for_the_next(difference: str) -> None:
    with pytest.raises(SpecError) as caught:
        loads(PLAIN + f"network m = n {{ drop act }}\nnetwork v = m {{ {difference} }}", "v")
    assert [problem.code for problem in caught.value.problems] == ["RES510"]


def test_a_variant_s_own_shape_statements_are_checked() -> None:
    for statement in ("pool after bn1: maxpool 3x3, /2 -> 9x9x9", "bn1: maxpool 3x3, /2 -> 9x9x9"):
        with pytest.raises(SpecError, match="RES412"):
            loads(PLAIN + f"network v = n {{ {statement} }}", "v")


def test_what_flows_is_no_number() -> None:
    for call in ("k(q=x)", "k([x])", "from k(x, q=y)", "stage s: k(x) x 2", "k(act=x)", "let b = k(q=x)"):
        text = f"block k(q = 1) {{ conv 3x3, q }}\nnetwork n {{ input 8x8x8; as x; conv 3x3, 8; as y; {call} }}"
        with pytest.raises(SpecError, match="RES300"):
            loads(text)


def test_a_declared_setting_without_a_value_is_what_the_language_has() -> None:
    body = "input 3x8x8; conv 3x3, 8; norm; act; fc 10"
    for head in ("n(act)", "n(norm)", "n"):
        ops = [node.op.op for node in loads(f"network {head} {{ {body} }}").ir.nodes if isinstance(node, Layer)]
        assert ops == ["conv", "bn", "relu", "fc"]


def test_a_shape_is_checked_also_where_a_setting_leaves_the_op_out() -> None:
    with pytest.raises(SpecError, match="RES412"):
        loads("network n(act = none) { input 3x8x8; act -> 9x9x9; fc 10 }")


def test_the_stride_along_equal_repeats_is_their_product() -> None:
    """On a map of one pixel strides change no size, and count all the same."""
    text = """
        block d(w) { conv 3x3, w, /2 }
        shortcut s { conv 1, out * stride, /stride; conv 1, out }
        network n(shortcut = s) { input 8xSIZExSIZE; residual { stage s: d(8) x 3 }; fc 10 }
    """
    channels = []
    for size in ("1", "16"):
        (call,) = (node for node in loads(text.replace("SIZE", size)).ir.nodes if isinstance(node, Call))
        channels.append(call.body.nodes[0].shapes[0][0])
    assert channels == [64, 64]


def test_a_flow_from_before_a_stride_has_no_stride_in_a_residual() -> None:
    text = "network n(shortcut = B) { input 8x8x8; as e; conv 3x3, 8, /2; residual { from e; conv 3x3, 16 } }"
    with pytest.raises(SpecError, match="RES406"):
        loads(text)


def test_settings_keep_their_paths_in_expressions() -> None:
    text = "network n(norm = group_norm(4)) { input 8x8x8; as x; from norm(x); as y; from act(y) }"
    assert paths(text, "n") == ["bn1", "act"]


def test_a_block_s_own_stride_is_not_taken_by_every_repeat() -> None:
    block = "block b(w, stride = 2) { conv 3x3, w, /stride }\n"
    with pytest.raises(SpecError, match="RES409"):
        loads(block + "network n { input 8x32x32; stage s: b(8) x 3 }")
    (stage,) = loads(block + "network n { input 8x32x32; stage s: b(8) x 3, /2 }").ir.stages
    assert isinstance(stage, Stage)
    assert stage.shapes == ((8, 16, 16),)


def test_a_warning_of_a_shared_block_is_told_for_every_network() -> None:
    from resdsl.compiler import read_spec
    from resdsl.source import Source

    block = "block b { as x; conv 3x3, 8; from x; conv 3x3, 8 }\n"
    networks = "".join(f"network {name} {{ input 8x8x8; b; fc 10 }}\n" for name in ("p", "q"))
    spec = read_spec(Source("two.res", block + networks))
    assert [[type(w).__name__ for w in spec.build(name).warnings] for name in ("p", "q")] == [["DeadValue"]] * 2


def test_an_unset_shortcut_adds_what_has_the_same_shape() -> None:
    """Down and up again changes no shape; what comes back on another grid does, also where sizes agree."""
    net = loads("network n { input 8x8x8; residual { conv 3x3, 8, /2; upsample 2 } }")
    assert [node.path for node in net.ir.nodes] == ["conv1", "upsample", "add"]
    with pytest.raises(SpecError, match="RES405"):
        loads("network n { input 8x1x1; residual { conv 3x3, 8, /2 } }")


def test_a_default_sees_the_settings_of_the_call() -> None:
    text = "block b(first = act) { first; act }\nnetwork n { input 8x8x8; b(act=gelu); fc 10 }"
    (call,) = (node for node in loads(text).ir.nodes if isinstance(node, Call))
    assert [node.op.op for node in call.body.nodes if isinstance(node, Layer)] == ["gelu", "gelu"]
