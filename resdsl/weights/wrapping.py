"""What PyTorch's wrappers add to the names of weights, in files of either kind.

The code below the imports is copied verbatim into generated files; its lines are formatted the same at 88 and at 120
columns.
"""

from collections.abc import Collection, Iterable


def unwrapped_names(names: Iterable[str], own: Collection[str]) -> dict[str, str]:
    """What each tensor of a file is called without what PyTorch's wrappers add.

    Components that a name of the network itself has are kept.
    """
    inner = {"_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module"}
    inner -= {part for name in own for part in name.split(".")}
    found = {}
    for name in names:
        outside = [part for part in name.split(".") if part not in inner]
        found[name] = ".".join(outside)
    kept, averaged = found, {"n_averaged"} - set(own)
    while not any(new in own for new in found.values() if new not in averaged):
        rest = {name: new for name, new in found.items() if new not in averaged}
        if not rest or not all(new.startswith("module.") for new in rest.values()):
            break
        found = {name: new.removeprefix("module.") for name, new in rest.items()}
    unique = {*found.values()} - {""}
    return found if len(unique) == len(found) else {name: name for name in kept}
