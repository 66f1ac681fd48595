"""The outputs of a model and of the text that was lifted from it, compared where onnxruntime is installed.

The digests of values decide whether a text means its model. What runs is one more witness, which knows nothing of them.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from resdsl.backends.onnx.write import write_onnx
from resdsl.lifting.agreement import MOST_VALUES, Agreement, agreement_of
from resdsl.lifting.lifted import Lifted
from resdsl.lifting.paths import as_output_names
from resdsl.lifting.weights import weights_of

if TYPE_CHECKING:
    import onnxruntime


def compare_outputs(path: Path, found: Lifted) -> Agreement:
    """Run a model and the network that was lifted from it on the same random input.

    Raises:
        LiftDiffers: the outputs differ.
    """
    tensors = [tensor for node in found.graph.nodes for tensor in node.tensors.values()]
    if find_spec("onnxruntime") is None:
        return Agreement(why_not="onnxruntime is not installed")
    if sum(tensor.size for tensor in tensors) > MOST_VALUES:
        return Agreement(why_not="it has too many weights")
    theirs = _session_if_possible(path)
    if theirs is None:
        return Agreement(why_not="onnxruntime cannot open the file")
    read = [given for given in theirs.get_inputs() if given.name not in found.graph.unread]
    of_reals = all(given.type == "tensor(float)" for given in theirs.get_inputs())
    if found.graph.names_of_inputs != [given.name for given in read] or not of_reals:
        return Agreement(why_not="its inputs are not those of the text alone, in float32")
    if [name for name, _ in found.graph.outputs] != as_output_names([made.name for made in theirs.get_outputs()]):
        return Agreement(why_not="it was lifted up to other values than its outputs")
    with TemporaryDirectory() as folder:
        own = Path(folder) / "lifted.onnx"
        write_onnx(found.network, own, weights_of(found), 1)
        ours = _session(own)
        given = _inputs(theirs, found)
        renamed = {our.name: given[their.name] for our, their in zip(ours.get_inputs(), read, strict=True)}
        pairs = list(zip(theirs.run(None, given), ours.run(None, renamed), strict=True))
    return agreement_of(pairs, path.name)


def _session_if_possible(path: Path) -> onnxruntime.InferenceSession | None:
    """A session of somebody's file, in which onnxruntime may not know an operator or its version."""
    try:
        return _session(path)
    except Exception:  # noqa: BLE001 - onnxruntime has no base class of its errors
        return None


def _session(path: Path) -> onnxruntime.InferenceSession:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def _inputs(theirs: onnxruntime.InferenceSession, found: Lifted) -> dict[str, np.ndarray]:
    numbers = np.random.default_rng(0)
    batches = [each.shape[0] for each in theirs.get_inputs()]
    batch = next((size for size in batches if isinstance(size, int)), 1)
    own = zip(found.graph.names_of_inputs, found.graph.inputs.values(), strict=True)
    shapes = {name: (batch, *shape) for name, shape in own}
    for each in theirs.get_inputs():  # what nothing reads is given too
        shapes.setdefault(each.name, tuple([size if isinstance(size, int) else 1 for size in each.shape]))
    return {name: numbers.standard_normal(shape).astype("f4") for name, shape in shapes.items()}
