"""Everything that `resdsl check` finds in a text: its networks built, and the problems of all of its definitions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.diagnostics.problem import Problem, in_order, once
from resdsl.diagnostics.spec_error import SpecError
from resdsl.source import Source

if TYPE_CHECKING:
    from resdsl.compiler import Built
    from resdsl.elaborate.binding import Override


@dataclass(frozen=True)
class Findings:
    """What was found in a text.

    Attributes:
        built: its networks; each warning is with the first that has it.
        errors: what keeps the others, or its sweeps, from being built, in order.
        definitions: how many definitions it has.
    """

    built: tuple[Built, ...] = ()
    errors: tuple[Problem, ...] = ()
    definitions: int = 0

    @property
    def problems(self) -> tuple[Problem, ...]:
        """All errors and warnings, in order."""
        return in_order((*self.errors, *(warning for built in self.built for warning in built.warnings)))


def check(
    source: Source,
    network: str | None = None,
    overrides: Mapping[str, Override] | None = None,
    import_path: Sequence[Path] = (),
) -> Findings:
    """Check a text.

    Args:
        source: the text.
        network: the only network to look at; by default all, and the axes of all sweeps.
        overrides: values for parameters, settings and inputs.
        import_path: folders to search for imports, after that of the text.
    """
    from resdsl.compiler import read_spec

    try:
        text = read_spec(source, tuple(import_path))
    except SpecError as error:
        return Findings(errors=error.problems)
    built: list[Built] = []
    errors: list[Problem] = []
    for name in (network,) if network else text.networks:
        try:
            built.append(text.build(name, overrides))
        except SpecError as error:
            errors += error.problems
    for name in () if network else text.sweeps:
        try:
            # Its axes alone; `resdsl sweep` builds its points.
            text.sweep(name)
        except SpecError as error:
            errors += error.problems
    return Findings(tuple(warned_once(built)), in_order(errors), len(text.module.names))


def warned_once(built: Sequence[Built], before: Sequence[Problem] = ()) -> list[Built]:
    """The networks, each warning kept only for the first that has it, since all of them share the same text.

    Args:
        built: the networks.
        before: warnings that were given already.
    """
    known = list(before)
    kept = []
    for each in built:
        kept.append(replace(each, warnings=tuple(once(each.warnings, known))))
        known += kept[-1].warnings
    return kept
