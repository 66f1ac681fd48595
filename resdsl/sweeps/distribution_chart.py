"""Charts of distributions: curves with the table below them, for costs of sweeps and for what runs have measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from resdsl.draw.charts.distributions import MOST_CURVES, DistributionTexts, StepCurve, distribution_scene
from resdsl.draw.scene import Scene
from resdsl.refusal import Refused
from resdsl.report.figures import share_text
from resdsl.sweeps.distribution import CONFIDENCE, FEWEST, BootstrapEstimate, Distribution

_RESAMPLED = (
    f"are pointwise {CONFIDENCE:.0%} percentile intervals of the bootstrap over networks, in the limit of infinitely "
    "many resamples."
)


class TooManyCurves(Refused):
    """More distributions than can be told apart in a chart."""

    def __init__(self, count: int) -> None:
        super().__init__(f"a chart shows at most {MOST_CURVES} distributions, not {count}")


@dataclass(frozen=True, slots=True)
class Charted:
    """What a chart of distributions is about.

    Attributes:
        title: the line above it.
        figure: what is distributed, with its unit.
        text: a value as people read it.
        more_is_better: whether higher values are better.
        bound: the value below which the table has the share of networks; None for no such column.
        unvalued: the heading of the column for networks without a value.
        notes: more sentences below the table.
    """

    title: str
    figure: str
    text: Callable[[float], str]
    more_is_better: bool = False
    bound: float | None = None
    unvalued: str = "failed"
    notes: tuple[str, ...] = ()


def distributions_scene(distributions: Mapping[str, Distribution], charted: Charted) -> Scene:
    """The chart of distributions by name, at least one.

    Raises:
        TooManyCurves: there are more than can be told apart.
    """
    if len(distributions) > MOST_CURVES:
        raise TooManyCurves(len(distributions))
    columns = _columns(charted, unvalued=any(each.n > len(each.values) for each in distributions.values()))
    curves = [
        StepCurve(
            name,
            each.start,
            tuple((step.value, step.share, step.low, step.high) for step in each.steps()),
            tuple(cell(each) for cell in columns.values()),
        )
        for name, each in distributions.items()
    ]
    notes = _interval_notes(distributions)
    texts = DistributionTexts(
        charted.title, charted.figure, tuple(columns), (*notes, *charted.notes), _about(curves, charted, tuple(columns))
    )
    return distribution_scene(curves, texts)


def _columns(charted: Charted, *, unvalued: bool) -> dict[str, Callable[[Distribution], str]]:
    """The cells of a distribution, by the headings of their columns."""
    text = charted.text
    columns: dict[str, Callable[[Distribution], str]] = {"networks": lambda each: f"{each.n:,}"}
    if unvalued:
        columns[charted.unvalued] = lambda each: f"{each.n - len(each.values):,}"
    if charted.more_is_better:
        columns["highest"] = lambda each: text(each.values[-1])
    else:
        columns["lowest"] = lambda each: text(each.values[0])
    columns["median"] = lambda each: _estimate(each.median(), text)
    bound = charted.bound
    if bound is not None:
        columns[f"below {text(bound)}"] = lambda each: _estimate(each.share_below(bound), share_text)
    return columns


def _estimate(found: BootstrapEstimate, text: Callable[[float], str]) -> str:
    if found.value is None:
        return "none"
    interval = f" [{', '.join(map(text, found.interval))}]" if found.interval is not None else ""
    return f"{text(found.value)}{interval}"


def _interval_notes(distributions: Mapping[str, Distribution]) -> Sequence[str]:
    if all(each.n < FEWEST for each in distributions.values()):
        return ()
    return (f"{'The band and the brackets' if len(distributions) == 1 else 'Dashed lines and brackets'} {_RESAMPLED}",)


def _about(curves: Sequence[StepCurve], charted: Charted, columns: Sequence[str]) -> str:
    each = [
        f"{curve.name}: {', '.join(f'{heading} {cell}' for heading, cell in zip(columns, curve.cells, strict=True))}."
        for curve in curves
    ]
    return f"Empirical distribution of {charted.figure}. {' '.join(each)}"
