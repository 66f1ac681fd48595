"""The functions of PyTorch that stack values along an axis of their own, take them apart, and sum them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import prod

from resdsl.lifting.sources.reading import NoOp
from resdsl.lifting.sources.torch_call import TorchCall

_MOST_PARTS = 16
"""The most parts that are added one by one where they are summed."""


def _unbind(call: TorchCall) -> None:
    """Parts along an axis, without this axis."""
    shape, axis = call.value("input").shape, call.axis("dim")
    parts = [f"{value.name}/part" if value.name else "" for value in call.yields]
    call.node("Split", call.names("input"), parts, axis=axis, split=(1,) * shape[axis])
    for part, value in zip(parts, call.yields, strict=True):
        if part:
            call.node("Reshape", [part, call.constant(list(value.shape))], [value.name])


def _stack(call: TorchCall) -> None:
    """Values side by side along an axis of their own."""
    axis = call.axis("dim", len(call.yields[0].shape))
    forms = []
    for place, value in enumerate(call.tensors("tensors")):
        forms.append(f"{call.name}/{place}/form")
        shape = call.constant([*value.shape[:axis], 1, *value.shape[axis:]])
        call.node("Reshape", [value.name, shape], [forms[-1]])
    call.node("Concat", forms, axis=axis)


def _sum(call: TorchCall) -> None:
    """Few parts of the channels are added; all else is a mean, times what there is of it."""
    if call.given.get("dim") in (None, []):
        raise NoOp("of all values together")
    shape, sizes = call.value("input").shape, call.constant(list(call.yields[0].shape))
    axes = sorted(axis % len(shape) for axis in call.sizes("dim"))
    if axes != [1] or not 1 < shape[1] <= _MOST_PARTS:
        count, mean = prod(shape[axis] for axis in axes), f"{call.name}/mean"
        call.node("ReduceMean", call.names("input"), [mean], axes=tuple(axes), keepdims=call.whole("keepdim"))
        call.node("Mul", [mean, call.constant(float(count))])
        return
    parts = [f"{call.name}/{place}/part" for place in range(shape[1])]
    forms = [f"{part}/form" for part in parts]
    call.node("Split", call.names("input"), parts, axis=1, split=(1,) * shape[1])
    for part, form in zip(parts, forms, strict=True):
        call.node("Reshape", [part, sizes], [form])
    call.node("Sum", forms)


def _select(call: TorchCall) -> None:
    """One place along an axis, without this axis."""
    shape, axis, part = call.value("input").shape, call.axis("dim"), f"{call.name}/part"
    start = call.whole("index") % shape[axis]
    ends = [call.constant([number]) for number in (start, start + 1, axis)]
    call.node("Slice", [*call.names("input"), *ends], [part])
    call.node("Reshape", [part, call.constant(list(call.yields[0].shape))])


PARTS: Mapping[str, Callable[[TorchCall], None]] = {
    "unbind": _unbind,
    "stack": _stack,
    "sum": _sum,
    "select": _select,
}
