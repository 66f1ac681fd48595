"""The index of shipped networks: for each a line with digests of its tensors, and the axes that settings determine.

It is a file of the package, made by `python -m tests.identifying.renew`; a test compares it with the networks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from resdsl.identifying.signature import Axis
from resdsl.settings import Setting

INDEX = Path(__file__).with_name("index.json")


@dataclass(frozen=True, slots=True)
class OpenAxes:
    """The axes whose length is the value of a setting, such as those of the classes in the head.

    Attributes:
        setting: a parameter, or `input`: then the length is that of its channels.
        default: the value in the network as it is shipped.
        axes: the axes.
    """

    setting: str
    default: int
    axes: tuple[Axis, ...]


@dataclass(frozen=True, slots=True)
class ShippedNetwork:
    """A shipped network in the index.

    Attributes:
        network: its name, by which it is found in the catalogue.
        family: whether it has a definition of its own with parameters that depth, width or kinds of layers depend on.
        input: its input shape as text, such as `3x224x224`; empty if it has several.
        tensors: how many tensors it has, counters aside.
        names: the digest of their names.
        shapes: the digest of names and shapes with all open axes.
        open: the axes that settings determine.
        sketch: the sketch of names and shapes.
        layouts: the sketches of names without numbers, under several shortcuts.
    """

    network: str
    family: bool
    input: str
    tensors: int
    names: str
    shapes: str
    open: tuple[OpenAxes, ...]
    sketch: str
    layouts: tuple[str, ...]


@cache
def shipped_index() -> tuple[ShippedNetwork, ...]:
    """All shipped networks, in the order of the catalogue."""
    return tuple(map(_entry, json.loads(INDEX.read_text(encoding="utf-8"))))


def value_of(setting: str, value: int, shape: str) -> Setting:
    """What to give for a setting: the value itself, or for `input` the shape with as many channels."""
    return with_channels(shape, value) if setting == "input" else value


def with_channels(shape: str, channels: int) -> str:
    """The text of a shape with another number of channels."""
    return f"{channels}x{shape.partition('x')[2]}"


def index_text(entries: Iterator[ShippedNetwork]) -> str:
    """The text of the index, a line for each network."""
    return "[\n" + ",\n".join(json.dumps(_record(entry), separators=(",", ":")) for entry in entries) + "\n]\n"


def _record(entry: ShippedNetwork) -> list[object]:
    opened = [[each.setting, each.default, [list(axis) for axis in each.axes]] for each in entry.open]
    digests = [entry.names, entry.shapes, opened, entry.sketch, entry.layouts]
    return [entry.network, entry.family, entry.input, entry.tensors, *digests]


def _entry(record: list[object]) -> ShippedNetwork:
    network, family, given, tensors, names, shapes, opened, sketch, layouts = record
    axes = tuple(OpenAxes(setting, default, tuple(map(tuple, found))) for setting, default, found in opened)  # type: ignore[attr-defined]
    return ShippedNetwork(network, family, given, tensors, names, shapes, axes, sketch, tuple(layouts))  # type: ignore[arg-type]
