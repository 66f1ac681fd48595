"""The paths of norms that were folded into layers, as far as these tell them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import count
from typing import NamedTuple

from resdsl.lifting.graph import PlainGraph

_CONV = re.compile(r"(?P<before>(?:.*[._])?)conv(?P<many>s?)(?P<number>\.?\d*)")
_PLACE = re.compile(r"(?P<list>.*)\.(?P<number>\d+)")


class UnfoldedNorm(NamedTuple):
    """A norm that was folded into layers.

    Attributes:
        layer: the path of these layers.
        tensors: the names of their tensors, or what a layer yields whose tensors have none.
        path: the path of the norm, if the file tells.
    """

    layer: str
    tensors: str
    path: str


def norm_paths(graph: PlainGraph, norms: Sequence[UnfoldedNorm]) -> dict[UnfoldedNorm, str]:
    """The paths of norms, guessed where the file does not tell them; empty where a layer has none.

    A norm has the number of its convolution, or the next one where norms come first, whichever gives more norms a path
    of their own. Others have that of their convolution with an ending.
    """
    taken = {node.path for node in graph.nodes if node.tensors}
    full = _lists_without_room(graph, norms)
    guesses = ({norm: norm.path or _usual_path(norm.layer, step, full) for norm in norms} for step in (0, 1))
    known = max((_own_paths(each, taken) for each in guesses), key=len)
    taken.update(known.values())
    for norm in norms:
        if norm not in known:
            known[norm] = _made_up_path(norm.layer, taken)
            taken.add(known[norm])
    return known


def _own_paths(found: Mapping[UnfoldedNorm, str], taken: Collection[str]) -> dict[UnfoldedNorm, str]:
    """Of the paths that were found, those of one norm alone that no other layer has."""
    counts = Counter(found.values())
    return {norm: path for norm, path in found.items() if path and counts[path] == 1 and path not in taken}


def _made_up_path(layer: str, taken: Collection[str]) -> str:
    """A free path for the norm behind a layer."""
    if not layer:
        return ""
    paths = (f"{layer}_bn{number or ''}" for number in count())
    return next(path for path in paths if path not in taken)


def _lists_without_room(graph: PlainGraph, norms: Sequence[UnfoldedNorm]) -> set[str]:
    """The paths of lists of modules in which the place behind a convolution with a norm is that of another module."""
    modules = {module for node in graph.nodes for module in _with_parents(node.path)}
    places = filter(None, (_PLACE.fullmatch(norm.layer) for norm in norms))
    return {place["list"] for place in places if _next_place(place) in modules}


def _with_parents(path: str) -> Iterator[str]:
    """A path, and those of the modules around it."""
    while path:
        yield path
        path = path.rpartition(".")[0]


def _usual_path(layer: str, step: int, full: Collection[str]) -> str:
    """The path that the norm behind a convolution usually has; empty if that is not known.

    Args:
        layer: the path of the convolution.
        step: by how much the number of the norm is larger, where both are numbered by themselves.
        full: the lists of modules in which it does not come next.
    """
    place, named = _PLACE.fullmatch(layer), _CONV.fullmatch(layer)
    of_many = named is not None and named["many"]
    if place and place["list"] not in full and not of_many:
        return _next_place(place)
    if not named:
        return ""
    number = named["number"].removeprefix(".")
    dot = "." * (number != named["number"])
    return f"{named['before']}bn{named['many']}{dot}{int(number) + step if number else ''}"


def _next_place(place: re.Match[str]) -> str:
    return f"{place['list']}.{int(place['number']) + 1}"
