"""What single ops do, computed by hand: the matrix only says that the frameworks agree."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce
from itertools import product

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from resdsl.ops.base import Op, Shapes
from resdsl.ops.records import Sample, Work
from resdsl.ops.registry import all_ops
from tests.ops.frameworks import Array, Case, TorchOp, onnx_model, random_inputs, run_onnx, run_torch


def _apply(name: str, given: Mapping[str, object], *inputs: Array, training: bool = False) -> tuple[Array, ...]:
    shapes = tuple(value.shape[1:] for value in inputs)
    op: Op = all_ops()[name].build(given, shapes)
    module = TorchOp(Case(name, op, shapes, Sample(shapes, given))).train(training)
    with torch.no_grad():
        return tuple(result.numpy() for result in module(*map(torch.from_numpy, inputs)))


def _counting(*shape: int) -> Array:
    return np.arange(np.prod(shape), dtype=np.float32).reshape(1, *shape)


def _ones(*shape: int) -> Array:
    return np.ones(shape, np.float32)


def test_subsample_keeps_every_sth_row_and_column_from_the_first() -> None:
    (result,) = _apply("subsample", {"stride": 2}, _counting(1, 3, 4))
    assert result.tolist() == [[[[0, 2], [8, 10]]]]


@pytest.mark.parametrize(("zeros", "expected"), [("after", [1, 1, 0, 0, 0]), ("both", [0, 1, 1, 0, 0])])
def test_pad_channels_puts_the_odd_one_behind(zeros: str, expected: list[int]) -> None:
    (result,) = _apply("pad_channels", {"out": 5, "zeros": zeros}, _ones(1, 2, 1, 1))
    assert result.ravel().tolist() == expected


def test_padding_counts_in_a_mean_only_if_asked() -> None:
    (counted,) = _apply("avgpool", {"kernel": 3}, _ones(1, 1, 3, 3))
    (not_counted,) = _apply("avgpool", {"kernel": 3, "count_pad": False}, _ones(1, 1, 3, 3))
    assert counted[0, 0, 0, 0] == np.float32(4 / 9)
    assert not_counted[0, 0, 0, 0] == 1


def test_a_window_beyond_the_padding_never_counts() -> None:
    (result,) = _apply("avgpool", {"kernel": 2, "stride": 2, "pad": 0, "ceil": True}, _ones(1, 1, 3))
    assert result.tolist() == [[[1, 1]]]


def test_an_uneven_padding_counts_in_a_mean_only_if_asked() -> None:
    given = {"kernel": 2, "stride": 2, "pad": "same"}
    (counted,) = _apply("avgpool", given, _ones(1, 1, 3))
    (not_counted,) = _apply("avgpool", {**given, "count_pad": False}, _ones(1, 1, 3))
    assert counted.tolist() == [[[1, 0.5]]]
    assert not_counted.tolist() == [[[1, 1]]]


@pytest.mark.parametrize("stride", [1, 2, 3, 5])
@pytest.mark.parametrize("name", ["conv", "maxpool", "avgpool"])
def test_the_padding_of_tensorflow_is_that_of_onnxruntime(name: str, stride: int) -> None:
    """ONNX has TensorFlow's rule as an attribute. Where the stride is wider than the kernel, onnxruntime takes away."""
    for size, kernel in product(range(1, 12), range(stride, 7)):
        values = np.random.default_rng(size).standard_normal((1, 2, size), np.float32)
        given: dict[str, object] = {"kernel": kernel, "stride": stride, "pad": "same"}
        given |= {"out": 3} if name == "conv" else {"count_pad": False} if name == "avgpool" else {}
        case = Case(name, all_ops()[name].build(given, ((2, size),)), ((2, size),), Sample(((2, size),), given))
        ours, theirs = onnx_model(case), onnx_model(case)
        (node,) = theirs.graph.node
        node.attribute.remove(next(each for each in node.attribute if each.name == "pads"))
        node.attribute.append(onnx.helper.make_attribute("auto_pad", "SAME_UPPER"))
        found, wanted = (_run(model, values) for model in (ours, theirs))
        assert found.shape == wanted.shape == (1, *case.outputs[0])
        assert np.abs(found - wanted).max() < 1e-5


def _run(model: onnx.ModelProto, values: Array) -> Array:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"x0": values})
    return np.asarray(found)


@pytest.mark.parametrize(
    ("name", "kernel", "dilation", "size", "pad", "length"),
    [("conv", 2, 2, 9, 1, 9), ("conv", 2, 3, 9, 1, 8), ("conv", 4, 2, 9, 3, 9), ("conv", 4, 3, 9, 4, 8)],
)
def test_padding_of_an_even_kernel_is_halved_after_it_is_dilated(
    name: str, kernel: int, dilation: int, size: int, pad: int, length: int
) -> None:
    given = {"kernel": kernel, "out": 1, "dilation": dilation}
    op = all_ops()[name].build(given, ((1, size),))
    assert op.plain()["pad"] == [pad]
    assert op.infer(((1, size),)) == ((1, length),)


@pytest.mark.parametrize(
    ("name", "given", "size", "length"),
    [
        ("conv", {"kernel": 3, "out": 1, "stride": 2, "pad": 0}, 8, 3),
        ("conv", {"kernel": 3, "out": 1, "stride": 3, "pad": 0}, 10, 3),
        ("maxpool", {"kernel": 2, "stride": 2, "pad": 0}, 7, 3),
        ("maxpool", {"kernel": 2, "stride": 2, "pad": 0, "ceil": True}, 7, 4),
        ("avgpool", {"kernel": 2, "stride": 3, "pad": 0}, 7, 2),
        ("avgpool", {"kernel": 2, "stride": 3, "pad": 0, "ceil": True}, 7, 3),
        ("subsample", {"stride": 3}, 7, 3),
        ("blur", {"stride": 2}, 7, 4),
    ],
)
def test_a_stride_that_does_not_divide_leaves_the_rest_out_unless_the_pool_rounds_up(
    name: str, given: Mapping[str, object], size: int, length: int
) -> None:
    given_input = ((1, size),)
    assert all_ops()[name].build(given, given_input).infer(given_input) == ((1, length),)


def test_split_and_concat_are_inverse() -> None:
    given = _counting(6, 2, 2)
    parts = _apply("split", {"parts": 3}, given)
    (result,) = _apply("concat", {}, *parts)
    assert [part[0, 0, 0, 0] for part in parts] == [0, 8, 16]
    assert (result == given).all()


def test_channel_shuffle_takes_one_channel_of_each_group_in_turn() -> None:
    (result,) = _apply("channel_shuffle", {"groups": 2}, _counting(6, 1, 1))
    assert result.ravel().tolist() == [0, 3, 1, 4, 2, 5]


def test_permute_puts_the_axes_in_that_order() -> None:
    given = _counting(2, 3, 4)
    (result,) = _apply("permute", {"order": (2, 0, 1)}, given)
    assert (result == given.transpose(0, 3, 1, 2)).all()
    assert result[0, 3, 1].tolist() == given[0, 1, :, 3].tolist()


def test_softmax_sums_to_one_along_its_axis() -> None:
    (result,) = _apply("softmax", {"axis": 2}, _counting(2, 3, 4))
    assert np.abs(result.sum(3) - 1).max() < 1e-6
    assert np.abs(result.sum(1) - 2 * result[:, 0]).max() < 1e-6  # the channels differ by a constant


def test_a_shift_moves_what_is_there_and_zeros_move_in() -> None:
    (later,) = _apply("shift", {"by": 1, "axis": 2}, _counting(1, 2, 3) + 1)
    assert later.ravel().tolist() == [0, 1, 2, 0, 4, 5]
    (earlier,) = _apply("shift", {"by": -2, "axis": 2}, _counting(1, 2, 3) + 1)
    assert earlier.ravel().tolist() == [3, 0, 0, 6, 0, 0]
    (down,) = _apply("shift", {"by": 1, "axis": 1}, _counting(1, 2, 3) + 1)
    assert down.ravel().tolist() == [0, 0, 0, 1, 2, 3]


def test_coords_are_a_channel_for_each_axis_from_minus_one_to_one() -> None:
    given = _counting(2, 3, 5)
    (result,) = _apply("coords", {}, given)
    assert (result[:, :2] == given).all()
    assert result[0, 2].tolist() == [[-1] * 5, [0] * 5, [1] * 5]
    assert result[0, 3].tolist() == [[-1, -0.5, 0, 0.5, 1]] * 3
    (single,) = _apply("coords", {}, _counting(1, 1))
    assert single[0, 1].tolist() == [0]


def test_relative_logits_are_by_how_far_the_key_is_from_the_query() -> None:
    op: Op = all_ops()["relative_logits"].build({"axis": 3}, ((1, 2, 2, 3),))
    made = TorchOp(Case("relative_logits", op, ((1, 2, 2, 3),), Sample(((1, 2, 2, 3),), {"axis": 3})))
    queries, distances = torch.randn(1, 1, 2, 2, 3), torch.randn(5, 2)
    made.load({"weight": distances.numpy()})
    with torch.no_grad():
        (found,) = made(queries)
    assert found.shape == (1, 1, 1, 3, 6)
    for key in range(3):
        for row in range(2):
            for column in range(3):
                wanted = queries[0, 0, :, row, column] @ distances[key - column + 2]
                assert abs(found[0, 0, 0, key, 3 * row + column] - wanted) < 1e-6


@pytest.mark.parametrize("name", ["add", "mul"])
@pytest.mark.parametrize(
    "inputs",
    [
        ((3, 5, 7), (3, 1, 1), (1, 5, 7)),
        ((3, 5, 7), (1, 5, 7), (3, 5, 1)),
        ((3, 5, 7), (3, 1, 7)),
        ((4, 9), (1, 1)),
        ((4,), (1,)),
        ((2, 3, 1, 5), (1, 3, 1, 5), (2, 1, 1, 1)),
    ],
)
def test_sums_and_products_are_spread_over_axes_of_one(name: str, inputs: Shapes) -> None:
    op = all_ops()[name].build({}, inputs)
    case = Case(name, op, inputs, Sample(inputs))
    (found,), (other,) = run_torch(case, 2), run_onnx(case, 2)
    given = random_inputs(case, 2)
    wanted = reduce(np.add if name == "add" else np.multiply, given)
    assert case.outputs == inputs[:1]
    assert np.abs(found - wanted).max() < 1e-5
    assert np.abs(other - wanted).max() < 1e-5
    assert op.work(inputs) == Work(elementwise=(len(inputs) - 1) * int(np.prod(inputs[0])))


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("zeros", [0, 1, 2, 3, 0, 0]), ("reflect", [2, 1, 2, 3, 2, 1]), ("replicate", [1, 1, 2, 3, 3, 3])],
)
def test_pad_puts_before_and_after_what_the_mode_says(mode: str, expected: list[float]) -> None:
    (result,) = _apply("pad", {"before": 1, "after": 2, "mode": mode}, _counting(1, 3) + 1)
    assert result.ravel().tolist() == expected


def test_nearest_repeats_and_bilinear_goes_between() -> None:
    given = np.array([[[[0.0, 4.0]]]], np.float32)
    (nearest,) = _apply("upsample", {"factor": (1, 2)}, given)
    (bilinear,) = _apply("upsample", {"factor": (1, 2), "mode": "bilinear"}, given)
    assert nearest.ravel().tolist() == [0, 0, 4, 4]
    assert bilinear.ravel().tolist() == [0, 1, 3, 4]


def test_pixel_shuffle_takes_the_places_from_the_channels() -> None:
    (result,) = _apply("pixel_shuffle", {"factor": 2}, _counting(4, 1, 1))
    assert result.tolist() == [[[[0, 1], [2, 3]]]]


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5, 6, 7])
def test_blur_is_a_row_of_pascals_triangle(kernel: int) -> None:
    given = np.zeros((1, 1, 15, 15), np.float32)
    given[0, 0, 7, 7] = 1
    (result,) = _apply("blur", {"kernel": kernel}, given)
    row = np.array([1.0])
    for _ in range(kernel - 1):
        row = np.convolve(row, [0.5, 0.5])
    before = 7 - kernel // 2
    assert (result[0, 0, before : before + kernel, before : before + kernel] == np.outer(row, row)).all()
    assert result.sum() == 1


def test_blur_reflects_and_subsamples() -> None:
    given = np.array([[[0.0, 4.0, 8.0, 0.0]]], np.float32)
    (result,) = _apply("blur", {"stride": 2}, given)
    assert result.tolist() == [[[2, 5]]]


def test_layer_norm_is_over_the_channels_of_each_position() -> None:
    shape = (4, 2, 3)
    op = all_ops()["layer_norm"].build({}, (shape,))
    module = TorchOp(Case("layer_norm", op, (shape,), Sample((shape,))))
    module.load({"weight": _ones(4), "bias": np.zeros(4, np.float32)})
    with torch.no_grad():
        (result,) = module(torch.from_numpy(_counting(*shape) ** 2))
    assert torch.allclose(result.mean(1), torch.zeros(1, 2, 3), atol=1e-6)
    assert torch.allclose(result.var(1, unbiased=False), torch.ones(1, 2, 3), atol=1e-4)


def test_a_gate_is_spread_over_all_positions() -> None:
    (result,) = _apply("mul", {}, _counting(2, 1, 2), np.array([[[[2.0]], [[-1.0]]]], np.float32))
    assert result.ravel().tolist() == [0, 2, -2, -3]


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
def test_drop_path_drops_whole_samples_in_training(rank: int) -> None:
    torch.manual_seed(rank)
    (result,) = _apply("drop_path", {"rate": 0.25}, _ones(4000, 2, *(3,) * rank), training=True)
    per_sample = result.reshape(4000, -1)
    assert (per_sample == per_sample[:, :1]).all()
    assert set(per_sample.ravel().tolist()) == {0.0, float(np.float32(1 / 0.75))}
    # Five standard deviations of the share of 4000 Bernoulli variables.
    assert abs((per_sample[:, 0] == 0).mean() - 0.25) < 5 * (0.25 * 0.75 / 4000) ** 0.5


def test_dropout_drops_elements_in_training() -> None:
    torch.manual_seed(0)
    (result,) = _apply("dropout", {"rate": 0.4}, _ones(2, 10, 20, 20), training=True)
    assert set(result.ravel().tolist()) == {0.0, float(np.float32(1 / 0.6))}
    assert abs((result == 0).mean() - 0.4) < 5 * (0.4 * 0.6 / result.size) ** 0.5
    assert 0 < (result[0, 0] == 0).mean() < 1


@pytest.mark.parametrize("name", ["dropout", "drop_path"])
def test_nothing_is_dropped_in_inference_or_at_rate_zero(name: str) -> None:
    given = _counting(3, 4, 4)
    assert (_apply(name, {"rate": 0.9}, given)[0] == given).all()
    assert (_apply(name, {"rate": 0}, given, training=True)[0] == given).all()


@pytest.mark.parametrize(
    ("name", "given", "inputs", "expected"),
    [
        ("conv", {"kernel": 3, "out": 8, "groups": 2, "bias": True}, ((4, 5, 5),), Work(conv=3600, bias=200)),
        ("conv", {"kernel": 3, "out": 8, "stride": 2, "bias": True}, ((4, 5, 5),), Work(conv=2592, bias=72)),
        ("conv_transpose", {"kernel": 2, "out": 3, "stride": 2, "bias": True}, ((4, 5, 5),), Work(conv=1200, bias=300)),
        ("fc", {"out": 10}, ((4, 2, 2),), Work(linear=160, bias=10)),
        ("channel_fc", {"out": 10}, ((4, 2, 2),), Work(linear=160, bias=40)),
        ("fc", {"out": 10, "bias": False}, ((4, 2, 2),), Work(linear=160)),
        ("bn", {}, ((4, 5, 5),), Work(norm=100)),
        ("relu", {}, ((4, 5, 5),), Work(activation=100)),
        ("maxpool", {"kernel": 3, "stride": 2}, ((4, 5, 5),), Work(pooling=324)),
        ("maxpool", {"kernel": (2, 3), "stride": 2, "pad": 0}, ((4, 5, 6),), Work(pooling=96)),
        ("avgpool", {"kernel": 2, "stride": 2, "pad": 0, "ceil": True}, ((4, 5, 5),), Work(pooling=144)),
        ("avgpool", {"kernel": "global"}, ((4, 5, 5),), Work(pooling=100)),
        ("maxpool", {"kernel": "global"}, ((4, 3, 5),), Work(pooling=60)),
        ("adaptive_avgpool", {"to": (1, 2)}, ((4, 5, 5),), Work(pooling=120)),
        ("channel_mean", {}, ((4, 5, 5),), Work(pooling=100)),
        ("channel_shuffle", {"groups": 2}, ((4, 5, 5),), Work()),
        ("add", {}, ((4, 5, 5),) * 3, Work(elementwise=200)),
        ("mul", {}, ((4, 5, 5), (4, 1, 1)), Work(elementwise=100)),
        ("scale", {"factor": 0.1}, ((4, 5, 5),), Work(elementwise=100)),
        ("blur", {"stride": 2}, ((4, 5, 5),), Work(fixed=324)),
        ("upsample", {"factor": 2, "mode": "bilinear"}, ((4, 5, 5),), Work(fixed=1600)),
        ("concat", {}, ((4, 5, 5),) * 2, Work()),
        ("matmul", {}, ((4, 5, 6), (4, 6, 3)), Work(matmul=360)),
        ("matmul", {}, ((5, 6), (6, 2)), Work(matmul=60)),
        ("relative_logits", {"axis": 3}, ((2, 4, 3, 5),), Work(matmul=600)),
        ("drop_path", {"rate": 0.1}, ((4, 5, 5),), Work()),
    ],
)
def test_work(name: str, given: Mapping[str, object], inputs: tuple[tuple[int, ...], ...], expected: Work) -> None:
    assert all_ops()[name].build(given, inputs).work(inputs) == expected
