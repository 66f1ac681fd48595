"""Networks over all that the language has, drawn from seeds: the compiler and an interpreter say the same of them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

import resdsl
from resdsl.ir.network import Network
from resdsl.ops.registry import ops
from tests.ir.networks import branches, shared, small
from tests.random.functions import FUNCTIONS
from tests.random.generator import Drawn
from tests.random.trial import Trial
from tests.random.trying import Disagreement, file_of, shrunk, try_network, try_seed

STEADY = 25
"""Networks of every run; `make test-random` draws others."""


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
    assert file_of(7) == file_of(7) != file_of(9)


def test_every_function_is_that_of_an_op() -> None:
    assert set(FUNCTIONS) <= set(ops())


def test_a_slip_is_seen_and_kept_with_the_least_text_that_shows_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    conv = FUNCTIONS["conv"]
    monkeypatch.setitem(FUNCTIONS, "conv", lambda op, x: [1.001 * each for each in conv(op, x)])
    text = "network n {\n  input 2x4x4\n  relu\n  if channels == 2 {\n    conv 1, 3\n    tanh\n  }\n  fc 2\n}\n"
    with pytest.raises(Disagreement, match=r"slip, network `n`: AssertionError: eval: `output` differs by"):
        try_network(Drawn(text, "n", {"output": (2,)}, {}), "slip", tmp_path)
    assert (tmp_path / "slip.res").read_text(encoding="utf-8") == text
    least = "network n {\n  input 2x4x4\n  if channels == 2 {\n    conv 1, 3\n  }\n}\n"
    assert (tmp_path / "slip.least.res").read_text(encoding="utf-8") == least


def test_shrinking_keeps_what_fails() -> None:
    text = "a {\n  b\n  c {\n    d\n  }\n}\ne\n"
    assert shrunk(text, lambda less: "d" in less) == "a {\n  c {\n    d\n  }\n}\n"
