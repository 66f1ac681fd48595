"""An ONNX file computed in float64, by the standard's own evaluator.

A difference between a file and what the network should yield can lie in the file or in a runtime's float32. Here the
very graph that was written is computed without that noise, so that what is left is the file's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator
from onnx.reference.op_run import OpRun

Array = NDArray[Any]


class BatchNormalization(OpRun):
    """In place of onnx's own, which below opset 14 mixes in the statistics of the batch."""

    def _run(
        self,
        x: Array,
        scale: Array,
        bias: Array,
        mean: Array,
        variance: Array,
        epsilon: float = 1e-5,
        momentum: float = 0.9,
        training_mode: int = 0,
    ) -> tuple[Array]:
        assert training_mode == 0, "a form that is not written"
        along = (-1, *[1] * (x.ndim - 2))
        factor = scale / np.sqrt(variance + epsilon)
        return (x * factor.reshape(along) + (bias - mean * factor).reshape(along),)


class GlobalMaxPool(OpRun):
    """In place of onnx's own, which takes maps of two axes alone."""

    def _run(self, x: Array) -> tuple[Array]:
        return (x.max(axis=tuple(range(2, x.ndim)), keepdims=True),)


class MaxPool(OpRun):
    """In place of onnx's own, which pads every axis alike."""

    def _run(
        self,
        x: Array,
        auto_pad: str = "NOTSET",
        ceil_mode: int = 0,
        dilations: Sequence[int] | None = None,
        kernel_shape: Sequence[int] = (),
        pads: Sequence[int] | None = None,
        storage_order: int = 0,
        strides: Sequence[int] | None = None,
    ) -> tuple[Array]:
        rank = len(kernel_shape)
        assert (auto_pad, ceil_mode, set(dilations or [1])) == ("NOTSET", 0, {1}), "a form that is not written"
        begin, end = (pads or [0] * 2 * rank)[:rank], (pads or [0] * 2 * rank)[rank:]
        padded = np.pad(x, [(0, 0), (0, 0), *zip(begin, end, strict=True)], constant_values=-np.inf)
        axes = tuple(range(2, 2 + rank))
        windows = np.lib.stride_tricks.sliding_window_view(padded, tuple(kernel_shape), axes)
        steps = tuple(slice(None, None, step) for step in strides or [1] * rank)
        return (windows[(slice(None), slice(None), *steps)].max(axis=tuple(range(2 + rank, 2 + 2 * rank))),)


class LRN(OpRun):
    """In place of onnx's own, which takes as many channels as there are samples."""

    def _run(self, x: Array, alpha: float = 1e-4, beta: float = 0.75, bias: float = 1.0, size: int = 1) -> tuple[Array]:
        half = size // 2
        padded = np.pad(np.square(x), [(0, 0), (half, half), (0, 0), (0, 0)])
        around = sum(padded[:, start : start + x.shape[1]] for start in range(size))
        return (x / (bias + alpha / size * around) ** beta,)


class ConvTranspose(OpRun):
    """In place of onnx's own, which mixes up groups and takes long."""

    def _run(
        self,
        x: Array,
        w: Array,
        b: Array | None = None,
        auto_pad: str = "NOTSET",
        dilations: Sequence[int] = (),
        group: int = 1,
        kernel_shape: Sequence[int] = (),
        output_padding: Sequence[int] = (),
        output_shape: Sequence[int] | None = None,
        pads: Sequence[int] = (),
        strides: Sequence[int] = (),
    ) -> tuple[Array]:
        assert (auto_pad, output_shape) == ("NOTSET", None), "a form that is not written"
        rank = len(strides)
        steps = zip(x.shape[2:], kernel_shape, strides, dilations, output_padding, strict=True)
        whole = [(size - 1) * s + d * (k - 1) + 1 + more for size, k, s, d, more in steps]
        per_group = [x.shape[0], group, x.shape[1] // group, *x.shape[2:]]
        weights = w.reshape(group, -1, *w.shape[1:])
        found = np.zeros((x.shape[0], group, w.shape[1], *whole))
        for tap in np.ndindex(*kernel_shape):
            reached: Any = (..., *tap)
            added = np.einsum("bgi...,gio->bgo...", x.reshape(per_group), weights[reached])
            starts = zip(tap, dilations, strides, x.shape[2:], strict=True)
            reached = (..., *(slice(t * d, t * d + (n - 1) * s + 1, s) for t, d, s, n in starts))
            found[reached] += added
        found = found.reshape(x.shape[0], -1, *whole)
        kept: Any = (..., *(slice(pads[i], whole[i] - pads[rank + i]) for i in range(rank)))
        return (found[kept] + (0 if b is None else b.reshape(-1, *[1] * rank)),)


def in_double(path: Path | str, inputs: Mapping[str, Array]) -> dict[str, Array]:
    """The outputs of an ONNX file by name, every value in float64.

    Weights and attributes keep the values that the file has in float32; groups are normalised in float64 as well, which
    is what their `stash_type` says.
    """
    model = onnx.load(path)
    graph = model.graph
    for tensor in graph.initializer:
        if tensor.data_type == TensorProto.FLOAT:
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor).astype(np.float64), tensor.name))
    for value in (*graph.input, *graph.output, *graph.value_info):
        if value.type.tensor_type.elem_type == TensorProto.FLOAT:
            value.type.tensor_type.elem_type = TensorProto.DOUBLE
    for node in graph.node:
        if node.op_type == "GroupNormalization":
            node.attribute.append(helper.make_attribute("stash_type", TensorProto.DOUBLE))
    evaluator = ReferenceEvaluator(model, new_ops=[BatchNormalization, GlobalMaxPool, MaxPool, ConvTranspose, LRN])
    names = [output.name for output in graph.output]
    return dict(zip(names, evaluator.run(names, dict(inputs)), strict=True))
