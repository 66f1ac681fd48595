"""What a box says beside its name."""

from __future__ import annotations

from resdsl.analysis.costs import Costs
from resdsl.draw.options import Annotation
from resdsl.draw.texts import figure_text
from resdsl.ops.base import Shape, show


def annotation_words(asked: tuple[Annotation, ...], shape: Shape, costs: Costs) -> tuple[str, ...]:
    """The words that are asked for, in that order; figures that are nothing are left out."""
    said: dict[Annotation, str] = {
        "shape": show(shape),
        "params": f"{figure_text(costs.params)} params" if costs.params else "",
        "macs": f"{figure_text(costs.macs)} macs" if costs.macs else "",
    }
    return tuple([said[name] for name in asked if said[name]])


def annotation_line(asked: tuple[Annotation, ...], shape: Shape, costs: Costs) -> tuple[str, ...]:
    """The same as one line; none where nothing is to be said."""
    words = annotation_words(asked, shape, costs)
    return (" · ".join(words),) if words else ()
