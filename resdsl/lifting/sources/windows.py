"""Convolutions, pools and means of ONNX: what reads windows of positions, or all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from resdsl.lifting.graph import FileTensor
from resdsl.lifting.sources.computed import standardised_weight
from resdsl.lifting.sources.reading import MOST_FOLDED, FileCall, NoOp
from resdsl.ops.base import Shape
from resdsl.ops.pool import WindowPool
from resdsl.ops.records import ShapeError
from resdsl.ops.registry import op_named
from resdsl.records.checks import Invalid


def conv(call: FileCall) -> None:
    """A convolution; a linear layer over the channels, where its weight was a matrix."""
    state = state_of(call)
    weight, bias = state["weight"], state["bias"]
    if bias is not None and not bias.name and bias.size <= MOST_FOLDED and not bias.values().any():
        # An exporter has made it up for a layer without a bias.
        bias = state["bias"] = None
    if weight is None or len(weight.shape) < 3:
        raise NoOp("it has no weight that is known")
    standardised = standardised_weight(weight)
    if standardised is not None:
        weight = state["weight"] = standardised.weight
        state |= {"gain": standardised.gain} if standardised.gain is not None else {}
    if len(weight.shape) != len(call.shape):
        raise NoOp(f"its weight has {len(weight.shape)} axes, and its input {len(call.shape)}")
    if (
        len(weight.name)
        and len(call.reading.of_file.get(weight.name, weight.shape)) == 2
        and set(weight.shape[2:]) == {1}
    ):
        # A matrix that was reshaped: a linear layer over the channels.
        call.add("channel_fc", {"out": weight.shape[0], "bias": bias is not None}, call.operands[:1], state)
        return
    given = {**_window(call, weight.shape[2:]), "out": weight.shape[0], "groups": call.attribute("group", 1)}
    given |= {"dilation": call.integers("dilations", (1,) * call.axes), "bias": bias is not None}
    given |= _margins(call, given["kernel"], given["stride"], given["dilation"])
    if standardised is None:
        call.add("conv", given, call.operands[:1], state)
        return
    given |= {"eps": standardised.eps, "gain": standardised.gain is not None, "gamma": standardised.gamma}
    call.add("std_conv", given, [_padded(call, given)], state)


def _padded(call: FileCall, given: dict[str, object]) -> str:
    """What a convolution reads whose padding can only be alike at both ends: the map with other padding around it."""
    after = given.pop("pad_after", None)
    if after is None:
        return call.operands[0]
    before, out, padded = given["pad"], call.node.outputs[0], f"{call.node.outputs[0]}/padded"
    call.node.outputs[0] = padded
    call.add("pad", {"before": before, "after": after}, call.operands[:1], path="")
    call.node.outputs[0], given["pad"] = out, (0,) * call.axes
    return padded


def conv_transpose(call: FileCall) -> None:
    """A transposed convolution, padded alike at both ends."""
    weight, bias = call.constant(1), call.constant(2)
    if weight is None:
        raise NoOp("it has no weight that is known")
    groups = call.attribute("group", 1)
    given = {**_window(call, weight.shape[2:]), "out": weight.shape[1] * groups, "groups": groups}
    given |= {"dilation": call.integers("dilations", (1,) * call.axes), "bias": bias is not None}
    before, after = _pads(call, call.axes)
    if "output_shape" in call.node.attributes or before != after or call.word("auto_pad", "NOTSET") != "NOTSET":
        raise NoOp("its padding is not given in numbers, alike at both ends")
    output = call.integers("output_padding", (0,) * call.axes)
    call.add("conv_transpose", {**given, "pad": before, "output_pad": output}, call.operands[:1], state_of(call))


def state_of(call: FileCall, names: Sequence[str] = ("weight", "bias")) -> dict[str, FileTensor | None]:
    """The tensors of a layer, which are its operands but the first, by PyTorch's names."""
    return {name: call.constant(position) for position, name in enumerate(names, start=1)}


def _window(call: FileCall, kernel: Sequence[int]) -> dict[str, object]:
    return {
        "kernel": call.integers("kernel_shape", kernel),
        "stride": call.integers("strides", (1,) * call.axes),
    }


def _pads(call: FileCall, axes: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    pads = call.integers("pads", (0,) * 2 * axes)
    return pads[:axes], pads[axes:]


def _margins(call: FileCall, kernel: object, stride: object, dilation: object) -> dict[str, object]:
    """The padding of a window, also where the file names a rule for it."""
    rule = call.word("auto_pad", "NOTSET")
    before, after = _pads(call, call.axes)
    if rule == "VALID":
        before = after = (0,) * call.axes
    elif rule in ("SAME_UPPER", "SAME_LOWER"):
        rows = zip(call.shape[2:], kernel, stride, dilation, strict=True)  # type: ignore[call-overload]
        totals = [max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0) for size, k, s, d in rows]
        less, more = tuple(each // 2 for each in totals), tuple(each - each // 2 for each in totals)
        before, after = (less, more) if rule == "SAME_UPPER" else (more, less)
    elif rule != "NOTSET":
        raise NoOp(f"the rule {rule} of padding")
    return {"pad": before, **({"pad_after": after} if after != before else {})}


def pool(op: str, call: FileCall) -> None:
    """A maximum or a mean over windows: what of it is another op comes first."""
    window = _window(call, ())
    kernel, stride = window["kernel"], window["stride"]
    if set(call.integers("dilations", (1,) * call.axes)) != {1}:
        raise NoOp("its window is dilated")
    margins = _margins(call, kernel, stride, (1,) * call.axes)
    unpadded = not any(margins["pad"]) and "pad_after" not in margins  # type: ignore[arg-type]
    rounds_up = bool(call.attribute("ceil_mode"))
    if unpadded and {*kernel, *stride} == {1}:  # type: ignore[misc]
        call.pass_on()
    elif unpadded and tuple(kernel) == call.shape[2:]:  # type: ignore[arg-type]
        call.add(f"global_{op}")
    elif unpadded and set(kernel) == {1} and not rounds_up:  # type: ignore[call-overload]
        call.add("subsample", {"stride": stride})
    else:
        counts = {} if op == "maxpool" else {"count_pad": unpadded or bool(call.attribute("count_include_pad"))}
        given = {**window, **margins, "ceil": rounds_up, **counts}
        call.add(op, _rounded_up(op, given, call.shape[1:]) or given)


def _rounded_up(op: str, given: Mapping[str, object], shape: Shape) -> dict[str, object] | None:
    """A pool that rounds up, in place of one whose padding at the ends comes to the same."""
    if "pad_after" not in given or given["ceil"] or given.get("count_pad"):
        return None
    rounded = {**{name: value for name, value in given.items() if name != "pad_after"}, "ceil": True}
    try:
        made = op_named(op).build(rounded, (shape,))
        ends = map(sum, zip(made.pad, made.overhang((shape,)), strict=True)) if isinstance(made, WindowPool) else ()
    except (Invalid, ShapeError):
        return None
    return rounded if tuple(ends) == given["pad_after"] else None


def reduced(call: FileCall, whole: str, channels: str) -> None:
    """A maximum or a mean over all positions, or over the channels."""
    rank = len(call.shape)
    given = call.integers("axes", ()) or tuple(call.whole(1))
    axes = sorted(call.axis(axis) for axis in given)
    if call.operands[0] in call.reading.turned and axes == list(range(1, rank - 1)):
        _reduced_last(call, whole)
        return
    call.settle()
    keeps = call.attribute("keepdims", 1)
    if axes == list(range(2, rank)) and rank > 2:
        call.add(whole)
        if not keeps:
            _then(call, "flatten")
    elif axes == [1] and (keeps or rank > 2):
        call.add(channels)
        if not keeps:
            _then(call, "reshape", {"to": call.shape[2:]})
    elif len(axes) == 1 and axes[0] > 2 and not keeps:
        (axis,) = axes
        call.leave(f"over the axis {axis}", (*call.shape[:axis], *call.shape[axis + 1 :]), {"axis": axis})
    else:
        which = f"the axis {axes[0]}" if len(axes) == 1 else f"the axes {', '.join(map(str, axes))}"
        raise NoOp(f"over {which}, and not over all positions, or the channels")


def _reduced_last(call: FileCall, whole: str) -> None:
    """A maximum or a mean over all positions of a value whose channels are last."""
    reading, out = call.reading, call.node.outputs[0]
    first, keeps = reading.turned[call.operands[0]], call.attribute("keepdims", 1)
    call.node.outputs[0] = f"{out}/first" if keeps else out
    call.add(whole, {}, [first])
    if not keeps:
        _then(call, "flatten")
        return
    batch, channels, *ones = reading.shapes[f"{out}/first"]
    reading.turned[out], reading.shapes[out] = f"{out}/first", (batch, *ones, channels)


def _then(call: FileCall, op: str, given: Mapping[str, object] | None = None) -> None:
    """What was pooled, in the shape that an op gives it: without its axes of one."""
    node = call.reading.nodes[-1]
    pooled = f"{node.outputs[0]}/pooled"
    call.reading.shapes[pooled] = call.reading.shapes.pop(node.outputs[0])
    node.outputs[0] = pooled
    call.add(op, given or {}, [pooled], {}, node.path)
