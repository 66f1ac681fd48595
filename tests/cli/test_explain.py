"""`resdsl explain`: what a problem means, with an example that has it and the example mended."""

from __future__ import annotations

import json
import shlex

import pytest

from resdsl.diagnostics.problem import Problem
from resdsl.explanations.explanation import explanation_of, problem_classes
from tests.cli.running import Command

KINDS = problem_classes()


def test_a_code_is_explained_with_both_examples(resdsl: Command) -> None:
    ended = resdsl("explain", "RES310")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("RES310 UnknownArgument\n\nAn argument is given by a name that is not one")
    first, _, mended = ended.out.partition("The same, mended:")
    assert "group=32" in first
    assert "help: did you mean `groups`?" in first
    assert "groups=32" in mended


@pytest.mark.parametrize("written", ["310", "res310", "RES310"])
def test_a_code_may_be_written_shorter(resdsl: Command, written: str) -> None:
    assert resdsl("explain", written).out.startswith("RES310 ")


def test_warnings_are_said_to_be_such(resdsl: Command) -> None:
    assert resdsl("explain", "RES207").out.startswith("RES207 UnusedParameter (warning)\n")


def test_without_a_code_all_are_listed(resdsl: Command) -> None:
    listed = resdsl("explain").out.splitlines()
    assert [line.split()[0] for line in listed if line.startswith("  ")] == [kind.code for kind in KINDS]
    assert listed[0] == "Form:"


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("RES319x", "did you mean RES319?"),
        ("RES107", "those that begin like it: RES100, RES101, RES102, RES103, RES104, RES105, RES106"),
        ("E12", "`resdsl explain` lists all codes"),
    ],
)
def test_a_wrong_code_gets_a_suggestion(resdsl: Command, code: str, hint: str) -> None:
    ended = resdsl("explain", code)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith(f"Error: there is no code {code}; {hint}\n")


def test_json_has_the_same(resdsl: Command) -> None:
    (record,) = json.loads(resdsl("explain", "RES508", "--format", "json").out)
    assert record["severity"] == "error"
    assert record["example"]["command"] == "resdsl check spec.res --network b --set n=5"
    assert record["mended"]["command"] == "resdsl check spec.res --network a --set n=5"
    assert len(json.loads(resdsl("explain", "--format", "json").out)) == len(KINDS)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.code)
def test_the_command_of_an_example_says_what_is_shown(resdsl: Command, kind: type[Problem]) -> None:
    case = explanation_of(kind).case
    assert case.mended is not None
    for written in (case.wrong, case.mended):
        for name, text in written.files.items():
            resdsl.write(name, text)
        ended = resdsl(*shlex.split(written.command)[1:])
        assert (f"[{kind.code}]" in ended.err) == (written is case.wrong)
