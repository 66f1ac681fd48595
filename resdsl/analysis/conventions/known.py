"""All conventions, by name."""

from __future__ import annotations

from resdsl.analysis.conventions.modules import CALFLOPS, FVCORE, PTFLOPS, PTFLOPS_ATEN, THOP, TORCH, TORCHINFO
from resdsl.analysis.conventions.onnx import EXPORTED, SCRIPTED
from resdsl.analysis.conventions.records import Convention, UnknownConvention

OURS = "macs"
ALIASES = {"paper": OURS}
"""He et al. 2015 count what we count; where they put the stride is a matter of the network."""

_ALL = (
    Convention(
        OURS,
        "multiply-adds",
        "multiply-adds of convolutions and fully connected layers, padding included; no biases, norms, "
        "activations, pooling or sums",
        "He et al. 2015 (arXiv 1512.03385), Table 1, where they are called FLOPs",
    ),
    Convention(
        "flops",
        "FLOPs",
        "the same layers, the multiply and the add of each multiply-add apart",
        "twice `macs`",
        each=2,
    ),
    Convention(
        "fvcore",
        "mixed",
        "multiply-adds of convolutions and linear layers; 2 per element of batch norm, 5 of group and layer norm; "
        "1 per element that a global mean of maps reads; 1 or 4 per output of upsampling; no biases, "
        "activations, other pooling or sums",
        "fvcore 0.1.5.post20221221, fvcore/nn/jit_handles.py and flop_count.py",
        rules=FVCORE,
    ),
    Convention(
        "thop",
        "mixed",
        "multiply-adds of convolutions and linear layers; 4 per element of batch norm; 1 per output of a mean; no "
        "biases, ReLU, maxima or sums",
        "thop 0.1.1.post2209072238, thop/vision/basic_hooks.py and calc_func.py",
        rules=THOP,
    ),
    Convention(
        "ptflops",
        "mixed",
        "multiply-adds and biases of convolutions and linear layers; 2 per element of batch and group norm; "
        "activations and pooling 1 per element read, most of them twice: once as a module, once as the function "
        "that the module calls; no sums written as operators",
        "ptflops 0.7.5, backend `pytorch`, ptflops/pytorch_ops.py and pytorch_engine.py",
        rules=PTFLOPS,
    ),
    Convention(
        "ptflops-aten",
        "mixed",
        "multiply-adds and biases of convolutions and linear layers",
        "ptflops 0.7.5, backend `aten`, its default, ptflops/aten_ops.py",
        rules=PTFLOPS_ATEN,
    ),
    Convention(
        "torchinfo",
        "mixed",
        "multiply-adds and biases of convolutions and linear layers; 1 per parameter of anything else that learns, "
        "on however large a map",
        "torchinfo 1.8.0, torchinfo/layer_info.py",
        rules=TORCHINFO,
    ),
    Convention(
        "calflops",
        "FLOPs",
        "2 per multiply-add; biases of convolutions and none of linear layers; 2 per element of batch norm, 5 of "
        "group and layer norm; 1 per element through most activations, and read by pooling; no sums written "
        "as operators. The MACs beside it are `macs`",
        "calflops 0.3.2, calflops/pytorch_ops.py",
        each=2,
        rules=CALFLOPS,
    ),
    Convention(
        "onnx-tool",
        "mixed",
        "instructions of any kind on the file of `torch.onnx.export`: multiply-adds, biases that folded batch norms "
        "leave, sums, comparisons and windows of pooling 1 each, a division 4, a square root 24, an exponential 32",
        "onnx-tool 1.0.1, onnx_tool/node.py, on the exporter of torch 2.13.0 with onnxscript 0.7.2",
        rules=EXPORTED,
        folds=("conv", "fc"),
    ),
    Convention(
        "onnx-tool-torchscript",
        "mixed",
        "the same on the file of `torch.onnx.export(..., dynamo=False)`, in which a global mean has a division of 4 "
        "per output",
        "onnx-tool 1.0.1, onnx_tool/node.py, on the former exporter of torch 2.13.0",
        rules=SCRIPTED,
        folds=("conv",),
    ),
    Convention(
        "torch",
        "FLOPs",
        "2 per multiply-add of convolutions and linear layers, and nothing else",
        "torch 2.13.0, torch/utils/flop_counter.py",
        each=2,
        rules=TORCH,
    ),
)
CONVENTIONS: dict[str, Convention] = {each.name: each for each in _ALL}


def convention_named(name: str) -> Convention:
    """The convention of that name.

    Raises:
        UnknownConvention: there is none; the message suggests a name, or lists all of them.
    """
    found = CONVENTIONS.get(ALIASES.get(name, name))
    if found is None:
        raise UnknownConvention(name, (*CONVENTIONS, *ALIASES))
    return found
