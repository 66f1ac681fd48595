"""Networks over all that the language has, drawn from seeds: the compiler and an interpreter say the same of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import resdsl
from resdsl.ir.network import Network
from resdsl.ir.walk import steps
from resdsl.ops.registry import ops
from tests.ir.networks import branches, shared, small
from tests.random.functions import FUNCTIONS
from tests.random.generator import drawn
from tests.random.trial import Trial
from tests.random.trying import Disagreement, loaded, of_seed, shrunk, try_seed

STEADY = 25
"""Networks of every run; `make test-random` draws others."""
MOST_DRAWN = 300


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "seed" in metafunc.fixturenames:
        first = metafunc.config.getoption("--networks-from")
        count = metafunc.config.getoption("--networks")
        seeds = range(STEADY) if first is None else range(first, first + count)
        metafunc.parametrize("seed", seeds)


def test_drawn_network_is_what_the_interpreter_says(seed: int, request: pytest.FixtureRequest) -> None:
    try_seed(seed, request.config.rootpath / "build" / "random")


@pytest.mark.parametrize("make", [small, branches, shared])
def test_modules_called_again_are_what_the_interpreter_says(make: Callable[[], Network], tmp_path: Path) -> None:
    Trial(resdsl.Net(make()), tmp_path).run()


# ------------------------------------------------------------------------------------ the trial itself


def test_the_same_seed_draws_the_same_text() -> None:
    assert drawn(7) == drawn(7) != drawn(8)


def test_every_op_has_a_function() -> None:
    assert set(FUNCTIONS) == set(ops())


def test_every_op_is_drawn() -> None:
    missing, seed = set(ops()), 0
    while missing:
        net = loaded(of_seed(seed))
        missing -= {step.layer.op.op for step in steps(net.ir)}
        seed += 1
        assert seed < MOST_DRAWN, missing


def test_a_slip_is_seen_and_kept_with_the_least_text_that_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conv = FUNCTIONS["conv"]
    monkeypatch.setitem(FUNCTIONS, "conv", lambda op, x: [1.001 * each for each in conv(op, x)])
    with pytest.raises(Disagreement, match=r"seed 3.* differs by"):
        try_seed(3, tmp_path)
    least = (tmp_path / "seed3.least.res").read_text(encoding="utf-8")
    assert "squeeze_excite" in least
    assert "subsample" not in least


def test_shrinking_keeps_what_fails() -> None:
    text = "a {\n  b\n  c {\n    d\n  }\n}\ne\n"
    assert shrunk(text, lambda less: "d" in less) == "a {\n  c {\n    d\n  }\n}\n"
