"""Why the language has no op for a call or a node, and what it has in place of it."""

from __future__ import annotations

from collections.abc import Mapping

_NORMS = "the norms of the language are `bn`, `group_norm` and `layer_norm`"
_NUMBERS = "the language adds, multiplies and scales values, and has the activations that docs/ops.md lists"
_PICKED = "positions that a list picks; the language picks regular ones, by `subsample`, `slice_channels` and `shift`"
_BY_VALUES = "what it reads depends on the values; `--until` lifts the backbone before it"
_BOUNDS = "of two values; `relu` and `clip` bound a value by numbers"
_WINDOWS = "windows as a value; in the language convolutions and pools read windows"
_ATTENTION = "attention in one call; written with `matmul` and `softmax` over heads, it can be lifted"
_REASONS: Mapping[str, str] = {
    **dict.fromkeys(("linalg_vector_norm", "norm", "reducel2", "lpnormalization"), f"the length of vectors; {_NORMS}"),
    **dict.fromkeys(("var", "std", "var_mean", "std_mean"), f"a variance that a module computes; {_NORMS}"),
    **dict.fromkeys(("pow", "sqrt", "rsqrt", "exp", "log", "sin", "cos", "abs", "sign", "reciprocal"), _NUMBERS),
    **dict.fromkeys(("maximum", "minimum", "max", "min"), _BOUNDS),
    **dict.fromkeys(("scaled_dot_product_attention", "Attention"), _ATTENTION),
    **dict.fromkeys(("unfold", "im2col", "col2im", "unfold_backward"), _WINDOWS),
    **dict.fromkeys(("index", "index_select", "gather", "gathernd", "scatter", "scatternd", "gatherelements"), _PICKED),
    **dict.fromkeys(("nms", "nonmaxsuppression", "roi_align", "roialign", "grid_sampler", "gridsample"), _BY_VALUES),
    **dict.fromkeys(("deform_conv2d", "deformconv", "topk", "nonzero", "argmax", "argmin", "sort"), _BY_VALUES),
    **dict.fromkeys(
        ("lstm", "gru", "rnn", "rnn_tanh", "rnn_relu"), "recurrent; the language has no layers with a memory"
    ),
    **dict.fromkeys(("log_softmax", "logsoftmax"), "it belongs to the loss; `--until` lifts what comes before it"),
    "expand": "spread over the shape of another value; a sum or a product of both would spread it by itself",
    "embedding": "of words; what a network of the language reads are maps and vectors of numbers",
    "roll": "its positions come back at the other end; `shift` moves zeros in",
}


def reason_for(kind: str) -> str:
    """Why there is no op for a function of PyTorch or an operator of ONNX; empty if its name says it all."""
    return _REASONS.get(kind) or _REASONS.get(kind.lower(), "")
