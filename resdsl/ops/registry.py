"""Every op by its name in the language.

An op is found by name and by nothing else: the grammar has no word for any of them. Other packages
add ops under the entry point group `resdsl.ops`.
"""

from __future__ import annotations

from functools import cache

from resdsl.ops.base import Op
from resdsl.ops.conv import Conv

_OWN: tuple[type[Op], ...] = (Conv,)


@cache
def ops() -> dict[str, type[Op]]:
    """All ops by name, in the order of the reference."""
    return {op.kind(): op for op in _OWN}


def op_named(name: str) -> type[Op]:
    """The op of that name.

    Raises:
        ValueError: there is none.
    """
    try:
        return ops()[name]
    except KeyError:
        raise ValueError(f"there is no op `{name}`") from None
