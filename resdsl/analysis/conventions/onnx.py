"""onnx-tool on the file that torch's exporter writes of a generated module: what it takes from every op.

It prints one number for instructions of any kind: an exponential counts 32, a square root 24, a division 4, a
multiply-add 1. The exporter has put batch norms into the layers before them, which leaves biases; a batch norm
that follows no such layer stays.
"""

from __future__ import annotations

from resdsl.analysis.conventions.records import Rules, Term, nothing_more
from resdsl.analysis.conventions.terms import (
    biases,
    elements_read,
    elements_yielded,
    means,
    nothing,
    on_axes,
    over_channels,
    per_element,
    rules,
    spatial_axes,
    sums_and_products,
    unverified,
    windows,
)
from resdsl.analysis.conventions.uses import Use


def _layer_norm(use: Use) -> Term:
    positions = elements_read(use) // use.inputs[0][0]
    return "layer norm, 7 per element and 29 per position", 7 * elements_read(use) + 29 * positions


def _pooling(use: Use) -> Term | None:
    # onnx-tool sizes windows that reach beyond the map in its own way, and of three axes it loses one.
    pool = use.op.plain()
    if "pad_after" in pool:
        return None
    window = zip(use.inputs[0][1:], pool["kernel"], pool["stride"], pool["pad"], strict=True)
    fits = not pool["ceil"] or all((size + 2 * pad - kernel) % stride == 0 for size, kernel, stride, pad in window)
    return windows(use) if fits and spatial_axes(use) < 3 else None


def _upsample(use: Use) -> Term:
    bilinear = use.op.plain()["mode"] == "bilinear"
    return "upsampling (bilinear), 4 per output", 4 * elements_yielded(use) if bilinear else 0


def _blur(use: Use) -> Term | None:
    if spatial_axes(use) > 2:
        return None
    return "blur, 1 per element of its windows", sum(yielded * window for _, yielded, window in means(use))


def _global_mean_of_before(use: Use) -> Term:
    return "global mean, 1 per element, 4 per output", elements_read(use) + 4 * elements_yielded(use)


def _unless_shape_is_computed(use: Use) -> Term | None:
    # The former exporter computes sizes of channels with nodes, of which onnx-tool counts some.
    changes = use.op.infer(use.inputs) != use.inputs
    return None if changes else nothing_more(use)


EXPORTED = Rules(
    of_ops={
        **rules(biases, "conv", "fc"),
        "bn": per_element("batch norms that stay", 31),
        "group_norm": per_element("group norm", 9),
        "layer_norm": _layer_norm,
        "relu": per_element("ReLU", 1),
        "relu6": per_element("ReLU6", 2),
        "leaky_relu": per_element("leaky ReLU", 2),
        "elu": per_element("ELU", 35),
        "prelu": per_element("PReLU", 2),
        "gelu": per_element("GELU", 34),
        "silu": per_element("SiLU", 33),
        "hard_swish": per_element("hard swish", 5),
        "hard_sigmoid": per_element("hard sigmoid", 4),
        "sigmoid": per_element("sigmoid", 32),
        "tanh": per_element("tanh", 76),
        "softplus": per_element("softplus", 77),
        "mish": unverified,
        "softmax": over_channels(per_element("softmax", 36)),
        **rules(_pooling, "maxpool", "avgpool"),
        **rules(per_element("global pooling", 1), "global_maxpool", "global_avgpool"),
        **rules(sums_and_products, "add", "mul", "scale"),
        "upsample": _upsample,
        "blur": _blur,
    },
    of_kinds=nothing("movement"),
)
SCRIPTED = Rules(
    of_ops={
        **EXPORTED.of_ops,
        **nothing("concat", "flatten", "reshape", "subsample", "pixel_shuffle"),
        "global_avgpool": _global_mean_of_before,
        "global_maxpool": on_axes((1, 2), per_element("global pooling", 1), unverified),
        "softplus": per_element("softplus", 76),
        "mish": per_element("mish", 153),
    },
    of_kinds={"movement": _unless_shape_is_computed},
)
