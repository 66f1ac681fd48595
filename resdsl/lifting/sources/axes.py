"""Operators of ONNX that part, join, turn and resize axes, as ops of the language."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import inf, prod

from resdsl.lifting.sources.positions import wrapped_numbers
from resdsl.lifting.sources.reading import FileCall, NoOp

Operator = Callable[[FileCall], None]
_ACROSS = "across the batch; a network of the language describes a single sample"
_PADDING = {"constant": "zeros", "reflect": "reflect", "edge": "replicate", "wrap": "circular"}


def _channels_first(call: FileCall, operator: Operator) -> bool:
    """Apply what parts or joins channels that are last to the values with their channels first; else turn these."""
    reading, outputs = call.reading, call.node.outputs
    first = [reading.turned.get(name, "") for name in call.flowing]
    if not all(first) or call.axis(call.attribute("axis", 1)) != len(call.shape) - 1:
        call.settle()
        return False
    made = [f"{name}/first" if name else "" for name in outputs]
    inputs = [*first, *call.node.inputs[len(first) :]]
    inner = replace(call.node, inputs=inputs, outputs=made, attributes={**call.node.attributes, "axis": 1})
    operator(FileCall(inner, reading))
    for name in outputs:
        if name:
            reading.turned[name] = reading.value(f"{name}/first")
            shape = reading.shapes[reading.turned[name]]
            reading.shapes[name] = (shape[0], *shape[2:], shape[1])
    return True


def _concat(call: FileCall) -> None:
    if len(call.flowing) == len(call.operands) and _channels_first(call, _concat):
        return
    if len(call.flowing) != len(call.operands):
        raise NoOp("with a constant part, such as the token of a class")
    if call.axis(call.attribute("axis", 1)) != 1:
        raise NoOp("along another axis than the channels")
    if len(call.flowing) == 1:
        call.pass_on()
    else:
        call.add("concat")


def _split(call: FileCall) -> None:
    if _channels_first(call, _split):
        return
    if call.axis(call.attribute("axis")) != 1:
        raise NoOp("along another axis than the channels")
    channels = call.shape[1]
    sizes = list(call.integers("split", ())) or (call.whole(1) if len(call.operands) > 1 else [])
    if len(call.operands) > 1 and call.constant(1) is not None and len(sizes) == 1 < channels // sizes[0]:
        # One number is the size of every part.
        sizes = [min(sizes[0], channels - start) for start in range(0, channels, sizes[0])]
        call.node.outputs += [""] * (len(sizes) - len(call.node.outputs))
    names, parts = [name for name in call.node.outputs if name], len(call.node.outputs)
    sizes = sizes or [-(-channels // parts)] * (parts - 1) + [channels - -(-channels // parts) * (parts - 1)]
    if len(names) == parts and len(set(sizes)) == 1 and parts > 1:
        call.add("split", {"parts": parts})
        return
    outputs, start = list(call.node.outputs), 0
    for name, size in zip(outputs, sizes, strict=True):
        if name:
            call.node.outputs = [name]
            call.add("slice_channels", {"start": start, "end": start + size})
        start += size


def _slice(call: FileCall) -> None:
    rank = len(call.shape)
    starts = call.integers("starts", ()) or tuple(call.whole(1))
    ends = call.integers("ends", ()) or tuple(call.whole(2))
    axes = call.integers("axes", ()) or tuple(call.whole(3)) or tuple(range(len(starts)))
    steps = tuple(call.whole(4)) or (1,) * len(starts)
    parts = {
        call.axis(axis): slice(*part).indices(call.shape[axis])
        for axis, *part in zip(axes, starts, ends, steps, strict=True)
    }
    parts = {axis: part for axis, part in parts.items() if part != (0, call.shape[axis], 1)}
    if not parts:
        call.pass_on()
    elif list(parts) == [1] and parts[1][2] == 1:
        call.add("slice_channels", {"start": parts[1][0], "end": parts[1][1]})
    elif (
        0 not in parts
        and 1 not in parts
        and all(
            start == 0 and step > 0 and -(-end // step) == -(-call.shape[axis] // step)
            for axis, (start, end, step) in parts.items()
        )
    ):
        call.add("subsample", {"stride": tuple(parts.get(axis, (0, 0, 1))[2] for axis in range(2, rank))})
    elif len(parts) == 1 and 0 not in parts and all(step == 1 for _, _, step in parts.values()):
        ((axis, (start, end, _)),) = parts.items()
        shape = tuple(end - start if each == axis else size for each, size in enumerate(call.shape))
        call.leave("a part of the positions", shape, {"axis": axis, "start": start, "end": end})
    else:
        raise NoOp("a part of the positions")


def _pad(call: FileCall) -> None:
    mode = _PADDING.get(call.word("mode", "constant"))
    if mode is None:
        raise NoOp(f"of the kind {call.word('mode', '')}")
    rank = len(call.shape)
    pads, axes = call.integers("pads", ()) or tuple(call.whole(1)), tuple(call.whole(3)) or tuple(range(rank))
    before, after = [0] * rank, [0] * rank
    for place, axis in enumerate(axes):
        before[axis], after[axis] = pads[place], pads[place + len(axes)]
    if mode == "zeros" and call.numbers(2) == [-inf] and not any((*before[:2], *after[:2])):
        _lowest(call, before, after)
        return
    if mode == "zeros" and any(call.numbers(2)):
        raise NoOp("with another number than zero; a `maxpool` may be padded with the lowest one")
    if min(*before, *after) < 0:
        _shifted(call, mode, before, after)
        return
    spatial = {"before": tuple(before[2:]), "after": tuple(after[2:])}
    missing = before[1] + after[1]
    if not any((*before, *after)):
        call.pass_on()
    elif before[0] or after[0]:
        raise NoOp("of the batch")
    elif mode == "circular" and not missing:
        shape = tuple(map(sum, zip(before, call.shape, after, strict=True)))
        margins = [wrapped_numbers(axis, before[axis], after[axis]) for axis in range(2, rank)]
        call.leave("of the kind circular", shape, {name: size for each in margins for name, size in each.items()})
    elif not missing:
        call.add("pad", {**spatial, "mode": mode})
    elif mode == "zeros" and not any((*before[2:], *after[2:])) and before[1] in (0, missing // 2):
        zeros = "after" if before[1] == 0 else "both"
        call.add("pad_channels", {"out": call.shape[1] + missing, "zeros": zeros})
    else:
        raise NoOp("channels that stand before those of the map")


def _lowest(call: FileCall, before: list[int], after: list[int]) -> None:
    """Padding that no maximum is of."""
    shape = tuple(map(sum, zip(before, call.shape, after, strict=True)))
    ends = {"start": before, "end": after}
    numbers = {f"{end}{axis}": size for end, sizes in ends.items() for axis, size in enumerate(sizes)}
    call.leave("with the lowest number; a `maxpool` of the language has such padding itself", shape, numbers)


def _shifted(call: FileCall, mode: str, before: list[int], after: list[int]) -> None:
    """What is cut at one end of each axis comes at the other one as zeros: shifts."""
    if mode != "zeros" or any(before[:2]) or any(one != -other for one, other in zip(before, after, strict=True)):
        raise NoOp("with negative padding, which cuts; the language cuts where zeros come at the other end: `shift`")
    axes, out = [axis for axis, size in enumerate(before) if size], call.node.outputs[0]
    value = call.operands[0]
    for axis in axes:
        made = call.node.outputs[0] = out if axis == axes[-1] else f"{out}/shifted{axis}"
        call.add("shift", {"by": before[axis], "axis": axis - 1}, [value])
        value = made


def _reshape(call: FileCall) -> None:
    wanted = call.whole(1) if call.node.op_type == "Reshape" else list(call.integers("shape", ()))
    sizes = [call.shape[at] if size == 0 and at < len(call.shape) else size for at, size in enumerate(wanted)]
    known = prod(size for size in sizes if size != -1)
    _to_shape(call, tuple(prod(call.shape) // max(known, 1) if size == -1 else size for size in sizes))


def _flatten(call: FileCall) -> None:
    if call.axis(call.attribute("axis", 1)) != 1:
        raise NoOp(_ACROSS)
    _to_shape(call, (call.shape[0], prod(call.shape[1:])))


def _squeeze(call: FileCall) -> None:
    axes = (
        call.integers("axes", ()) or tuple(call.whole(1)) or tuple(i for i, size in enumerate(call.shape) if size == 1)
    )
    gone = {call.axis(axis) for axis in axes}
    _to_shape(call, tuple(size for axis, size in enumerate(call.shape) if axis not in gone))


def _unsqueeze(call: FileCall) -> None:
    axes = call.integers("axes", ()) or tuple(call.whole(1))
    rank, shape = len(call.shape) + len(axes), list(call.shape)
    for axis in sorted(call.axis(axis, rank) for axis in axes):
        shape.insert(axis, 1)
    _to_shape(call, tuple(shape))


def _to_shape(call: FileCall, shape: tuple[int, ...]) -> None:
    if not shape or shape[0] != call.reading.batch or prod(shape) != prod(call.shape) or len(shape) < 2:
        raise NoOp(_ACROSS)
    if shape == call.shape:
        call.pass_on()
    elif len(shape) == 2:
        call.add("flatten", {}, call.flowing[:1])
    else:
        call.add("reshape", {"to": shape[1:]}, call.flowing[:1])


def _transpose(call: FileCall) -> None:
    rank, reading, out = len(call.shape), call.reading, call.node.outputs[0]
    order = call.integers("perm", tuple(reversed(range(rank))))
    if order == tuple(range(rank)):
        call.pass_on()
    elif order[0] != 0:
        raise NoOp(_ACROSS)
    elif call.operands[0] in reading.turned and order == (0, rank - 1, *range(1, rank - 1)):
        reading.same[out] = reading.turned[call.operands[0]]
    elif call.operands[0] not in reading.turned and order == (0, *range(2, rank), 1):
        # Channels last: an op may want them so, and else they are turned where it is read.
        reading.turned[out] = call.operands[0]
        reading.shapes[out] = tuple(call.shape[axis] for axis in order)
    else:
        call.settle()
        call.add("permute", {"order": tuple(axis - 1 for axis in order[1:])})


def _resize(call: FileCall) -> None:
    position = 1 if call.node.op_type == "Upsample" else 2
    scales = list(call.node.attributes.get("scales", ())) or call.numbers(position)  # type: ignore[arg-type]
    sizes = call.whole(3) if len(call.operands) > 3 else []
    axes = call.integers("axes", range(len(call.shape)))
    if sizes:
        to = {call.axis(axis): size for axis, size in zip(axes, sizes, strict=True)}
    else:
        to = {call.axis(axis): int(call.shape[axis] * scale) for axis, scale in zip(axes, scales, strict=True)}
    shape = tuple(to.get(axis, size) for axis, size in enumerate(call.shape))
    mode, rule = call.word("mode", "nearest"), call.word("coordinate_transformation_mode", "half_pixel")
    if shape[:2] != call.shape[:2]:
        raise NoOp("of the channels")
    if shape == call.shape:
        call.pass_on()
        return
    whole = all(after % before == 0 for before, after in zip(call.shape[2:], shape[2:], strict=True))
    if mode == "nearest" and (whole or (rule, call.word("nearest_mode", "")) == ("asymmetric", "floor")):
        if whole and rule == "half_pixel" and call.word("nearest_mode", "round_prefer_floor") != "round_prefer_floor":
            raise NoOp("that rounds in another way")
        kind = "nearest"
    elif mode in ("linear", "bilinear") and rule in ("half_pixel", "pytorch_half_pixel") and call.axes == 2:
        kind = "bilinear"
    else:
        raise NoOp(f"{mode} by the rule {rule}")
    if whole:
        factor = tuple(after // before for before, after in zip(call.shape[2:], shape[2:], strict=True))
        call.add("upsample", {"factor": factor, "mode": kind}, call.operands[:1])
    else:
        call.add("resize", {"size": shape[2:], "mode": kind}, call.operands[:1])


def _depth_to_space(call: FileCall) -> None:
    if call.word("mode", "DCR") != "CRD":
        raise NoOp("in the order of depth, column and row")
    call.add("pixel_shuffle", {"factor": call.attribute("blocksize", 1)})


FORMS: dict[str, Operator] = {
    "Concat": _concat,
    "Split": _split,
    "Slice": _slice,
    "Pad": _pad,
    "Reshape": _reshape,
    "Flatten": _flatten,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Transpose": _transpose,
    "Resize": _resize,
    "Upsample": _resize,
    "DepthToSpace": _depth_to_space,
}
