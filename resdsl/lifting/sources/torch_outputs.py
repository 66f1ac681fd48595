"""What the outputs of a module are called: by their keys, or by the modules that made them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from torch.export import ExportedProgram
from torch.utils import _pytree as pytree

from resdsl.lifting.paths import as_output_name


class _Place(NamedTuple):
    """Where an output stands in what a module returns.

    Attributes:
        keys: the keys and numbers on the way to it.
        named: whether any of them is a key.
    """

    keys: tuple[str, ...] = ()
    named: bool = False


def output_names(program: ExportedProgram, values: Sequence[str], ends: Mapping[str, str]) -> dict[str, str]:
    """The names of outputs by their values; those that have no name of their own are not in it.

    An output of a dictionary or of a named tuple has its key, with those of what is around it. Others have the path of
    the outermost module that ends with it, and so has an output whose key another one has already.

    Args:
        program: the exported module.
        values: the values that the program returns, one for each output; empty for what is no tensor.
        ends: the values with which modules end, by their paths.
    """
    made: dict[str, str] = {}
    for path in sorted(ends, key=lambda path: -path.count(".")):
        made[ends[path]] = path
    found: dict[str, str] = {}
    for value, place in zip(values, _places_of(program), strict=True):
        keys = "_".join(place.keys) if place.named else ""
        names = [as_output_name(name) for name in (keys, made.get(value, ""))]
        free = [name for name in names if name and name not in found.values()]
        if value and free:
            found.setdefault(value, free[0])
    return found


def _places_of(program: ExportedProgram) -> list[_Place]:
    spec = program.call_spec.out_spec
    if spec is None:
        return [_Place()]
    return list(_places(pytree.tree_unflatten(list(range(spec.num_leaves)), spec), _Place()))


def _places(returned: object, place: _Place) -> Iterator[_Place]:
    if isinstance(returned, Mapping):
        for key, each in returned.items():
            yield from _places(each, _Place((*place.keys, str(key)), named=True))
    elif isinstance(returned, list | tuple):
        names = getattr(returned, "_fields", ())
        for number, each in enumerate(returned):
            key = names[number] if names else str(number)
            yield from _places(each, _Place((*place.keys, key), place.named or bool(names)))
    else:
        yield from [place] * len(pytree.tree_leaves(returned))
