"""A change of one attribute or operand in a file changes the text, or the file is refused."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import numpy_helper

import resdsl
from resdsl.refusal import Refused

FEW, MANY = 20, 200
NETWORKS = ("resnet20", "preact_cifar", "mobilenet_v3_small", "shufflenet_v2_x0_5")
_UNREAD = ("momentum", "training_mode", "allowzero")
"""What inference does not read, or what has no other value."""


def mutant(model: onnx.ModelProto, seed: int) -> onnx.ModelProto:
    """The model with one attribute, operand or constant of one node changed."""
    draw = random.Random(seed)
    made = onnx.ModelProto()
    made.CopyFrom(model)
    changes = (another_attribute, another_operand, another_kind, another_constant)
    while made == model:
        node = draw.choice(list(made.graph.node))
        draw.choice(changes)(node, made, draw)
    return made


def another_attribute(node: onnx.NodeProto, _model: onnx.ModelProto, draw: random.Random) -> None:
    known = [each for each in node.attribute if each.name not in _UNREAD and (each.ints or each.i or each.f)]
    if not known:
        return
    attribute = draw.choice(known)
    if attribute.ints:
        attribute.ints[draw.randrange(len(attribute.ints))] += 1
    elif attribute.f:
        attribute.f *= 1.5
    else:
        attribute.i += 1


def another_operand(node: onnx.NodeProto, model: onnx.ModelProto, draw: random.Random) -> None:
    """Another value that flows, from before the node."""
    before = [value for each in model.graph.node for value in each.output]
    known = before[: before.index(node.output[0])]
    places = [place for place, value in enumerate(node.input) if value in known]
    if places:
        node.input[draw.choice(places)] = draw.choice(known)


def another_kind(node: onnx.NodeProto, _model: onnx.ModelProto, draw: random.Random) -> None:
    if node.op_type in ("Relu", "Clip", "HardSwish"):
        del node.input[1:]
        node.op_type = draw.choice(["Sigmoid", "Tanh", "LeakyRelu"])


def another_constant(node: onnx.NodeProto, model: onnx.ModelProto, draw: random.Random) -> None:
    """Another number of a shape, of margins or of bounds; weights are no part of the text."""
    small = [each for each in model.graph.initializer if each.name in node.input and 0 < np.prod(each.dims) < 12]
    if node.op_type in ("Pad", "Reshape", "Slice", "Clip") and small:
        tensor = draw.choice(small)
        numbers = numpy_helper.to_array(tensor).reshape(-1).copy()
        numbers[draw.randrange(numbers.size)] += 1
        tensor.CopyFrom(numpy_helper.from_array(numbers.reshape(tensor.dims), tensor.name))


def body(text: str) -> str:
    """A text without the line that has the hash of the file."""
    return text.partition("\n")[2]


def outputs(model: onnx.ModelProto) -> list[np.ndarray]:
    session = onnxruntime.InferenceSession(model.SerializeToString())
    given = np.random.default_rng(0).standard_normal((1, *session.get_inputs()[0].shape[1:])).astype("f4")
    found: list[np.ndarray] = session.run(None, {session.get_inputs()[0].name: given})
    return found


def tried(name: str, seeds: range, folder: Path) -> Counter[str]:
    """How many mutants have another text, are refused, or compute the same under the same text."""
    path, found = folder / "net.onnx", Counter[str]()
    resdsl.load(name).to_onnx(path)
    model, text = onnx.load(path), body(resdsl.lift(path, run=False).text)
    for seed in seeds:
        changed = mutant(model, seed)
        onnx.save(changed, path)
        try:
            other = body(resdsl.lift(path, run=False).text)
        except Refused:
            found["refused"] += 1
            continue
        found["lifted" if other != text else "same"] += 1
        if other == text:
            for one, same in zip(outputs(model), outputs(changed), strict=True):
                np.testing.assert_allclose(one, same, rtol=1e-5, err_msg=f"seed {seed}")
    return found


def test_mutants_have_other_texts(tmp_path: Path) -> None:
    found = tried("resnet20", range(FEW), tmp_path)
    assert found["lifted"] >= FEW // 3
    assert found["same"] <= FEW // 10


@pytest.mark.lifts
@pytest.mark.parametrize("name", NETWORKS)
def test_hundreds_of_mutants_have_other_texts(name: str, tmp_path: Path) -> None:
    count = MANY // len(NETWORKS)
    found = tried(name, range(1000, 1000 + count), tmp_path)
    assert found["lifted"] >= count // 4
    assert found["same"] <= count // 10


def test_the_file_itself_has_the_same_text(tmp_path: Path) -> None:
    path = Path(resdsl.load("resnet20").to_onnx(tmp_path / "net.onnx"))
    model = onnx.load(path)
    text = body(resdsl.lift(path, run=False).text)
    model.producer_name = "another"
    model.graph.doc_string = "words"
    onnx.save(model, path)
    assert body(resdsl.lift(path, run=False).text) == text
