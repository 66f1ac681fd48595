"""The charts and the sheet of a sweep, drawn and written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from resdsl.cli.writing import put_drawn

if TYPE_CHECKING:
    from resdsl.draw.scene import Scene
    from resdsl.sweeps.plotting import CostsByNetwork
    from resdsl.sweeps.point import Point
    from resdsl.sweeps.sweep import Sweep


def put_plot(points: Sequence[Point], baseline: Point | None, figures: Sequence[str], title: str, file: str) -> None:
    """Write the chart of two figures of points."""
    from resdsl.sweeps.plotting import plot_scene

    x, y = figures
    _put(plot_scene(points, baseline, x, y, title), file)


def put_distribution(costs: CostsByNetwork, bound: float | None, title: str, file: str) -> None:
    """Write the chart of the distribution of a cost."""
    from resdsl.sweeps.plotting import edf_scene

    _put(edf_scene(costs, title, bound), file)


def put_sheet(sweep: Sweep, points: Sequence[Point], baseline: Point | None, file: str) -> None:
    """Write the sheet of the networks of points, compared with a baseline, which is the first by default."""
    from resdsl.sweeps.sheet import sheet_scene

    base = baseline or points[0]
    visible = [(point.name, sweep.network(point)) for point in points]
    _put(sheet_scene(visible, (base.name, sweep.network(base)), sweep.name), file)


def _put(scene: Scene, file: str) -> None:
    from resdsl.draw.write import format_of, write

    put_drawn(write(scene, format_of(file), standalone=True), file)
