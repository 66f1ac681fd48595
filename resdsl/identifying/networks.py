"""The tensors of shipped networks under any settings, and the index made from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from resdsl.catalogue import Located, locate, networks_of
from resdsl.compiler import Spec, read_spec
from resdsl.diagnostics.spec_error import SpecError
from resdsl.identifying.index import OpenAxes, ShippedNetwork, value_of
from resdsl.identifying.signature import (
    Shapes,
    layout_sketch,
    names_digest,
    shapes_digest,
    shapes_sketch,
    without_counters,
)
from resdsl.ir.network import ListValue, Network, Value
from resdsl.ir.walk import TooManyLayers, state
from resdsl.resources import shipped_specs, spec_folder, zoo_specs
from resdsl.settings import Setting, overrides_of
from resdsl.source import read_source
from resdsl.syntax import tree
from resdsl.syntax.parser import parse

Settings = Mapping[str, Setting]


def shipped_network(name: str, settings: Settings) -> Network | None:
    """A shipped network under some settings; None if it cannot have them."""
    located = _located(name)
    try:
        network = _spec(located.path, located.name).build(located.network, overrides_of(dict(settings))).network
    except SpecError:
        return None
    return network


def tensors_of(network: Network) -> Shapes | None:
    """The shapes of the tensors of a network, counters aside; None if they are too many to be listed."""
    try:
        return without_counters({name: tensor.shape for name, tensor in state(network)})
    except TooManyLayers:
        return None


def entries() -> Iterator[ShippedNetwork]:
    """The entries of the index for the shipped networks as they are now."""
    for path in (*shipped_specs(), *zoo_specs()):
        own = {item.name.text for item in parse(read_source(path)).items if isinstance(item, tree.Definition)}
        for name in networks_of(path):
            yield _entry(name, name in own)


@cache
def shortcuts() -> tuple[str, ...]:
    """The names of the shortcuts in the standard library, and `none`."""
    files = sorted((spec_folder() / "std").glob("*.res"))
    items = [item for path in files for item in parse(read_source(path)).items if isinstance(item, tree.Definition)]
    return ("none", *(item.name.text for item in items if item.kind == "shortcut"))


@cache
def _located(name: str) -> Located:
    """Where a shipped network is; to find that, many files are read."""
    return locate(name)


@cache
def _spec(path: Path, name: str) -> Spec:
    return read_spec(read_source(path, name), import_path=(path.parent,))


def _entry(name: str, own: bool) -> ShippedNetwork:
    network = shipped_network(name, {})
    assert network is not None, name
    shapes = tensors_of(network)
    assert shapes is not None, name
    opened = tuple(found for found in _settings_with_axes(network, shapes) if found is not None)
    axes = [axis for each in opened for axis in each.axes]
    free = {argument.name for argument in network.arguments if _is_free(argument.value)} - {
        each.setting for each in opened
    }
    digests = names_digest(shapes), shapes_digest(shapes, axes)
    sketches = shapes_sketch(shapes), _layouts(network, shapes)
    return ShippedNetwork(name, own and bool(free), input_of(network), len(shapes), *digests, opened, *sketches)


def _layouts(network: Network, shapes: Shapes) -> tuple[str, ...]:
    """The layouts under all shortcuts, since their paths are no smaller part of a network than those of its blocks."""
    others = [shipped_network(network.name, {"shortcut": kind}) for kind in shortcuts() if _has_shortcut(network)]
    found = [tensors_of(other) for other in others if other is not None]
    return tuple(dict.fromkeys(map(layout_sketch, [shapes, *(each for each in found if each is not None)])))


def _has_shortcut(network: Network) -> bool:
    return any(argument.name == "shortcut" for argument in network.arguments)


def _is_free(value: Value) -> bool:
    return isinstance(value, int | ListValue)


def input_of(network: Network) -> str:
    """The shape of the only input as text, such as `3x224x224`; empty if there are several."""
    return "x".join(map(str, network.inputs[0].shape)) if len(network.inputs) == 1 else ""


def _settings_with_axes(network: Network, shapes: Shapes) -> Iterator[OpenAxes | None]:
    for argument in network.arguments:
        if type(argument.value) is int and argument.value > 0:
            yield _axes_of(network, shapes, argument.name, argument.value)
    if len(network.inputs) == 1:
        yield _axes_of(network, shapes, "input", network.inputs[0].shape[0])


def _axes_of(network: Network, shapes: Shapes, setting: str, value: int) -> OpenAxes | None:
    """The axes that have the value as their length, provided that nothing else depends on it."""
    for other in (value + 1, 2 * value):
        changed = shipped_network(network.name, {setting: value_of(setting, other, input_of(network))})
        if changed is None:
            continue
        theirs = tensors_of(changed) or {}
        differing = [(name, axis) for name in shapes for axis in _differing(shapes[name], theirs.get(name, ()))]
        as_given = all(
            (shapes[name][axis], theirs[name][axis]) == (value, other) for name, axis in differing if axis >= 0
        )
        if differing and as_given and shapes.keys() == theirs.keys() and all(axis >= 0 for _, axis in differing):
            return OpenAxes(setting, value, tuple(differing))
        return None
    return None


def _differing(ours: tuple[int, ...], theirs: tuple[int, ...]) -> list[int]:
    if len(ours) != len(theirs):
        return [-1]
    return [axis for axis, (one, other) in enumerate(zip(ours, theirs, strict=True)) if one != other]
