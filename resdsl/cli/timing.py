"""The options that add measured figures to tables: `--measure latency`, and what they are measured with."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from resdsl.latency.of_points import Latencies
    from resdsl.net import Net

F = TypeVar("F", bound=Callable[..., Any])
_LATENCY, _USUAL = "latency", "onnx"


def _read_measure(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """The name of the form that latency is measured in."""
    if value is None:
        return None
    what, colon, form = value.partition(":")
    if what != _LATENCY:
        raise click.BadParameter(f"only latency is measured, not '{what}'.", context, parameter)
    from resdsl.latency.forms import form_named

    return form_named(form if colon else _USUAL).name


measure_option = click.option(
    "--measure",
    callback=_read_measure,
    metavar="latency[:FORM]",
    help="Add the time on this machine, in milliseconds, in a form of `resdsl bench`.  [default form: onnx]",
)
timed_batch_option = click.option(
    "--batch", type=click.IntRange(1, 10**6), help="Samples at once, for --measure.  [default: 1]"
)
_TIMING = (
    click.option("--threads", type=click.IntRange(1, 1024), help="Threads, for --measure.  [default: all cores]"),
    click.option("--rounds", type=click.IntRange(1, 10_000), help="Turns of each, for --measure.  [default: 10]"),
)


def with_timing_options(command: F) -> F:
    """Add the options that say how times are measured, but for `--measure` and `--batch` themselves."""
    for option in reversed(_TIMING):
        command = option(command)
    return command


@dataclass(frozen=True)
class Timing:
    """How times are measured; None for what is not given."""

    form: str | None
    batch: int | None
    threads: int | None
    rounds: int | None

    @property
    def given(self) -> list[str]:
        """The given options."""
        names = {"--measure": self.form, "--batch": self.batch, "--threads": self.threads, "--rounds": self.rounds}
        return [name for name, value in names.items() if value is not None]

    @property
    def figures(self) -> tuple[str, ...]:
        """The figures that are measured."""
        return (_LATENCY,) if self.form is not None else ()

    def refuse_idle(self) -> None:
        """Refuse options of measuring where nothing is measured.

        Raises:
            click.UsageError: an option would have no effect.
        """
        if self.form is None and self.given:
            raise click.UsageError(f"{self.given[0]} is for --measure: it would have no effect without")

    def of(self, nets: Mapping[str, Net]) -> Latencies | None:
        """The times of networks by name, with a bar on a terminal meanwhile; None if they are not asked for."""
        if self.form is None:
            return None
        from resdsl.latency.forms import form_named
        from resdsl.latency.machine import usable_cores
        from resdsl.latency.measuring import ROUNDS
        from resdsl.latency.of_points import latencies

        rounds, hidden = self.rounds or ROUNDS, not sys.stderr.isatty()
        turns = len(nets) * (rounds + 1)
        with click.progressbar(length=turns, label="timing", file=sys.stderr, hidden=hidden) as bar:
            return latencies(
                nets,
                form_named(self.form),
                batch=self.batch or 1,
                threads=self.threads or usable_cores(),
                rounds=rounds,
                after_turn=lambda: bar.update(1),
            )
