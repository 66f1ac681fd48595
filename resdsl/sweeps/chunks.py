"""Costs a sweep in several processes or on several machines, with the points in their order.

Each unit of the pool is a chunk of combinations. What comes back is what was found there without the networks, whose
values are known here by the index of the combination. A chunk that has failed, whether at a point that cannot be built
or because its process was killed, is costed here from that point on, so that errors are those of a single process.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Generator, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from functools import lru_cache
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
        return f"combinations {self.indices[0]:,} to {self.indices[-1]:,}"

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

    def __call__(self, indices: range) -> Generator[Costed, None, None]:
        """What is found at the combinations, in order.

        Raises:
            SpecError: a network cannot be built, or a line cannot be evaluated.
            resdsl.sweeps.units.workers.NoProcesses: all processes died before costing a chunk.
            resdsl.refusal.Refused: the pool cannot work; see `resdsl.sweeps.units.on_ray.OnRay`.
        """
        pickled = pickle.dumps(replace(self.sweep, session=Session(), warnings=[]))
        count = -(-len(indices) // _SIZE)
        jobs = min(self.jobs, count)
        due = handed = 0
        arrived: dict[str, Outcome] = {}

        def chunk(number: int) -> Chunk:
            return Chunk(indices[number * _SIZE : (number + 1) * _SIZE], pickled, self.linted())

        def handed_out() -> Iterator[Chunk]:
            nonlocal handed
            while handed < min(count, due + _AHEAD * jobs):
                handed += 1
                yield chunk(handed - 1)

        while due < count:
            with closing(self.pool(handed_out(), jobs)) as outcomes:
                for outcome in outcomes:
                    arrived[outcome.name] = outcome
                    while due < handed and (name := chunk(due).name) in arrived:
                        yield from self._complete(chunk(due), arrived.pop(name))
                        due += 1

    def _complete(self, chunk: Chunk, outcome: Outcome) -> Iterator[Costed]:
        """What was found in a chunk, and then what is costed here."""
        found: list[Costed] = outcome.result if isinstance(outcome.result, list) else []
        for index, costed in zip(chunk.indices, found, strict=False):
            yield self._received(index, costed)
        yield from self.sweep.cost(chunk.indices[len(found) :])

    def _received(self, index: int, costed: Costed) -> Costed:
        """What was found at a combination, with the values of its point."""
        if costed.point is None:
            return costed
        values = self.sweep.costing.values(self.sweep.combination(index))
        if costed.solved is not None and self.sweep.plan.solve is not None:
            values[self.sweep.plan.solve.name.text] = costed.solved.value
        return costed._replace(point=replace(costed.point, parameters=tuple(values.items())))


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
