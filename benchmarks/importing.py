"""Run by the Python of another environment: an importer takes ONNX files, and its output for an image of each is kept.

`python importing.py IMPORTER MODEL.onnx IMAGE.npy ...`; the environment has numpy and the importer. The output becomes
`MODEL.npy`; where there is none, the error becomes `MODEL.txt`. An importer that runs nothing yields the shape of the
output only, as an empty array of that shape.
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


def onnx2torch(model: str, image: Array) -> Array:
    """The module of PyTorch that it makes."""
    torch = import_module("torch")
    with torch.no_grad():
        return import_module("onnx2torch").convert(model).eval()(torch.from_numpy(image)).numpy()


def onnx2pytorch(model: str, image: Array) -> Array:
    """The same for a converter of nearly the same name."""
    torch, onnx = import_module("torch"), import_module("onnx")
    with torch.no_grad():
        return import_module("onnx2pytorch").ConvertModel(onnx.load(model)).eval()(torch.from_numpy(image)).numpy()


def onnx2tf(model: str, image: Array) -> Array:
    """TensorFlow Lite, with channels last, as it writes it beside other forms."""
    folder = str(Path(model).with_suffix(".tf"))
    import_module("onnx2tf").convert(model, output_folder_path=folder, non_verbose=True)
    tensorflow = import_module("tensorflow")
    runner = tensorflow.lite.Interpreter(str(Path(folder) / f"{Path(model).stem}_float32.tflite"))
    runner.allocate_tensors()
    (given,), (taken,) = runner.get_input_details(), runner.get_output_details()
    runner.set_tensor(given["index"], _channels_last(image))
    runner.invoke()
    return _channels_first(runner.get_tensor(taken["index"]))


def onnx2keras(model: str, image: Array) -> Array:
    """The model of Keras that it makes."""
    made = import_module("onnx2keras").onnx_to_keras(import_module("onnx").load(model), ["input"])
    return np.asarray(made(image))


def onnx_tf(model: str, image: Array) -> Array:
    """TensorFlow, by the converter of the ONNX project, which is no longer kept up."""
    onnx = import_module("onnx")
    return np.asarray(import_module("onnx_tf.backend").prepare(onnx.load(model)).run(image)[0])


def _channels_last(values: Array) -> Array:
    return np.moveaxis(values, 1, -1)


def _channels_first(values: Array) -> Array:
    return np.moveaxis(values, -1, 1)


IMPORTERS: dict[str, Callable[[Any, Array], Array]] = {
    each.__name__: each
    for each in (
        *(onnxruntime, opencv, openvino, onnxslim, onnxsim, onnx_tool, reference),
        *(onnx2torch, onnx2pytorch, onnx2tf, onnx2keras, onnx_tf),
    )
}


def main() -> None:
    """Run one importer."""
    name, *files = sys.argv[1:]
    for model, image in zip(files[::2], files[1::2], strict=True):
        try:
            np.save(Path(model).with_suffix(".npy"), np.asarray(IMPORTERS[name](model, np.load(image))))
        except Exception as error:  # noqa: BLE001 - each importer has errors of its own
            Path(model).with_suffix(".txt").write_text(f"{type(error).__name__}: {error}", encoding="utf-8")


if __name__ == "__main__":
    main()
