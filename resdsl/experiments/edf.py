"""The empirical distribution of a measure over the networks of a sweep, or of several sweeps that are compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from resdsl.draw.scene import Scene
from resdsl.experiments.measures import Measured, reported
from resdsl.experiments.points import MeasuredPoint
from resdsl.experiments.rows import value_text
from resdsl.experiments.views import UnsuitedView
from resdsl.printable import one_line
from resdsl.sweeps.distribution import Distribution
from resdsl.sweeps.distribution_chart import Charted, distributions_scene

if TYPE_CHECKING:
    from resdsl.experiments.results import Results


@dataclass(frozen=True, slots=True)
class MeasuredNetworks:
    """The networks of a curve.

    Attributes:
        values: the mean of each network over its seeds, in the unit of the measure.
        failed: how many have no value because all of their runs failed.
        unmeasured: how many finished without the measure.
    """

    values: tuple[float, ...]
    failed: int = 0
    unmeasured: int = 0

    def distribution(self, *, more_is_better: bool) -> Distribution:
        """Their distribution, in which networks that failed are worse than all others."""
        values = tuple(sorted(self.values))
        return Distribution(values, below=self.failed) if more_is_better else Distribution(values, above=self.failed)


def edf(
    results: Results,
    *,
    measure: str | None = None,
    by: str | None = None,
    below: float | None = None,
    beside: Sequence[Results] = (),
) -> Scene:
    """The distribution of a measure over networks, each of which has the mean of its seeds.

    Args:
        results: those to show.
        measure: by default the error on the test split.
        by: a parameter; there is a curve for each of its values.
        below: a value in the unit of the measure; the table has the share of networks below it.
        beside: more results, with a curve each.

    Raises:
        UnsuitedView: a curve would have no value, or there are several results and a parameter.
        resdsl.experiments.measures.UnknownMeasure: no run has the measure.
        resdsl.experiments.points.UnknownPoint: there is no such parameter.
        resdsl.sweeps.distribution_chart.TooManyCurves: there are more curves than can be told apart.
    """
    every = (results, *beside)
    if by is not None and beside:
        raise UnsuitedView("edf has a curve for each value of a parameter, or for each folder: give one of them")
    measured = reported(measure, list(dict.fromkeys(name for each in every for name in each.points.measures)))
    curves = _by_value(results, measured, by) if by is not None else _by_folder(every, measured)
    for name, each in curves.items():
        if not each.values:
            raise UnsuitedView(f"edf shows {measured.title}, which no network of {one_line(name)} has")
    charted = Charted(
        f"{' and '.join(dict.fromkeys(each.held.name for each in every))}: {measured.title}",
        measured.heading,
        lambda value: f"{value:.{measured.decimals}f}",
        more_is_better=measured.more_is_better,
        bound=below,
        notes=(*_notes_of_curves(curves, measured), *_notes_of_folders(every)),
    )
    better = measured.more_is_better
    return distributions_scene(
        {name: each.distribution(more_is_better=better) for name, each in curves.items()}, charted
    )


def _by_folder(every: Sequence[Results], measured: Measured) -> dict[str, MeasuredNetworks]:
    names = [each.held.name for each in every]
    if len(set(names)) < len(names):
        names = [str(each.folder) for each in every]
    if len(set(names)) < len(names):
        raise UnsuitedView("edf compares different folders, and one is given twice")
    failed = [sorted(_failed(each)) for each in every]
    return {
        name: _networks(each.points.points, measured, len(some))
        for name, each, some in zip(names, every, failed, strict=True)
    }


def _by_value(results: Results, measured: Measured, by: str) -> dict[str, MeasuredNetworks]:
    """A curve for each value of a parameter; what the parameters of failed networks were is not in the results."""
    points = results.points
    points.refuse_unknown(by, ("network",))
    if failed := _failed(results):
        raise UnsuitedView(
            f"edf cannot tell which value of `{by}` the {len(failed)} networks that failed have; show them without --by"
        )
    found: dict[str, list[MeasuredPoint]] = {}
    for point in points.points:
        found.setdefault(f"{by} = {value_text(point.value(by))}", []).append(point)
    return {name: _networks(some, measured, 0) for name, some in found.items()}


def _networks(points: Sequence[MeasuredPoint], measured: Measured, failed: int) -> MeasuredNetworks:
    found = [point.summary(measured.name) for point in points]
    values = tuple(each.mean * measured.factor for each in found if each is not None)
    return MeasuredNetworks(values, failed, len(points) - len(values))


def _failed(results: Results) -> set[str]:
    """The points that failed with every seed that has ended."""
    trained = {point.name for point in results.points.points}
    return {run.point for run in results.held.stopped if run.reason is not None} - trained


def _notes_of_curves(curves: Mapping[str, MeasuredNetworks], measured: Measured) -> Iterator[str]:
    if any(each.failed for each in curves.values()):
        worse = "below" if measured.more_is_better else "above"
        yield f"Networks that failed to train count as {worse} every value."
    for name, each in curves.items():
        if each.unmeasured:
            yield f"{name}: {_networks_text(each.unmeasured)} without {measured.title} left out."


def _notes_of_folders(every: Sequence[Results]) -> Iterator[str]:
    """What is to be known of the folders; what is true of several is said once."""
    found: dict[str, list[str]] = {}
    for each in every:
        for note in _notes_of_runs(each):
            found.setdefault(note, []).append(each.held.name)
    for note, names in found.items():
        yield f"{' and '.join(dict.fromkeys(names))}: {note}"


def _notes_of_runs(results: Results) -> Iterator[str]:
    """What a curve is of, and what is not in it although its sweep has it."""
    held = results.held
    points = results.points.points
    trained = {point.name for point in points}
    failed = sum(run.reason is not None and run.point in trained for run in held.stopped)
    going = sum(run.reason is None for run in held.stopped) + len(held.missing)
    if any(len(point.rows) > 1 for point in points):
        yield "the value of a network is the mean over its seeds."
    if failed:
        yield f"{_runs_text(failed)} failed of networks whose other seeds make up their means."
    if going:
        yield f"{_runs_text(going)} missing or not finished."
    if held.caveat:
        yield held.caveat


def _networks_text(count: int) -> str:
    return f"{count:,} network{'' if count == 1 else 's'}"


def _runs_text(count: int) -> str:
    return f"{count:,} run{'' if count == 1 else 's'}"
