"""Training and test error along training, as in He et al. 2015, Figures 1, 4 and 6."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from resdsl.draw.charts.curves import Curve, Panel, curves_scene
from resdsl.draw.scene import Scene
from resdsl.experiments.folder import runs
from resdsl.experiments.measures import Measured, UnknownMeasure, measure_of
from resdsl.experiments.reading import history_of
from resdsl.experiments.views import UnsuitedView

if TYPE_CHECKING:
    from resdsl.experiments.results import Results

MOST_POINTS = 12
"""More curves could not be told apart."""
_NOT_MEASURED = ("epoch", "step", "rate")
_TEST = "test_"

History = list[dict[str, float]]


def curves(results: Results, *, measure: str | None = None) -> Scene:
    """A bold curve for the test split and a dashed one for the training split of each point: means over its seeds.

    Args:
        results: those to show.
        measure: a column of the histories, such as `loss`; by default the error, or what else the task measures.

    Raises:
        UnsuitedView: there are too many points, or no run has a history.
        resdsl.experiments.measures.UnknownMeasure: no history has the measure.
    """
    histories = _histories(results)
    columns = list(dict.fromkeys(name for each in histories.values() for one in each for row in one for name in row))
    measured = _chosen(measure, columns)
    drawn: list[Curve] = []
    for colour, (point, each) in enumerate(histories.items()):
        tested = _curve(each, f"{_TEST}{measured.name}", measured, colour, point)
        trained = _curve(each, measured.name, measured, colour, "" if tested else point, dashed=tested is not None)
        drawn += [curve for curve in (trained, tested) if curve is not None]
    drawn.sort(key=lambda curve: not curve.dashed)
    title = f"{results.held.name}: {measured.title} along training"
    return curves_scene(
        [Panel("steps", measured.heading, tuple(drawn))], title, _legend(drawn, measured), _about(drawn, measured)
    )


def _histories(results: Results) -> dict[str, list[History]]:
    """The histories of the runs of each point, in the order of the results."""
    finished, _ = runs(results.folder)
    found: dict[str, list[History]] = {point.name: [] for point in results.points.points}
    if len(found) > MOST_POINTS:
        raise UnsuitedView(f"curves shows at most {MOST_POINTS} points, and there are {len(found)}")
    for run in finished:
        if history := history_of(run.folder):
            found.setdefault(str(run.row["point"]), []).append(history)
    if not any(found.values()):
        raise UnsuitedView("curves shows histories, but no finished run has one")
    return {point: each for point, each in found.items() if each}


def _chosen(measure: str | None, columns: Sequence[str]) -> Measured:
    """The measure, which has a column of its own and perhaps one of the test split."""
    known = [name for name in columns if name not in _NOT_MEASURED and "_" not in name]
    if measure is None:
        return measure_of(next((name for name in known if name != "loss"), "loss"))
    name = measure.removeprefix("train_").removeprefix(_TEST)
    if name not in known:
        raise UnknownMeasure(measure, known)
    return measure_of(name)


def _curve(
    histories: Sequence[History], column: str, measured: Measured, colour: int, name: str, *, dashed: bool = False
) -> Curve | None:
    """The mean over the histories, at the steps that all of them have; None if no step is common.

    Only bold curves have bands: those of all would hide each other.
    """
    values = [{row["step"]: row[column] * measured.factor for row in each if column in row} for each in histories]
    steps = [step for step in values[0] if all(step in each for each in values)]
    if not steps:
        return None
    means = tuple((step, sum(each[step] for each in values) / len(values)) for step in steps)
    band = tuple((min(each[step] for each in values), max(each[step] for each in values)) for step in steps)
    return Curve(name, colour, means, dashed, band if len(values) > 1 and not dashed else ())


def _legend(drawn: Sequence[Curve], measured: Measured) -> list[tuple[str, str]]:
    notes = []
    if any(not curve.dashed for curve in drawn):
        both = any(curve.dashed for curve in drawn)
        notes.append(("bold", f"test {measured.title}" if both else f"training {measured.title}, as trained on"))
        notes += [("dashed", f"training {measured.title}, as trained on")] if both else []
    if any(curve.band for curve in drawn):
        notes.append(("band", "from the lowest to the highest seed"))
    return notes


def _about(drawn: Sequence[Curve], measured: Measured) -> str:
    ends = ", ".join(f"{curve.name} {curve.points[-1][1]:.{measured.decimals}f}" for curve in drawn if curve.name)
    return f"Line chart of {measured.heading} against steps. At the end: {ends}."
