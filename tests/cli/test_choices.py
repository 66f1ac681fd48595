"""What is said of a value that is none of those that an option takes, of names of specs, and of codes."""

from __future__ import annotations

import pytest

from resdsl.cli.choices import choice_instead
from tests.cli.running import Command

SPEC = "network a(n = 3, shortcut = B) { input 3x32x32; stage s: basic(8) x n; fc 10 }\n"


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("pytorch", "Did you mean 'torch'?"),
        ("Torch", "Did you mean 'torch'?"),
        ("onx", "Did you mean 'onnx'?"),
        ("onnx,torch", "Give one at a time."),
        ("coreml", None),
    ],
)
def test_what_was_meant(written: str, hint: str | None) -> None:
    assert choice_instead(written, ["onnx", "torch", "json"]) == hint


def test_an_option_says_what_was_meant(resdsl: Command) -> None:
    resdsl.write("a.res", SPEC)
    ended = resdsl("build", "a.res", "--to", "pytorch")
    assert ended.code == 2
    assert ended.err.endswith(" Did you mean 'torch'?\n")
    assert resdsl("report", "a.res", "--format", "jsn").err.endswith(" Did you mean 'json'?\n")


def test_a_value_that_is_no_number_is_told_by_the_default(resdsl: Command) -> None:
    resdsl.write("a.res", SPEC)
    assert "  help: the default of `n` is 3 (integer)\n" in resdsl("check", "a.res", "--set", "n=abc").err
    assert "  help: did you mean `B`?\n" in resdsl("check", "a.res", "--set", "shortcut=b").err
    assert "  help: write sizes with x: 3x224x224\n" in resdsl("check", "a.res", "--input", "3,32,32").err


def test_a_file_without_its_suffix_is_found_for_the_message(resdsl: Command) -> None:
    resdsl.write("mine.res", SPEC)
    assert "  help: did you mean the file `mine.res`?\n" in resdsl("check", "mine").err


def test_a_kind_of_problem_is_explained_by_its_name(resdsl: Command) -> None:
    assert resdsl("explain", "NoShortcut").out == resdsl("explain", "RES405").out
