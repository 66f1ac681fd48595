"""What is known to be wrong today, and therefore is not drawn: nothing."""

from __future__ import annotations

from enum import Enum


class Fault(Enum):
    POOL_LARGER_THAN_MAP = "the window of a pool does not fit into the map without padding"
    OPTIONAL_UNDER_DOTTED_LABEL = "a part that some uses of a block lack, under a dotted label"
    OPTIONAL_BRANCH = "a branch of `parallel` that is empty in some uses of a block"
    RESIDUAL_BEHIND_NO_STRIDE = "a residual with a shortcut behind an op whose stride has no answer, in one body"
    HASH_OF_CALL_AGAIN = "a block that is called again has another hash written out"


KNOWN: frozenset[Fault] = frozenset()
