"""The manual of problems, `docs/diagnostics.md`, made of the classes and of the golden cases.

`python -m tests.diagnostics.catalogue` writes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from inspect import cleandoc
from pathlib import Path

from resdsl.diagnostics.problem import Problem
from resdsl.elaborate import errors
from tests.diagnostics.golden import SPEC, cases, read_case

MANUAL = Path(__file__).resolve().parents[2] / "docs" / "diagnostics.md"

GROUPS = {
    "1": "Form",
    "2": "Names",
    "3": "Values and arguments",
    "4": "What flows",
    "5": "Networks, stages and variants",
    "6": "Files and imports",
    "7": "Limits",
    "8": "Figures of a network",
    "9": "Sweeps",
}

HEAD = """# Problems

Every problem that `resdsl` reports, with its code, what it means, and a text that has it. The command
line shows the line it stands on, what was found, what could stand there and, where there is one, a way
out; below it stand the blocks that led there, innermost first. `resdsl check --format json` gives the
same as data.

Errors end a command with exit code 1; warnings do not. At most a hundred problems are shown.
"""


def problem_classes() -> list[type[Problem]]:
    """Every kind of problem, by code."""
    for module in ("syntax.errors", "analysis.errors", *(f"elaborate.errors.{name}" for name in errors.__all__)):
        import_module(f"resdsl.{module}")
    return sorted((kind for kind in _below() if "code" in vars(kind)), key=lambda kind: (kind.code, kind.__name__))


def _below() -> Iterator[type[Problem]]:
    waiting = list(Problem.__subclasses__())
    while waiting:
        kind = waiting.pop()
        yield kind
        waiting += kind.__subclasses__()


def manual() -> str:
    """The text of the manual."""
    parts = [HEAD]
    group = ""
    for kind in problem_classes():
        if kind.code[3] != group:
            group = kind.code[3]
            parts.append(f"## {GROUPS[group]} (RES{group}xx)\n")
        parts.append(_entry(kind))
    return "\n".join(parts)


def _entry(kind: type[Problem]) -> str:
    warns = " (warning)" if kind.severity == "warning" else ""
    example = next(path for path in cases() if path.stem.startswith(kind.code))
    case = read_case(example)
    shown = case.files.get(SPEC, "").strip("\n")
    text = f"```\n{shown}\n```\n\n" if shown else ""
    explained = cleandoc(kind.__doc__ or "")
    return f"### {kind.code} {kind.__name__}{warns}\n\n{explained}\n\n{text}```text\n{case.answer}\n```\n"


if __name__ == "__main__":
    MANUAL.write_text(manual(), encoding="utf-8")
