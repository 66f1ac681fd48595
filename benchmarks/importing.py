"""Run by the Python of another environment: one importer takes one ONNX file, and its output for an image is kept.

`python importing.py IMPORTER MODEL.onnx IMAGE.npy FOUND.npy`; the environment has numpy and the importer. An importer
that runs nothing yields the shape of the output only, as an empty array of that shape.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

Array = Any


def onnxruntime(model: str, image: Array) -> Array:
    """Microsoft's runtime, on the processor."""
    options = import_module("onnxruntime").SessionOptions()
    options.log_severity_level = 3
    session = import_module("onnxruntime").InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: image})[0]


def opencv(model: str, image: Array) -> Array:
    """The module `dnn` of OpenCV."""
    net = import_module("cv2").dnn.readNetFromONNX(model)
    net.setInput(image)
    return net.forward()


def openvino(model: str, image: Array) -> Array:
    """Intel's runtime, on the processor, in float32."""
    compiled = import_module("openvino").Core().compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return compiled([image])[0]


def onnxslim(model: str, image: Array) -> Array:
    """What it makes of the file, run by onnxruntime."""
    slim = str(Path(model).with_suffix(".slim"))
    import_module("onnxslim").slim(model, slim)
    return onnxruntime(slim, image)


def onnxsim(model: str, image: Array) -> Array:
    """The same for onnx-simplifier."""
    made, correct = import_module("onnxsim").simplify(model)
    if not correct:
        raise ValueError("it finds its own result to differ")
    return onnxruntime(made.SerializeToString(), image)


def onnx_tool(model: str, image: Array) -> Array:
    """Counts and infers shapes alone."""
    graph = import_module("onnx_tool").Model(model).graph
    graph.shape_infer({graph.input[0]: image})
    graph.profile()
    return np.empty(graph.tensormap[graph.output[0]].get_shape())


def reference(model: str, image: Array) -> Array:
    """The evaluator of the package onnx, which defines the operators."""
    evaluator = import_module("onnx.reference").ReferenceEvaluator(model)
    return evaluator.run(None, {evaluator.input_names[0]: image})[0]


IMPORTERS: dict[str, Callable[[Any, Array], Array]] = {
    each.__name__: each for each in (onnxruntime, opencv, openvino, onnxslim, onnxsim, onnx_tool, reference)
}


def main() -> None:
    """Run one importer."""
    name, model, image, found = sys.argv[1:]
    np.save(found, np.asarray(IMPORTERS[name](model, np.load(image))))


if __name__ == "__main__":
    main()
