"""Views of networks by name: each turns networks into a scene, except the one that Graphviz arranges (`ops`).

A view is imported when it is drawn, since most commands draw only one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from resdsl.draw.options import DrawOptions
from resdsl.draw.scene import Scene
from resdsl.ir.network import Network

View = Callable[[Sequence[Network], DrawOptions], Scene]


def _columns(networks: Sequence[Network], look: DrawOptions) -> Scene:
    from resdsl.draw.views.columns import columns

    return columns(networks, look)


def _stages(networks: Sequence[Network], look: DrawOptions) -> Scene:
    from resdsl.draw.views.stages import stages

    return stages(networks, look)


def _block(networks: Sequence[Network], look: DrawOptions) -> Scene:
    from resdsl.draw.views.block import block

    return block(networks, look, changes=look.changes)


def _table(networks: Sequence[Network], look: DrawOptions) -> Scene:
    from resdsl.draw.views.table import table

    return table(networks, look)


def _lattice(networks: Sequence[Network], look: DrawOptions) -> Scene:
    from resdsl.draw.views.lattice import lattice

    return lattice(networks, look)


VIEWS: Mapping[str, View] = {
    "columns": _columns,
    "stages": _stages,
    "block": _block,
    "table": _table,
    "lattice": _lattice,
}
"""The functions that draw the views laid out by resdsl itself."""

OPS = "ops"
"""The view that Graphviz lays out, which is not a scene."""
NAMES = (*VIEWS, OPS)
FOLDING = ("columns", OPS)
"""The views that draw equal repeats one by one unless they are folded."""
WRAPPING = ("columns", "lattice")
"""The views that can be cut into pieces."""
TURNING = ("columns",)
"""The views that can be laid across."""
