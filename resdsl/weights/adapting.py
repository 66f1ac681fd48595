"""Kernels of a weight file fitted to a network of other input channels, or of one more axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from resdsl.ir.network import Network
from resdsl.ir.walk import Step, steps
from resdsl.ops.base import Shape
from resdsl.ops.conv import Convolution
from resdsl.refusal import Refused
from resdsl.weights.source import Values

STEM, INFLATE = "stem", "inflate"
Change = Callable[[Values], Values]


class InvalidAdaptation(Refused):
    """Kernels cannot be adapted as asked, or there are none that need it."""


@dataclass(frozen=True, slots=True)
class Adapted:
    """Kernels of a file that are changed as they are read.

    Attributes:
        changes: what makes the values of the network of those of the file, by names of tensors, in order.
        shapes: the shapes that these tensors then have.
        notes: what was done, in sentences.
    """

    changes: Mapping[str, tuple[Change, ...]]
    shapes: Mapping[str, Shape]
    notes: tuple[str, ...]


def _sum(values: Values, channels: int) -> Values:
    total: Values = values.sum(1, keepdims=True)
    return total


def _mean(values: Values, channels: int) -> Values:
    mean = values.mean(1, keepdims=True) * (values.shape[1] / channels)
    return np.repeat(mean, channels, 1)


def _cycle(values: Values, channels: int) -> Values:
    turns = np.arange(channels) % values.shape[1]
    turned: Values = values[:, turns] * (values.shape[1] / channels)
    return turned


WAYS: Mapping[str, tuple[Callable[[Values, int], Values], str]] = {
    "sum": (_sum, "the sum over the channels of the file"),
    "mean": (_mean, "the mean over the channels of the file in each, times {old}/{new}"),
    "cycle": (_cycle, "the channels of the file in turn, times {old}/{new}"),
}
"""How kernels for other input channels are made. The sum over all channels is that of the file, unless channels of the
file are not used equally often."""


def adapted(network: Network, held: Mapping[str, Shape | None], adapt: tuple[str, ...]) -> Adapted:
    """What is done to the kernels of a file for a network.

    Args:
        network: the network.
        held: the shapes of the tensors of the file, by the names that they have in the network.
        adapt: `stem` for the convolutions that read the input, with `=sum`, `=mean` or `=cycle` behind it or without;
            `inflate` for kernels that have one axis less than the network.

    Raises:
        InvalidAdaptation: the name is unknown or listed twice, or there is nothing to adapt.
    """
    named = [_parsed(each) for each in adapt]
    if len({name for name, _ in named}) < len(named):
        raise InvalidAdaptation("an adaptation is listed twice")
    convolutions = [step for step in steps(network) if isinstance(step.layer.op, Convolution)] if named else []
    shapes: dict[str, Shape | None] = dict(held)
    after: dict[str, Shape] = {}
    changes: dict[str, tuple[Change, ...]] = {}
    notes = []
    for name, way in sorted(named, reverse=True):  # the stem first: it keeps the number of axes
        found = _inflated(convolutions, shapes) if name == INFLATE else _stems(network, convolutions, shapes, way)
        done = list(found)
        if not done:
            raise InvalidAdaptation(_idle(name))
        for tensor, shape, change, _ in done:
            shapes[tensor] = after[tensor] = shape
            changes[tensor] = (*changes.get(tensor, ()), change)
        notes += _notes(name, [(tensor, text) for tensor, _, _, text in done])
    return Adapted(changes, after, tuple(notes))


def _parsed(text: str) -> tuple[str, str]:
    name, equals, way = text.partition("=")
    if name not in (STEM, INFLATE) or (equals and (name == INFLATE or way not in WAYS)):
        ways = ", ".join(f"`{STEM}={way}`" for way in WAYS)
        raise InvalidAdaptation(f"`{text}` is no adaptation; there are `{STEM}`, {ways} and `{INFLATE}`")
    return name, way


Done = tuple[str, Shape, Change, str]
"""A tensor, its shape afterwards, what is done to it, and that in words."""


def _stems(network: Network, convolutions: list[Step], shapes: Mapping[str, Shape | None], way: str) -> Iterator[Done]:
    """The convolutions that read an input, or the first one, where the file has other input channels."""
    inputs = {given.name for given in network.inputs}
    reading = [step for step in convolutions if inputs.intersection(step.inputs)]
    for step in {each.path: each for each in reading or convolutions[:1]}.values():
        name, shape, channels = f"{step.path}.weight", shapes.get(f"{step.path}.weight"), step.shapes[0][0]
        groups = step.layer.op.groups if isinstance(step.layer.op, Convolution) else 1
        if shape is None or len(shape) < 2 or shape[1] == channels // groups:
            continue
        if groups > 1:
            raise InvalidAdaptation(f"`{step.path}` has {groups} groups of input channels: `{STEM}` does not adapt it")
        if not shape[1]:
            raise InvalidAdaptation(f"`{name}` has no input channels in the file: there is nothing to adapt")
        chosen = way or ("sum" if channels == 1 else "cycle")
        if chosen == "sum" and channels != 1:
            raise InvalidAdaptation(f"`{STEM}=sum` makes one input channel, but `{step.path}` has {channels}")
        made, words = WAYS[chosen]
        text = f"{shape[1]} input channels became {channels}: {words.format(old=shape[1], new=channels)} ({chosen})"
        yield name, (shape[0], channels, *shape[2:]), _of_channels(made, channels), text


def _of_channels(made: Callable[[Values, int], Values], channels: int) -> Change:
    return lambda values: made(values, channels)


def _inflated(convolutions: list[Step], shapes: Mapping[str, Shape | None]) -> Iterator[Done]:
    """The convolutions whose kernels are flat in the file and have a depth in the network."""
    for path, op in {step.path: step.layer.op for step in convolutions}.items():
        shape = shapes.get(f"{path}.weight")
        if not isinstance(op, Convolution) or shape is None or len(shape) != 4 or len(op.kernel) != 3:
            continue
        depth = op.kernel[0]
        yield f"{path}.weight", (*shape[:2], depth, *shape[2:]), _of_depth(depth), f"depth {depth}"


def _of_depth(depth: int) -> Change:
    return lambda values: np.repeat(values[:, :, np.newaxis] / depth, depth, 2)


def _notes(name: str, done: list[tuple[str, str]]) -> list[str]:
    if name == STEM:
        return [f"`{tensor}`: {text}" for tensor, text in done]
    count = f"{len(done)} kernels" if len(done) > 1 else "1 kernel"
    return [f"{count} of the file repeated along the new axis and divided by the depth"]


def _idle(name: str) -> str:
    if name == STEM:
        return "no convolution of the input has other channels in the file: to adapt the stem would have no effect"
    return "no kernel of the file has two axes where the network has three: to inflate would have no effect"
