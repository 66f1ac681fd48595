"""Checks a text again and again: its form, its names, its networks and sweeps, as `resdsl check` does once.

What a change does not reach is not built again. A check can be ended between any two statements.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from resdsl.compiler import Built, Spec
from resdsl.diagnostics.problem import Problem, in_order
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate.linking import Linker, Module, Named
from resdsl.elaborate.names import NameChecker
from resdsl.server.definitions import Definitions
from resdsl.server.facts import Facts, MadeNode
from resdsl.server.items import TextLayout
from resdsl.source import Source, Span, Unreadable, read_source


class Cancelled(Exception):
    """Nobody waits for the answer any more."""


@dataclass(frozen=True, eq=False)
class Checkup:
    """What is known of a text.

    Attributes:
        layout: the text that was checked.
        problems: all that were found in it.
        module: its definitions; None if no text of it could be linked yet.
        built: its networks by name, those that could be built.
        sweeps: its sweeps by name, each with the number of its points.
        source: the text that these are of: the last one whose form and names were right.
    """

    layout: TextLayout
    problems: tuple[Problem, ...] = ()
    module: Module | None = None
    built: dict[str, Built] = field(default_factory=dict)
    sweeps: dict[str, int] = field(default_factory=dict)
    source: TextLayout | None = None

    @property
    def is_built(self) -> bool:
        """Whether form and names of this text are right, so that its networks were built."""
        return self.source is self.layout

    def made(self, statement: Span, network: str = "") -> list[MadeNode]:
        """The nodes that a statement has made, or made when networks were built last; see `Facts.of`."""
        if self.source is None or statement.source in self.source:
            return self.facts.of(statement, network)
        before = self.source.before(statement)
        return self.facts.of(before, network) if before is not None else []

    @cached_property
    def facts(self) -> Facts:
        """What its networks say about its statements."""
        return Facts(self.built)


def _problems_of_points(name: str, spec: Spec) -> list[Problem]:
    """What is wrong with the points of a sweep."""
    try:
        sweep = spec.sweep(name)
        for _ in sweep.points():
            pass
    except SpecError as error:
        return list(error.problems)
    return list(sweep.warnings)


@dataclass
class _Outcome:
    """What the building of a definition has led to, as long as that definition is the same."""

    definition: Named
    built: Built | int | None
    problems: tuple[Problem, ...]


class Checker:
    """Checks one text as often as it changes.

    Args:
        import_path: folders in which imports are looked up, besides that of the text.
        open_text: the text of a file that is open in the editor; None for other files.
    """

    def __init__(
        self, import_path: tuple[Path, ...] = (), open_text: Callable[[Path], str | None] = lambda _: None
    ) -> None:
        self._import_path = import_path
        self._open_text = open_text
        self._names = NameChecker()
        self._definitions = Definitions()
        self._linker: Linker | None = None
        self._imported: dict[Path, object] = {}
        self._outcomes: dict[str, _Outcome] = {}
        self._last: Checkup | None = None

    def reads(self, path: Path) -> bool:
        """Whether the text imports a file, be it there or not."""
        return path in self._imported

    def look_in(self, import_path: tuple[Path, ...]) -> None:
        """Look imports up in other folders from now on."""
        if import_path != self._import_path:
            self._import_path, self._linker = import_path, None

    @property
    def definitions(self) -> Definitions:
        """The definitions as they were checked last."""
        return self._definitions

    def check(self, layout: TextLayout, before_step: Callable[[], None] | None = None) -> Checkup:
        """What is to be said of a text.

        Args:
            layout: the text.
            before_step: called between statements; it may raise `Cancelled`, which ends the check.
        """
        try:
            checkup = self._check(layout, before_step)
        except SpecError as error:
            last = self._last
            known = (last.module, last.built, last.sweeps, last.source) if last is not None else (None, {}, {}, None)
            checkup = Checkup(layout, in_order(error.problems), *known)
        checkup.facts.prepare()
        self._last = checkup
        return checkup

    def check_points(self, checkup: Checkup, most: int, before_step: Callable[[], None] | None = None) -> Checkup:
        """The same with the problems of points of its sweeps, which takes as long as building them.

        Args:
            checkup: what was found in the text before.
            most: the most points of a sweep that are built; of a larger one, none.
            before_step: called between statements; it may raise `Cancelled`.
        """
        if checkup.module is None or not checkup.is_built:
            return checkup
        session = self._definitions.session
        session.before_step = before_step
        found: list[Problem] = []
        try:
            spec = Spec(checkup.module, (), session)
            for name, size in checkup.sweeps.items():
                if size <= most:
                    found += _problems_of_points(name, spec)
        finally:
            session.before_step = None
        return replace(checkup, problems=in_order([*checkup.problems, *found])) if found else checkup

    def _check(self, layout: TextLayout, before_step: Callable[[], None] | None) -> Checkup:
        if layout.problems:
            raise SpecError(layout.problems)
        module = self._definitions.update(layout, self._current_linker())
        warnings = self._names.check(module)
        session = self._definitions.session
        session.before_step = before_step
        try:
            spec = Spec(module, warnings, session)
            for name in spec.networks:
                self._build(name, module.names[name], spec)
            for name in spec.sweeps:
                self._read_sweep(name, module.names[name], spec)
        finally:
            session.before_step = None
        self._outcomes = {name: self._outcomes[name] for name in (*spec.networks, *spec.sweeps)}
        found = [problem for outcome in self._outcomes.values() for problem in outcome.problems]
        built = {name: each.built for name, each in self._outcomes.items() if isinstance(each.built, Built)}
        sweeps = {name: each.built for name, each in self._outcomes.items() if isinstance(each.built, int)}
        return Checkup(layout, in_order([*warnings, *found]), module, built, sweeps, layout)

    def _build(self, name: str, definition: Named, spec: Spec) -> None:
        known = self._outcomes.get(name)
        if known is not None and known.definition is definition:
            return
        try:
            built = spec.build(name)
            self._outcomes[name] = _Outcome(definition, built, built.warnings[:])
        except SpecError as error:
            self._outcomes[name] = _Outcome(definition, None, tuple(error.problems))

    def _read_sweep(self, name: str, definition: Named, spec: Spec) -> None:
        try:
            self._outcomes[name] = _Outcome(definition, spec.sweep(name).size, ())
        except SpecError as error:
            self._outcomes[name] = _Outcome(definition, None, tuple(error.problems))

    def _current_linker(self) -> Linker:
        """The linker, which knows imported files; a new one if one of them has changed."""
        if self._linker is None or any(self._version(path) != read for path, read in self._imported.items()):
            self._imported = {}
            self._linker = Linker(self._import_path, self._read)
        return self._linker

    def _read(self, path: Path, name: str) -> Source:
        self._imported[path] = self._version(path)
        text = self._open_text(path)
        return read_source(path, name) if text is None else Source(name, text, path.parent, path)

    def _version(self, path: Path) -> object:
        """What tells one state of a file from another."""
        text = self._open_text(path)
        if text is not None:
            return text
        try:
            state = path.stat()
        except OSError as error:
            return str(Unreadable(error))
        return state.st_mtime_ns, state.st_size
