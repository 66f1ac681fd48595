"""Finds the weights of a network in a checkpoint.

The code below the imports is copied verbatim into generated files, so that they find what `to_torch` finds. It
depends only on torch, and its lines are formatted the same at 88 and at 120 columns.
"""

import torch


def dictionaries(content: object) -> dict[str, dict[object, object]]:
    """The dictionaries with tensors in a checkpoint by their keys; "" is its top."""
    top = content if isinstance(content, dict) else {}
    found = {str(key): each for key, each in top.items() if isinstance(each, dict)}
    found[""] = top
    full = [key for key in found if any(map(torch.is_tensor, found[key].values()))]
    return {key: found[key] for key in full}


def key_of(content: object, key: str | None, file: str) -> str:
    """The key of the dictionary to take: the one that is named, or a usual one."""
    alone = None if isinstance(content, dict) else type(content).__name__
    if alone:
        raise ValueError(f"{file} holds one {alone}, and no names with tensors")
    found = dictionaries(content)
    listed = [f"{place!a:.160} ({len(found[place])})" for place in found if place]
    keys = f"; it has tensors under {', '.join(listed[:10])}" if listed else ""
    if key is not None and (not key or key not in found):
        raise ValueError(f"{file} holds no tensors under {key!a:.160}{keys}")
    usual = ("state_dict", "model", "model_state_dict")
    common = [place for place in usual if place in found]
    if key is None and len(common) > 1:
        both = " and ".join(f"`{place}`" for place in common)
        raise ValueError(f"{file} holds tensors under {both}; name one as weights_key")
    chosen = key or (common[0] if common else "")
    if chosen not in found:
        looked = "at its top, nor under `state_dict`, `model` or `model_state_dict`"
        way_out = f"{keys}: name one as weights_key" if keys else ""
        raise ValueError(f"{file} holds no tensors {looked}{way_out}")
    strange = [f"{name!a:.160}" for name in found[chosen] if not isinstance(name, str)]
    if strange:
        raise ValueError(f"{file} has {strange[0]} where the name of a tensor is to be")
    return chosen
