"""Costs a sweep in several processes or on several machines, with the points in their order.

Each unit of the pool is a chunk of combinations. What comes back is what was found there without the networks, whose
values are known here by the index of the combination. A chunk that has failed, whether at a point that cannot be built
or because its process was killed, is costed here from that point on, so that errors are those of a single process.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import chain, islice, tee
from pathlib import Path

from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate.session import Session
from resdsl.sweeps.costing import Costed
from resdsl.sweeps.lint.sample import LintGrid
from resdsl.sweeps.sweep import Sweep
from resdsl.sweeps.units.run import Pool
from resdsl.sweeps.units.unit import Outcome

_SIZE = 250
"""How many combinations a chunk has; they take about a tenth of a second."""
_MOST_COUNTED = 1024
"""Up to how many chunks are counted, so that there are no more jobs than chunks."""
_AHEAD = 16
"""How many chunks for each job may be handed out beyond one that is missing: its process may have been killed."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A unit: some combinations of a sweep.

    Attributes:
        indices: their indices, which are evenly spaced.
        sweep: the sweep, pickled.
        linted: those whose networks are hashed, for the lint.
    """

    indices: range
    sweep: bytes
    linted: LintGrid

    @property
    def name(self) -> str:
        """Its name, which no other chunk has."""
        return _name(self.indices)

    @property
    def folder(self) -> None:
        """It writes nothing."""
        return

    def complete(self, _: Path) -> Outcome:
        """Cost its combinations, up to one that cannot be built."""
        sweep = _unpickled(self.sweep)
        found = [
            _sent(costed, is_hashed=self._is_hashed(sweep, costed)) for costed in _until_one_fails(sweep, self.indices)
        ]
        return Outcome(self.name, "made", result=found)

    def _is_hashed(self, sweep: Sweep, costed: Costed) -> bool:
        """Whether the network is hashed, which the lint asks for, and all samples."""
        point = costed.point
        return point is not None and (sweep.plan.sampling is not None or self.linted.holds(point.index))


@dataclass(frozen=True)
class InChunks:
    """Costs combinations in a pool, for `Sweep.found`.

    Attributes:
        sweep: the sweep.
        pool: what costs several chunks at once.
        jobs: how many.
        linted: the combinations to be linted, as far as is known at the moment.
    """

    sweep: Sweep
    pool: Pool
    jobs: int
    linted: Callable[[], LintGrid]

    def __call__(self, groups: Iterable[range]) -> Generator[Generator[Costed, None, None], None, None]:
        """What is found at the combinations of each group, in order; one pool costs all groups, one after the other.

        Raises:
            SpecError: a network cannot be built, or a line cannot be evaluated.
            resdsl.sweeps.units.workers.NoProcesses: all processes died before costing a chunk.
            resdsl.refusal.Refused: the pool cannot work; see `resdsl.sweeps.units.on_ray.OnRay`.
        """
        of_source, of_caller = tee(groups)
        pickled = pickle.dumps(replace(self.sweep, session=Session(), warnings=[]))
        handing = _Handing(of_source, self.pool, self.jobs, lambda part: Chunk(part, pickled, self.linted()))
        with closing(handing):
            for number, indices in enumerate(of_caller):
                yield self._of_group(handing, number, indices)

    def _of_group(self, handing: _Handing, number: int, indices: range) -> Generator[Costed, None, None]:
        try:
            for part in _parts(indices):
                yield from self._complete(part, handing.outcome(part))
        finally:
            handing.end(number)

    def _complete(self, part: range, outcome: Outcome) -> Iterator[Costed]:
        """What was found in a chunk, and then what is costed here."""
        found: list[Costed] = outcome.result if isinstance(outcome.result, list) else []
        for index, costed in zip(part, found, strict=False):
            yield self._received(index, costed)
        yield from self.sweep.cost(part[len(found) :])

    def _received(self, index: int, costed: Costed) -> Costed:
        """What was found at a combination, with the values of its point."""
        if costed.point is None:
            return costed
        values = self.sweep.costing.values(self.sweep.combination(index))
        if costed.solved is not None and self.sweep.plan.solve is not None:
            values[self.sweep.plan.solve.name.text] = costed.solved.value
        return costed._replace(point=replace(costed.point, parameters=tuple(values.items())))


class _Handing:
    """Hands out the chunks of all groups to one pool, and keeps what arrives before it is due.

    The chunks of a group follow those of the group before, also where that one ends early: its other chunks are passed
    over then, and what is found at those in flight is dropped.

    Args:
        groups: the indices of each group.
        pool: what costs several chunks at once.
        jobs: how many.
        chunk: the chunk with some indices.
    """

    def __init__(self, groups: Iterable[range], pool: Pool, jobs: int, chunk: Callable[[range], Chunk]) -> None:
        self._pool, self._chunk = pool, chunk
        self._ended = -1
        ahead = self._source(groups)
        first = list(islice(ahead, min(jobs, _MOST_COUNTED)))
        self._jobs = jobs if len(first) == _MOST_COUNTED else min(jobs, max(1, len(first)))
        self._left = chain(first, ahead)
        self._group_of: dict[str, int] = {}
        self._arrived: dict[str, Outcome] = {}
        self._outcomes: Generator[Outcome, None, None] | None = None

    def outcome(self, part: range) -> Outcome:
        """The outcome of a chunk, the first that is due."""
        name = _name(part)
        while name not in self._arrived:
            if self._outcomes is None:
                self._outcomes = self._pool(self._handed_out(), self._jobs)
            outcome = next(self._outcomes, None)
            if outcome is None:
                self._outcomes = None
            elif outcome.name in self._group_of:
                self._arrived[outcome.name] = outcome
        del self._group_of[name]
        return self._arrived.pop(name)

    def end(self, group: int) -> None:
        """Pass over what is left of a group."""
        self._ended = group
        for name in [name for name, own in self._group_of.items() if own <= group]:
            del self._group_of[name]
            self._arrived.pop(name, None)

    def close(self) -> None:
        """End the pool."""
        if self._outcomes is not None:
            self._outcomes.close()

    def _source(self, groups: Iterable[range]) -> Iterator[tuple[int, range]]:
        for number, indices in enumerate(groups):
            for part in _parts(indices):
                if number <= self._ended:
                    break
                yield number, part

    def _handed_out(self) -> Iterator[Chunk]:
        while len(self._group_of) < _AHEAD * self._jobs:
            group, part = next(self._left, (-1, range(0)))
            if group == -1:
                return
            if group > self._ended:
                self._group_of[_name(part)] = group
                yield self._chunk(part)


def _parts(indices: range) -> Iterator[range]:
    """The indices of the chunks of a group."""
    return (indices[start : start + _SIZE] for start in range(0, len(indices), _SIZE))


def _name(indices: range) -> str:
    return f"combinations {indices[0]:,} to {indices[-1]:,}"


def _until_one_fails(sweep: Sweep, indices: range) -> Iterator[Costed]:
    with suppress(SpecError):
        yield from sweep.cost(indices)


def _sent(costed: Costed, *, is_hashed: bool) -> Costed:
    """What was found at a combination as it is sent: values and networks are large, and known on the other side."""
    if costed.point is None:
        return costed
    digest = costed.digest if is_hashed else ""
    return costed._replace(point=replace(costed.point, parameters=()), network=None, known_digest=digest)


@lru_cache(maxsize=1)
def _unpickled(sweep: bytes) -> Sweep:
    """A sweep, with what its process remembers of it."""
    found: Sweep = pickle.loads(sweep)
    return found
