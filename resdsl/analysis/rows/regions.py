"""Parts layers outside of stages and blocks into regions, where they branch: one for each stretch of one resolution.

The layers after the last stage of a classifier are its head, and one row says what they cost. Those of a pyramid or of
a decoder are most of a network, at several resolutions, and one row would say nothing about them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from resdsl.ir.network import Layer
from resdsl.ops.base import Shape


def regions(layers: Sequence[Layer]) -> Iterator[tuple[Layer, ...]]:
    """The layers as one region if each reads the one before, otherwise as one for each stretch of equal sizes."""
    if not _branches(layers):
        yield tuple(layers)
        return
    for _, stretch in groupby(layers, _size):
        yield tuple(stretch)


def _branches(layers: Sequence[Layer]) -> bool:
    """Whether a layer reads something other than the layer before it, shortcuts and gates aside."""
    main = [layer for layer in layers if layer.role == "main"]
    return any(
        layer.joins not in {"residual", "gate"}
        and any(value.partition(":")[0] != before.name for value in layer.inputs)
        for before, layer in pairwise(main)
    )


def _size(layer: Layer) -> Shape:
    """The spatial sizes of what a layer yields; a vector counts as a single position."""
    sizes = layer.shapes[0][1:]
    return sizes if set(sizes) - {1} else (1,)
