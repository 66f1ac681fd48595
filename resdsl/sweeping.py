"""Sweeps in Python: the networks of a family, one after the other, and their figures as a table or a frame."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdsl.analysis.expectations import check_expectations
from resdsl.api import Net, PathName
from resdsl.catalogue import read
from resdsl.diagnostics.problem import Problem
from resdsl.settings import Setting, as_value, overrides_of
from resdsl.sweeps.point import Plain, Point
from resdsl.sweeps.request import Request, axis_of, condition_of, name_line, solve_line, written
from resdsl.sweeps.sweep import Sweep
from resdsl.sweeps.table import point_record, points_table
from resdsl.syntax import tree

if TYPE_CHECKING:
    import pandas

    from resdsl.draw.figure import Figure
    from resdsl.report.table import Table

Values = str | Sequence[Setting]
"""The values of an axis: a list, or a text of the language such as `"A, B, C"` or `"1..9"`."""


@dataclass(frozen=True, repr=False)
class SweptNet(Net):
    """A network of a sweep.

    Attributes:
        point: its name, parameters and costs there.
    """

    point: Point = field(kw_only=True)

    @property
    def name(self) -> str:
        """What the sweep calls it."""
        return self.point.name

    @property
    def parameters(self) -> dict[str, Plain]:
        """What the sweep gives it, by name; blocks, shortcuts and dims as the language writes them."""
        return self.point.plain


@dataclass(eq=False, repr=False)
class Networks:
    """The networks of a sweep. Each is built when it is asked for, and none is kept.

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
        """What is allowed but surely not meant; of points that are left out once all are built."""
        return tuple(self.sweep.warnings)

    def points(self) -> tuple[Point, ...]:
        """Names, parameters and costs of all networks, without the networks.

        Raises:
            SpecError: a point is no network, or two bear one name.
        """
        return tuple(self.sweep.points())

    def records(self) -> list[dict[str, Any]]:
        """A record for each network: its name, its parameters, and its figures, exact."""
        return [_flat(point) for point in self.points()]

    def to_frame(self) -> pandas.DataFrame:
        """A row for each network in a pandas frame, by name.

        Raises:
            ImportError: pandas is not installed.
        """
        import pandas

        records = self.records()
        return pandas.DataFrame.from_records(records, index="name") if records else pandas.DataFrame()

    def render(
        self,
        *,
        title: str | None = None,
        style: str = "paper",
        width: str | float | None = None,
        height: str | float | None = None,
    ) -> Figure:
        """A sheet of all networks, stage by stage, with what differs from the first marked; a notebook shows it.

        Args:
            title: the line above; by default the name of the sweep.
            style: `paper`, `mono`, `dark`, or the path of a file of styles.
            width: such as `"3.25in"`, or in points.
            height: likewise; with both the sheet is as large as fits into them.

        Raises:
            SpecError: a point is no network, or none is left.
            resdsl.sweeps.sheet.SheetTooLarge: they are more than anybody can tell apart.
        """
        from resdsl.draw.figure import figure_of_scene
        from resdsl.draw.options import DrawOptions
        from resdsl.sweeps.sheet import sheet_of

        scene = sheet_of(self.sweep, DrawOptions(title=title))
        return figure_of_scene(scene, style=style, width=width, height=height)

    def plot(self, x: str = "macs", y: str = "params") -> Figure:
        """The networks as points, one cost against another, with the front of both marked; a notebook shows it.

        Raises:
            resdsl.sweeps.ranking.NoSuchFigure: points have no such cost.
        """
        from resdsl.draw.figure import figure_of_scene
        from resdsl.sweeps.plotting import plot_scene

        points = self.points()
        return figure_of_scene(plot_scene(points, _first_of_several(points), x, y, self.sweep.name))

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
    """What others are compared with; a single point is compared with nothing."""
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
    names: str | None = None,
    input: Setting = None,  # noqa: A002 - the language's own word
    import_path: Sequence[PathName] = (),
    **values: Setting,
) -> Networks:
    """A family of networks.

    Args:
        spec: a path, or the name of a shipped network, as for `load`.
        name: a sweep of the file, or a network of it; by default the sweep named as the file, or its only one, or
            the file's network.
        over: axes by name, every value of each with every value of the others: `{"n": [3, 5], "shortcut": "A, B"}`.
            It takes the place of an axis of that name in the sweep. `network` is one too.
        together: axes that run in step.
        when: conditions on a point's parameters.
        keep: conditions on its costs: `"params <= 2M"`.
        solve: `"k in 1..16 for macs = 250M"`, with `within 5%` or not.
        names: how points are named: `"resnet{6*n + 2}"`.
        input: another input than the text has, such as `"3x128x128"`.
        import_path: folders in which imports are looked up, after the file's own.
        values: parameters and settings that all points are given, as for `load`.

    Raises:
        SpecError: with every problem of the lines; of points when they are built.
        TypeError: a value is of no type that the language has, or an argument of another type than it says above.
    """
    from resdsl.catalogue import locate
    from resdsl.compiler import read_spec

    _refuse_templates(name)
    lines = (*_axes(_mapping(over, "over"), _mapping(together, "together")), *_conditions(when, keep))
    lines += (solve_line(_text_of(solve, "solve"), "solve"),) if solve is not None else ()
    lines += (name_line(_text_of(names, "names"), "names"),) if names is not None else ()
    place = locate(str(spec), None)
    overrides = overrides_of({**values, "input": input} if input is not None else values)
    text = read_spec(read(place.path, place.name), tuple(map(Path, import_path)))
    return Networks(text.sweep(name or place.network, Request(None, lines), overrides, with_memory=True))


def _refuse_templates(name: object) -> None:
    """Refuse what is no name of a sweep, and a template above all: what points are called is said with `names`."""
    if name is not None and not isinstance(name, str):
        raise TypeError(f"name: the name of a sweep or of a network is a string, not {name!r}")
    if name is not None and "{" in name:
        raise TypeError(f"name: that of a sweep or of a network; how points are called is said with names={name!r}")


def _mapping(values: Mapping[str, Values] | None, wording: str) -> Mapping[str, Values]:
    if values is not None and not isinstance(values, Mapping):
        raise TypeError(f"{wording}: axes are a dictionary, such as {{'n': [3, 5]}} or {{'n': '3, 5'}}, not {values!r}")
    return values or {}


def _text_of(value: object, wording: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{wording}: it is said in a string of the language, not {value!r}")
    return value


def _axes(over: Mapping[str, Values], together: Mapping[str, Values]) -> tuple[tree.SweepLine, ...]:
    lines: list[tree.SweepLine] = []
    for name, values in over.items():
        axis = axis_of(name, _text(name, values), "over")
        lines.append(tree.Over(axis.span, (axis,)))
    in_step = tuple(axis_of(name, _text(name, values), "together") for name, values in together.items())
    if in_step:
        lines.append(tree.Together(in_step[0].span, in_step))
    return tuple(lines)


def _text(name: str, values: Values) -> str:
    if isinstance(values, str):
        return values
    if not isinstance(values, Iterable):
        raise TypeError(f"{name}: the values of an axis are a list, or a text such as '1..9', not {values!r}")
    texts = [value if isinstance(value, str) else as_value(name, value) for value in values]
    return f"[{written(texts)}]"


def _conditions(when: str | Sequence[str], keep: str | Sequence[str]) -> tuple[tree.SweepLine, ...]:
    before = [condition_of(text, "when") for text in _several(when, "when")]
    after = [condition_of(text, "keep") for text in _several(keep, "keep")]
    return (*(tree.When(each.span, each) for each in before), *(tree.Keep(each.span, each) for each in after))


def _several(texts: object, wording: str) -> tuple[str, ...]:
    if isinstance(texts, str):
        return (texts,)
    given = tuple(texts) if isinstance(texts, Iterable) else (texts,)
    for text in given:
        if not isinstance(text, str):
            raise TypeError(f"{wording}: a condition is a string of the language, such as 'depth < 50', not {text!r}")
    return given
