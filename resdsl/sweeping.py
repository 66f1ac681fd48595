"""Sweeps in Python: the networks of a family, one after the other, and their figures as a table or a data frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdsl.analysis.expectations import check_expectations
from resdsl.catalogue import read
from resdsl.diagnostics.problem import Problem
from resdsl.net import Net
from resdsl.overwriting import PathName
from resdsl.settings import InputSetting, Setting, overrides_of, with_inputs
from resdsl.sweep_lines import Values, lines_of
from resdsl.sweeps.point import Plain, Point
from resdsl.sweeps.request import Request
from resdsl.sweeps.sweep import Sweep
from resdsl.sweeps.table import point_record, points_table

if TYPE_CHECKING:
    import pandas

    from resdsl.data.sets import Given
    from resdsl.draw.figure import Figure
    from resdsl.latency.of_points import Latencies
    from resdsl.recipes.recipe import Recipe
    from resdsl.report.table import Table
    from resdsl.sweeps.units.run import OnProgress, RunOutcome
    from resdsl.training.devices import Devices


@dataclass(frozen=True, repr=False)
class SweptNet(Net):
    """A network of a sweep.

    Attributes:
        point: its name, parameters and costs in the sweep.
    """

    point: Point = field(kw_only=True)

    @property
    def name(self) -> str:
        """Its name in the sweep."""
        return self.point.name

    @property
    def parameters(self) -> dict[str, Plain]:
        """Its parameters in the sweep, by name; blocks, shortcuts and dims in the syntax of the language."""
        return self.point.plain


@dataclass(eq=False, repr=False)
class Networks:
    """The networks of a sweep, which are built on demand and not kept.

    Attributes:
        sweep: the sweep itself.
    """

    sweep: Sweep

    def __iter__(self) -> Iterator[SweptNet]:
        for point, network in self.sweep.built():
            checks = check_expectations(network, point.costs)
            yield SweptNet(network, checks, files=self.sweep.files, point=point)

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """Valid but probably unintended parts of the text; about points left out, once all points are built."""
        return tuple(self.sweep.warnings)

    def points(self) -> tuple[Point, ...]:
        """Names, parameters and costs of all networks, without the networks.

        Raises:
            SpecError: a point cannot be built, or two points have the same name.
        """
        return tuple(self.sweep.points())

    def iter_points(self, jobs: int = 1) -> Iterator[Point]:
        """The same one by one, each as soon as it is costed and none of them kept; raises the errors of `points`.

        Args:
            jobs: how many processes cost them; the points and their order are the same.
        """
        if jobs == 1:
            return self.sweep.points()
        from resdsl.sweeps.chunks import InChunks
        from resdsl.sweeps.lint.sample import NOTHING
        from resdsl.sweeps.units.workers import outcomes_of

        found = self.sweep.found(InChunks(self.sweep, outcomes_of, jobs, lambda: NOTHING))
        return (costed.point for costed in found if costed.point is not None)

    def records(self) -> list[dict[str, Any]]:
        """A record for each network: its name, its parameters and its exact figures."""
        return list(self.iter_records())

    def iter_records(self, jobs: int = 1) -> Iterator[dict[str, Any]]:
        """The same one by one, each as soon as its point is costed and none of them kept; see `iter_points`."""
        return map(_flat, self.iter_points(jobs))

    def to_frame(self) -> pandas.DataFrame:
        """A pandas data frame with a row for each network, indexed by name.

        Raises:
            ImportError: pandas is not installed.
        """
        import pandas

        records = self.records()
        return pandas.DataFrame.from_records(records, index="name") if records else pandas.DataFrame()

    def latencies(
        self, form: str = "onnx", *, batch: int = 1, threads: int | None = None, rounds: int = 10
    ) -> Latencies:
        """Measure how long each network takes on this machine; all of them take turns.

        Args:
            form: the form that they are run in; see `resdsl.latency.forms.FORMS`.
            batch: samples at once.
            threads: the threads of each; by default, as many as there are cores.
            rounds: how often each has its turn; see `resdsl.bench`.

        Raises:
            SpecError: a point cannot be built, or two points have the same name.
            resdsl.latency.forms.UnknownForm: there is no such form.
            resdsl.latency.of_points.TooManyNetworks: they do not fit into memory together.
        """
        from resdsl.latency.forms import form_named
        from resdsl.latency.machine import usable_cores
        from resdsl.latency.of_points import latencies

        chosen, nets = form_named(form), {net.name: net for net in self}
        return latencies(nets, chosen, batch=batch, threads=threads or usable_cores(), rounds=rounds)

    def train(
        self,
        recipe: Recipe,
        seeds: int | Sequence[int] = 1,
        *,
        out: PathName,
        data: Given = None,
        jobs: int = 1,
        replace: bool = False,
        devices: Devices | None = None,
        workers: int = 0,
        on_progress: OnProgress | None = None,
    ) -> RunOutcome:
        """Train all networks from several seeds; the same call goes on where an earlier one was ended.

        The folder holds a folder for each point and in it one for each seed, as `resdsl.train` leaves it;
        `results.csv`, a row for each, kept up to date; and `manifest.json`, which says what is missing.

        Args:
            recipe: how to train.
            seeds: how many, from 0, or which.
            out: the folder, which is made if need be.
            data: the folder of the data set, or the data themselves, as for `resdsl.train`.
            jobs: how many are trained at once, in processes of their own if there are several. Each computes with one
                thread, so that results do not depend on this.
            replace: whether to replace another sweep or other runs in the folder.
            devices: what each training computes on: one device, and how; a GPU where there is one by default.
            workers: processes that make the batches of each training ahead; the results are the same.
            on_progress: called with the outcome of each training.

        Returns:
            How many were trained, which were there already, and which failed. A training that fails costs no other.

        Raises:
            SpecError: a point cannot be built, or two points have the same name.
            resdsl.training.training.NotTrained: the recipe or a network does not suit.
            resdsl.data.images.WrongData: the data cannot be read, or do not suit.
            resdsl.refusal.Refused: the folder contains something else that would be replaced.
            OSError: a file cannot be written.
            ValueError: there are no seeds, or a seed is given twice.
        """
        numbers = tuple(range(seeds) if isinstance(seeds, int) else seeds)
        if not numbers or min(numbers) < 0 or len({*numbers}) < len(numbers):
            raise ValueError(f"seeds must be a number of seeds from 1, or different seeds from 0, not {seeds!r}")
        from resdsl.experiments.trainings.run import SweepTraining, TrainingOrder
        from resdsl.sweeps.lint.of_sweep import findings_of
        from resdsl.sweeps.lint.sample import LintSample
        from resdsl.training.devices import Devices

        sample = LintSample(self.sweep.axes, self.sweep.draws)
        points = list(sample.noting(self.sweep.found()))
        order = TrainingOrder(
            self.sweep.name,
            Path(out),
            recipe,
            numbers,
            data,
            jobs=jobs,
            replace=replace,
            findings=tuple(finding.text for finding in findings_of(self.sweep, sample.linted, sample.points)),
            devices=devices or Devices(),
            workers=workers,
        )
        trainings = SweepTraining(points, self.sweep.network, order)
        trainings.refuse_impossible()
        trainings.refuse_occupied(self.sweep.files)
        return trainings.run(on_progress)

    def render(
        self,
        *,
        title: str | None = None,
        style: str = "paper",
        width: str | float | None = None,
        height: str | float | None = None,
    ) -> Figure:
        """A sheet of all networks by stage, with differences from the first marked; it displays itself in a notebook.

        Args:
            title: the line above the sheet; by default the name of the sweep.
            style: `paper`, `mono`, `dark`, or the path of a style file.
            width: a length such as `"3.25in"`, or a number of points.
            height: likewise; with both, the sheet is as large as fits into them.

        Raises:
            SpecError: a point cannot be built, or no points are left.
            resdsl.sweeps.sheet.SheetTooLarge: there are too many networks for a legible sheet.
        """
        from resdsl.draw.figure import figure_of_scene
        from resdsl.draw.options import DrawOptions
        from resdsl.sweeps.sheet import sheet_of

        scene = sheet_of(self.sweep, DrawOptions(title=title))
        return figure_of_scene(scene, style=style, width=width, height=height)

    def plot(self, x: str = "macs", y: str = "params") -> Figure:
        """A chart of one cost against another, with the Pareto front marked; it displays itself in a notebook.

        Raises:
            resdsl.sweeps.ranking.NoSuchFigure: the name of a cost is unknown.
        """
        from resdsl.draw.figure import figure_of_scene
        from resdsl.sweeps.plotting import plot_scene

        points = self.points()
        return figure_of_scene(plot_scene(points, _first_of_several(points), x, y, self.sweep.name))

    def edf(self, figure: str = "macs", below: float | None = None) -> Figure:
        """A chart of the empirical distribution of a cost, with a curve for each network definition of the sweep.

        Args:
            figure: the cost: `params`, `macs`, `flops`, `depth`, `activations` or `memory`.
            below: a value; the table below the chart has the share of networks below it.

        Raises:
            resdsl.sweeps.ranking.NoSuchFigure: the name of a cost is unknown.
        """
        from resdsl.draw.figure import figure_of_scene
        from resdsl.sweeps.plotting import edf_of_points

        return figure_of_scene(edf_of_points(self.sweep.points(), figure, self.sweep.name, below))

    def __repr__(self) -> str:
        plan = self.sweep.plan
        over = ", ".join([name for axis in plan.axes for name in axis.names])
        most = "up to " if plan.may_leave_out else ""
        points = "1 point" if plan.size == 1 else f"{plan.size:,} points"
        return f"<{self.sweep.name}: a sweep" + (f" over {over}" if over else "") + f", {most}{points}>"

    def __str__(self) -> str:
        from resdsl.report.formats import write

        return write([self._table()], "text", width=100)

    def _repr_html_(self) -> str:
        from resdsl.report.formats import write

        return write([self._table()], "html")

    def _table(self) -> Table:
        points = self.points()
        return points_table(self.sweep, points, _first_of_several(points))


def _first_of_several(points: Sequence[Point]) -> Point | None:
    """The point to compare others with; None if there is only one point."""
    return points[0] if len(points) > 1 else None


def _flat(point: Point) -> dict[str, Any]:
    record = point_record(point)
    parameters = record.pop("parameters")
    return {
        "name": record.pop("name"),
        **parameters,
        **{key: value for key, value in record.items() if key != "network"},
    }


def sweep(
    spec: PathName,
    name: str | None = None,
    *,
    over: Mapping[str, Values] | None = None,
    together: Mapping[str, Values] | None = None,
    when: str | Sequence[str] = (),
    keep: str | Sequence[str] = (),
    solve: str | None = None,
    sample: int | str | None = None,
    names: str | None = None,
    input: InputSetting = None,  # noqa: A002 - the language's own word
    import_path: Sequence[PathName] = (),
    **values: Setting,
) -> Networks:
    """A family of networks.

    Args:
        spec: a path, or the name of a shipped network, as for `load`.
        name: a sweep or a network of the file; by default the sweep named after the file, or its only sweep, or
            else, if lines are given, the file's network.
        over: axes by name, which are combined in every way: `{"n": [3, 5], "shortcut": "A, B"}`. An axis replaces
            that of the same name in the sweep. `network` is an axis, too.
        together: axes that run in step.
        when: conditions on the parameters of points.
        keep: conditions on the costs of points: `"params <= 2M"`.
        solve: `"k in 1..16 for macs = 250M"`, optionally followed by `within 5%`.
        sample: of a sweep with parameters that are drawn, how many points: 100, or `"100 seed 2"` from another seed.
        names: a template for the names of points: `"resnet{6*n + 2}"`.
        input: an input shape that replaces that of the text, such as `"3x128x128"`; `{"rgb": "3x128x128"}` by name.
        import_path: folders to search for imports, after that of the file.
        values: parameters and settings for all points, as for `load`.

    Raises:
        SpecError: with all problems of the lines; problems of points are raised when they are built.
        TypeError: the language has no type for a value, or an argument has the wrong type.
    """
    from resdsl.catalogue import locate
    from resdsl.compiler import read_spec

    _refuse_templates(name)
    lines = lines_of(over=over, together=together, when=when, keep=keep, solve=solve, sample=sample, names=names)
    place = locate(str(spec), None)
    overrides = overrides_of(with_inputs(values, input))
    text = read_spec(read(place.path, place.name), tuple(map(Path, import_path)))
    return Networks(text.sweep(name or place.network, Request(None, lines), overrides, with_memory=True))


def _refuse_templates(name: object) -> None:
    """Refuse a name of the wrong type, and a template, which belongs in `names`."""
    if name is not None and not isinstance(name, str):
        raise TypeError(f"name must be a string, the name of a sweep or a network, not {name!r}")
    if name is not None and "{" in name:
        raise TypeError(f"name must be the name of a sweep or a network; to name the points, use names={name!r}")
