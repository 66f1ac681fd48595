"""ONNX files as plain graphs."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.lifting.graph import Draft, FileTensor, PlainGraph, PlainNode, Unmatched
from resdsl.lifting.idioms import simplified
from resdsl.lifting.paths import as_output_name, as_output_names
from resdsl.lifting.refusals import NotLifted, NotReadable, Unknown, UnknownOps
from resdsl.lifting.sources.arithmetic import sum_or_product
from resdsl.lifting.sources.folding import FOLDED, folded, shape_of
from resdsl.lifting.sources.inputs import take_inputs
from resdsl.lifting.sources.later_calls import join_later_calls, join_second_names
from resdsl.lifting.sources.onnx_file import FileModel, FileNode, inlined, read_model
from resdsl.lifting.sources.operators import OPERATORS
from resdsl.lifting.sources.parameters import own_parameters
from resdsl.lifting.sources.reading import FileCall, NoOp, Reading, is_learned, is_state
from resdsl.lifting.sources.sequences import without_sequences
from resdsl.lifting.sources.unknown_calls import reason_for
from resdsl.lifting.sources.wiring import check_wiring
from resdsl.printable import some

if TYPE_CHECKING:
    import numpy as np

_ARITHMETIC = frozenset({"Add", "Sum", "Mul", "Sub", "Div"})
_ON_EITHER = frozenset(
    {
        "LayerNormalization",
        "MatMul",
        "Transpose",
        "Identity",
        "Split",
        "Concat",
        "ReduceMean",
        "ReduceMax",
        *_ARITHMETIC,
    }
)
"""What is read of values with their channels last as of others."""
_EACH = frozenset(
    {"Relu", "Sigmoid", "Tanh", "Softplus", "Mish", "HardSwish", "LeakyRelu", "Elu", "Clip", "Gelu", "Erf", "Dropout"}
)
"""What works on each number by itself, wherever the channels are."""
_KNOWN = frozenset({*OPERATORS, *_ARITHMETIC, *FOLDED, "Shape", "Constant", "ConstantOfShape"})
_JOINS = frozenset({"Concat", *_ARITHMETIC})
_CONTROL = ("If", "Loop", "Scan")
_OF_WEIGHTS = "it computes a weight from others; layers that do so are `std_conv` and `frozen_bn`"


def read_onnx(path: Path, sizes: Mapping[str, Sequence[int]] | None = None, until: Sequence[str] = ()) -> PlainGraph:
    """The plain graph of an ONNX file.

    Args:
        path: the file.
        sizes: shapes of one sample for inputs whose sizes are open in the file; under "" that of the only input.
        until: nodes or values at which to stop, in place of the outputs.

    Raises:
        NotReadable: the file is no model, or not all of one.
        NotLifted: the language cannot say what the model does.
        OSError: the file cannot be opened.
    """
    model = read_model(path)
    model.nodes = without_sequences(inlined(model), model.constants)
    _take_weights(model)
    return graph_of_file(model, path.name, sizes, until)


def graph_of_file(
    model: FileModel, name: str, sizes: Mapping[str, Sequence[int]] | None = None, until: Sequence[str] = ()
) -> PlainGraph:
    """The plain graph of what was read from a file, or of what is said in the same terms; see `read_onnx`.

    Args:
        model: the model, without functions; its nodes may be changed.
        name: what messages call it.
    """
    outputs = _outputs(model, name, until)
    nodes = _needed(model.nodes, outputs)
    check_wiring(nodes, model.nodes, (*model.inputs, *model.constants), outputs)
    reading = Reading(1, dict(model.constants), opset=model.opset)
    reading.of_file = {name: constant.shape for name, constant in model.constants.items()}
    reading.scopes = _scopes(model)
    read = {name for node in nodes for name in node.inputs}.union(outputs)
    if any(node.op_type in _CONTROL for node in nodes):
        read.update(model.inputs)  # which nodes within these may read
    inputs = take_inputs(model, read, dict(sizes or {}), reading)
    for node in nodes:
        _read(node, reading)
    unknown = list(reading.unknown.values())
    if unknown:
        raise UnknownOps(name, unknown)
    return _graph(model, name, reading, inputs, outputs)


def _graph(
    model: FileModel, name: str, reading: Reading, inputs: dict[str, tuple[int, ...]], outputs: Sequence[str]
) -> PlainGraph:
    constant = [model.called.get(output, output) for output in outputs if reading.value(output) in reading.constants]
    if constant:
        raise NotLifted(
            f"{name} yields {some(constant)}, which does not depend on its inputs, as outputs of the language do; "
            "leave it out of what the model returns, or name the other ends with --until"
        )
    ends = [reading.settled(reading.value(output)) for output in outputs]
    join_second_names(reading)
    nodes = simplified(reading.nodes, inputs, ends)
    left = [node for node in nodes if isinstance(node.op, Unmatched)]
    if left:
        raise UnknownOps(name, _unmatched(left))
    own_parameters(nodes)
    join_later_calls(nodes)
    plain = tuple(
        [
            PlainNode(node.op, tuple(node.inputs), tuple(node.outputs), node.path, node.tensors, node.norm)
            for node in nodes
            if not isinstance(node.op, Unmatched)
        ]
    )
    shapes = {
        **inputs,
        **{value: shape for node in nodes for value, shape in zip(node.outputs, node.shapes, strict=True)},
    }
    called = as_output_names([model.called.get(output, output) for output in outputs])
    unread = tuple([name for name in model.inputs if name not in inputs])
    ends_by_name = tuple(zip(called, ends, strict=True))
    return PlainGraph(model.name, inputs, plain, ends_by_name, shapes, _titles(model), unread=unread)


def _unmatched(left: Sequence[Draft]) -> list[Unknown]:
    found: dict[tuple[str, str], Unknown] = {}
    for node in left:
        if isinstance(node.op, Unmatched):
            first = found.get((node.kind, node.op.why))
            count = first.count + 1 if first else 1
            place, path = (first.place, first.path) if first else (node.place, node.path)
            found[node.kind, node.op.why] = Unknown(node.kind, node.op.why, place, path, count)
    return list(found.values())


def _read(node: FileNode, reading: Reading) -> None:
    if any(name and reading.value(name) in reading.lost for name in node.inputs):
        # What is made of something unknown is told only if it is unknown itself.
        if node.op_type not in _KNOWN or _never(node):
            reading.miss(node, _never(node))
        reading.lost.update(node.outputs)
        return
    try:
        if reason := _never(node):
            raise NoOp(reason)
        if _is_constant(node, reading):
            return
        _apply(node, reading)
    except (NoOp, ArithmeticError, LookupError, TypeError, ValueError) as reason:
        # A file may have any numbers anywhere, which is no fault of what reads it.
        reading.miss(node, str(reason) if isinstance(reason, NoOp) else "its operands or attributes do not fit it")
        reading.lost.update(node.outputs)


def _is_constant(node: FileNode, reading: Reading) -> bool:
    # The type of a value is no matter of its numbers.
    names = [reading.value(name) for name in node.inputs[: 1 if node.op_type == "CastLike" else None]]
    if node.op_type == "Shape" and names[0] in reading.shapes:
        reading.constants[node.outputs[0]] = _part_of_shape(node, names[0], reading)
        return True
    if any(name and name not in reading.constants for name in names):
        return False
    given = [reading.constants[name] if name else None for name in names]
    made = folded(node.op_type, node.attributes, given)
    if made is None:
        raise NoOp(_OF_WEIGHTS if any(each and (each.name or each.made) for each in given) else "of constants alone")
    output = node.outputs[0]
    if node.op_type == "Identity" and made.name and is_learned(output):
        # An exporter writes equal tensors once, and gives the others their names by nodes.
        made = replace(made, name=output)
        reading.of_file[output] = made.shape
    reading.constants[output] = made
    return True


def _part_of_shape(node: FileNode, name: str, reading: Reading) -> FileTensor:
    whole = shape_of(name, reading)
    if "start" not in node.attributes and "end" not in node.attributes:
        return whole
    given = {"starts": (node.attributes.get("start", 0),), "ends": (node.attributes.get("end", whole.size),)}
    return folded("Slice", given, [whole]) or whole


def _never(node: FileNode) -> str:
    """Why a node can be no op, whatever it reads; empty if it may be one."""
    if node.why:
        return node.why
    if node.op_type in _CONTROL:
        return "control flow, which a network of the language does not have"
    if node.op_type in ("LSTM", "GRU", "RNN"):
        return reason_for(node.op_type)
    if "quantize" in node.op_type.lower() or node.op_type.startswith("QLinear") or node.op_type.endswith("Integer"):
        return "quantised; lift the file from before it was quantised"
    return f"of the domain {node.domain}" if node.domain not in ("", "ai.onnx") else ""


def _apply(node: FileNode, reading: Reading) -> None:
    call = FileCall(node, reading)
    if not call.flowing:
        raise NoOp("of values that nothing yields")
    if node.op_type in _EACH:
        call.each_number(OPERATORS[node.op_type])
        return
    if node.op_type not in _ON_EITHER:
        call.settle()
    if node.op_type in _ARITHMETIC:
        sum_or_product(call)
    elif node.op_type in OPERATORS:
        OPERATORS[node.op_type](call)
    else:
        raise NoOp(reason_for(node.op_type))


def _outputs(model: FileModel, title: str, until: Sequence[str]) -> list[str]:
    """The values at which the graph ends: outputs of the file, or the first outputs of the nodes that are named."""
    if not until:
        return list(dict.fromkeys(model.outputs))
    of_nodes = {node.name: node.outputs[0] for node in model.nodes if node.outputs}
    of_nodes |= model.ends
    values = {name for node in model.nodes for name in node.outputs}
    ends = []
    for name in until:
        if name not in of_nodes and name not in values:
            from difflib import get_close_matches

            near = get_close_matches(name, [*of_nodes, *values], 1)
            raise NotLifted(f"{title} has no node `{name}`" + (f"; did you mean `{near[0]}`?" if near else ""))
        ends.append(of_nodes.get(name, name))
        model.called[ends[-1]] = as_output_name(name) if name in model.ends else ends[-1]
    made = [value for node in model.nodes for value in node.outputs]
    return sorted(set(ends), key=made.index)


def _needed(nodes: Sequence[FileNode], outputs: Sequence[str]) -> list[FileNode]:
    """The nodes that outputs depend on."""
    wanted = set(outputs)
    kept = []
    for node in reversed(nodes):
        if wanted.intersection(node.outputs):
            wanted.update(node.inputs)
            kept.append(node)
    return kept[::-1]


def _take_weights(model: FileModel) -> None:
    """Take inputs that no node reads as its first operand, of fixed shapes, for weights whose values are elsewhere."""
    if any(node.op_type in _CONTROL for node in model.nodes):
        return
    # A weight may be turned into another form before it is used; where batches are open, what is fixed is a weight.
    fixed = {name for name, shape in model.inputs.items() if None not in shape}
    sure = fixed if len(fixed) < len(model.inputs) else set[str]()
    read = {name for node in model.nodes for name in node.inputs}
    first = {node.inputs[0] for node in model.nodes if node.inputs and not _may_be_weight(node, sure)}
    joined = {name for node in model.nodes if node.op_type in _JOINS for name in node.inputs[1:]}
    batches = {(len(shape), *shape[:1]) for name, shape in model.inputs.items() if name in first}
    first |= {name for name in joined.difference(sure) if _is_batch(name, model.inputs.get(name, ()), batches)}
    for name, shape in list(model.inputs.items()):
        sizes = tuple(size for size in shape if size is not None and size > 0)
        if name in first or name not in read or len(sizes) != len(shape):
            continue
        model.constants[name] = FileTensor(name, sizes, partial(_no_values, name))
        del model.inputs[name]


def _is_batch(name: str, shape: Sequence[int | None], batches: Collection[tuple[int | None, ...]]) -> bool:
    """Whether an input that a node joins to another value has samples too, and is no weight for each channel.

    `batches` are the ranks and batches of inputs that surely have.
    """
    wide = sum([size != 1 for size in shape[1:]])
    return "." not in name and (len(shape), *shape[:1]) in batches and (wide > 1 or len(shape) == 2)


def _may_be_weight(node: FileNode, fixed: Collection[str]) -> bool:
    """Whether the first operand of a node may be a weight that is put into another form."""
    name = node.inputs[0]
    formed = node.op_type in ("Reshape", "Gather") and is_learned(name)
    return is_state(name) or (formed and ("." in name or name in fixed))


def _no_values(name: str) -> np.ndarray:
    raise NotReadable(f"the file has no values for the weight `{name}`, which is an input of it")


def _scopes(model: FileModel) -> dict[str, str]:
    """What files of older versions say of their nodes at the model."""
    return _mapping(model.metadata.get("pkg.torch.onnx.name_scopes", ""))


def _titles(model: FileModel) -> dict[str, str]:
    return _mapping(model.metadata.get("resdsl.titles", ""))


def _mapping(text: str) -> dict[str, str]:
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return {}
    return {key: value for key, value in found.items() if isinstance(value, str)} if isinstance(found, dict) else {}
