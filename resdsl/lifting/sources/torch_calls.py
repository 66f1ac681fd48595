"""The functions of PyTorch as nodes of ONNX, one function for each family of them.

What follows from shapes alone is settled here. What a node means as an op of the language is said once, for files and
for modules alike, in `operators`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from math import inf

from resdsl.lifting.sources.reading import NoOp
from resdsl.lifting.sources.torch_arithmetic import ARITHMETIC
from resdsl.lifting.sources.torch_call import TorchCall, TorchValue
from resdsl.lifting.sources.torch_parts import PARTS
from resdsl.lifting.sources.unknown_calls import reason_for

Form = Callable[[TorchCall], None]


def _plain(kind: str, call: TorchCall) -> None:
    """A node without attributes."""
    call.node(kind, call.names("input"))


def _conv(call: TorchCall) -> None:
    axes = len(call.value("weight").shape) - 2
    rule = call.given["padding"]
    named = isinstance(rule, str)
    call.node(
        "Conv",
        call.names("input", "weight", "bias"),
        strides=call.sizes("stride", axes),
        dilations=call.sizes("dilation", axes),
        group=call.whole("groups", 1),
        auto_pad={"same": "SAME_UPPER", "valid": "VALID"}[str(rule)] if named else "NOTSET",
        pads=(0,) * 2 * axes if named else call.sizes("padding", axes, 0) * 2,
    )


def _conv_transpose(call: TorchCall) -> None:
    axes = len(call.value("weight").shape) - 2
    call.node(
        "ConvTranspose",
        call.names("input", "weight", "bias"),
        kernel_shape=call.value("weight").shape[2:],
        strides=call.sizes("stride", axes),
        dilations=call.sizes("dilation", axes),
        pads=call.sizes("padding", axes, 0) * 2,
        output_padding=call.sizes("output_padding", axes, 0),
        group=call.whole("groups", 1),
    )


def _batch_norm(call: TorchCall) -> None:
    if call.whole("training"):
        _by_its_own(call)
        return
    if call.given["weight"] is None or call.given["running_mean"] is None:
        raise NoOp("without a learned scale and shift, or without running statistics")
    names = call.names("input", "weight", "bias", "running_mean", "running_var")
    momentum = 1 - call.real("momentum", 0.1)
    call.node("BatchNormalization", names, [call.yields[0].name], epsilon=call.real("eps", 1e-5), momentum=momentum)


def _by_its_own(call: TorchCall) -> None:
    """A norm by the mean and the variance of what it reads, as where weights are standardised."""
    if call.given["running_mean"] is not None:
        raise NoOp("it normalises by the batch, as in training")
    names = call.names("input", "weight", "bias")
    call.node("BatchNormalization", names, [call.yields[0].name], epsilon=call.real("eps", 1e-5), training_mode=1)


def _group_norm(call: TorchCall) -> None:
    if call.given["weight"] is None:
        raise NoOp("without a learned scale and shift")
    names, groups = call.names("input", "weight", "bias"), call.whole("num_groups", 1)
    call.node("GroupNormalization", names, num_groups=groups, epsilon=call.real("eps", 1e-5))


def _layer_norm(call: TorchCall) -> None:
    names, axis = call.names("input", "weight", "bias"), -len(call.sizes("normalized_shape"))
    call.node("LayerNormalization", names, axis=axis, epsilon=call.real("eps", 1e-5))


def _linear(call: TorchCall) -> None:
    """A matrix and a shift; the matrix comes first where the layer is applied to many vectors."""
    if len(call.value("input").shape) == 2:
        call.node("Gemm", call.names("input", "weight", "bias"), transB=1)
        return
    weight = call.value("weight").name
    turned, product = f"{call.name}/weight", f"{call.name}/product"
    out = [call.yields[0].name]
    call.node("Transpose", [weight], [turned], perm=(1, 0))
    call.node("MatMul", [*call.names("input"), turned], out if call.given["bias"] is None else [product])
    if call.given["bias"] is not None:
        call.node("Add", [product, *call.names("bias")])


def _arithmetic(kind: str, call: TorchCall) -> None:
    if call.real("alpha", 1) != 1:
        raise NoOp("with a factor")
    if call.given.get("rounding_mode") is not None:
        raise NoOp("with rounding")
    call.node(kind, call.names("input", "other"))


def _clip(call: TorchCall) -> None:
    low, high = ((name, f"{name}_val")[f"{name}_val" in call.given] for name in ("min", "max"))
    if any(isinstance(call.given.get(name), TorchValue) for name in (low, high)):
        raise NoOp("with bounds that are tensors")
    call.node("Clip", call.names("input"), min=call.real(low, -inf), max=call.real(high, inf))


def _pool(kind: str, call: TorchCall) -> None:
    axes = call.axes
    if call.given.get("divisor_override") is not None:
        raise NoOp("with a divisor of its own")
    kernel = call.sizes("kernel_size", axes)
    call.node(
        kind,
        call.names("input"),
        [call.yields[0].name],
        kernel_shape=kernel,
        strides=call.sizes("stride", axes) if call.given["stride"] else kernel,
        pads=call.sizes("padding", axes, 0) * 2,
        ceil_mode=call.whole("ceil_mode"),
        count_include_pad=call.whole("count_include_pad", 1),
        dilations=call.sizes("dilation", axes),
    )


def _adaptive(kind: str, call: TorchCall) -> None:
    """A pool by the sizes that it yields: windows that are all alike, where it can be one of those."""
    sizes, wanted = call.value("input").shape[2:], call.yields[0].shape[2:]
    names, out = call.names("input"), [call.yields[0].name]
    if set(wanted) == {1}:
        call.node(f"Global{kind}", names, out)
    elif any(size % to for size, to in zip(sizes, wanted, strict=True)):
        call.node(f"Adaptive{kind}", names, out, output_size=wanted)
    else:
        window = tuple(size // to for size, to in zip(sizes, wanted, strict=True))
        call.node(kind, names, out, kernel_shape=window, strides=window)


def _reduced(kind: str, call: TorchCall) -> None:
    if len(call.yields) > 1 and call.yields[1].name:
        raise NoOp("together with the places of the largest")
    shape = call.value("input").shape
    axes = call.sizes("dim", 1) if call.given.get("dim") not in (None, []) else tuple(range(len(shape)))
    axes = tuple(sorted(axis % len(shape) for axis in axes))
    call.node(kind, call.names("input"), [call.yields[0].name], axes=axes, keepdims=call.whole("keepdim"))


def _concat(call: TorchCall) -> None:
    call.node("Concat", [each.name for each in call.tensors("tensors")], axis=call.whole("dim"))


def _split(call: TorchCall) -> None:
    axis = call.whole("dim")
    call.node("Split", call.names("input"), axis=axis, split=tuple(value.shape[axis] for value in call.yields))


def _slice(call: TorchCall) -> None:
    axis, rank = call.whole("dim"), len(call.value("input").shape)
    numbers = [call.whole("start"), call.whole("end", 2**62), axis % rank, call.whole("step", 1)]
    call.node("Slice", [*call.names("input"), *(call.constant([number]) for number in numbers)])


def _narrow(call: TorchCall) -> None:
    start, axis = call.whole("start"), call.whole("dim") % len(call.value("input").shape)
    ends = [start, start + call.whole("length"), axis]
    call.node("Slice", [*call.names("input"), *(call.constant([number]) for number in ends)])


def _to_shape(call: TorchCall) -> None:
    call.node("Reshape", [*call.names("input"), call.constant(list(call.yields[0].shape))])


def _permute(call: TorchCall) -> None:
    rank = len(call.value("input").shape)
    call.node("Transpose", call.names("input"), perm=tuple(axis % rank for axis in call.sizes("dims")))


def _transpose(call: TorchCall) -> None:
    order = list(range(len(call.value("input").shape)))
    one, other = (call.whole(f"axis{end}" if f"axis{end}" in call.given else f"dim{end}") for end in (0, 1))
    order[one], order[other] = order[other], order[one]
    call.node("Transpose", call.names("input"), perm=tuple(order))


def _pad(call: TorchCall) -> None:
    mode = {"constant": "constant", "reflect": "reflect", "replicate": "edge", "circular": "wrap"}[
        str(call.given.get("mode", "constant"))
    ]
    rank, pads = len(call.value("input").shape), call.sizes("pad")
    before, after = ((0,) * (rank - len(pads) // 2) + pads[first::2][::-1] for first in (0, 1))
    names = [*call.names("input"), call.constant([*before, *after]), *call.names("value")]
    call.node("Pad", names, mode=mode)


def _upsample(mode: str, call: TorchCall) -> None:
    rule = "asymmetric"
    if mode == "linear":
        rule = "align_corners" if call.whole("align_corners") else "pytorch_half_pixel"
    sizes = call.constant(list(call.yields[0].shape))
    names = [*call.names("input"), "", "", sizes]
    call.node("Resize", names, mode=mode, coordinate_transformation_mode=rule, nearest_mode="floor")


def _softmax(call: TorchCall) -> None:
    call.node("Softmax", call.names("input"), axis=call.whole("dim"))


def _expand(call: TorchCall) -> None:
    """What is spread over the shape of another value: sums and products do that by themselves."""
    if call.value("input").shape != call.yields[0].shape and not call.readers <= {"add", "sub", "mul", "div"}:
        raise NoOp(reason_for("expand"))
    call.node("Identity", call.names("input"))


def _identity(call: TorchCall) -> None:
    call.node("Identity", call.names("input"))


def _dropout(call: TorchCall) -> None:
    rate = call.real("p", 0.5)
    if rate and call.whole("train"):
        raise NoOp("it drops values in evaluation too, and dropout of the language does in training only")
    if rate and call.kind == "dropout":
        call.node("Dropout", call.names("input"), ratio=rate)
        return
    _identity(call)  # that of whole channels is named by `training_only`


def _random(call: TorchCall) -> None:
    raise NoOp("it draws random numbers, and a network of the language always does the same")


def _leaky(call: TorchCall) -> None:
    call.node("LeakyRelu", call.names("input"), alpha=call.real("negative_slope", 0.01))


def _elu(call: TorchCall) -> None:
    if (call.real("scale", 1), call.real("input_scale", 1)) != (1, 1):
        raise NoOp("with factors")
    call.node("Elu", call.names("input"), alpha=call.real("alpha", 1))


def _softplus(call: TorchCall) -> None:
    if call.real("beta", 1) != 1:
        raise NoOp("with a factor")
    call.node("Softplus", call.names("input"))


def _gelu(call: TorchCall) -> None:
    call.node("Gelu", call.names("input"), approximate=str(call.given["approximate"]))


def _silu(call: TorchCall) -> None:
    gate = f"{call.name}/gate"
    call.node("Sigmoid", call.names("input"), [gate])
    call.node("Mul", [*call.names("input"), gate])


def _prelu(call: TorchCall) -> None:
    call.node("PRelu", call.names("input", "weight"))


def _pixel_shuffle(call: TorchCall) -> None:
    call.node("DepthToSpace", call.names("input"), blocksize=call.whole("upscale_factor", 1), mode="CRD")


def _channel_shuffle(call: TorchCall) -> None:
    batch, channels, *sizes = call.value("input").shape
    groups, parted, turned = call.whole("groups", 1), f"{call.name}/parted", f"{call.name}/turned"
    shape = call.constant([batch, groups, channels // groups, *sizes])
    call.node("Reshape", [*call.names("input"), shape], [parted])
    call.node("Transpose", [parted], [turned], perm=(0, 2, 1, *range(3, 3 + len(sizes))))
    call.node("Reshape", [turned, call.constant([batch, channels, *sizes])])


def _matmul(call: TorchCall) -> None:
    call.node("MatMul", call.names("input", "other", "mat2"))


FORMS: dict[str, Form] = {
    **{f"conv{axes}d": _conv for axes in (1, 2, 3)},
    **{f"conv_transpose{axes}d": _conv_transpose for axes in (1, 2, 3)},
    "batch_norm": _batch_norm,
    "_native_batch_norm_legit_no_training": _batch_norm,
    "group_norm": _group_norm,
    "layer_norm": _layer_norm,
    "linear": _linear,
    **ARITHMETIC,
    "matmul": _matmul,
    "bmm": _matmul,
    **{kind.lower(): partial(_arithmetic, kind) for kind in ("Add", "Sub", "Mul", "Div")},
    **dict.fromkeys(("clamp", "clamp_min", "clamp_max", "clip", "hardtanh"), _clip),
    **{f"max_pool{axes}d": partial(_pool, "MaxPool") for axes in (1, 2, 3)},
    "max_pool2d_with_indices": partial(_pool, "MaxPool"),
    **{f"avg_pool{axes}d": partial(_pool, "AveragePool") for axes in (1, 2, 3)},
    **{f"adaptive_avg_pool{axes}d": partial(_adaptive, "AveragePool") for axes in (1, 2, 3)},
    **{f"adaptive_max_pool{axes}d": partial(_adaptive, "MaxPool") for axes in (1, 2, 3)},
    "mean": partial(_reduced, "ReduceMean"),
    "amax": partial(_reduced, "ReduceMax"),
    "max": partial(_reduced, "ReduceMax"),
    "cat": _concat,
    "concat": _concat,
    **dict.fromkeys(("split", "split_with_sizes", "chunk", "tensor_split"), _split),
    "slice": _slice,
    **PARTS,
    "narrow": _narrow,
    **dict.fromkeys(("flatten", "view", "reshape", "_unsafe_view", "unflatten", "squeeze", "unsqueeze"), _to_shape),
    **dict.fromkeys(("view_as", "reshape_as"), _to_shape),
    "permute": _permute,
    **dict.fromkeys(("transpose", "swapaxes", "swapdims"), _transpose),
    "pad": _pad,
    "constant_pad_nd": _pad,
    "upsample_nearest1d": partial(_upsample, "nearest"),
    "upsample_nearest2d": partial(_upsample, "nearest"),
    "upsample_nearest3d": partial(_upsample, "nearest"),
    "upsample_bilinear2d": partial(_upsample, "linear"),
    "softmax": _softmax,
    "expand": _expand,
    "expand_as": _expand,
    **dict.fromkeys(("dropout", "feature_dropout", "alpha_dropout", "feature_alpha_dropout"), _dropout),
    **dict.fromkeys(("clone", "contiguous", "detach", "alias", "to", "_to_copy", "type_as"), _identity),
    **dict.fromkeys(("lift_fresh_copy", "detach_"), _identity),
    **dict.fromkeys(("rand", "randn", "rand_like", "randn_like", "randint", "bernoulli", "normal"), _random),
    "leaky_relu": _leaky,
    "elu": _elu,
    "softplus": _softplus,
    "gelu": _gelu,
    "silu": _silu,
    "prelu": _prelu,
    "pixel_shuffle": _pixel_shuffle,
    "channel_shuffle": _channel_shuffle,
    "relu6": lambda call: call.node("Clip", call.names("input"), min=0.0, max=6.0),
    "hardsigmoid": lambda call: call.node("HardSigmoid", call.names("input"), alpha=1 / 6, beta=0.5),
    **{kind.lower(): partial(_plain, kind) for kind in ("Relu", "Sigmoid", "Tanh", "Mish", "HardSwish", "Erf", "Sqrt")},
}
"""By the names of functions, without the `_` of those that work in place."""
