"""`python -m benchmarks.attributes FOLDER`: which attributes of our ONNX files importers pass over in silence.

Each file is a network of one layer, in which an attribute has another value than importers take by default, so that one
which does not read it yields other numbers without a word. The environments are those of `benchmarks.importers`. What
is printed is every file that some importer runs with another result, then the attributes that were tried.
"""

from __future__ import annotations

import argparse
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks.importers import IMPORTERS, Importer, Sample, by_pytorch, environment, results_of
from resdsl import loads
from resdsl.backends.onnx.opsets import least_opset

SHAPE = "4x9x11"
OPSETS = (13, 17, 21)
LAYERS = {
    "Conv strides": "conv 3x3, 6, stride=2x1",
    "Conv dilations": "conv 3x3, 6, dilation=2, pad=1",
    "Conv group": "conv 3x3, 8, groups=4",
    "Conv pads": "conv 5x3, 6, pad=2x0",
    "Conv pads at the ends": "conv 3x3, 6, /2, pad=0, pad_after=1",
    "Conv kernel_shape of one axis": "conv 1x5, 6",
    "Conv before reflect": 'conv 3x3, 6, pad_mode="reflect"',
    "Conv before wrap": 'conv 3x3, 6, pad_mode="circular"',
    "ConvTranspose strides": "conv_transpose 2x2, 6, stride=2",
    "ConvTranspose pads": "conv_transpose 4x4, 6, stride=2, pad=1",
    "ConvTranspose output_padding": "conv_transpose 3x3, 6, stride=2, pad=1, output_pad=1",
    "ConvTranspose group": "conv_transpose 3x3, 8, stride=2, pad=1, groups=2",
    "ConvTranspose dilations": "conv_transpose 3x3, 6, stride=2, pad=1, dilation=2",
    "MaxPool pads": "maxpool 3x3, /2, pad=1",
    "MaxPool pads below zero": "clip -9, -1; maxpool 3x3, /2, pad=1",
    "MaxPool pads at the ends": "maxpool 3x3, /2, pad=0, pad_after=1",
    "MaxPool ceil_mode": "maxpool 2x2, /2, pad=0, ceil=true",
    "MaxPool strides": "maxpool 3x3, stride=1x2",
    "AveragePool pads": "avgpool 3x3, /2, pad=1",
    "AveragePool pads that do not count": "avgpool 3x3, /2, pad=1, count_pad=false",
    "AveragePool pads at the ends": "avgpool 3x3, /2, pad=0, pad_after=1",
    "AveragePool ceil_mode": "avgpool 2x2, /2, pad=0, ceil=true",
    "AveragePool ceil_mode with pads": "avgpool 3x3, /3, pad=1, ceil=true",
    "AveragePool ceil_mode, pads not counted": "avgpool 3x3, /3, pad=1, ceil=true, count_pad=false",
    "Resize nearest": "upsample 2",
    "Resize linear": 'upsample 2, mode="bilinear"',
    "Resize to sizes": "resize 13x17",
    "Resize linear to sizes": 'resize 13x17, mode="bilinear"',
    "Resize to fewer": 'resize 5x7, mode="bilinear"',
    "LeakyRelu alpha": "leaky_relu 0.3",
    "Elu alpha": "elu 0.6",
    "HardSigmoid alpha, beta": "hard_sigmoid 0.3, 0.4",
    "HardSwish": "hard_swish",
    "Clip": "clip -0.3, 0.7",
    "PRelu": "prelu 0.4",
    "Softmax axis": "softmax",
    "Gelu": "gelu",
    "Mish": "mish",
    "BatchNormalization epsilon": "bn eps=0.5",
    "GroupNormalization epsilon": "group_norm 2, eps=0.5",
    "LayerNormalization epsilon": "layer_norm eps=0.5",
    "LRN alpha, beta, bias, size": "local_response_norm 3, alpha=0.5, beta=0.6, k=2",
    "Pad constant": "pad 1x2; conv 1x1, 4, pad=0",
    "Pad reflect": 'pad 2, mode="reflect"',
    "Pad edge": 'pad 2, mode="replicate"',
    "Slice steps": "subsample 2",
    "Slice of channels": "slice_channels 1, 3",
    "DepthToSpace mode": "pixel_shuffle 2",
    "Transpose perm": "permute 0x2x1",
    "Gemm transB": "fc 5",
    "ReduceMean axes": "channel_mean",
    "ReduceMax axes": "channel_max",
    "GlobalMaxPool": "maxpool global",
    "adaptive windows": "adaptive_avgpool 3x4",
    "shuffled channels": "channel_shuffle 2",
}
"""What each file tries, and the layer that has it."""


def main() -> None:
    """Make the files, run them, and print what differs."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.attributes", description=__doc__)
    parser.add_argument("folder", type=Path, help="folder for environments and files, which is kept")
    parser.add_argument("--only", action="append", metavar="NAME", help="importer to run; may be repeated")
    chosen = parser.parse_args()
    tried = list(_files(chosen.folder / "attributes"))
    for importer in IMPORTERS:
        if chosen.only and importer.name not in chosen.only:
            continue
        for line in differing(importer, tried, chosen.folder):
            print(f"{importer.folder}: {line}", flush=True)
    print(f"tried, in opsets {', '.join(map(str, OPSETS))}: {', '.join(LAYERS)}")


def _files(folder: Path) -> Iterator[Sample]:
    folder.mkdir(parents=True, exist_ok=True)
    for number, (name, layer) in enumerate(LAYERS.items()):
        net = loads(f"network layer {{ input {SHAPE}; {layer} }}")
        image = np.random.default_rng(number).standard_normal((1, *net.ir.inputs[0].shape), np.float32)
        wanted, least = by_pytorch(net, image), least_opset(net.ir)
        np.save(folder / f"{number}.npy", image)
        for opset in sorted({least, *(each for each in OPSETS if each > least)}):
            model = net.to_onnx(folder / f"{number}_{opset}.onnx", opset=opset)
            yield Sample(name, opset, model, folder / f"{number}.npy", wanted)


def differing(importer: Importer, samples: Sequence[Sample], folder: Path) -> Iterator[str]:
    """The files that an importer runs with another result, then the layers that it runs in no opset."""
    try:
        python = environment(importer, folder)
    except subprocess.CalledProcessError:
        yield "not installed"
        return
    run: set[str] = set()
    for sample, (result, why) in zip(samples, results_of(importer, python, samples), strict=True):
        if result != "refused":
            run.add(sample.name)
        if result == "differs":
            yield f"{sample.name}, opset {sample.opset}: {why}"
    refused = [name for name in LAYERS if name not in run]
    yield f"refuses in every opset {', '.join(refused) or 'none'}"


if __name__ == "__main__":
    main()
