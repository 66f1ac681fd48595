"""A network with weights as an ONNX file in eight-bit integers, and what that costs in accuracy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from resdsl.backends.onnx.check import fault_of
from resdsl.backends.onnx.quantizing import quantize_file
from resdsl.data.images import Array
from resdsl.data.sets import Given
from resdsl.files import replacing
from resdsl.interrupts import clearing
from resdsl.overwriting import PathName, refuse_inputs
from resdsl.quantization.images import Calibration, calibration_of
from resdsl.recipes.recipe import Recipe
from resdsl.refusal import Refused
from resdsl.target import CheckFailed
from resdsl.testing.in_onnx import OnnxFile
from resdsl.testing.testing import refuse_unsuited, scores_of

if TYPE_CHECKING:
    from resdsl.net import Net

EXCLUDED = {
    "dtype": "all values have one type, which would be another",
    "batch": "the accuracy is measured in batches of any size",
    "external_data": "the weights of the file are new ones, and a quarter of the bytes",
    "training": "int8 is for inference",
    "functions": "the quantiser does not look into functions",
    "no_weights": "scales are those of the weights",
}
"""The options of an ONNX file that exclude quantising, each with the reason."""


class NotQuantized(Refused):
    """A network is not quantised as it is asked for."""

    of_usage = True


@dataclass(frozen=True)
class Quantized:
    """An int8 file, and how it compares with float32.

    Attributes:
        path: the file.
        data: the name of the data.
        calibrated: images that scales were chosen by.
        images: other images, that both were compared on.
        agreement: the share of them that have the same first class in both.
        accuracy: the share that float32 classifies rightly; None without labels.
        int8_accuracy: the share that int8 classifies rightly; None without labels.
    """

    path: Path
    data: str
    calibrated: int
    images: int
    agreement: float
    accuracy: float | None = None
    int8_accuracy: float | None = None

    @property
    def loss(self) -> float | None:
        """The loss of accuracy, as a share; negative where int8 is better."""
        if self.accuracy is None or self.int8_accuracy is None:
            return None
        return self.accuracy - self.int8_accuracy


def quantize(
    net: Net,
    path: PathName,
    recipe: Recipe | None = None,
    *,
    weights: PathName,
    data: Given = None,
    reparameterize: bool = False,
    check: bool = False,
    **form: Any,
) -> Quantized:
    """Write a network as an ONNX file in int8, with its batch norms folded, and measure the accuracy.

    The same network, weights and images give the same bytes.

    Args:
        net: a classifier with one input and one output.
        path: the file; an existing file is replaced once the new one is complete.
        recipe: the data set, what is done to its images, and what is looked at; see `calibration_of`.
        weights: trained weights: a safetensors file or a PyTorch checkpoint.
        data: the folder of the data set, the data themselves, or images without labels; see `calibration_of`.
        reparameterize: whether to join branches that are added up, as `Net.to` does.
        check: whether to check the file before it replaces an old one, as `Net.to` does.
        form: further arguments of `Net.to_onnx`: `opset`, `dynamic_hw`, `softmax`.

    Raises:
        NotQuantized: an option excludes quantising, or the images are of another size than the input.
        resdsl.testing.scoring.NotTested: the network is no classifier.
        resdsl.data.images.WrongData: the data cannot be read, or do not suit.
        resdsl.backends.onnx.quantizing.QuantizerMissing: onnx or onnxruntime is not installed.
        resdsl.backends.onnx.quantizing.NoScales: values are not finite for the images.
        resdsl.target.CheckFailed: the file did not pass the check.
        the errors of `Net.to` about weights, branches and files.
    """
    refuse_form(form)
    refuse_unsuited(net)
    if recipe is not None and recipe.task != "classification":
        raise NotQuantized(f'networks that classify are quantised; the task of the recipe is "{recipe.task}"')
    refuse_inputs([path], [*net.files, weights, data if isinstance(data, str | Path) else None])
    calibration = calibration_of(data, recipe)
    with TemporaryDirectory() as folder, clearing(partial(rmtree, folder, ignore_errors=True)):
        plain = Path(folder) / "float32.onnx"
        net.to("onnx", plain, weights=weights, fold_bn=not reparameterize, reparameterize=reparameterize, **form)
        if len([*plain.parent.iterdir()]) > 1:
            raise NotQuantized("weights of two gibibytes or more are not quantised")
        with replacing(path) as new:
            quantize_file(plain, new, _fitting(calibration, net, open_sizes=bool(form.get("dynamic_hw"))))
            if check and (fault := fault_of(new)) is not None:
                raise CheckFailed(f"{path} was not written because it did not pass the check: {fault}")
            return _compared(calibration, Path(path), OnnxFile(plain), OnnxFile(new))


def refuse_form(form: Mapping[str, Any]) -> None:
    """Refuse options of an ONNX file that exclude quantising.

    Raises:
        NotQuantized: there is such an option.
    """
    for option, reason in EXCLUDED.items():
        if form.get(option) not in (None, False):
            raise NotQuantized(f"a file in int8 is not written with {option.replace('_', ' ')}: {reason}")


def _fitting(calibration: Calibration, net: Net, *, open_sizes: bool) -> Iterator[tuple[Array]]:
    """The batches of a calibration, which the network takes."""
    (given,) = net.ir.inputs
    for batch in calibration.batches():
        shape = batch.shape[1:]
        if shape != given.shape and not (open_sizes and shape[0] == given.shape[0]):
            raise NotQuantized(
                f"the network takes {_sized(given.shape)}, and images of {calibration.name} are {_sized(shape)} "
                f"as they are tested ({calibration.way.views})"
            )
        yield (batch,)


def _sized(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))


def _compared(calibration: Calibration, path: Path, plain: OnnxFile, new: OnnxFile) -> Quantized:
    """What both files make of the images that scales were not chosen by."""
    same = right = int8_right = 0
    before, after = (scores_of(file, calibration.test, calibration.way) for file in (plain, new))
    for (scores, labels), (int8_scores, _) in zip(before, after, strict=True):
        first, int8_first = scores.argmax(1), int8_scores.argmax(1)
        same += int((first == int8_first).sum())
        right += int((first == labels).sum())
        int8_right += int((int8_first == labels).sum())
    images = len(calibration.test)
    found = Quantized(path, calibration.name, len(calibration.chosen), images, same / images)
    return (
        replace(found, accuracy=right / images, int8_accuracy=int8_right / images) if calibration.has_labels else found
    )
