"""Makes one build of everything that the page can show: what processes of builds are forked from.

Modules are imported where they are needed, and tables are read then; a process that is forked after this finds both. It
is imported for these effects alone, by the server of forks (`child`).
"""

from __future__ import annotations

import gc
from dataclasses import replace

from resdsl.interrupts import leave_signals_to_the_parent
from resdsl.live.order import BuildOrder
from resdsl.live.updates import updates
from resdsl.resources import spec_folder

leave_signals_to_the_parent()
_ORDERS = (
    BuildOrder(spec_folder() / "resnet18.res", "resnet18.res"),
    BuildOrder(spec_folder() / "resnet50.res", "resnet50.res", view="stages"),
    BuildOrder(spec_folder() / "resnet50.res", "resnet50.res", choice="none"),
)


def _build_once() -> None:
    good = None
    for order in _ORDERS:
        for update in updates(replace(order, good=good)):
            good = update.get("good", good)


_build_once()
# What is never freed is never copied.
gc.freeze()
