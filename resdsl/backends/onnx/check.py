"""Checks an ONNX file with the package `onnx` and, if installed, with onnxruntime."""

from __future__ import annotations

from pathlib import Path

from resdsl.backends.onnx.recorded import change_of
from resdsl.refusal import Refused


class OnnxMissing(Refused):
    """The package for checking is not installed."""

    of_usage = True

    def __init__(self) -> None:
        super().__init__('checking an ONNX file needs the package onnx: pip install "resdsl[onnx]"')


def fault_of(path: Path) -> str | None:
    """What is wrong with a file; None if nothing is.

    The files that it points into hold the weights that they held when it was written. onnx reads it, checks every node
    against the definition of its operator, and infers all shapes strictly; they must match those in the file.
    onnxruntime opens it as if to run it.

    Raises:
        OnnxMissing: onnx is not installed.
    """
    try:
        from onnx import checker, shape_inference
    except ImportError:
        raise OnnxMissing from None
    if (change := change_of(path)) is not None:
        return change
    try:
        checker.check_model(str(path), full_check=True)
    except (checker.ValidationError, shape_inference.InferenceError) as error:
        return f"onnx rejects it: {_first_line(error)}"
    return _fault_in_onnxruntime(path)


def _fault_in_onnxruntime(path: Path) -> str | None:
    try:
        from onnxruntime import InferenceSession, SessionOptions
    except ImportError:
        return None
    options = SessionOptions()
    options.log_severity_level = 4  # what it finds comes as an error, and is not to be printed as well
    try:
        InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - its errors have no common base
        return f"onnxruntime cannot open it: {_first_line(error)}"
    return None


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
