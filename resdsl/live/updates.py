"""Builds what the page shows, part by part, so that what is quick is on the page while the rest is being built.

Every update is a record with some of the sections of the page, and for the process of the page:

- `outcome`: `good`, `unmet` (built, but not as its `expect` lines say), `broken`, or `missing` (not readable)
- `files`: the files that were read or looked for, which are watched from now on, as they looked before they were read
- `good`, `compared`: pickled networks of the last good states
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from resdsl.api import from_json, is_json
from resdsl.compiler import Spec, read_spec
from resdsl.diagnostics.problem import Problem, in_order
from resdsl.diagnostics.spec_error import SpecError
from resdsl.draw.themes import THEMES
from resdsl.elaborate.errors.networks import NoNetwork, NoSuchNetwork
from resdsl.live.changes import look_of
from resdsl.live.of_network import network_updates
from resdsl.live.of_sweep import sweep_updates
from resdsl.live.order import BuildOrder
from resdsl.live.records import MOST_PROBLEMS, Record, plain_problem, problem_records, refusal_record
from resdsl.live.text import text_records
from resdsl.net import Net
from resdsl.refusal import Refused
from resdsl.source import Source, Span, Unreadable, read_source


class _Build:
    """One build: what was read for it, and the problems that were found so far."""

    def __init__(self, order: BuildOrder) -> None:
        self.order = order
        self.files = {order.path: look_of(order.path)}
        if order.style is not None and order.style not in THEMES:
            self.files[Path(order.style)] = look_of(Path(order.style))
        self.problems: list[Problem] = []
        self.others: list[Record] = []

    def read(self, path: Path, name: str) -> Source:
        """Read an import; one that is missing is watched as well."""
        self.files[path] = look_of(path)
        return read_source(path, name)

    def updates(self, source: Source) -> Iterator[Record]:
        """The updates for a text."""
        try:
            if is_json(source):
                yield from self._of_json(source)
                return
            spec = read_spec(source, self.order.import_path, self.read)
        except SpecError as error:
            self.problems += error.problems
            yield self._ending(source, "broken")
            return
        yield from self._of_spec(spec)

    def _of_json(self, source: Source) -> Iterator[Record]:
        try:
            net = from_json(source.text, self.order.overrides)
        except SpecError as error:
            self.problems += error.problems
            yield self._ending(source, "broken")
        except Refused as error:
            self.others.append(refusal_record(error))
            yield self._ending(source, "broken")
        else:
            chosen = {"networks": [net.name], "sweeps": [], "chosen": net.name, "kind": "network"}
            yield {"choices": chosen, **self._ending(source, "good")}
            yield from network_updates(net, self.order)

    def _of_spec(self, spec: Spec) -> Iterator[Record]:
        chosen, source = self.order.choice or _default(spec), spec.module.source
        kind = "sweep" if chosen in spec.sweeps else "network"
        yield {
            "choices": {"networks": [*spec.networks], "sweeps": [*spec.sweeps], "chosen": chosen, "kind": kind},
        }
        try:
            yield from self._of_choice(spec, chosen)
        except SpecError as error:
            self.problems += error.problems
            yield self._ending(source, "broken")
        if self._look_at_the_rest(spec, chosen):
            yield self._marked(source)

    def _of_choice(self, spec: Spec, chosen: str | None) -> Iterator[Record]:
        """The updates for a network or a sweep.

        Raises:
            SpecError: it cannot be built, or there is none of this name.
        """
        source = spec.module.source
        if chosen in spec.networks:
            built, unmet = spec.attempt(chosen, self.order.overrides)
            self.problems += (*unmet, *built.warnings)
            yield self._ending(source, "unmet" if unmet else "good")
            yield from network_updates(Net(built.network, built.checks, built.warnings), self.order)
        elif chosen in spec.sweeps:
            sweep = spec.sweep(chosen, overrides=self.order.overrides, with_memory=True)
            yield self._marked(source)
            self.problems += yield from sweep_updates(sweep, self.order)
            yield self._ending(source, "good")
        else:
            raise SpecError([_nothing_to_show(spec, chosen)])

    def _look_at_the_rest(self, spec: Spec, chosen: str | None) -> bool:
        """Find the problems of the other networks and sweeps; whether there are any."""
        before = len(self.problems)
        for name in spec.networks:
            if name != chosen:
                try:
                    self.problems += spec.build(name, self.order.overrides).warnings
                except SpecError as error:
                    self.problems += error.problems
        for name in spec.sweeps:
            if name != chosen:
                try:
                    spec.sweep(name)
                except SpecError as error:
                    self.problems += error.problems
        return len(self.problems) > before

    def _ending(self, source: Source, outcome: str) -> Record:
        """The text with its problems, once it is known whether what was chosen can be built."""
        return {"outcome": outcome, **self._marked(source)}

    def _marked(self, source: Source) -> Record:
        problems = in_order(self.problems)
        listed = problem_records(problems[:MOST_PROBLEMS]) + self.others
        return {
            "texts": text_records(source, problems[:MOST_PROBLEMS]),
            "problems": {"listed": listed, "count": len(problems) + len(self.others)},
            "files": dict(self.files),
        }


def updates(order: BuildOrder) -> Iterator[Record]:
    """Read the file and build what the page shows of it, part by part; nothing is raised for a wrong text."""
    build = _Build(order)
    try:
        if order.path.is_fifo():
            raise Unreadable("it is a pipe, not a file")
        source = read_source(order.path, order.name)
    except Unreadable as error:
        problem = plain_problem(f"cannot read {order.name}: {error}")
        yield {
            "outcome": "missing",
            "problems": {"listed": [problem], "count": 1},
            "files": build.files,
        }
        return
    yield from build.updates(source)


def _default(spec: Spec) -> str | None:
    """The network or sweep named after the file, or else the first network, or else the first sweep."""
    named: Iterable[str] = (*spec.networks, *spec.sweeps)
    stem = Path(spec.module.source.name).stem
    return next((name for name in named if name == stem), next(iter(named), None))


def _nothing_to_show(spec: Spec, chosen: str | None) -> Problem:
    source = spec.module.source
    if chosen is None:
        return NoNetwork(span=Span(source, 0, 0), file=source.name)
    return NoSuchNetwork(name=chosen, file=source.name, known=(*spec.networks, *spec.sweeps))
