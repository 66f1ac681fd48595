"""Golden cases: what a user wrote, and every word of the answer; `resdsl/explanations/case.py` has their form."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from resdsl.cli.options import values_of
from resdsl.cli.reading import overrides_of, read_source_of, read_text
from resdsl.compiler import Spec
from resdsl.diagnostics.problem import Problem, in_order
from resdsl.diagnostics.spec_error import SpecError
from resdsl.diagnostics.text import draw_all
from resdsl.elaborate.binding import Override
from resdsl.explanations.case import Attempt, CaseOfProblem, parse_case
from resdsl.explanations.explanation import CASES as EXPLAINED
from resdsl.sweeps.lint.of_sweep import findings_of, problems_of
from resdsl.sweeps.lint.sample import LintSample

FOLDER = Path(__file__).parent / "cases"


@dataclass
class Options:
    """The options of a command, as its functions take them."""

    network: str | None = None
    one: bool = False
    swept: bool = False
    sweep: str | None = None
    lint: bool = False
    settings: dict[str, str] = field(default_factory=dict)


def cases() -> list[Path]:
    """All files of cases: those that explain a kind of problem, and the others."""
    return sorted((*FOLDER.glob("*.txt"), *EXPLAINED.glob("*.txt")), key=lambda path: path.stem)


def read_case(path: Path) -> CaseOfProblem:
    """The case of a file."""
    return parse_case(path.read_text(encoding="utf-8"))


def options_of(written: Attempt) -> Options:
    """The options that a user gave."""
    words = list(written.words)
    options = Options(one=words[:1] == ["build"], swept=words[:1] == ["sweep"])
    words = words[options.one or options.swept :]
    options.lint = "--lint" in words
    words = [word for word in words if word != "--lint"]
    if options.swept and len(words) % 2:
        options.sweep = words.pop(0)
    for option, value in zip(words[::2], words[1::2], strict=True):
        if option == "--network":
            options.network = value
        elif option == "--input":
            options.settings |= values_of((), (value,))
        else:
            assert option == "--set"
            name, _, options.settings[name] = value.partition("=")
    return options


def found_problems(written: Attempt) -> tuple[Problem, ...]:
    """What `resdsl check` finds; the current folder must be an empty one."""
    for name, text in written.files.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text, encoding="utf-8")
    options = options_of(written)
    found: list[Problem] = []
    try:
        source, network = read_source_of(written.spec, options.network)
        spec = read_text(source, ())
        overrides = overrides_of(options.settings)
    except SpecError as error:
        return error.problems
    if options.swept:
        return _of_sweep(spec, options, overrides)
    for chosen in (network,) if network or options.one or not spec.networks else spec.networks:
        try:
            found += spec.build(chosen, overrides).warnings
        except SpecError as error:
            found += error.problems
    return in_order(found)


def _of_sweep(spec: Spec, options: Options, overrides: dict[str, Override]) -> tuple[Problem, ...]:
    """What running a sweep finds, or its lint."""
    try:
        sweep = spec.sweep(options.sweep, None, overrides)
        sample = LintSample(sweep.axes, sweep.draws)
        for _ in sample.noting(sweep.found()):
            pass
    except SpecError as error:
        return error.problems
    if not options.lint:
        return in_order(sweep.warnings)
    findings = findings_of(sweep, sample.linted, sample.points)
    return tuple(problems_of(sweep, findings))


def drawn(problems: tuple[Problem, ...]) -> str:
    """The answer as it is shown."""
    return draw_all(problems)
