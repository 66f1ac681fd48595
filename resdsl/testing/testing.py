"""A network with weights and a recipe: its errors, in all of the recipe's ways of testing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Unpack, get_args

import numpy as np

from resdsl.data.images import Array, ImageSet, WrongData
from resdsl.data.prepared import Prepared, prepare
from resdsl.data.sets import Given, parts_of
from resdsl.ir.resizing import with_input
from resdsl.ops.base import Shape
from resdsl.recipes.recipe import Recipe, Test
from resdsl.testing.counting import Counts, averaged, counted
from resdsl.testing.scoring import NotTested, Scorer, Scores
from resdsl.testing.views import view_sizes, views

if TYPE_CHECKING:
    from resdsl.net import Net
    from resdsl.weights.selection import Taking

Part = Literal["test", "validation", "train"]
Library = Literal["torch", "onnx"]
PARTS: tuple[Part, ...] = get_args(Part)
LIBRARIES: tuple[Library, ...] = get_args(Library)
BATCH = 256
"""Images at once, unless another number is given."""
_PIXELS = 1 << 26
"""At once, at most: fewer images where their views are large."""
_SIZES_KEPT = 16
"""Of networks at several sizes, those that are kept: for pictures that all differ, they would not fit into memory."""


@dataclass(frozen=True)
class Errors:
    """What one way of testing has found.

    Attributes:
        way: what was looked at and averaged.
        counts: what was counted.
    """

    way: Test
    counts: Counts

    def record(self) -> dict[str, Any]:
        """The errors, as `result.json` has them: shares of images."""
        found: dict[str, Any] = {"error": self.counts.error}
        if self.counts.top5_error is not None:
            found["top5_error"] = self.counts.top5_error
        return found


@dataclass(frozen=True)
class Tested:
    """A network on a split of a data set.

    Attributes:
        network: the name of the network, or of the ONNX file.
        runs_in: the library that computed the scores.
        data: the name of the data set.
        split: which of its images.
        ways: by the names of the ways of testing; the first is the one that is reported.
    """

    network: str
    runs_in: str
    data: str
    split: Part
    ways: Mapping[str, Errors]

    @property
    def reported(self) -> Errors:
        """What the first way has found."""
        return next(iter(self.ways.values()))

    @property
    def images(self) -> int:
        """How many images were tested."""
        return self.reported.counts.images

    @property
    def error(self) -> float:
        """The share of images that are classified wrongly, in the first way of testing."""
        return self.reported.counts.error


def test(
    net: Net | str | Path,
    recipe: Recipe,
    *,
    weights: str | Path | None = None,
    data: Given = None,
    split: Part = "test",
    on: Library | None = None,
    batch: int = BATCH,
    **taking: Unpack[Taking],
) -> Tested:
    """Test a network in each way that a recipe has.

    Args:
        net: a network, or the path of an ONNX file.
        recipe: the data set, what was done to its images, and the ways of testing.
        weights: the weights of the network: a safetensors file or a PyTorch checkpoint; an ONNX file has its own.
        data: the folder of the data set, or the data themselves.
        split: `test`, or `validation` or `train` as the recipe splits the training set.
        on: what computes the scores of a network: `torch`, the default, or `onnx` for its ONNX form in onnxruntime.
        batch: images at once; a matter of memory.
        taking: what is taken from the weight file, as in `Net.to`: `ignore`, `weights_key`, `rename`, `adapt`.

    Raises:
        NotTested: the recipe or the network is for no classifier, weights are missing or without effect, or an ONNX
            file does not take such images.
        resdsl.ir.resizing.FixedSize: the network does not take images of a size that is tested.
        resdsl.weights.fitting.WeightsMismatch: the weights do not fit the network.
        the other errors of `Net.to` about weights.
        resdsl.data.images.WrongData: the data cannot be read, or do not suit the recipe.
        OSError: a file cannot be read.
    """
    if recipe.task != "classification":
        raise NotTested(f'`resdsl test` counts errors of classification; the task of the recipe is "{recipe.task}"')
    scorer = _scorer(net, weights, on, taking)
    parts = parts_of(data, recipe.data.set)
    images = _split_of(prepare(parts, recipe.data), split)
    ways = {name: errors_of(scorer, images, way, batch) for name, way in recipe.test.items()}
    return Tested(scorer.name, scorer.runs_in, recipe.data.set, split, ways)


vars(test)["__test__"] = False  # or pytest would take it for a test where it is imported by name


def errors_of(scorer: Scorer, images: ImageSet, way: Test, batch: int = BATCH) -> Errors:
    """Test on images in one way; raises the errors of `test`."""
    total: Counts | None = None
    for scores, labels in scores_of(scorer, images, way, batch):
        counts = counted(scores, labels)
        total = total + counts if total is not None else counts
    if total is None:
        raise WrongData("there are no images to test on")
    return Errors(way, total)


def scores_of(scorer: Scorer, images: ImageSet, way: Test, batch: int = BATCH) -> Iterator[tuple[Array, Array]]:
    """Scores of images in one way, averaged over views, and their labels, some at once; raises the errors of `test`."""
    pixels = max((height * width for height, width in view_sizes(images.size, way)), default=1)
    batch = max(1, min(batch, _PIXELS // pixels))
    at = lru_cache(_SIZES_KEPT)(scorer.at)
    for start in range(0, len(images), batch):
        part = images[start : start + batch]
        scores = averaged((scored(at, view) for view in views(part, way)), way.average)
        _refuse_few(scorer.name, scores.shape[1], part.targets)
        yield scores, part.targets


def refuse_unfit_views(net: Net, images: ImageSet, ways: Mapping[str, Test]) -> None:
    """Refuse ways of testing that cannot be done, before anything is tested.

    Raises:
        resdsl.data.images.WrongData: a crop does not fit into the images.
        resdsl.ir.resizing.FixedSize: the network does not take views of a size.
    """
    for way in ways.values():
        for size in view_sizes(images.size, way):
            with_input(net.ir, (images.channels, *size))


def scored(at: Callable[[Shape], Scores], groups: list[Array]) -> Array:
    """Scores of images in groups, in their order; all groups of one size at once."""
    places: dict[Shape, list[int]] = {}
    for place, group in enumerate(groups):
        places.setdefault(group.shape[1:], []).append(place)
    found: dict[int, Array] = {}
    for shape, those in places.items():
        scores = at(shape)(np.concatenate([groups[place] for place in those]))
        ends = np.cumsum([len(groups[place]) for place in those])
        found.update(zip(those, np.split(scores, ends[:-1]), strict=True))
    return np.concatenate([found[place] for place in range(len(groups))])


def _refuse_few(name: str, classes: int, labels: Array) -> None:
    if labels.max() >= classes:
        raise WrongData(f"`{name}` yields {classes} scores, but there is an image with the label {labels.max()}")


def _scorer(net: Net | str | Path, weights: str | Path | None, on: Library | None, taking: Taking) -> Scorer:
    if isinstance(net, str | Path):
        from resdsl.testing.in_onnx import OnnxFile

        if weights is not None or any(taking.values()):
            raise NotTested(f"{Path(net).name} has its own weights: others would have no effect")
        if on == "torch":
            raise NotTested(f"{Path(net).name} runs in onnxruntime alone")
        return OnnxFile(Path(net))
    if weights is None:
        raise NotTested(f"name the weights with which `{net.name}` is tested")
    refuse_unsuited(net)
    if on == "onnx":
        from resdsl.testing.in_onnx import InOnnx

        return InOnnx(net, weights, taking)
    from resdsl.testing.in_torch import InTorch

    return InTorch.of(net, weights, **taking)


def refuse_unsuited(net: Net) -> None:
    """Refuse a network that does not classify images.

    Raises:
        NotTested: it has several inputs or outputs, or does not yield scores of classes.
    """
    lasting = [tap for tap in net.ir.outputs if not tap.training]
    if len(net.ir.inputs) != 1 or len(lasting) != 1:
        raise NotTested(f"`{net.name}` has several inputs or outputs; a classifier has one of each")
    shape = net.ir.values[lasting[0].value]
    if len(shape) != 1:
        raise NotTested(f"`{net.name}` yields {'x'.join(map(str, shape))}, not a score for each class")


def _split_of(prepared: Prepared, split: Part) -> ImageSet:
    if split == "validation":
        if prepared.validation is None:
            raise NotTested("the recipe holds no images back: state `data.validation`")
        return prepared.validation
    return prepared.train if split == "train" else prepared.test
