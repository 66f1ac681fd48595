"""Prefixes that wrappers add to the names of weights, in files of either kind.

The code below the imports is copied verbatim into generated files.
"""

from collections.abc import Collection


def wrapping(names: Collection[str], own: Collection[str]) -> str:
    """What DataParallel and `torch.compile` put before all names, in any order."""
    prefix = ""
    while names and not any(name.removeprefix(prefix) in own for name in names):
        longer = [f"{prefix}{each}" for each in ("module.", "_orig_mod.")]
        common = [one for one in longer if all(name.startswith(one) for name in names)]
        if not common:
            break
        prefix = common[0]
    return prefix
