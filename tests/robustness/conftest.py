"""Times that are those of what is tested alone."""

from __future__ import annotations

import gc

import pytest


@pytest.fixture(autouse=True)
def uninterrupted(collector: None) -> None:
    """No search for garbage through what other tests left; after the test there is one again."""
    gc.disable()
