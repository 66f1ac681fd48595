"""What tests of several kinds share."""

from __future__ import annotations

import gc
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A shell that runs tests in the background lets them ignore interrupts, and what they start as well.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Every run tries the same examples, with no clock in it: a failure is then one of the change at hand.
settings.register_profile("steady", derandomize=True, deadline=None, print_blob=True)
# `make test-random` draws anew, with `--hypothesis-profile=anew` and a seed that it prints.
settings.register_profile("anew", deadline=None, print_blob=True, database=None)
settings.load_profile("steady")


@pytest.fixture(autouse=True)
def collector() -> Iterator[None]:
    """Collect garbage in the next test: the command does not, and freezes what there is, in the process it ends."""
    threshold = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*threshold)
    gc.enable()


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the clone."""
    return Path(__file__).resolve().parent.parent


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="write the expected texts anew")
    parser.addoption("--networks-from", type=int, help="seed of the first of the networks that tests/random draws")
    parser.addoption("--networks", type=int, default=300, help="how many these are")


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    """Whether the expected texts are to be written anew."""
    return bool(request.config.getoption("--update-golden", default=False))
