"""An ONNX file in eight-bit integers, by the static quantisation of onnxruntime."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from resdsl.refusal import Refused
from resdsl.weights.source import Values

_EXACT_OUTPUTS = ("Gemm", "MatMul", "Softmax")
"""Operators whose outputs stay float32: in 256 steps, many scores of classes would be equal."""


class QuantizerMissing(Refused):
    """The packages that quantise are not installed."""

    of_usage = True

    def __init__(self) -> None:
        super().__init__('quantising needs onnx and onnxruntime: pip install "resdsl[onnx]"')


class NoScales(Refused):
    """There are no scales for the values of a network."""


def quantize_file(plain: Path, new: Path, batches: Iterable[Sequence[Values]]) -> None:
    """Write the int8 form of an ONNX file.

    Values are brought to uint8 by a scale for each tensor, which is that of the extremes over all batches, and weights
    of convolutions and fully connected layers to int8 by a scale for each output channel. The file has standard
    operators alone: pairs of QuantizeLinear and DequantizeLinear, which runtimes join with what is between them.
    Nodes keep their names and their metadata.

    Args:
        plain: the model in float32, with its weights in the file.
        new: the file to write.
        batches: what it is given each time: an array for each input, in their order, the batch first, in float32.

    Raises:
        QuantizerMissing: onnx or onnxruntime is not installed.
        NoScales: values are not finite for the batches.
        the errors of the batches.
    """
    try:
        import onnx
        from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
    except ImportError:
        raise QuantizerMissing from None

    model = onnx.load(plain)
    entries, given = [entry.name for entry in model.graph.input], iter(batches)

    class _Reader(CalibrationDataReader):  # type: ignore[misc]  # onnxruntime has no types
        def get_next(self) -> dict[str, Values] | None:
            batch = next(given, None)
            return None if batch is None else dict(zip(entries, batch, strict=True))

    with _silent(), _naming_values():
        quantize_static(
            plain,
            new,
            _Reader(),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            extra_options={"OpTypesToExcludeOutputQuantization": list(_EXACT_OUTPUTS)},
        )
    made = onnx.load(new)
    _restore(made, model)
    new.write_bytes(made.SerializeToString(deterministic=True))


def _restore(made: Any, model: Any) -> None:
    """Say who made the model as it did before, and keep its metadata."""
    made.producer_name, made.producer_version = model.producer_name, model.producer_version
    del made.metadata_props[:]
    made.metadata_props.extend(model.metadata_props)


@contextmanager
def _naming_values() -> Iterator[None]:
    """Instead of how the quantiser fails, what it fails at: a scale that is no number."""
    try:
        yield
    except Refused:
        raise
    except (AssertionError, ValueError, ArithmeticError):
        raise NoScales(
            "the network has values for these images that are not finite, and no scales: look for NaNs and for values "
            "out of all proportion in the images and in the weights"
        ) from None


@contextmanager
def _silent() -> Iterator[None]:
    """Without the advice of the quantiser, which speaks through the root logger: norms are folded already."""
    root = logging.getLogger()
    before, root.disabled = root.disabled, True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # of arithmetic with values that are not finite
            yield
    finally:
        root.disabled = before
