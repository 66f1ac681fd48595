"""Golden cases: what a user wrote, and every word of the answer.

A file of `cases/` has sections, each after a line that begins with `---`. What stands before the first
such line is the spec, `spec.res`. `--- file NAME` is another file beside it, `--- with WORDS` holds
options of `resdsl check` (a first word `build`: of `resdsl build`, which makes one network; a first word
`sweep`: of `resdsl sweep`, with `--lint` or not), `--- spec NAME` names another spec than `spec.res`, and the
last one, a bare `---`, is the answer.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from resdsl.cli.options import values_of
from resdsl.cli.reading import overrides_of, read_source_of, read_text
from resdsl.cli.sweep_build import look_at, place_of
from resdsl.compiler import Spec
from resdsl.diagnostics.problem import Problem, in_order
from resdsl.diagnostics.spec_error import SpecError
from resdsl.diagnostics.text import draw_all
from resdsl.elaborate.binding import Override
from resdsl.sweeps.lint.of_sweep import findings_of

FOLDER = Path(__file__).parent / "cases"
SPEC = "spec.res"


@dataclass
class Case:
    """One case, as its file has it."""

    path: Path
    head: str
    answer: str
    files: dict[str, str] = field(default_factory=dict)
    spec: str = SPEC
    network: str | None = None
    one: bool = False
    swept: bool = False
    sweep: str | None = None
    lint: bool = False
    settings: dict[str, str] = field(default_factory=dict)


def cases() -> list[Path]:
    """All files of cases."""
    return sorted(FOLDER.glob("*.txt"))


def read_case(path: Path) -> Case:
    """The case of a file."""
    text = path.read_text(encoding="utf-8")
    head, _, answer = text.rpartition("\n---\n")
    assert head, f"{path.name} has no line ---"
    case = Case(path, head, answer.removesuffix("\n"))
    for title, body in _sections(head):
        word, _, rest = title.partition(" ")
        if word == "file":
            case.files[rest] = body
        elif word == "spec":
            case.spec = rest
        else:
            _read_options(case, shlex.split(rest))
    return case


def _sections(head: str) -> Iterator[tuple[str, str]]:
    title, lines = f"file {SPEC}", list[str]()
    for line in head.split("\n"):
        if line.startswith("--- "):
            yield title, "\n".join((*lines, ""))
            title, lines = line.removeprefix("--- "), []
        else:
            lines.append(line)
    yield title, "\n".join((*lines, ""))


def _read_options(case: Case, words: list[str]) -> None:
    case.one, case.swept = words[:1] == ["build"], words[:1] == ["sweep"]
    words = words[case.one or case.swept :]
    case.lint = "--lint" in words
    words = [word for word in words if word != "--lint"]
    if case.swept and len(words) % 2:
        case.sweep = words.pop(0)
    for option, value in zip(words[::2], words[1::2], strict=True):
        if option == "--network":
            case.network = value
        elif option == "--input":
            case.settings |= values_of((), (value,))
        else:
            assert option == "--set"
            name, _, case.settings[name] = value.partition("=")


def found_problems(case: Case) -> tuple[Problem, ...]:
    """What `resdsl check` finds; the current folder must be an empty one."""
    for name, text in case.files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    found: list[Problem] = []
    try:
        source, network = read_source_of(case.spec, case.network)
        spec = read_text(source, ())
        overrides = overrides_of(case.settings)
    except SpecError as error:
        return error.problems
    if case.swept:
        return _of_sweep(spec, case, overrides)
    for chosen in (network,) if network or case.one or not spec.networks else spec.networks:
        try:
            found += spec.build(chosen, overrides).warnings
        except SpecError as error:
            found += error.problems
    return in_order(found)


def _of_sweep(spec: Spec, case: Case, overrides: dict[str, Override]) -> tuple[Problem, ...]:
    """What running a sweep finds, or its lint."""
    try:
        sweep = spec.sweep(case.sweep, None, overrides)
        built = list(sweep.built())
    except SpecError as error:
        return error.problems
    if not case.lint:
        return in_order(sweep.warnings)
    seen = [look_at(point, network) for point, network in built]
    findings = findings_of(sweep, seen, [point for point, _ in built])
    return tuple(finding.problem(place_of(sweep, finding)) for finding in findings)


def drawn(problems: tuple[Problem, ...]) -> str:
    """The answer as it is shown."""
    return draw_all(problems)
