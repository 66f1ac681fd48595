"""Mistakes that people make, each with every word of the answer as text and as data; `--update-golden` renews them.

The mistakes are in `mistakes`: habits of Python, YAML, PyTorch, Keras and timm, and slips in every part of a text.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from resdsl.checking import check
from resdsl.diagnostics.json import as_record
from resdsl.diagnostics.mending import mend
from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.text import draw_all
from resdsl.source import Source, read_source

FOLDER = Path(__file__).parent / "mistakes"
MISTAKES = sorted(FOLDER.glob("*.res"))
SEVERAL = {
    "076-out-channels.res": 2,
    "280-by-a-user-of-keras.res": 2,
    "281-by-a-writer-of-javascript.res": 3,
    "282-several-in-a-variant.res": 2,
    "283-several-in-a-block.res": 3,
}
"""The texts with several mistakes: of each definition, the first is told."""


def problems_of(source: Source) -> tuple[Problem, ...]:
    """What is found in a text."""
    return check(source).problems


@cache
def found_in(path: Path) -> tuple[Problem, ...]:
    """What is found in a mistake."""
    return problems_of(read_source(path, path.name))


def test_answers_are_as_agreed(update_golden: bool) -> None:
    different = []
    for path in MISTAKES:
        problems = found_in(path)
        data = json.dumps([as_record(problem) for problem in problems], indent=2)
        answers = {path.with_suffix(".txt"): f"{draw_all(problems)}\n", path.with_suffix(".json"): f"{data}\n"}
        for file, answer in answers.items():
            if update_golden:
                file.write_text(answer, encoding="utf-8")
            elif not file.exists() or file.read_text(encoding="utf-8") != answer:
                different.append(file.name)
    assert different == []


def test_there_are_enough_and_no_answer_without_its_mistake() -> None:
    assert len(MISTAKES) >= 150
    answers = {path.stem for suffix in (".txt", ".json") for path in FOLDER.glob(f"*{suffix}")}
    assert answers == {path.stem for path in MISTAKES}


def test_one_mistake_is_one_problem_with_a_place_in_the_text() -> None:
    counts = {path.name: len(found_in(path)) for path in MISTAKES}
    assert {name: count for name, count in counts.items() if count != SEVERAL.get(name, 1)} == {}
    elsewhere = [path.name for path in MISTAKES for one in found_in(path) if not one.span or one.span.source.is_library]
    assert elsewhere == []


def test_every_answer_says_what_to_do() -> None:
    silent = [path.name for path in MISTAKES for one in found_in(path) if not (one.hint or one.expected or one.labels)]
    assert silent == []


def test_what_is_to_stand_there_mends() -> None:
    useless = []
    for path in MISTAKES:
        if any(problem.replacement for problem in found_in(path)):
            mended = mend(read_source(path, path.name), problems_of)
            left = {problem.headline for problem in mended.left}
            useless += [path.name for one in found_in(path) if one.replacement and one.headline in left]
    assert useless == []
