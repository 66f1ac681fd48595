"""Forms of a network in onnxruntime."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.backends.onnx.quantizing import quantize_file
from resdsl.latency.inputs import random_arrays

if TYPE_CHECKING:
    from resdsl.latency.inputs import Runnable
    from resdsl.latency.turns import Work
    from resdsl.net import Net
    from resdsl.weights.source import Values

_CALIBRATED = 2
"""Random samples that the scales of int8 are from: a time does not depend on them."""


def runnable(net: Net, form: str, weights: str | Path | None, threads: int, folder: Path) -> Runnable:
    """The network in a form of onnxruntime; raises the errors of `Net.to_onnx`, and those of onnxruntime."""
    from onnxruntime import InferenceSession, SessionOptions

    file = net.to_onnx(folder / f"{form}.onnx", weights=weights, fold_bn=True)
    if form == "onnx-int8":
        plain, file = file, folder / "quantized.onnx"
        quantize_file(plain, file, [random_arrays(net, 1, seed) for seed in range(_CALIBRATED)])
    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 4  # what it finds comes as an error
    session = InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    names = [given.name for given in session.get_inputs()]

    def on(arrays: Sequence[Values]) -> Work:
        given = dict(zip(names, arrays, strict=True))

        def once() -> object:
            return session.run(None, given)

        return once

    return on
