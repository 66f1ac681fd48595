"""The times of several networks in one form, which take turns: a column for sweeps and reports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import inf
from pathlib import Path
from shutil import rmtree
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from resdsl.interrupts import clearing
from resdsl.latency.forms import TimedForm
from resdsl.latency.inputs import random_arrays
from resdsl.latency.machine import Machine, this_machine
from resdsl.latency.measuring import made_or_reason, threads_of, tried
from resdsl.latency.turns import in_turn, settled
from resdsl.refusal import Refused

if TYPE_CHECKING:
    from resdsl.net import Net

MOST_BYTES = 4 << 30
"""Of weights in float32: all networks that take turns are in memory at once."""


class TooManyNetworks(Refused):
    """Networks that take turns do not fit into memory together."""


@dataclass(frozen=True)
class Latencies:
    """The times of several networks.

    Attributes:
        form: the form that they were run in.
        batch: samples at once.
        milliseconds: the median over the rounds, by network; infinite where one cannot be run.
        reasons: why those cannot be run.
        rounds: how often each had its turn.
        threads: the threads of each.
        machine: what it was measured on.
    """

    form: TimedForm
    batch: int
    milliseconds: Mapping[str, float]
    reasons: Mapping[str, str]
    rounds: int
    threads: int
    machine: Machine = field(default_factory=this_machine)

    @property
    def notes(self) -> tuple[str, ...]:
        """What stands below a table with these times."""
        threads = "1 thread" if self.threads == 1 else f"{self.threads} threads"
        rounds = "1 round" if self.rounds == 1 else f"{self.rounds} rounds"
        how = f"Latency: {self.form.name} at batch {self.batch}, median of {rounds} in turn"
        failed = tuple([f"{name} cannot be run: {reason}." for name, reason in self.reasons.items()])
        return (*failed, f"{how}; {threads} of {self.machine.text}. It holds for this machine alone.")

    def record(self) -> dict[str, Any]:
        """How it was measured, and on what."""
        return {
            "form": self.form.name,
            "batch": self.batch,
            "rounds": self.rounds,
            "threads": self.threads,
            "machine": self.machine.record(),
        }


def latencies(
    nets: Mapping[str, Net],
    form: TimedForm,
    *,
    batch: int = 1,
    threads: int,
    rounds: int,
    after_turn: Callable[[], object] = lambda: None,
) -> Latencies:
    """Measure how long each of several networks takes in one form, with weights from seed 0.

    Args:
        nets: the networks, by names.
        form: the form.
        batch: samples at once.
        threads: the threads of each.
        rounds: how often each has its turn; see `resdsl.latency.measuring.bench`.
        after_turn: called after each turn.

    Raises:
        TooManyNetworks: they do not fit into memory together.
    """
    if 4 * sum(net.params for net in nets.values()) > MOST_BYTES:
        raise TooManyNetworks(
            f"the weights of {len(nets):,} networks that take turns have more than {MOST_BYTES >> 30} GiB together: "
            "measure fewer at once"
        )
    works, reasons = {}, {}
    with (
        TemporaryDirectory() as folder,
        clearing(partial(rmtree, folder, ignore_errors=True)),
        threads_of([form], threads),
    ):
        for number, (name, net) in enumerate(nets.items()):
            own = Path(folder) / str(number)
            own.mkdir()
            runnable = made_or_reason(form, net, None, threads, own)
            work = runnable if isinstance(runnable, str) else tried(runnable, random_arrays(net, batch))
            if isinstance(work, str):
                reasons[name] = work
            else:
                works[name] = work
        times = in_turn(works, rounds, settled, after_turn)
    found = {name: median(times[name]) if name in times else inf for name in nets}
    return Latencies(form, batch, found, reasons, rounds, threads)
