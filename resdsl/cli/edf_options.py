"""The options of distributions of costs, for `resdsl sweep`, and their bounds, also for `resdsl results`."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

import click

from resdsl.cli.options import not_empty

F = TypeVar("F", bound=Callable[..., Any])

_NUMBER = re.compile(r"(\d{1,30}(?:\.\d{1,30})?)([kMGT]?)", re.ASCII)
_SIZES = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}


def with_edf_options(command: F) -> F:
    """Add the options of a distribution to a command that has `--plot`."""
    for option in (
        below_option,
        click.option(
            "--edf",
            type=not_empty,
            metavar="FIGURE",
            help="Let --plot draw the empirical distribution of this figure, with a curve for each network.",
        ),
    ):
        command = option(command)
    return command


below_option = click.option(
    "--below", metavar="VALUE", help="Of a distribution: state the share below this value, such as 380M."
)


def refuse_edf_alone(plot: str | None, edf: str | None, below: str | None) -> None:
    """Refuse a distribution without a file, a bound without a distribution, and a file that is named like one.

    Raises:
        click.UsageError: one of them is the case, or the bound is no number.
    """
    if plot is not None and edf is None and re.fullmatch(r"edf(:.*)?", plot):
        raise click.UsageError("--plot takes the file of the chart, as in --plot edf.svg --edf macs")
    if edf is not None and plot is None:
        raise click.UsageError("--edf draws a chart: name its file with --plot")
    if below is not None and edf is None:
        raise click.UsageError("--below is for distributions: it would have no effect without --edf")
    bound_of(below)


def bound_of(below: str | None) -> float | None:
    """The value of `--below`; None if it is not given.

    Raises:
        click.UsageError: it is no number.
    """
    if below is None:
        return None
    found = _NUMBER.fullmatch(below.strip())
    if found is None:
        raise click.UsageError(f"--below takes a number, such as 35, 4.5 or 380M, not {below!r}")
    return float(found[1]) * _SIZES[found[2]]
