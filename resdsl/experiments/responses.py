"""Responses of layers and residuals, before and after training, as in He et al. 2015, Figure 7."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.draw.charts.curves import Curve, Panel, curves_scene
from resdsl.draw.scene import Scene
from resdsl.experiments.curves import MOST_POINTS
from resdsl.experiments.folder import runs
from resdsl.experiments.reading import not_ours, text_in
from resdsl.experiments.views import UnsuitedView
from resdsl.training.run import RESPONSES

if TYPE_CHECKING:
    from resdsl.experiments.results import Results

_PANELS = {
    "layer": ("layers in order", "standard deviation of layer outputs, after norm"),
    "residual": ("residuals in order", "standard deviation of residual branches, relative to their inputs"),
}
_MOMENTS = ("before", "after")

Spreads = dict[str, dict[str, list[float]]]
"""By kind and moment, the values in the order of the network."""


def responses(results: Results) -> Scene:
    """A bold curve after training and a dashed one before it for each point, over layers and over residuals.

    They are means over the seeds of a point.

    Raises:
        UnsuitedView: no run has recorded responses, or there are too many points.
    """
    recorded = _recorded(results)
    panels = []
    for kind, (across, up) in _PANELS.items():
        drawn = [
            _curve([each[kind][moment] for each in spreads], colour, point if moment == "after" else "")
            for moment in _MOMENTS
            for colour, (point, spreads) in enumerate(recorded.items())
        ]
        curves = [curve for curve in drawn if curve is not None]
        if curves:
            panels.append(Panel(across, up, tuple(curves), whole=True))
    if not panels:
        raise UnsuitedView("responses shows what runs have recorded, and no value in that is finite")
    notes = [("bold", "after training"), ("dashed", "before training")]
    if any(len(each) > 1 for each in recorded.values()):
        notes.append(("band", "from the lowest to the highest seed"))
    about = f"Line charts of the responses of {', '.join(recorded)}, before and after training."
    return curves_scene(panels, f"{results.held.name}: responses before and after training", notes, about)


def _recorded(results: Results) -> dict[str, list[Spreads]]:
    """The responses of the runs of each point, in the order of the results."""
    finished, _ = runs(results.folder)
    found: dict[str, list[Spreads]] = {point.name: [] for point in results.points.points}
    for run in finished:
        if (run.folder / RESPONSES).exists():
            found[str(run.row["point"])].append(_spreads(run.folder / RESPONSES))
    found = {point: each for point, each in found.items() if each}
    if not found:
        raise UnsuitedView("responses shows what runs have recorded, and none has: set `responses` in the recipe")
    if len(found) > MOST_POINTS:
        raise UnsuitedView(f"responses shows at most {MOST_POINTS} points, and there are {len(found)}")
    return found


def _spreads(path: Path) -> Spreads:
    found: Spreads = {kind: {moment: [] for moment in _MOMENTS} for kind in _PANELS}
    text = text_in(path)
    try:
        for row in csv.DictReader(io.StringIO(text), strict=True):
            for moment in _MOMENTS:
                found[row["kind"]][moment].append(float(row[moment]))
    except (ValueError, KeyError, TypeError, csv.Error):
        raise not_ours(path) from None
    return found


def _curve(values: Sequence[Sequence[float]], colour: int, name: str) -> Curve | None:
    """The mean over runs of the values at each place where all are finite, and the band of a trained one.

    None if there is no such place.
    """
    places = [(at, each) for at, each in enumerate(zip(*values, strict=False), start=1) if all(map(isfinite, each))]
    if not places:
        return None
    means = tuple((float(at), sum(each) / len(each)) for at, each in places)
    band = tuple((min(each), max(each)) for _, each in places) if name and len(values) > 1 else ()
    return Curve(name, colour, means, not name, band)
