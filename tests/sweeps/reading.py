"""Sweeps for tests."""

from __future__ import annotations

from resdsl.compiler import Spec, read_spec
from resdsl.resources import shipped_studies, spec_folder
from resdsl.source import Source, read_source
from resdsl.sweeps.point import Point
from resdsl.sweeps.request import Request, sample_line
from resdsl.sweeps.sweep import Sweep

CIFAR = (spec_folder() / "cifar.res").read_text(encoding="utf-8")


def spec_of(text: str) -> Spec:
    """A text, read."""
    return read_spec(Source("spec.res", text))


def points_of(lines: str, text: str = CIFAR) -> tuple[Point, ...]:
    """The points of a sweep with these lines, over the networks of a text."""
    return tuple(spec_of(f"{text}\nsweep s {{\n{lines}\n}}\n").sweep("s").points())


def study(name: str, sweep: str | None = None) -> tuple[Point, ...]:
    """The points of a shipped study."""
    (path,) = (path for path in shipped_studies() if path.stem == name)
    return tuple(read_spec(read_source(path)).sweep(sweep).points())


def shortened(spec: Spec, name: str) -> Sweep:
    """A sweep of a text; of one that is drawn, the first two points of its sample."""
    sweep = spec.sweep(name)
    drawn = sweep.plan.sampling is not None
    return spec.sweep(name, Request(None, (sample_line("2", "sample"),))) if drawn else sweep


def names(points: tuple[Point, ...]) -> list[str]:
    """What points are called."""
    return [point.name for point in points]


def figures(point: Point) -> tuple[int, int, int, int]:
    """Depth, parameters, multiply-adds, activations of convolutions."""
    return point.costs.depth, point.costs.params, point.costs.macs, point.costs.activations
