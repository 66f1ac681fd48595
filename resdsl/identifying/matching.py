"""Looks up tensors in the index: the networks that have exactly these, and those that have most of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resdsl.identifying.index import OpenAxes, ShippedNetwork, shipped_index
from resdsl.identifying.signature import Shapes, layout_sketch, likeness, names_digest, shapes_digest, shapes_sketch

Values = tuple[tuple[str, int], ...]
"""Settings with the values that differ from those of the shipped network."""


@dataclass(frozen=True, slots=True)
class Exact:
    """A shipped network that has exactly the tensors, under these settings."""

    entry: ShippedNetwork
    values: Values


def exact_matches(shapes: Shapes) -> tuple[Exact, ...]:
    """The shipped networks whose tensors have exactly these names and shapes, in the order of the catalogue."""
    digest = names_digest(shapes)
    found = (_matching(entry, shapes) for entry in shipped_index() if entry.names == digest)
    return tuple(each for each in found if each is not None)


def _matching(entry: ShippedNetwork, shapes: Shapes) -> Exact | None:
    values: dict[str, int] = {}
    for opened in entry.open:
        length = open_length(opened, shapes)
        if length is None:
            return None
        if length != opened.default:
            values[opened.setting] = length
    axes = [axis for opened in entry.open for axis in opened.axes]
    if shapes_digest(shapes, axes) != entry.shapes:
        return None
    return Exact(entry, tuple(values.items()))


def open_length(opened: OpenAxes, shapes: Shapes) -> int | None:
    """The one length that the open axes have in a file; None if they have none or several."""
    lengths = {shapes[name][axis] if axis < len(shapes[name]) else 0 for name, axis in opened.axes if name in shapes}
    return lengths.pop() if len(lengths) == 1 and min(lengths) > 0 else None


def nearest(shapes: Shapes, most: int) -> tuple[ShippedNetwork, ...]:
    """The shipped networks that share most names and shapes by their sketches, the likeliest first."""
    sketch = shapes_sketch(shapes)
    return _best(((likeness(sketch, entry.sketch), entry) for entry in shipped_index()), most)


def alike(shapes: Shapes, most: int) -> tuple[ShippedNetwork, ...]:
    """The families whose names are alike but for their numbers, the likeliest first."""
    layout = layout_sketch(shapes)
    families = (entry for entry in shipped_index() if entry.family)
    return _best(((max(likeness(layout, each) for each in entry.layouts), entry) for entry in families), most)


def _best(scored: Iterator[tuple[float, ShippedNetwork]], most: int) -> tuple[ShippedNetwork, ...]:
    ranked = sorted((pair for pair in scored if pair[0] > 0), key=lambda pair: -pair[0])
    return tuple(entry for _, entry in ranked[:most])
