"""Responses of layers: how far the outputs of convolutions and of residuals spread, as in He et al. 2015, Figure 7."""

from __future__ import annotations

import csv
import io
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import partial
from math import nan
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor, nn

from resdsl.data.images import Array, ImageSet
from resdsl.data.statistics import spread
from resdsl.ir.walk import Step, steps
from resdsl.ops.conv import Filters
from resdsl.ops.norm import Normalisation
from resdsl.recipes.recipe import Augmentation
from resdsl.training.augmentation import undrawn

if TYPE_CHECKING:
    from resdsl.ir.network import Network
    from resdsl.training.engine import Engine

_IMAGES = 256
_NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
COLUMNS = ("layer", "kind", "before", "after")


@dataclass(frozen=True)
class Response:
    """A response that can be measured.

    Attributes:
        layer: the path of the convolution, or of the sum that ends a residual.
        kind: `layer` for the standard deviation of its outputs, after its norm and before anything else; `residual`
            for that of the residual branch, divided by that of what it is added to before any projection; not a number
            where that is constant.
        values: the value that is measured and, of a residual, the one that it is divided by.
    """

    layer: str
    kind: Literal["layer", "residual"]
    values: tuple[str, ...]


def responses_of(network: Network) -> list[Response]:
    """The responses of a network, in the order in which it runs.

    Layers are the convolutions on the main path with kernels larger than 1. Of residuals, those whose branch does not
    end in a layer, but for example in a gate, have none.
    """
    flat = list(steps(network))
    made = {value: step for step in flat for value in step.outputs}
    normed = {step.inputs[0]: step for step in flat if isinstance(step.layer.op, Normalisation)}
    found: list[Response] = []
    for step in flat:
        op = step.layer.op
        if step.role == "main" and isinstance(op, Filters) and max(op.kernel) > 1:
            last = normed.get(step.outputs[0], step)
            found.append(Response(step.path, "layer", last.outputs[:1]))
        elif step.layer.joins == "residual" and step.role == "main":
            branch, shortcut = step.inputs[:2]
            if branch in made and not made[branch].layer.joins:
                found.append(Response(step.path, "residual", (branch, _behind_shortcut(shortcut, made))))
    return found


@torch.no_grad()
def measured_responses(
    module: nn.Module, network: Network, split: ImageSet, engine: Engine, ways: Augmentation | None = None
) -> list[float]:
    """The value of each response over up to 256 images, which are evenly spread over the split.

    Batch norms take the statistics of these images: before training, running statistics mean nothing yet. The module
    is left as it is.

    Args:
        module: the module of the network.
        network: the network.
        split: images as the network takes them.
        engine: that of the run.
        ways: the augmentation, of which images get their size, and nothing that is drawn.
    """
    measured = responses_of(network)
    spreads = _spreads(
        module, network, engine.tensor(_some(split, ways)), {value for one in measured for value in one.values}
    )
    found = []
    for response in measured:
        branch, *beside = (spreads[value] for value in response.values)
        divisor = beside[0] if beside else 1.0
        found.append(branch / divisor if divisor else nan)
    return found


def responses_text(network: Network, before: Iterable[float], after: Iterable[float]) -> str:
    """The responses as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for response, *values in zip(responses_of(network), before, after, strict=True):
        writer.writerow((response.layer, response.kind, *values))
    return text.getvalue()


def _behind_shortcut(value: str, made: Mapping[str, Step]) -> str:
    """What a shortcut begins with."""
    while value in made and made[value].role == "shortcut":
        value = made[value].inputs[0]
    return value


def _some(split: ImageSet, ways: Augmentation | None) -> Array:
    return undrawn(split, spread(len(split), _IMAGES), ways or Augmentation())


def _spreads(module: nn.Module, network: Network, images: Tensor, wanted: set[str]) -> dict[str, float]:
    """The standard deviations of values over images and everything else.

    A value is seen where a module yields it or, of what is no module, such as a sum, where one reads it.
    """
    own = deepcopy(module).eval()
    for part in own.modules():
        if isinstance(part, _NORMS):
            part.train()
    found: dict[str, float] = {}
    calls: dict[str, deque[Step]] = defaultdict(deque)
    for step in steps(network):
        calls[step.path].append(step)

    def reads(path: str, _: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        note(calls[path][0].inputs, inputs)

    def yields(path: str, _: nn.Module, __: object, output: Tensor) -> None:
        note(calls[path].popleft().outputs, (output,))

    def note(names: tuple[str, ...], tensors: tuple[Tensor, ...]) -> None:
        for name, tensor in zip(names, tensors, strict=False):
            if name in wanted and name not in found:
                found[name] = float(tensor.std())

    for path, part in own.named_modules():
        if path in calls:
            part.register_forward_pre_hook(partial(reads, path))
            part.register_forward_hook(partial(yields, path))
    own(images)
    return found
