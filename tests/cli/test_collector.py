"""Garbage: collected by commands that run for hours, and not by those that take a second."""

from __future__ import annotations

import gc

from tests.cli.running import Command
from tests.training.small import SPEC


def test_a_training_and_a_test_collect_garbage_and_a_check_does_not(resdsl: Command) -> None:
    resdsl.write("small.res", SPEC)
    recipe = ("small.res", "--recipe", "digits")
    for words, collects in (
        (("check", "small.res"), False),
        (("train", *recipe, "--steps", 1, "-o", "run"), True),
        (("test", "small.res", "--run", "run"), True),
        (("sweep", "small.res", "--network", "small", "--over", "n=1..3"), True),
    ):
        assert resdsl(*words).code == 0
        assert gc.isenabled() is collects
        gc.enable()
