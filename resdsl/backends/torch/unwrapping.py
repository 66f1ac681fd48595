"""Finds the weights of a network in a checkpoint, and the prefixes that wrappers add to their names.

The code below the imports is copied verbatim into generated files, so that they find what `to_torch` finds. It
depends only on torch, and its lines are formatted the same at 88 and at 120 columns.
"""

from collections.abc import Collection

from torch import Tensor

from resdsl.weights.wrapping import wrapping


def tensors(value: object) -> dict[object, object]:
    """A dictionary in which there are tensors; an empty one for anything else."""
    found = value if isinstance(value, dict) else {}
    return found if any(isinstance(each, Tensor) for each in found.values()) else {}


def unwrapped(content: object, own: Collection[str], file: str) -> dict[str, object]:
    """The weights that a checkpoint holds, by the names that they have in a network."""
    top = content if isinstance(content, dict) else None
    if top is None:
        kind = type(content).__name__
        raise ValueError(f"{file} holds one {kind}, and no names with tensors")
    places = ("state_dict", "model", "model_state_dict")
    found = [place for place in places if tensors(top.get(place))]
    if len(found) > 1:
        listed = " and ".join(f"`{place}`" for place in found)
        way_out = "save those that are meant alone"
        raise ValueError(f"{file} holds tensors under {listed}; {way_out}")
    state = tensors(top[found[0]] if found else top)
    if not state:
        looked = "at its top, nor under `state_dict`, `model` or `model_state_dict`"
        others = [f"{place!a:.160}" for place, each in top.items() if tensors(each)]
        where = f"; it does under {others[0]}: save those alone" if others else ""
        raise ValueError(f"{file} holds no tensors {looked}{where}")
    strange = [f"{name!a:.160}" for name in state if not isinstance(name, str)]
    if strange:
        raise ValueError(f"{file} has {strange[0]} where the name of a tensor is to be")
    prefix = wrapping([str(name) for name in state], own)
    return {str(name).removeprefix(prefix): each for name, each in state.items()}
