"""What wrappers put before the names of weights, in a file of either kind.

What stands below the imports is written into generated files as it is.
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
