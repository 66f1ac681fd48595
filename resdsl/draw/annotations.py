"""Annotations: what a box shows besides its name."""

from __future__ import annotations

from resdsl.analysis.costs import Costs
from resdsl.draw.options import Annotation
from resdsl.draw.texts import figure_text
from resdsl.ops.base import Shape, show


def annotation_words(requested: tuple[Annotation, ...], shape: Shape, costs: Costs) -> tuple[str, ...]:
    """The requested annotations, in order; zero figures are left out."""
    wording: dict[Annotation, str] = {
        "shape": show(shape),
        "params": f"{figure_text(costs.params)} params" if costs.params else "",
        "macs": f"{figure_text(costs.macs)} macs" if costs.macs else "",
    }
    return tuple([wording[name] for name in requested if wording[name]])


def annotation_line(requested: tuple[Annotation, ...], shape: Shape, costs: Costs) -> tuple[str, ...]:
    """The annotations as one line; no line if there are none."""
    words = annotation_words(requested, shape, costs)
    return (" · ".join(words),) if words else ()
