"""Two hundred slips in each shipped spec: a network, or a problem with a code and a place; never a fault."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from resdsl.compiler import read_spec
from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.spec_error import SpecError
from resdsl.diagnostics.text import draw_all
from resdsl.resources import shipped_specs
from resdsl.source import Source
from tests.robustness.mutations import COUNT, Mutation, mutations

BY_SPEC: dict[str, list[Mutation]] = {path.name: [] for path in shipped_specs()}
for mutation in mutations():
    BY_SPEC[mutation.spec].append(mutation)
FEW = 30
"""Of each spec, in every run; `make test-zoo` has the others."""
PLACE = re.compile(r"-->\ .+:[1-9]\d*:[1-9]\d*$", re.MULTILINE)


def problems_of(text: str, name: str) -> tuple[Problem, ...]:
    """What `check` would tell of a text."""
    try:
        spec = read_spec(Source(name, text))
    except SpecError as error:
        return error.problems
    found: list[Problem] = []
    for network in spec.networks or (None,):
        try:
            spec.build(network)
        except SpecError as error:
            found += error.problems
    return tuple(found)


@pytest.mark.parametrize("name", BY_SPEC)
@pytest.mark.parametrize(
    "part", [slice(FEW), pytest.param(slice(FEW, COUNT), marks=pytest.mark.zoo)], ids=["few", "all"]
)
def test_slips_are_told_with_a_place(name: str, part: slice) -> None:
    chosen = BY_SPEC[name][part]
    ends = Counter(told(mutation) for mutation in chosen)
    assert sum(ends.values()) == len(chosen) in (FEW, COUNT - FEW)
    assert ends["valid"] < len(chosen)
    assert len(ends) > 2, "the slips should be of several kinds"


def told(mutation: Mutation) -> str:
    """The code of the first problem, or `valid`."""
    problems = problems_of(mutation.text, mutation.spec)
    if not problems:
        return "valid"
    answer = draw_all(problems, None)
    for problem in problems:
        assert problem.span is not None, f"{mutation}\n{answer}"
        assert problem.span.start <= len(problem.span.source.text)
    assert len(PLACE.findall(answer)) == len(problems), answer
    return problems[0].code


def test_one_slip_is_rarely_told_as_many() -> None:
    counts = [len(problems_of(m.text, m.spec)) for name in ("resnet34.res", "resnet50.res") for m in BY_SPEC[name]]
    assert sum(count > 3 for count in counts) <= len(counts) // 50


@pytest.mark.parametrize("name", ["resnet18.res", "cifar.res"])
def test_slips_end_the_command_as_they_should(name: str, tmp_path: Path, root: Path) -> None:
    """A few through the command itself, all in one process."""
    paths = []
    for mutation in BY_SPEC[name][:30]:
        path = tmp_path / f"{mutation.number}.res"
        path.write_text(mutation.text, encoding="utf-8")
        paths.append(str(path))
    command = [sys.executable, "-m", "resdsl", "check", *paths]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "bug in resdsl" not in done.stderr
    for written in paths:
        assert f"{written}: " in done.stdout + done.stderr
