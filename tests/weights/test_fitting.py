"""What is said of weights that do not fit, whatever file they are from."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, strategies as st

from resdsl.ir.walk import state
from resdsl.ops.records import Tensor
from resdsl.weights.fitting import READABLE, Held, WeightsMismatch, compare
from tests.ir.networks import resnet34, small

STATE = dict(state(small()))
Contents = dict[str, Held]


def fitting(wanted: dict[str, Tensor]) -> Contents:
    return {name: Held(tensor.dtype, tensor.shape) for name, tensor in wanted.items()}


def refusal(held: Contents, wanted: dict[str, Tensor] = STATE) -> WeightsMismatch:
    with pytest.raises(WeightsMismatch) as caught:
        compare("a.pth", held, wanted)
    return caught.value


def renamed(rename: Callable[[str], str], names: Iterable[str] = STATE) -> Contents:
    held = fitting(STATE)
    return {rename(name) if name in set(names) else name: each for name, each in held.items()}


def test_what_fits_is_passed_over() -> None:
    compare("a.pth", fitting(STATE), STATE)
    counters = {name for name, tensor in STATE.items() if tensor.dtype == "int64"}
    assert counters
    compare("a.pth", {name: each for name, each in fitting(STATE).items() if name not in counters}, STATE)


@pytest.mark.parametrize("dtype", READABLE["float32"])
def test_half_precision_fits(dtype: str) -> None:
    compare("a.pth", {**fitting(STATE), "fc.weight": Held(dtype, (10, 16))}, STATE)


MESSAGES: dict[str, tuple[Callable[[Contents], object], str]] = {
    "missing": (lambda held: held.pop("fc.bias"), "`fc.bias` is missing"),
    "unexpected": (
        lambda held: held.update({"fc2.bias": held["fc.bias"]}),
        "`fc2.bias` is in the file but not in the network; the network has `fc.bias`",
    ),
    "another dtype": (
        lambda held: held.update({"fc.bias": Held("float64", (10,))}),
        "`fc.bias` is float64 in the file, but must be float32, float16 or bfloat16",
    ),
    "another dtype of a counter": (
        lambda held: held.update({"bn1.num_batches_tracked": Held("float32", ())}),
        "`bn1.num_batches_tracked` is float32 in the file, but must be int64",
    ),
    "another shape of a counter": (
        lambda held: held.update({"bn1.num_batches_tracked": Held("int64", (1,))}),
        "`bn1.num_batches_tracked` is 1 in the file but a single number in the network",
    ),
    "no tensor": (
        lambda held: held.update({"fc.bias": Held("dict", None)}),
        "`fc.bias` is dict in the file, but must be float32, float16 or bfloat16",
    ),
    "other classes": (
        lambda held: held.update({"fc.weight": Held("float32", (2, 16)), "fc.bias": Held("float32", (2,))}),
        "`fc.weight` is 2x16 in the file but 10x16 in the network\n  `fc.bias` is 2 in the file but 10 in the network",
    ),
    "control characters": (
        lambda held: held.update({"\x1b[31m\n": Held("float32", ())}),
        "`\\x1b[31m\\n` is in the file but not in the network",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_message(name: str) -> None:
    change, wanted = MESSAGES[name]
    held = fitting(STATE)
    change(held)
    assert str(refusal(held)) == f"a.pth does not hold the weights of this network:\n  {wanted}"


def test_two_modules_that_differ_are_no_case_for_a_reset() -> None:
    held = {**fitting(STATE), "fc.bias": Held("float32", (2,)), "conv1.weight": Held("float32", (8, 1, 3, 3))}
    assert refusal(held).hint is None


def test_another_dtype_is_no_case_for_a_reset() -> None:
    assert refusal({**fitting(STATE), "fc.bias": Held("float64", (10,))}).hint is None


def test_prefix_is_told_in_one_sentence() -> None:
    told = refusal(renamed("backbone.{}".format))
    learned = sum(tensor.dtype != "int64" for tensor in STATE.values())
    assert told.hint == (
        f"all {learned} missing names are in the file with the prefix `backbone.`; "
        'rename="backbone ->" (--rename "backbone ->") makes up for that'
    )
    assert str(told).endswith(f"\n{told.hint}")


def test_prefix_of_most_names_is_told_too() -> None:
    head = [name for name in STATE if not name.startswith("fc.")]
    told = refusal({**renamed("encoder.model.{}".format, head), "fc.weight": Held("float32", (2, 16))})
    assert told.hint == (
        f"all {sum(STATE[name].dtype != 'int64' for name in head)} missing names are in the file "
        "with the prefix `encoder.model.`; "
        'rename="encoder.model ->" (--rename "encoder.model ->") makes up for that'
    )
    most = [name for name in head if not name.startswith("bn1.")]
    changed = renamed(lambda name: f"model.{name}" if name in most else f"x{name}", head)
    assert refusal(changed).hint == (
        f"{sum(STATE[name].dtype != 'int64' for name in most)} of "
        f"{sum(STATE[name].dtype != 'int64' for name in head)} missing names are in the file "
        "with the prefix `model.`; "
        'rename="model ->" (--rename "model ->") makes up for that'
    )


def test_prefix_that_the_file_lacks_is_told() -> None:
    wanted = {f"features.{name}": tensor for name, tensor in STATE.items()}
    assert refusal(fitting(STATE), wanted).hint == (
        f"all {sum(tensor.dtype != 'int64' for tensor in STATE.values())} missing names are in the file "
        "without the prefix `features.`; "
        'rename="{first} -> features.{first}" (--rename "{first} -> features.{first}") makes up for that'
    )


def test_one_name_makes_no_prefix() -> None:
    assert refusal(renamed("backbone.{}".format, ["conv1.weight"])).hint is None


@given(st.lists(st.text("abc1_", min_size=1, max_size=9), min_size=1, max_size=4).map(".".join))
def test_any_prefix_is_found(prefix: str) -> None:
    hint = refusal(renamed(f"{prefix}.{{}}".format)).hint
    assert hint is not None
    assert f"with the prefix `{prefix}.`" in hint


@given(st.sets(st.sampled_from(sorted(STATE)), min_size=1), st.sets(st.text(max_size=300)))
def test_everything_that_differs_is_found_once(missing: set[str], more: set[str]) -> None:
    more -= set(STATE)
    held = {name: each for name, each in fitting(STATE).items() if name not in missing}
    held.update({name: Held("float32", (1,)) for name in more})
    learned = {name for name in missing if STATE[name].dtype != "int64"}
    if not learned and not more:
        compare("a.pth", held, STATE)
        return
    told = refusal(held)
    assert sorted((each.kind, each.name) for each in told.found) == sorted(
        [*(("missing", name) for name in learned), *(("unexpected", name) for name in more)]
    )
    assert len(str(told).splitlines()) <= 13
    assert str(told).replace("\n", "").isprintable()


def test_weights_of_another_depth() -> None:
    wanted = dict(state(resnet34()))
    held = {name: each for name, each in fitting(wanted).items() if not name.startswith("layer3.5.")}
    assert str(refusal(held, wanted)).splitlines()[1:3] == [
        "  `layer3.5.conv1.weight` is missing",
        "  `layer3.5.bn1.weight` is missing",
    ]


def beside(held: Contents, name: str) -> str:
    """The words of one mismatch."""
    return next(each.text for each in refusal(held).found if each.name == name)


STEM = [name for name in STATE if name.startswith(("conv1.", "bn1."))]


@pytest.mark.parametrize(("missing", "near"), [("conv1.weight", "conv1.0.weight"), ("bn1.weight", "conv1.1.weight")])
def test_hints_look_at_shapes_before_spelling(missing: str, near: str) -> None:
    """A stem in a row of its own: its convolution is `conv1.0`, its norm `conv1.1`, and all are near `conv1`."""
    held = renamed(lambda name: name.replace("conv1.", "conv1.0.").replace("bn1.", "conv1.1."), STEM)
    assert beside(held, missing) == f"`{missing}` is missing; the file has `{near}`"


def test_a_tensor_of_another_shape_is_no_hint() -> None:
    held = fitting(STATE)
    held["conv1.weights"] = Held("float32", (STATE["conv1.weight"].shape[0],))
    del held["conv1.weight"]
    assert beside(held, "conv1.weight") == "`conv1.weight` is missing"
    more = {**fitting(STATE), "fc2.bias": Held("float32", (3,))}
    assert beside(more, "fc2.bias") == "`fc2.bias` is in the file but not in the network"


def test_names_behind_a_prefix_whose_shapes_differ_are_no_hint() -> None:
    wide = {f"backbone.{name}": Held(each.dtype, (*(each.shape or ()), 2)) for name, each in fitting(STATE).items()}
    assert refusal(wide).hint is None
