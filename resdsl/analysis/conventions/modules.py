"""Counters that watch PyTorch run: what each counts for every op in the form that our generated modules use.

Why most of it is written op by op: these counters know modules (`nn.ReLU`), functions (`F.relu`) or operations of the
dispatcher (`aten::relu_`), and may support one axis but not three. Every rule of an op was measured on networks of
that op alone. A use that was not measured, or that the counter cannot run, yields None. A kind of work has a rule
where the source of a counter leaves no choice: it counts nothing of that kind, or all of it alike.
"""

from __future__ import annotations

from math import prod

from resdsl.analysis.conventions.records import NOTHING_MORE, Rules, Term, nothing_more
from resdsl.analysis.conventions.terms import (
    biases,
    elements_read,
    elements_yielded,
    means,
    nothing,
    on_axes,
    over_channels,
    parameters,
    per_element,
    per_output,
    rules,
    twice,
)
from resdsl.analysis.conventions.uses import Use

WEIGHTED = ("conv", "fc")
PLAIN = ("hard_swish", "hard_sigmoid", "sigmoid", "tanh", "softplus", "mish")
"""Activations that counters of modules and functions do not know."""
OPERATORS = ("add", "mul", "scale")
"""Written as `+` and `*`, which counters of functions do not see."""
POOLS = ("maxpool", "avgpool", "global_maxpool", "global_avgpool")
RELUS = ("relu", "relu6", "leaky_relu", "elu", "gelu", "silu")


def _fvcore_upsample(use: Use) -> Term:
    times = 4 if _mode(use) == "bilinear" else 1
    return f"upsampling ({_mode(use)}), {times} per output", times * elements_yielded(use)


def _thop_upsample(use: Use) -> Term:
    times = 11 if _mode(use) == "bilinear" else 1
    return f"upsampling ({_mode(use)}), {times} per output", times * elements_yielded(use)


def _mode(use: Use) -> str:
    return str(use.op.plain()["mode"])


def _mean(use: Use) -> Term:
    return "global mean, 1 per element and output", elements_read(use) + elements_yielded(use)


def _softmax(use: Use) -> Term:
    channels, *sizes = use.inputs[0]
    return "softmax, 3 per element less 1 per position", (3 * channels - 1) * prod(sizes)


def _blur(use: Use) -> Term:
    return "blur, 1 per element that its means read", sum(read for read, _, _ in means(use))


def _calflops_upsample(use: Use) -> Term | None:
    # It fails on factors that differ from axis to axis.
    differ = len(set(use.op.plain()["factor"])) > 1
    return None if differ else ("upsampling, 1 per element", elements_read(use))


def _products(use: Use) -> Term:
    return "products of matrices, 2 per multiply-add", 2 * use.op.work(use.inputs).matmul


FVCORE = Rules(
    of_ops={
        **nothing(*WEIGHTED, "maxpool", "avgpool", "global_maxpool", "blur"),
        "bn": per_element("batch norm", 2),
        "group_norm": per_element("group norm", 5),
        "layer_norm": per_element("layer norm", 5),
        "global_avgpool": on_axes((2,), per_element("global mean", 1), nothing_more),
        "upsample": on_axes((2,), _fvcore_upsample, nothing_more),
    },
    of_kinds=nothing("movement", "activation", "elementwise"),
)
THOP = Rules(
    of_ops={
        **nothing(*WEIGHTED, *RELUS, *PLAIN, "maxpool", "global_maxpool", "group_norm", "blur"),
        "bn": per_element("batch norm", 4),
        "layer_norm": on_axes((0,), per_element("layer norm", 4), nothing_more),
        "prelu": per_element("PReLU", 1),
        "softmax": over_channels(_softmax),
        "avgpool": per_output("mean of windows", 1),
        "global_avgpool": _mean,
        "upsample": _thop_upsample,
    },
    of_kinds=nothing("movement", "elementwise"),
)
PTFLOPS = Rules(
    of_ops={
        **nothing(*PLAIN, *OPERATORS),
        **rules(biases, *WEIGHTED),
        "bn": per_element("batch norm", 2),
        "group_norm": per_element("group norm", 2),
        "layer_norm": on_axes((0,), per_element("layer norm", 1), nothing_more),
        **rules(twice("activations"), "relu", "elu", "prelu", "gelu"),
        **rules(per_element("activations", 1), "relu6", "leaky_relu", "silu"),
        "softmax": over_channels(per_element("softmax", 1)),
        **rules(twice("pooling"), *POOLS),
        "upsample": per_output("upsampling", 2),
        "blur": _blur,
    },
    of_kinds=nothing("movement"),
)
PTFLOPS_ATEN = Rules(
    of_ops=rules(biases, *WEIGHTED),
    of_kinds=nothing("movement", "norm", "activation", "pooling", "elementwise", "filter"),
)
TORCHINFO = Rules(
    of_ops={**rules(biases, *WEIGHTED), "prelu": parameters("PReLU")},
    of_kinds={
        **nothing("movement"),
        "norm": parameters("norms"),
        **rules(parameters("other ops"), "activation", "pooling", "elementwise", "filter"),
    },
)
CALFLOPS = Rules(
    of_ops={
        **nothing("fc", *PLAIN, *OPERATORS, "relu6"),
        "conv": biases,
        "bn": per_element("batch norm", 2),
        "group_norm": per_element("group norm", 5),
        "layer_norm": per_element("layer norm", 5),
        **rules(per_element("activations", 1), "relu", "leaky_relu", "elu", "prelu", "gelu", "silu"),
        "softmax": over_channels(per_element("softmax", 1)),
        **rules(per_element("pooling", 1), *POOLS),
        "upsample": _calflops_upsample,
        "blur": _blur,
    },
    of_kinds=nothing("movement"),
)
TORCH = Rules(of_kinds={**NOTHING_MORE.of_kinds, "matmul": _products})
"""It watches the dispatcher for convolutions and products of matrices, and our tests compare it with every op."""
