"""Views of networks by their names: each turns networks into a scene, but for the one that Graphviz lays out (`ops`).
A view is imported when it is drawn: most commands draw one.
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


VIEWS: Mapping[str, View] = {
    "columns": _columns,
    "stages": _stages,
    "block": _block,
    "table": _table,
}
"""What draws each view whose layout is ours."""

OPS = "ops"
"""The view that Graphviz lays out; it is no scene."""
NAMES = (*VIEWS, OPS)
FOLDING = ("columns", OPS)
"""The views in which equal repeats are drawn one by one unless they are folded."""
