"""Where `resdsl sweep` costs points and makes its units: in processes of its own, or on Ray."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from resdsl.sweeps.lint.sample import LintSample
    from resdsl.sweeps.sweep import Cost, Sweep
    from resdsl.sweeps.units.run import Pool

_MOST_PROCESSES = 1024
_ON = re.compile(r"ray(?::(auto|[^:/\s]+:[0-9]{1,5}))?")


def _read_on(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _ON.fullmatch(value):
        raise click.BadParameter(
            f"{value!r} is neither `ray`, for the cores of this machine, nor `ray:auto` or `ray:HOST:PORT`, for a "
            "running cluster",
            context,
            parameter,
        )
    return value


on_option = click.option(
    "--on",
    callback=_read_on,
    metavar="ray[:ADDRESS]",
    help="Use Ray: on this machine, or on the running cluster at ADDRESS (auto or HOST:PORT), which sees the folder.",
)


def jobs_on(on: str | None, jobs: int | None) -> int:
    """The number of units made at once: what was chosen, or all cores; those of a cluster are counted as it runs.

    Raises:
        click.UsageError: more processes were chosen than a machine can run.
    """
    from resdsl.sweeps.units.run import cores

    if on is None and (jobs or 1) > _MOST_PROCESSES:
        raise click.UsageError(f"--jobs starts at most {_MOST_PROCESSES:,} processes on one machine, not {jobs:,}")
    return jobs or (cores() if _address(on) is None else sys.maxsize)


def pool_on(on: str | None, root: Path | None, *, gpus: bool = False) -> Pool:
    """What makes several units at once.

    Args:
        on: the value of the option; None for processes of this one.
        root: the folder of the run; None if units need no folder.
        gpus: whether units compute on GPUs where there are any.

    Raises:
        resdsl.sweeps.units.ray_driver.NoRay: Ray is needed, but not installed.
    """
    if on is None:
        from resdsl.sweeps.units.workers import outcomes_of

        return outcomes_of
    from resdsl.sweeps.units.on_ray import OnRay
    from resdsl.sweeps.units.ray_driver import refuse_missing

    refuse_missing()
    return OnRay(root, _address(on), gpus)


def costs_on(sweep: Sweep, on: str | None, jobs: int | None, linted: LintSample | None) -> Cost | None:
    """What costs the points of a sweep; None for this process, which is what costs them by default.

    Args:
        sweep: the sweep.
        on: the value of the option.
        jobs: how many processes cost at once.
        linted: the sample of points to be linted; None if all may be.

    Raises:
        resdsl.sweeps.units.ray_driver.NoRay: Ray is needed, but not installed.
    """
    if on is None and (jobs or 1) == 1:
        return None
    from resdsl.sweeps.chunks import InChunks
    from resdsl.sweeps.lint.sample import LintSample

    sample = linted or LintSample(sweep.axes, sweep.draws)
    return InChunks(sweep, pool_on(on, None), jobs_on(on, jobs), lambda: sample.grid)


def _address(on: str | None) -> str | None:
    found = _ON.fullmatch(on or "")
    return found[1] if found else None
