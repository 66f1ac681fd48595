"""Times of works that take turns within a process, so that a noisy minute meets all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from statistics import median

Work = Callable[[], object]
REST = 0.05
"""Seconds; a pool of threads that has just worked slows its neighbour."""
CALLS = 3


def in_turn(
    works: Mapping[str, Work], rounds: int, once: Callable[[Work], float], after: Callable[[], object] = lambda: None
) -> dict[str, list[float]]:
    """What `once` says of each work in each round, after a round that is not counted.

    Each round begins one work further on: none is always behind the same neighbour. `after` is called after each of
    them.
    """
    names = list(works)
    times: dict[str, list[float]] = {name: [] for name in names}
    for turn in range(rounds + 1):
        first = turn % len(names) if names else 0
        for name in names[first:] + names[:first]:
            taken = once(works[name])
            if turn:
                times[name].append(taken)
            after()
    return times


def single(work: Work) -> float:
    """Milliseconds of one call."""
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def settled(work: Work) -> float:
    """Milliseconds of a call: a rest, a call that is not counted, then the median of three."""
    time.sleep(REST)
    work()
    return median(single(work) for _ in range(CALLS))
