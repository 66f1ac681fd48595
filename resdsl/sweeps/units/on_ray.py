"""Makes units on Ray: on all machines of a cluster, or on the cores of this one.

Each unit is one task of Ray. The units in flight are bounded, so that a sweep of any size takes little memory, and a
unit whose worker or machine dies is retried. Workers write into the folder of the run themselves, if there is one;
therefore all machines must see it, and each worker checks that it does, and that its version of resdsl is ours, before
it begins.
"""

from __future__ import annotations

import pickle
import signal
import socket
import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import AbstractContextManager, chdir, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdsl import interrupts
from resdsl.files import marked
from resdsl.refusal import Refused
from resdsl.sweeps.units.ray_driver import Driver, connected
from resdsl.sweeps.units.unit import Outcome, SweepUnit, make
from resdsl.sweeps.units.workers import each_alone
from resdsl.version import __version__

if TYPE_CHECKING:
    from ray import ObjectRef

_BREATH = 0.2
"""How long Ray waits for results before other calls have their turn, in seconds."""
_PATIENCE = 10.0
"""How long to wait for workers to end what they are doing, in seconds."""


class UnfitWorker(Refused):
    """A worker of the cluster cannot make units in the folder of this run."""


@dataclass(frozen=True, slots=True)
class Premises:
    """What must hold where a unit is made.

    Attributes:
        version: the version of resdsl.
        place: the working directory of the run, which relative paths start from.
        marker: the path of a file in the folder of the run, which a worker sees if the folder is shared; None if
            nothing is written there.
    """

    version: str
    place: str
    marker: str | None

    def fault(self) -> str | None:
        """Why units of the run cannot be made here; None if they can."""
        if __version__ != self.version:
            return f"has resdsl {__version__}, but this is {self.version}: install the same version on all machines"
        if self.marker is not None and not Path(self.marker).exists():
            folder = Path(self.place, self.marker).parent
            return f"does not see {folder}: a run on several machines needs a folder on a file system they share"
        return None

    def working_directory(self) -> AbstractContextManager[None]:
        """Be in the working directory of the run, where it exists."""
        return chdir(self.place) if Path(self.place).is_dir() else nullcontext()


@dataclass(frozen=True)
class OnRay:
    """A pool that makes units on Ray.

    Attributes:
        root: the folder of the run, which all machines share; None if units need no folder.
        address: `HOST:PORT` of a running cluster, or `auto` for that of this machine; None starts Ray on this machine
            and ends it afterwards.
        on_gpus: whether each unit has a GPU of its own, if the cluster has any.
    """

    root: Path | None
    address: str | None = None
    on_gpus: bool = False

    def __call__(self, units: Iterable[SweepUnit], jobs: int) -> Generator[Outcome, None, None]:
        """The outcome of each unit, in order of completion, as many at once as there are jobs and cores, or GPUs.

        Raises:
            resdsl.sweeps.units.ray_driver.NoRay: Ray is not installed.
            resdsl.sweeps.units.ray_driver.NoCluster: Ray cannot be started, or no cluster can be reached.
            UnfitWorker: a worker does not see the folder, or has another version of resdsl.
            OSError: the folder cannot be written to.
        """
        place = marked(self.root) if self.root is not None else nullcontext(None)
        with connected(self.address, jobs) as driver, place as marker:
            gpus = self.on_gpus and driver.call(_count, "GPU") > 0
            flight = _Flight(
                driver, jobs, gpus, Premises(__version__, str(Path.cwd()), str(marker) if marker is not None else None)
            )
            lost: list[SweepUnit] = []
            yield from flight.outcomes(units, lost)
            # A machine that died took all its units along: they are retried together first.
            suspects: list[SweepUnit] = []
            yield from flight.outcomes(lost, suspects)
            yield from each_alone(suspects, flight.outcomes)


class _Flight:
    """Makes units, a bounded number at once."""

    def __init__(self, driver: Driver, jobs: int, on_gpus: bool, premises: Premises) -> None:
        self._driver = driver
        self._jobs = jobs
        self._limit = "GPU" if on_gpus else "CPU"
        self._premises = premises
        self._remote = driver.call(_remote, 1 if on_gpus else 0)

    def outcomes(self, units: Iterable[SweepUnit], lost: list[SweepUnit]) -> Generator[Outcome, None, None]:
        """The outcomes of units; units whose worker died are added to the lost."""
        call = self._driver.call
        waiting = iter(units)
        # Made ahead, so that no worker waits for it.
        upcoming = next(waiting, None)
        flying: dict[ObjectRef[Any], SweepUnit] = {}
        with interrupts.clearing(lambda: self._driver.attempt(partial(_cancel, flying), 2 * _PATIENCE)):
            while flying or upcoming is not None:
                # Machines may join a cluster at any time.
                room = max(1, min(self._jobs, call(_count, self._limit)))
                while upcoming is not None and len(flying) < room:
                    flying[call(self._remote, self._premises, pickle.dumps(upcoming))] = upcoming
                    upcoming = next(waiting, None)
                for landed in call(_landed, list(flying)):
                    outcome = call(_outcome_of, landed)
                    unit = flying.pop(landed)
                    if outcome is None:
                        lost.append(unit)
                    else:
                        yield outcome


def _make_remotely(premises: Premises, unit: bytes) -> tuple[str, Outcome | str]:
    """What a worker does: the name of its machine, and the outcome of a unit or why it cannot make it.

    The unit is pickled apart, so that a worker of another version says so instead of failing to read it.
    """
    with premises.working_directory(), _heeding_interrupts():
        return socket.gethostname(), premises.fault() or make(pickle.loads(unit))


@contextmanager
def _heeding_interrupts() -> Iterator[None]:
    """Let interrupts through, which Ray sends to a unit that is to end, and blocks otherwise."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _remote(gpus: int) -> Callable[[Premises, bytes], ObjectRef[Any]]:
    import ray

    # A unit whose worker dies is retried after all others, not at once.
    launch: Callable[[Premises, bytes], ObjectRef[Any]]
    launch = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=0)(_make_remotely).remote
    return launch


def _count(resource: str) -> int:
    """How many of a resource, `CPU` or `GPU`, the machines of the cluster have at the moment."""
    import ray

    resources: dict[str, float] = ray.cluster_resources()  # type: ignore[no-untyped-call]
    return int(resources.get(resource, 0))


def _landed(flying: list[ObjectRef[Any]]) -> list[ObjectRef[Any]]:
    """The units that ended, of which there may be none yet."""
    import ray

    return ray.wait(flying, timeout=_BREATH)[0]


def _outcome_of(landed: ObjectRef[Any]) -> Outcome | None:
    """The outcome of a unit; None if its worker died.

    Raises:
        UnfitWorker: the worker cannot make units of this run.
    """
    import ray
    from ray.exceptions import RayError, RayTaskError

    try:
        host, result = ray.get(landed)
    except RayTaskError as error:
        reason = str(error.cause or error).strip().splitlines()[-1]
        raise UnfitWorker(f"a worker of Ray cannot run resdsl {__version__}: {reason}") from None
    except RayError:
        return None
    if isinstance(result, str):
        raise UnfitWorker(f"the worker of Ray on {host} {result}")
    outcome: Outcome = result
    return outcome


def _cancel(flying: dict[ObjectRef[Any], SweepUnit]) -> None:
    """Interrupt the units in flight, and wait for their workers to remove unfinished files."""
    import ray

    if not flying or not ray.is_initialized():
        return
    for each in flying:
        ray.cancel(each)
    ray.wait(list(flying), num_returns=len(flying), timeout=_PATIENCE)
    flying.clear()
