"""The operators of ONNX as ops of the language, one function for each family of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import inf, prod

from resdsl.lifting.graph import FileTensor
from resdsl.lifting.sources.axes import FORMS
from resdsl.lifting.sources.positions import adaptive_mean, gather
from resdsl.lifting.sources.reading import FileCall, NoOp, is_learned, single
from resdsl.lifting.sources.windows import conv, conv_transpose, pool, reduced, state_of

Operator = Callable[[FileCall], None]


def _pass_on(call: FileCall) -> None:
    call.pass_on()


def _dropout(call: FileCall) -> None:
    """Dropout is left out of most files for inference; where it stands, the text has it too."""
    given = call.numbers(1)
    rate = single(given[0]) if given else call.real("ratio", 0.5)
    if rate:
        call.add("dropout", {"rate": rate}, call.operands[:1])
    else:
        call.pass_on()


def _plain(op: str, call: FileCall) -> None:
    """An op without parameters."""
    call.add(op)


def _leave(call: FileCall) -> None:
    """What an idiom may know."""
    call.leave("", call.shape)


def _adaptive(op: str, call: FileCall) -> None:
    """A pool by the sizes that it yields, which PyTorch has and ONNX has not."""
    call.add(op, {"to": call.integers("output_size", ())}, call.operands[:1])


def _norm(op: str, names: Sequence[str], call: FileCall) -> None:
    if call.attribute("training_mode"):
        raise NoOp("it normalises by the batch, as in training")
    given: dict[str, object] = {"eps": _rounded(call.real("epsilon", 1e-5))}
    if op == "bn":
        given |= _momentum(call)
    if op == "group_norm":
        given["groups"] = call.attribute("num_groups", 1)
        weight = call.constant(1)
        if weight is None or weight.shape != call.shape[1:2]:
            raise NoOp("it has a scale for each group, not for each channel")
    call.add(op, given, call.operands[:1], state_of(call, names))


def _momentum(call: FileCall) -> dict[str, object]:
    """The fraction of the running statistics that a step replaces: ONNX has the rest of it; none if it is no such."""
    replaced = round(1 - call.real("momentum", 0.9), 6)
    return {"momentum": replaced} if 0 < replaced <= 1 else {}


def _instance_norm(call: FileCall) -> None:
    """A norm of each channel by itself, or a part of one over groups of them."""
    eps, state = _rounded(call.real("epsilon", 1e-5)), state_of(call)
    if any(constant is not None and is_learned(constant.name) for constant in state.values()):
        call.add("group_norm", {"groups": call.shape[1], "eps": eps}, call.operands[:1], state)
    else:
        call.leave("", call.shape, {"eps": eps}, state)


def _rounded(eps: float) -> float:
    """An eps of a few digits that was written in single precision, with an error in its last bit."""
    short = float(f"{eps:.4g}")
    return short if abs(short - eps) <= 2.5e-7 * eps else eps


def _layer_norm(call: FileCall) -> None:
    if call.attribute("axis", -1) not in (-1, len(call.shape) - 1):
        raise NoOp("over several axes together")
    weight = call.constant(1)
    first = call.reading.turned.get(call.operands[0])
    if first is None and len(call.shape) != 2:
        raise NoOp("over the last axis, which is not that of the channels")
    if weight is None or call.constant(2) is None:
        raise NoOp("without a learned scale and shift")
    _turned(call, "layer_norm", {"eps": call.real("epsilon", 1e-5)}, state_of(call))


def _turned(call: FileCall, op: str, given: Mapping[str, object], state: Mapping[str, FileTensor | None]) -> None:
    """An op over the channels, applied to a value that may have its channels last, as what it yields then has too."""
    reading, out = call.reading, call.node.outputs[0]
    first = reading.turned.get(call.operands[0])
    if first is None:
        call.add(op, given, call.operands[:1], state)
        return
    shape = call.shape
    call.node.outputs[0] = f"{out}/first"
    call.add(op, given, [first], state)
    made = reading.shapes[f"{out}/first"]
    reading.turned[out] = f"{out}/first"
    reading.shapes[out] = (*shape[:-1], made[1])


def _gemm(call: FileCall) -> None:
    if (call.real("alpha", 1.0), call.real("beta", 1.0), call.attribute("transA")) != (1.0, 1.0, 0):
        raise NoOp("with factors")
    weight = call.constant(1)
    if weight is None or len(call.shape) != 2:
        raise NoOp("of a value that is no flat vector")
    turned = call.attribute("transB")
    call.add(
        "fc",
        {"out": weight.shape[0 if turned else 1], "bias": call.constant(2) is not None},
        call.operands[:1],
        {"weight": _matrix(weight, turned=not turned), "bias": call.constant(2)},
    )


def _matrix(weight: FileTensor, *, turned: bool) -> FileTensor:
    """The matrix of a linear layer as PyTorch has it: outputs x inputs."""
    if not turned:
        return weight
    return FileTensor(weight.name, weight.shape[::-1], lambda: weight.values().T)


def _matmul(call: FileCall) -> None:
    if len(call.flowing) == 2:
        call.settle()
        call.add("matmul")
        return
    weight = call.constant(1) if call.flows(0) else None
    if weight is None or len(weight.shape) != 2:
        raise NoOp("of a constant and a value")
    state = {"weight": _matrix(weight, turned=True)}
    if len(call.shape) == 2:
        call.add("fc", {"out": weight.shape[1], "bias": False}, call.operands[:1], state)
    elif call.operands[0] in call.reading.turned:
        _turned(call, "channel_fc", {"out": weight.shape[1], "bias": False}, state)
    else:
        raise NoOp("along the last axis, which is not that of the channels")


def _einsum(call: FileCall) -> None:
    """Queries times learned vectors for the distances to keys along an axis, or means over uneven windows."""
    if adaptive_mean(call):
        return
    found = re.fullmatch(r"bhd([uvw]+),([uvw])kd->bhk\1", call.word("equation", "").replace(" ", ""))
    weight = call.constant(1)
    if found is None or weight is None or len(weight.shape) != 3:
        raise NoOp(f"of the equation {call.word('equation', '')}")
    axis, out, shape = 2 + found[1].index(found[2]), call.node.outputs[0], call.shape
    call.node.outputs[0] = f"{out}/logits"
    whole = call.reading.constants.get(weight.name, weight)  # before the vectors of each distance were gathered
    call.add("relative_logits", {"axis": axis}, call.operands[:1], {"weight": whole})
    call.node.outputs[0] = out
    call.add("reshape", {"to": (shape[1], weight.shape[1], *shape[3:])}, [f"{out}/logits"], {})


def _clip(call: FileCall) -> None:
    low = call.real("min", -inf) if "min" in call.node.attributes else next(iter(call.numbers(1)), -inf)
    high = call.real("max", inf) if "max" in call.node.attributes else next(iter(call.numbers(2)), inf)
    if (low, high) == (-inf, inf):
        call.pass_on()
    elif low == 0 and high > 1e30:
        call.add("relu")
    elif (low, high) == (0, 6):
        call.add("relu6")
    elif inf in (-low, high):
        raise NoOp("with one bound")
    else:
        call.add("clip", {"low": low, "high": high})


def _softmax(call: FileCall) -> None:
    axis = call.axis(call.attribute("axis", -1 if call.reading.opset >= 13 else 1))
    several = call.reading.opset < 13 and prod(call.shape[axis + 1 :]) != 1
    if axis == 0 or several:
        raise NoOp("over several axes together")
    call.add("softmax", {"axis": axis - 1})


def _gelu(call: FileCall) -> None:
    if call.word("approximate", "none") != "none":
        raise NoOp("approximated by a hyperbolic tangent; `gelu` of the language is the exact one")
    call.add("gelu")


def _prelu(call: FileCall) -> None:
    slope = call.constant(1)
    if slope is None or slope.size not in (1, call.shape[1]) or (slope.size == 1 and call.shape[1] != 1):
        raise NoOp("with one slope for all channels")
    flat = FileTensor(slope.name, (slope.size,), lambda: slope.values().reshape(-1))
    call.add("prelu", {}, call.operands[:1], {"weight": flat})


def _with(op: str, names: Mapping[str, tuple[str, float]], call: FileCall) -> None:
    """An op with numbers, by the attributes that have them."""
    call.add(op, {name: call.real(attribute, usual) for name, (attribute, usual) in names.items()})


def _hard_sigmoid(call: FileCall) -> None:
    slope = call.real("alpha", 0.2)
    # A sixth of float32, as exporters write it.
    call.add("hard_sigmoid", {"slope": 1 / 6 if abs(slope - 1 / 6) < 1e-6 else slope, "offset": call.real("beta", 0.5)})


def _response_norm(call: FileCall) -> None:
    given = {"alpha": call.real("alpha", 1e-4), "beta": call.real("beta", 0.75), "k": call.real("bias", 1.0)}
    call.add("local_response_norm", {"size": call.attribute("size", 5), **given})


_BN = ("weight", "bias", "running_mean", "running_var")
OPERATORS: dict[str, Operator] = {
    **FORMS,
    "Conv": conv,
    "ConvTranspose": conv_transpose,
    "MaxPool": partial(pool, "maxpool"),
    "AveragePool": partial(pool, "avgpool"),
    "AdaptiveAveragePool": partial(_adaptive, "adaptive_avgpool"),
    "AdaptiveMaxPool": partial(_adaptive, "adaptive_maxpool"),
    "GlobalAveragePool": partial(_plain, "global_avgpool"),
    "GlobalMaxPool": partial(_plain, "global_maxpool"),
    "ReduceMean": partial(reduced, whole="global_avgpool", channels="channel_mean"),
    "ReduceMax": partial(reduced, whole="global_maxpool", channels="channel_max"),
    "BatchNormalization": partial(_norm, "bn", _BN),
    "GroupNormalization": partial(_norm, "group_norm", ("weight", "bias")),
    "InstanceNormalization": _instance_norm,
    "LayerNormalization": _layer_norm,
    "LRN": _response_norm,
    **{
        kind: partial(_plain, op)
        for kind, op in {
            "Relu": "relu",
            "Sigmoid": "sigmoid",
            "Tanh": "tanh",
            "Softplus": "softplus",
            "Mish": "mish",
            "HardSwish": "hard_swish",
        }.items()
    },
    "LeakyRelu": partial(_with, "leaky_relu", {"slope": ("alpha", 0.01)}),
    "Elu": partial(_with, "elu", {"alpha": ("alpha", 1.0)}),
    "HardSigmoid": _hard_sigmoid,
    "Clip": _clip,
    "Einsum": _einsum,
    "Gather": gather,
    "PRelu": _prelu,
    "Gelu": _gelu,
    "Softmax": _softmax,
    "Erf": _leave,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "Identity": _pass_on,
    "Dropout": _dropout,
    "Cast": _pass_on,
    "CastLike": _pass_on,
}
