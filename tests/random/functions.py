"""Every op of the language as a function of torch, written from its definition in docs/ops.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import product
from math import comb, prod
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

Tensors = dict[str, Tensor]
CONV = (None, F.conv1d, F.conv2d, F.conv3d)
MAX = (None, F.max_pool1d, F.max_pool2d, F.max_pool3d)


@dataclass(frozen=True)
class Op:
    """An op's parameters by name, as JSON has them, and what it holds."""

    given: dict[str, Any]
    held: Tensors
    training: bool

    def __getitem__(self, name: str) -> Any:
        return self.given[name]


Function = Callable[..., list[Tensor]]
FUNCTIONS: dict[str, Function] = {}


def of(name: str) -> Callable[[Callable[..., Tensor]], Callable[..., Tensor]]:
    """Enter a function with one output under an op's name."""

    def enter(function: Callable[..., Tensor]) -> Callable[..., Tensor]:
        FUNCTIONS[name] = lambda *given: [function(*given)]
        return function

    return enter


def axes_of(x: Tensor) -> int:
    return x.dim() - 2


def each(channels: Tensor, x: Tensor) -> Tensor:
    """One number per channel, as a factor of a map."""
    return channels.reshape(-1, *(1,) * axes_of(x))


@of("std_conv")
def std_conv(op: Op, x: Tensor) -> Tensor:
    weight = op.held["weight"]
    over = tuple(range(1, weight.dim()))
    centred = weight - weight.mean(over, keepdim=True)
    weight = centred / torch.sqrt(centred.square().mean(over, keepdim=True) + op["eps"])
    if op["gain"]:
        weight = weight * op.held["gain"] * op["gamma"] / prod(weight.shape[1:]) ** 0.5
    return FUNCTIONS["conv"](Op(op.given, {**op.held, "weight": weight}, op.training), x)[0]


@of("conv")
def conv(op: Op, x: Tensor) -> Tensor:
    function: Any = CONV[axes_of(x)]
    rest = {name: tuple(op[name]) for name in ("stride", "dilation")}
    x = _framed(x, op, op.given.get("pad_mode", "zeros"))
    found: Tensor = function(x, op.held["weight"], op.held.get("bias"), groups=op["groups"], **rest)
    return found


def _framed(x: Tensor, op: Op, mode: str, outside: float = 0.0) -> Tensor:
    """The map with its padding, axis by axis by the positions that are read."""
    for axis, (before, after) in enumerate(zip(op["pad"], op.given.get("pad_after", op["pad"]), strict=True), start=2):
        size = x.shape[axis]
        places = torch.arange(-before, size + after)
        inside = places % size if mode == "circular" else places.clamp(0, size - 1)
        if mode == "reflect":
            inside = torch.where(places.abs() < size, places.abs(), 2 * (size - 1) - places)
        here = ((places == inside) | (mode != "zeros")).reshape(-1, *(1,) * (x.dim() - axis - 1))
        x = torch.where(here, x.index_select(axis, inside), outside)
    return x


@of("conv_transpose")
def conv_transpose(op: Op, x: Tensor) -> Tensor:
    """What every input element adds to the outputs around it, tap by tap."""
    groups, (batch, channels, *sizes) = op["groups"], x.shape
    weight = op.held["weight"].reshape(groups, channels // groups, -1, prod(op["kernel"]))
    taps = torch.einsum("bgi...,giot->tbgo...", x.reshape(batch, groups, -1, *sizes), weight)
    rows = list(zip(*(op[name] for name in ("kernel", "stride", "dilation", "pad", "output_pad")), strict=True))
    whole = [(size - 1) * s + d * (k - 1) + 1 + more for size, (k, s, d, _, more) in zip(sizes, rows, strict=True)]
    found = x.new_zeros(batch, op["out"], *whole)
    for tap, place in zip(taps, product(*(range(k) for k, *_ in rows)), strict=True):
        there = tuple(
            slice(at * d, at * d + (size - 1) * s + 1, s)
            for at, size, (_, s, d, *_) in zip(place, sizes, rows, strict=True)
        )
        spread = torch.zeros_like(found)
        spread[(slice(None), slice(None), *there)] = tap.reshape(batch, op["out"], *sizes)
        found = found + spread
    for axis, (_, _, _, pad, _) in enumerate(rows, start=2):
        found = found.narrow(axis, pad, found.shape[axis] - 2 * pad)
    return found + each(op.held["bias"], found) if op["bias"] else found


@of("fc")
def fc(op: Op, x: Tensor) -> Tensor:
    found = x.reshape(len(x), -1) @ op.held["weight"].T
    return torch.add(found, op.held["bias"]) if op["bias"] else found


@of("channel_fc")
def channel_fc(op: Op, x: Tensor) -> Tensor:
    found = torch.einsum("oc,nc...->no...", op.held["weight"], x)
    return found + each(op.held["bias"], found) if op["bias"] else found


@of("bn")
def bn(op: Op, x: Tensor) -> Tensor:
    mean, var = op.held["running_mean"], op.held["running_var"]
    if op.training:
        over = [axis for axis in range(x.dim()) if axis != 1]
        momentum, count = op["momentum"], x.numel() // x.shape[1]
        batch = x.var(over, unbiased=False)
        with torch.no_grad():
            op.held["num_batches_tracked"] += 1
            mean.lerp_(x.mean(over), momentum)
            var.lerp_(batch * count / (count - 1), momentum)
        mean, var = x.mean(over), batch
    normal: Tensor = (x - each(mean, x)) / each(var + op["eps"], x).sqrt()
    return normal * each(op.held["weight"], x) + each(op.held["bias"], x)


@of("frozen_bn")
def frozen_bn(op: Op, x: Tensor) -> Tensor:
    scale = op.held["weight"] / torch.sqrt(op.held["running_var"] + op["eps"])
    return x * each(scale, x) + each(op.held["bias"] - op.held["running_mean"] * scale, x)


@of("group_norm")
def group_norm(op: Op, x: Tensor) -> Tensor:
    groups = x.reshape(len(x), op["groups"], -1)
    mean = groups.mean(2, keepdim=True)
    normal = ((groups - mean) / torch.sqrt(_variance(groups, mean) + op["eps"])).reshape(x.shape)
    return normal * each(op.held["weight"], x) + each(op.held["bias"], x)


def _variance(groups: Tensor, mean: Tensor) -> Tensor:
    if groups.dtype != torch.float32:
        return groups.var(2, unbiased=False, keepdim=True)
    # float32 is what onnxruntime's noise is measured by, and it takes one square from another: where the values of a
    # group are nearly equal, hardly a digit is left.
    return (groups.square().mean(2, keepdim=True) - mean.square()).clamp(min=0)


@of("layer_norm")
def layer_norm(op: Op, x: Tensor) -> Tensor:
    spread = torch.sqrt(x.var(1, unbiased=False, keepdim=True).add(op["eps"]))
    normal = (x - x.mean(1, keepdim=True)) / spread
    return normal * each(op.held["weight"], x) + each(op.held["bias"], x)


@of("local_response_norm")
def local_response_norm(op: Op, x: Tensor) -> Tensor:
    half, channels = op["size"] // 2, x.shape[1]
    around = [x[:, max(c - half, 0) : c + half + 1].square().sum(1) for c in range(channels)]
    base = torch.add(torch.stack(around, 1) * (op["alpha"] / op["size"]), op["k"])
    return x / base.pow(op["beta"])


@of("prelu")
def prelu(op: Op, x: Tensor) -> Tensor:
    return torch.where(x > 0, x, x * each(op.held["weight"], x))


@of("maxpool")
def maxpool(op: Op, x: Tensor) -> Tensor:
    function: Any = MAX[axes_of(x)]
    pad = tuple(op["pad"])
    if "pad_after" in op.given:
        x, pad = _framed(x, op, "zeros", -torch.inf), (0,) * axes_of(x)
    found: Tensor = function(x, tuple(op["kernel"]), tuple(op["stride"]), pad, ceil_mode=op["ceil"])
    return found


@of("avgpool")
def avgpool(op: Op, x: Tensor) -> Tensor:
    """Sums over windows by elements: where a window ends beyond the padding, what is there never counts."""
    ones = torch.ones_like(x[:1, :1])
    counted = _framed(ones, op, "zeros", 1.0 if op["count_pad"] else 0.0)
    return _windows(_framed(x, op, "zeros"), op) / _windows(counted, op)


def _windows(x: Tensor, op: Op) -> Tensor:
    """The sum over each window, axis by axis."""
    for axis, (kernel, stride, pad) in enumerate(zip(op["kernel"], op["stride"], op["pad"], strict=True), start=2):
        size = x.shape[axis]
        last = (size - kernel) // stride
        if op["ceil"] and (size - kernel) % stride and (last + 1) * stride < size - pad:
            last += 1
        starts = [window * stride for window in range(last + 1)]
        x = torch.stack([x.narrow(axis, at, min(kernel, size - at)).sum(axis) for at in starts], axis)
    return x


@of("global_avgpool")
def global_avgpool(op: Op, x: Tensor) -> Tensor:
    return x.mean(tuple(range(2, x.dim())), keepdim=True)


@of("global_maxpool")
def global_maxpool(op: Op, x: Tensor) -> Tensor:
    # The first of equal maxima gets the gradient, as in PyTorch's pools.
    flat = x.flatten(2)
    return flat.gather(2, flat.argmax(2, keepdim=True)).reshape(*x.shape[:2], *(1,) * axes_of(x))


def adaptive(x: Tensor, sizes: Sequence[int], take: Callable[[Tensor, int], Tensor]) -> Tensor:
    """Windows from floor(p * n / m) to ceil((p + 1) * n / m), axis by axis."""
    for axis, to in enumerate(sizes, start=2):
        size = x.shape[axis]
        ends = [(p * size // to, -(-(p + 1) * size // to)) for p in range(to)]
        x = torch.stack([take(x.narrow(axis, start, end - start), axis) for start, end in ends], axis)
    return x


@of("adaptive_avgpool")
def adaptive_avgpool(op: Op, x: Tensor) -> Tensor:
    return adaptive(x, op["to"], lambda window, axis: window.mean(axis))


@of("adaptive_maxpool")
def adaptive_maxpool(op: Op, x: Tensor) -> Tensor:
    return adaptive(x, op["to"], lambda window, axis: window.max(axis)[0])


@of("add")
def add(op: Op, *values: Tensor) -> Tensor:
    return reduce(torch.add, values)


@of("mul")
def mul(op: Op, *values: Tensor) -> Tensor:
    return reduce(torch.mul, values)


@of("matmul")
def matmul(op: Op, a: Tensor, b: Tensor) -> Tensor:
    return torch.einsum("...mk,...kn->...mn", a, b)


@of("relative_logits")
def relative_logits(op: Op, x: Tensor) -> Tensor:
    """Key by key along the axis, with the vectors of its distances to all places."""
    axis, weight = op["axis"] + 1, op.held["weight"]
    size = x.shape[axis]
    rows = []
    for key in range(size):
        vectors = torch.stack([weight[key - place + size - 1] for place in range(size)], 1)
        spread = vectors.reshape(-1, *[size if each == axis else 1 for each in range(3, x.dim())])
        rows.append((x * spread).sum(2).flatten(2))
    return torch.stack(rows, 2).reshape(*x.shape[:2], *[size if each == axis else 1 for each in range(3, x.dim())], -1)


@of("concat")
def concat(op: Op, *values: Tensor) -> Tensor:
    return torch.cat(values, 1)


@of("channel_mean")
def channel_mean(op: Op, x: Tensor) -> Tensor:
    return x.sum(1, keepdim=True) / x.shape[1]


@of("channel_max")
def channel_max(op: Op, x: Tensor) -> Tensor:
    return x.amax(1, keepdim=True)


@of("channel_shuffle")
def channel_shuffle(op: Op, x: Tensor) -> Tensor:
    return torch.stack(x.chunk(op["groups"], 1), 2).reshape(x.shape)


@of("slice_channels")
def slice_channels(op: Op, x: Tensor) -> Tensor:
    return x.narrow(1, op["start"], op["end"] - op["start"])


def split(op: Op, x: Tensor) -> list[Tensor]:
    return list(x.reshape(len(x), op["parts"], -1, *x.shape[2:]).unbind(1))


FUNCTIONS["split"] = split


@of("reshape")
def reshape(op: Op, x: Tensor) -> Tensor:
    return x.reshape(len(x), *op["to"])


@of("permute")
def permute(op: Op, x: Tensor) -> Tensor:
    """Axis by axis from the first, each to its place."""
    letters = "abcd"[: x.dim() - 1]
    return torch.einsum(f"n{letters}->n{''.join(letters[axis] for axis in op['order'])}", x)


@of("shift")
def shift(op: Op, x: Tensor) -> Tensor:
    """Every position by where it reads; zeros where that is nowhere."""
    axis = op["axis"] + 1
    places = torch.arange(x.shape[axis]) - op["by"]
    inside = places.clamp(0, x.shape[axis] - 1)
    there = (places == inside).to(x.dtype).reshape(-1, *(1,) * (x.dim() - axis - 1))
    moved: Tensor = x.index_select(axis, inside) * there
    return moved


@of("coords")
def coords(op: Op, x: Tensor) -> Tensor:
    """Ranks along each axis, from the first and from the last, over the number of steps."""
    for axis, size in enumerate(x.shape[2:]):
        ranks = torch.arange(size, dtype=x.dtype)
        along = (ranks - ranks.flip(0)) / max(size - 1, 1)
        channel = along.reshape(-1, *(1,) * (axes_of(x) - axis - 1)).expand(len(x), 1, *x.shape[2:])
        x = torch.cat([x, channel], 1)
    return x


@of("subsample")
def subsample(op: Op, x: Tensor) -> Tensor:
    for axis, stride in enumerate(op["stride"], start=2):
        x = x.index_select(axis, torch.arange(0, x.shape[axis], stride))
    return x


@of("pad")
def pad(op: Op, x: Tensor) -> Tensor:
    """Every axis by the positions that it reads; zeros where there are none."""
    for axis, (before, after) in enumerate(zip(op["before"], op["after"], strict=True), start=2):
        size = x.shape[axis]
        places = torch.arange(-before, size + after)
        inside = places.clamp(0, size - 1)
        if op["mode"] == "reflect":
            inside = torch.where(places.abs() < size, places.abs(), 2 * (size - 1) - places)
        found = x.index_select(axis, inside)
        there = ((places == inside) | (op["mode"] != "zeros")).to(x.dtype)
        x = found * there.reshape(-1, *(1,) * (x.dim() - axis - 1))
    return x


@of("pad_channels")
def pad_channels(op: Op, x: Tensor) -> Tensor:
    missing = op["out"] - x.shape[1]
    before = missing // 2 if op["zeros"] == "both" else 0
    zeros = [x.new_zeros(len(x), count, *x.shape[2:]) for count in (before, missing - before)]
    return torch.cat([zeros[0], x, zeros[1]], 1)


@of("upsample")
def upsample(op: Op, x: Tensor) -> Tensor:
    for axis, factor in enumerate(op["factor"], start=2):
        x = x.repeat_interleave(factor, axis) if op["mode"] == "nearest" else _between(x, axis, factor)
    return x


def _between(x: Tensor, axis: int, factor: int) -> Tensor:
    """Linear interpolation between the centres of elements along an axis."""
    size = x.shape[axis]
    at = ((torch.arange(size * factor, dtype=x.dtype) + 0.5) / factor - 0.5).clamp(0, size - 1)
    low = at.floor().long()
    share = (at - low).reshape(-1, *(1,) * (x.dim() - axis - 1))
    return x.index_select(axis, low) * (1 - share) + x.index_select(axis, (low + 1).clamp(max=size - 1)) * share


@of("resize")
def resize(op: Op, x: Tensor) -> Tensor:
    for axis, size in enumerate(op["size"], start=2):
        before = x.shape[axis]
        if op["mode"] == "nearest":
            x = x.index_select(axis, torch.arange(size) * before // size)
            continue
        at = ((torch.arange(size, dtype=x.dtype) + 0.5) * before / size - 0.5).clamp(0, before - 1)
        low = at.floor().long()
        share = (at - low).reshape(-1, *(1,) * (x.dim() - axis - 1))
        high = (low + 1).clamp(max=before - 1)
        x = x.index_select(axis, low) * (1 - share) + x.index_select(axis, high) * share
    return x


@of("pixel_shuffle")
def pixel_shuffle(op: Op, x: Tensor) -> Tensor:
    factor, (batch, channels, height, width) = op["factor"], x.shape
    parts = x.reshape(batch, channels // factor**2, factor, factor, height, width)
    return parts.permute(0, 1, 4, 2, 5, 3).reshape(batch, -1, height * factor, width * factor)


@of("blur")
def blur(op: Op, x: Tensor) -> Tensor:
    for axis, (kernel, stride) in enumerate(zip(op["kernel"], op["stride"], strict=True), start=2):
        size = x.shape[axis]
        places = torch.arange(-((kernel - 1) // 2), size + kernel // 2).abs()
        reflected = x.index_select(axis, torch.where(places < size, places, 2 * (size - 1) - places))
        weights = [comb(kernel - 1, entry) / 2 ** (kernel - 1) for entry in range(kernel)]
        spread = [reflected.narrow(axis, entry, size) * weight for entry, weight in enumerate(weights)]
        x = reduce(torch.add, spread).index_select(axis, torch.arange(0, size, stride))
    return x


def _same(op: Op, x: Tensor) -> Tensor:
    return x


def _dropped(op: Op, x: Tensor) -> Tensor:
    assert op["rate"] == 0 or not op.training, "what is drawn in training has no one result"
    return x


def _spread(held: Tensor, x: Tensor) -> Tensor:
    """One number for all, or one per channel, whatever the shape it is kept in."""
    return held.reshape(()) if held.numel() == 1 else each(held.flatten(), x)


of("learned_scale")(lambda op, x: x * _spread(op.held["weight"], x))
of("learned_bias")(lambda op, x: x + _spread(op.held["bias"], x))
of("identity")(_same)
of("dropout")(_dropped)
of("drop_path")(_dropped)
of("flatten")(lambda _, x: x.reshape(len(x), prod(x.shape[1:])))
of("scale")(lambda op, x: x * op["factor"])
of("relu")(lambda _, x: torch.where(x > 0, x, 0 * x))
of("relu6")(lambda _, x: F.hardtanh(x, 0.0, 6.0))
of("clip")(lambda op, x: torch.where((x > op["low"]) & (x < op["high"]), x, x.detach().clamp(op["low"], op["high"])))
of("leaky_relu")(lambda op, x: torch.where(x > 0, x, x * op["slope"]))
of("elu")(lambda op, x: F.elu(x, op["alpha"]))
of("gelu")(lambda _, x: x * (1 + torch.erf(x / 2**0.5)) / 2)
of("silu")(lambda _, x: x * torch.sigmoid(x))
of("hard_swish")(lambda _, x: F.hardswish(x))
of("hard_sigmoid")(
    lambda op, x: F.hardtanh(x * op.given.get("slope", 1 / 6) + op.given.get("offset", 0.5), min_val=0.0, max_val=1.0)
)
of("sigmoid")(lambda _, x: torch.sigmoid(x))
of("tanh")(lambda _, x: torch.tanh(x))
of("softplus")(lambda _, x: F.softplus(x))
of("mish")(lambda _, x: x * torch.tanh(F.softplus(x)))
of("softmax")(lambda op, x: torch.softmax(x, 1 + op.given.get("axis", 0)))
