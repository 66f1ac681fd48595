"""Scores by onnxruntime: of a network written as ONNX, or of an ONNX file from anywhere. Needs no PyTorch."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np

from resdsl.backends.onnx.recorded import change_of
from resdsl.data.images import Array
from resdsl.interrupts import clearing
from resdsl.ir.resizing import with_input
from resdsl.ops.base import Shape
from resdsl.testing.scoring import NotTested, Scores
from resdsl.weights.selection import Taking

if TYPE_CHECKING:
    from resdsl.net import Net


@dataclass(frozen=True)
class InOnnx:
    """A network with the weights in a file, as `Net.to_onnx` writes it."""

    net: Net
    weights: str | Path
    taking: Taking = field(default_factory=Taking)
    runs_in = "onnxruntime"

    @property
    def name(self) -> str:
        """The name of the network."""
        return self.net.name

    def at(self, shape: Shape) -> Scores:
        """What gives scores to images of a shape.

        Raises:
            resdsl.ir.resizing.FixedSize: the network does not take such images.
            the errors of `Net.to_onnx`.
        """
        sized = replace(self.net, ir=with_input(self.net.ir, shape))
        with TemporaryDirectory() as folder, clearing(partial(rmtree, folder, ignore_errors=True)):
            file = sized.to_onnx(Path(folder) / "model.onnx", weights=self.weights, **self.taking)
            return _scores(_opened(file))


@dataclass(frozen=True)
class OnnxFile:
    """An ONNX file with one input, images, of which the last output are scores."""

    path: Path
    runs_in = "onnxruntime"

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path.name

    def at(self, shape: Shape) -> Scores:
        """What gives scores to images of a shape.

        Raises:
            NotTested: the file cannot be opened, does not take such images, or points to weights that changed.
        """
        if (change := change_of(self.path)) is not None:
            raise NotTested(f"{self.name} is not what it was: {change}")
        session = _opened(self.path)
        given = session.get_inputs()
        if len(given) != 1:
            raise NotTested(f"{self.name} has {len(given)} inputs, but images are one")
        taken = given[0].shape
        fits = len(taken) == 1 + len(shape) and all(
            not isinstance(size, int) or size == wanted for size, wanted in zip(taken[1:], shape, strict=True)
        )
        if not fits:
            found = "x".join(map(str, taken[1:]))
            raise NotTested(
                f"{self.name} takes inputs of {found}, and cannot be given {'x'.join(map(str, shape))}; "
                "for other sizes, test the spec with its weights"
            )
        if isinstance(taken[0], int):
            raise NotTested(f"{self.name} takes batches of {taken[0]} alone; write it with a dynamic batch axis")
        return _scores(session)


def _opened(path: Path) -> Any:
    try:
        from onnxruntime import InferenceSession, SessionOptions
    except ImportError:
        raise NotTested('testing an ONNX file needs onnxruntime: pip install "resdsl[onnx]"') from None
    path.stat()
    options = SessionOptions()
    options.log_severity_level = 4  # what it finds comes as an error
    try:
        return InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - its errors have no common base
        reason = str(error).strip().partition("\n")[0]
        raise NotTested(f"onnxruntime cannot open {path.name}: {reason}") from None


def _scores(session: Any) -> Scores:
    entry, last = session.get_inputs()[0].name, session.get_outputs()[-1].name

    def scores(images: Array) -> Array:
        found: Array = session.run([last], {entry: np.ascontiguousarray(images, np.float32)})[0]
        return found

    return scores
