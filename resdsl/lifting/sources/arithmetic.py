"""Sums, products, differences and quotients of ONNX: joins of values, and learned or constant numbers."""

from __future__ import annotations

import re
from functools import partial
from math import prod

import numpy as np

from resdsl.lifting.graph import FileTensor
from resdsl.lifting.sources.positions import coordinate_axis
from resdsl.lifting.sources.reading import FileCall, NoOp, is_learned, path_of_state, single, small
from resdsl.ops.join import spreads

_JOINS = {"Add": "add", "Sum": "add", "Mul": "mul"}
_NUMBERS = re.compile(r"\d+")


def sum_or_product(call: FileCall) -> None:
    """Add, Sum, Mul, Sub and Div."""
    kind = call.node.op_type
    if len(call.flowing) == len(call.operands):
        _difference(call) if kind == "Sub" else _join(call, _JOINS.get(kind))
    elif len(call.operands) != 2:
        raise NoOp("with a constant among several terms")
    else:
        _with_constant(call, kind)


def _difference(call: FileCall) -> None:
    """The first value, and the second one times minus one."""
    call.settle()
    out, (first, second) = call.node.outputs[0], call.flowing
    if first == second:
        raise NoOp("of a value and itself")
    negative = call.node.outputs[0] = f"{out}/negative"
    call.add("scale", {"factor": -1.0}, [second], path="")
    call.node.outputs[0] = out
    call.flowing = [first, negative]
    _join(call, "add")


def _join(call: FileCall, op: str | None) -> None:
    if op is None:
        raise NoOp("of two values; the language has their sum and their product")
    turned = [call.reading.turned.get(name) for name in call.flowing]
    if all(turned):
        _as_first(call, op, [name for name in turned if name])
        return
    call.settle()
    if len(call.flowing) == 1:
        call.pass_on()
        return
    # What has the shape of the result comes first; the order of a sum and of a product is free.
    names = sorted(call.flowing, key=lambda name: -prod(call.reading.shapes[name]))
    first = call.reading.sample(names[0])
    if call.reading.sample(call.flowing[0]) == first:
        names = call.flowing
    if not all(spreads(call.reading.sample(name), first) for name in names):
        raise NoOp("of values whose shapes do not spread over one of them")
    call.add(op, {}, names)


def _as_first(call: FileCall, op: str, names: list[str]) -> None:
    """A join of values whose channels are last."""
    out, shape = call.node.outputs[0], call.shape
    call.node.outputs[0] = f"{out}/first"
    call.add(op, {}, names)
    call.reading.turned[out] = f"{out}/first"
    call.reading.shapes[out] = shape


def _with_constant(call: FileCall, kind: str) -> None:
    position = 1 if call.flows(0) else 0
    constant = call.constant(position)
    if constant is None:
        raise NoOp("without an operand")
    if position == 0 and kind in ("Sub", "Div"):
        raise NoOp("of a constant and a value")
    if constant.size == 1 and not is_learned(constant.name):
        number = single(float(small(constant).reshape(-1)[0]))
        _with_number(call, kind, number)
    elif kind in ("Sub", "Div"):
        raise NoOp("by a learned constant" if constant.size == 1 else "by a constant of several numbers")
    else:
        _learned(call, constant, "learned_scale" if kind == "Mul" else "learned_bias")


def _with_number(call: FileCall, kind: str, number: float) -> None:
    if kind in ("Mul", "Div"):
        factor = number if kind == "Mul" else single(1 / number)
        if factor == 1:
            call.pass_on()
        else:
            call.add("scale", {"factor": factor})
        return
    term = number if kind == "Add" else -number
    if term == 0:
        call.pass_on()
    else:
        call.leave("of a constant", call.shape, {"term": term})


def _own(call: FileCall, constant: FileTensor) -> FileTensor:
    """A parameter by the name of the module that uses it: an exporter writes equal ones of equal blocks once."""
    owner, _, last = constant.name.rpartition(".")
    scope = call.reading.scope(call.node)
    if owner and scope not in ("", owner) and _NUMBERS.sub("0", scope) == _NUMBERS.sub("0", owner):
        return FileTensor(f"{scope}.{last}", constant.shape, constant.values)
    return constant


def _reshaped(constant: FileTensor, shape: tuple[int, ...]) -> np.ndarray:
    return constant.values().reshape(shape)


def _learned(call: FileCall, constant: FileTensor, op: str) -> None:
    """A number for each channel, or for all of them."""
    reading = call.reading
    first = reading.turned.get(call.flowing[0])
    shape = call.shape if first is None else reading.shapes[first]
    spread = (1,) * (len(shape) - len(constant.shape)) + constant.shape
    wanted = (1, shape[1], *(1,) * (len(shape) - 2)) if first is None else (1, *(1,) * (len(shape) - 2), shape[1])
    if spread != wanted and constant.size != 1:
        if op == "learned_bias" and first is None and coordinate_axis(call, constant):
            return
        raise NoOp("of a constant that is not one number for each channel")
    original = reading.of_file.get(constant.name, constant.shape)
    while len(original) > 1 and original[0] == 1 and original[1:] != (1,) * (len(original) - 1):
        original = original[1:]
    forms = {shape[1:2]: "channels", (shape[1], *(1,) * (len(shape) - 2)): "map", (1,): "one", (): "scalar"}
    form = forms.get(original, "channels" if constant.size > 1 else "one")
    constant = _own(call, constant)
    name = "weight" if op == "learned_scale" else "bias"
    path = path_of_state({name: constant})
    of_module = bool(path) and constant.name.endswith(f".{name}")
    values = partial(_reshaped, constant, original)
    state = {name: FileTensor(constant.name, original, values, made=constant.made)}
    own = constant.name if is_learned(constant.name) else ""
    given = {"shape": form if form != "scalar" or not of_module else "one", "module": of_module or not own}
    where = path if of_module else own
    if first is None:
        call.add(op, given, call.flowing[:1], state, where)
        return
    out, full = call.node.outputs[0], call.shape
    call.node.outputs[0] = f"{out}/first"
    call.add(op, given, [first], state, where)
    reading.turned[out] = f"{out}/first"
    reading.shapes[out] = full
