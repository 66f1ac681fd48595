"""Modules that are reset: which tensors are theirs, and paths that are those of none."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from resdsl.ir.walk import state
from resdsl.weights.reset import InvalidReset, reset_prefixes
from tests.ir.networks import small

NAMES = list(dict(state(small())))
PARTS = st.sampled_from(["fc", "fc2", "layer1", "0", "1", "10", "conv1", "weight"])
PATHS = st.lists(PARTS, min_size=1, max_size=4).map(".".join)


def test_nothing_lies_under_no_module() -> None:
    assert not "fc.weight".startswith(reset_prefixes((), NAMES))


def test_a_stage_is_reset_with_all_in_it() -> None:
    prefixes = reset_prefixes(("layer2", "fc"), NAMES)
    under = [name for name in NAMES if name.startswith(prefixes)]
    assert {name.split(".")[0] for name in under} == {"layer2", "fc"}
    assert {name.split(".")[0] for name in NAMES if name not in under} == {"conv1", "bn1", "layer1"}


@given(st.sets(PATHS, min_size=1), PATHS)
def test_a_path_covers_whole_components(names: set[str], path: str) -> None:
    parts = path.split(".")
    under = {name for name in names if name.split(".")[: len(parts)] == parts and name != path}
    if under:
        prefixes = reset_prefixes((path,), names)
        assert {name for name in names if name.startswith(prefixes)} == under
        return
    with pytest.raises(InvalidReset):
        reset_prefixes((path,), names)


@pytest.mark.parametrize(
    ("reset", "message"),
    [
        (("",), "the path of a module to reset is empty"),
        (("fc", "layer1", "fc"), "`fc` is to be reset twice"),
        (("fc.weight",), "`fc.weight` cannot be reset: it is a tensor, and what is reset is a module, here `fc`"),
        (
            ("fc2",),
            "`fc2` cannot be reset: the network has no module of this name with weights; did you mean `fc`?",
        ),
        (
            ("layer2.0.donwsample",),
            "`layer2.0.donwsample` cannot be reset: the network has no module of this name with weights; "
            "did you mean `layer2.0.downsample`?",
        ),
        (("fc.",), "`fc.` cannot be reset: the network has no module of this name with weights; did you mean `fc`?"),
        (("classifier",), "`classifier` cannot be reset: the network has no module of this name with weights"),
    ],
)
def test_refused(reset: tuple[str, ...], message: str) -> None:
    with pytest.raises(InvalidReset) as caught:
        reset_prefixes(reset, NAMES)
    assert str(caught.value) == message
