"""The times of a network in several forms, at several sizes of the batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from shutil import rmtree
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from resdsl.interrupts import clearing
from resdsl.latency.forms import FORMS, TimedForm, form_named
from resdsl.latency.inputs import Runnable, random_arrays
from resdsl.latency.machine import Machine, this_machine, usable_cores
from resdsl.latency.turns import Work, in_turn, settled
from resdsl.refusal import Refused

if TYPE_CHECKING:
    from resdsl.net import Net
    from resdsl.weights.source import Values

ROUNDS = 10
"""Unless another number is given."""


@dataclass(frozen=True)
class Latency:
    """The time of a form for one batch.

    Attributes:
        form: the form.
        batch: samples at once.
        times: milliseconds of each round; none where the form cannot be run.
        reason: why it cannot be run.
    """

    form: TimedForm
    batch: int
    times: tuple[float, ...] = ()
    reason: str | None = None

    @property
    def milliseconds(self) -> float | None:
        """The median over the rounds."""
        return median(self.times) if self.times else None

    @property
    def spread(self) -> tuple[float, float] | None:
        """The first and the third quartile over the rounds, in milliseconds."""
        if not self.times:
            return None
        first, _, third = quantiles(self.times, n=4, method="inclusive") if len(self.times) > 1 else 3 * self.times
        return first, third


@dataclass(frozen=True)
class Bench:
    """Times of a network.

    Attributes:
        network: its name.
        inputs: the shapes of its inputs, without the batch.
        latencies: a time for each size of the batch and each form, in the order that was asked for.
        rounds: how often each had its turn.
        threads: the threads of each form.
        machine: what it was measured on.
    """

    network: str
    inputs: tuple[tuple[int, ...], ...]
    latencies: tuple[Latency, ...]
    rounds: int
    threads: int
    machine: Machine = field(default_factory=this_machine)

    def fastest(self, batch: int) -> Latency | None:
        """The form with the least median at a size of the batch; None if none can be run."""
        ran = [each for each in self.latencies if each.batch == batch and each.times]
        return min(ran, key=lambda each: median(each.times), default=None)


def bench(
    net: Net,
    targets: Sequence[str] = tuple(FORMS),
    *,
    batch: int | Sequence[int] = 1,
    weights: str | Path | None = None,
    threads: int | None = None,
    rounds: int = ROUNDS,
    after_turn: Callable[[], object] = lambda: None,
) -> Bench:
    """Measure how long a network takes in several forms, on this machine and its processor.

    At each size of the batch, forms take turns, and each round begins one form further on. In its turn, a form rests,
    computes once without being timed, then three times, of which the median counts. A form that cannot be made, or not
    run, has the reason in place of times.

    Args:
        net: the network.
        targets: the names of forms; see `resdsl.latency.forms.FORMS`.
        batch: samples at once, or several such numbers.
        weights: a weight file; by default, weights are initialised from seed 0. Times depend on them little.
        threads: the threads of each form; by default, as many as there are cores.
        rounds: how often each form has its turn.
        after_turn: called after each turn.

    Raises:
        resdsl.latency.forms.UnknownForm: there is no form of a name.
        resdsl.refusal.Refused: the weights do not fit the network.
        OSError: the weight file cannot be read.
        ValueError: a number is below one, or a form or a size of the batch is given twice.
    """
    forms = [form_named(name) for name in targets]
    batches = (batch,) if isinstance(batch, int) else tuple(batch)
    threads = usable_cores() if threads is None else threads
    if min(threads, rounds, *batches, len(batches)) < 1:
        raise ValueError("sizes of the batch, threads and rounds are numbers from 1 on")
    if len({*targets}) < len(targets) or len({*batches}) < len(batches):
        raise ValueError("each form and each size of the batch is measured once: name none of them twice")
    if weights is not None:
        _refuse_unfit(net, weights)
    with (
        TemporaryDirectory() as folder,
        clearing(partial(rmtree, folder, ignore_errors=True)),
        threads_of(forms, threads),
    ):
        made = {form.name: made_or_reason(form, net, weights, threads, Path(folder)) for form in forms}
        found = [each for size in batches for each in _at(size, net, forms, made, rounds, after_turn)]
    shapes = tuple([given.shape for given in net.ir.inputs])
    return Bench(net.name, shapes, tuple(found), rounds, threads)


def _refuse_unfit(net: Net, weights: str | Path) -> None:
    """Refuse weights that no form could take, before any is made."""
    from resdsl.checkpoints import weighted

    weighted(net.ir, weights, None)


def made_or_reason(form: TimedForm, net: Net, weights: str | Path | None, threads: int, folder: Path) -> Runnable | str:
    """The network in a form, or why there is none."""
    try:
        return form.made(net, weights, threads, folder)
    except ImportError:
        return f"{form.library} is not installed"
    except Exception as error:  # noqa: BLE001 - libraries raise anything: one form that fails costs no other
        return _reason(error)


def _at(
    batch: int,
    net: Net,
    forms: Sequence[TimedForm],
    made: Mapping[str, Runnable | str],
    rounds: int,
    after_turn: Callable[[], object],
) -> Iterator[Latency]:
    """The times at a size of the batch, of all forms in turn."""
    arrays, works, reasons = random_arrays(net, batch), {}, {}
    for form in forms:
        runnable = made[form.name]
        work = runnable if isinstance(runnable, str) else tried(runnable, arrays)
        if isinstance(work, str):
            reasons[form.name] = work
        else:
            works[form.name] = work
    times = in_turn(works, rounds, settled, after_turn)
    for form in forms:
        yield Latency(form, batch, tuple(times.get(form.name, ())), reasons.get(form.name))


def tried(runnable: Runnable, arrays: Sequence[Values]) -> Work | str:
    """What computes once, or why it does not; compilers work at the first call."""
    try:
        work = runnable(arrays)
        work()
    except Exception as error:  # noqa: BLE001 - see `made_or_reason`
        return _reason(error)
    return work


def _reason(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "there is not enough memory"
    first = str(error).strip().partition("\n")[0]
    return first if isinstance(error, Refused) else f"{type(error).__name__}: {first}".rstrip(": ")


def threads_of(forms: Sequence[TimedForm], threads: int) -> AbstractContextManager[None]:
    """With so many threads in PyTorch, if it is used and installed; sessions of onnxruntime have their own."""
    if find_spec("torch") is None or all(form.library != "torch" for form in forms):
        return nullcontext()
    from resdsl.latency.in_torch import torch_threads

    return torch_threads(threads)
