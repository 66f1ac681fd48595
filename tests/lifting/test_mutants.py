"""A change of one attribute or operand in a file changes the text, or the file is refused."""

from __future__ import annotations

import random
from pathlib import Path

import onnx
from onnx import numpy_helper

import resdsl
from resdsl.refusal import Refused

COUNT = 20


def mutant(model: onnx.ModelProto, seed: int) -> onnx.ModelProto | None:
    """The model with one node changed; None if that node has nothing to change."""
    draw = random.Random(seed)
    made = onnx.ModelProto()
    made.CopyFrom(model)
    node = draw.choice([node for node in made.graph.node if node.op_type in CHANGES])
    return made if CHANGES[node.op_type](node, made, draw) else None


def another_number(node: onnx.NodeProto, _model: onnx.ModelProto, draw: random.Random) -> bool:
    attribute = draw.choice(list(node.attribute))
    if attribute.name == "epsilon":
        attribute.f = 3e-4
    elif attribute.name in ("strides", "pads", "dilations"):
        place = draw.randrange(len(attribute.ints))
        attribute.ints[place] += 1
    else:
        return False
    return True


def another_kind(node: onnx.NodeProto, _model: onnx.ModelProto, draw: random.Random) -> bool:
    node.op_type = draw.choice(["Sigmoid", "Tanh", "LeakyRelu"])
    return True


def another_value(node: onnx.NodeProto, model: onnx.ModelProto, draw: random.Random) -> bool:
    before = [value for each in model.graph.node for value in each.output]
    node.input[draw.randrange(2)] = draw.choice(before[: before.index(node.output[0])])
    return True


def another_margin(node: onnx.NodeProto, model: onnx.ModelProto, _draw: random.Random) -> bool:
    (tensor,) = (each for each in model.graph.initializer if each.name == node.input[1])
    margins = numpy_helper.to_array(tensor).copy()
    margins[[1, 5]] = margins[[5, 1]]
    tensor.CopyFrom(numpy_helper.from_array(margins, tensor.name))
    return True


CHANGES = {
    "Conv": another_number,
    "BatchNormalization": another_number,
    "MaxPool": another_number,
    "Relu": another_kind,
    "Add": another_value,
    "Pad": another_margin,
}


def test_mutants_have_other_texts(tmp_path: Path) -> None:
    path = tmp_path / "net.onnx"
    resdsl.load("resnet20").to_onnx(path)
    model, text = onnx.load(path), body(resdsl.lift(path, run=False).text)
    tried = lifted = 0
    for seed in range(COUNT):
        changed = mutant(model, seed)
        if changed is None or changed == model:
            continue
        tried += 1
        onnx.save(changed, path)
        try:
            found = body(resdsl.lift(path, run=False).text)
        except Refused:
            continue
        lifted += 1
        assert found != text, seed
    assert tried >= COUNT // 2
    assert lifted >= tried // 3


def body(text: str) -> str:
    """A text without the line that has the hash of the file."""
    return text.partition("\n")[2]


def test_the_file_itself_has_the_same_text(tmp_path: Path) -> None:
    path = Path(resdsl.load("resnet20").to_onnx(tmp_path / "net.onnx"))
    model = onnx.load(path)
    text = body(resdsl.lift(path, run=False).text)
    model.producer_name = "another"
    model.graph.doc_string = "words"
    onnx.save(model, path)
    assert body(resdsl.lift(path, run=False).text) == text
