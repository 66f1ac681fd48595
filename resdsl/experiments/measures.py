"""Measures: their names for people, their units, and which of two values is better."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.experiments.rows import MEASURES
from resdsl.experiments.statistics import PairedChange, Summary
from resdsl.printable import one_line
from resdsl.refusal import Refused

_USUAL = ("train_", "test_")
"""How the measures begin that the task takes of all training images and of the test images."""


class UnknownMeasure(Refused):
    """A measure is unknown."""

    of_usage = True

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"no run measured `{one_line(name)}`; {did_you_mean(name, known) or 'there are no measures'}")


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure.

    Attributes:
        name: its column in `results.csv`.
        title: what people call it, without its unit.
        unit: `%`, `dB` or nothing.
        factor: what a value is multiplied by to be in this unit.
        decimals: how many people read.
        more_is_better: whether higher values are better.
    """

    name: str
    title: str
    unit: str = ""
    factor: float = 1.0
    decimals: int = 4
    more_is_better: bool = False

    @property
    def heading(self) -> str:
        """The title with its unit."""
        return f"{self.title}, {self.unit}" if self.unit else self.title

    def text(self, value: float) -> str:
        """A value in the unit of the measure."""
        return f"{value * self.factor:.{self.decimals}f}"

    def spread(self, found: Summary) -> str:
        """Mean and deviation: `6.61 ± 0.16`."""
        mean = self.text(found.mean)
        return mean if found.deviation is None else f"{mean} ± {self.text(found.deviation)}"

    def change(self, found: PairedChange) -> str:
        """The mean difference and its interval: `+0.50 [-0.10, 1.10]`."""
        mean = f"{found.mean * self.factor:+.{self.decimals}f}"
        return mean if found.interval is None else f"{mean} [{', '.join(map(self.text, found.interval))}]"


def measure_of(name: str) -> Measured:
    """What is known of a measure by its name: errors are shares, of which people read percentages."""
    title = name.replace("_", " ").replace(".", ": ")
    if name.endswith("error"):
        return Measured(name, title, "%", 100.0, 2)
    if name.endswith("psnr"):
        return Measured(name, title.replace("psnr", "PSNR"), "dB", 1.0, 2, more_is_better=True)
    return Measured(name, title)


def chosen(wanted: str | None, known: Sequence[str]) -> tuple[Measured, ...]:
    """The measures of a view: the requested one, or those of the training and the test split, or all.

    Raises:
        UnknownMeasure: no run has it.
    """
    if wanted is not None:
        if wanted not in known:
            raise UnknownMeasure(wanted, known)
        return (measure_of(wanted),)
    usual = [name for name in known if name.startswith(_USUAL)]
    return tuple(map(measure_of, usual or known))


def reported(wanted: str | None, known: Sequence[str]) -> Measured:
    """The one measure of a view: the requested one, or that of the test split, or the last one.

    Raises:
        UnknownMeasure: no run has it, or there is none.
    """
    if wanted is None and not known:
        raise UnknownMeasure(MEASURES[-1], known)
    return chosen(wanted, known)[-1]
