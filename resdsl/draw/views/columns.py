"""The view `columns`: a box for each convolution, networks side by side, as in He et al. 2015, Figure 3."""

from __future__ import annotations

from collections.abc import Sequence

from resdsl.draw.descriptions import title_of
from resdsl.draw.options import DrawOptions
from resdsl.draw.scene import Scene
from resdsl.draw.strips.assembly import Assembly
from resdsl.draw.strips.column import Manner
from resdsl.draw.strips.reading import Reader
from resdsl.ir.network import Network

_NOTE = (
    "One box for each layer with weights and each pooling; norms, activations and sums have none. Boxes of one output "
    "size stand at one height. Shortcuts run beside the boxes: solid where the shape stays, dotted where it changes."
)


def columns(networks: Sequence[Network], look: DrawOptions) -> Scene:
    """Networks side by side, aligned by output size, with one box for each layer.

    Raises:
        NotDrawn: a network has so many layers that nobody could look at them.
    """
    assembly = Assembly(networks, look, Manner(), sizes=True)
    strips = [Reader(fold=look.fold, breaks=marks.breaks).read(network) for network, marks in assembly.marked()]
    return assembly.scene(strips, title_of(networks, "layer by layer"), _NOTE)
