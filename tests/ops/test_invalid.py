"""Calls that an op refuses, and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings, strategies as st

from resdsl.ops.base import Op, Shape, Shapes
from resdsl.ops.conv import Conv
from resdsl.ops.records import ShapeError
from resdsl.ops.registry import all_ops
from resdsl.records.checks import Invalid

MAP: Shapes = ((8, 9, 9),)
FLAT: Shapes = ((8,),)
FOUR_AXES: Shapes = ((8, 5, 5, 5, 5),)


@dataclass(frozen=True)
class Refusal:
    """A call, and a part of the words in which it is refused."""

    op: str
    words: str
    given: Mapping[str, object] = field(default_factory=dict)
    inputs: Shapes = MAP
    parameter: str | None = None

    def __str__(self) -> str:
        return f"{self.op}: {self.words}"


MISFITS = [
    Refusal("conv", "`conv` needs a feature map, but the input is a flat vector of 8", {"kernel": 3, "out": 4}, FLAT),
    Refusal("conv", "at most 3 spatial axes, but the input has 4", {"kernel": 3, "out": 4}, FOUR_AXES),
    Refusal("conv", "kernel 3x3x3 has 3 axes, but the input has 2", {"kernel": (3, 3, 3), "out": 4}, MAP, "kernel"),
    Refusal("conv", "stride 2 has 1 axes", {"kernel": 3, "out": 4, "stride": (2,)}, MAP, "stride"),
    Refusal("conv", "pad 1 has 1 axes", {"kernel": 3, "out": 4, "pad": (1,)}, MAP, "pad"),
    Refusal("conv", "dilation 1x1x1 has 3", {"kernel": 3, "out": 4, "dilation": (1, 1, 1)}, MAP, "dilation"),
    Refusal("conv", "3 groups do not divide the 8 input channels", {"kernel": 1, "out": 6, "groups": 3}, MAP, "groups"),
    Refusal(
        "conv", "4 groups do not divide the 6 output channels", {"kernel": 1, "out": 6, "groups": 4}, MAP, "groups"
    ),
    Refusal("conv", "covers 11 but the padded input has size 9", {"kernel": 11, "out": 4, "pad": 0}, MAP, "kernel"),
    Refusal("conv", "pad_after 1 has 1 axes", {"kernel": 3, "out": 4, "pad_after": (1,)}, MAP, "pad_after"),
    Refusal(
        "conv",
        'cannot pad a map of size 3 by 3 with "reflect": at most by 2',
        {"kernel": 7, "out": 4, "pad_mode": "reflect"},
        ((8, 3, 9),),
        "pad_mode",
    ),
    Refusal(
        "conv",
        'cannot pad a map of size 2 by 3 with "circular": at most by 2',
        {"kernel": 7, "out": 4, "pad_mode": "circular"},
        ((8, 9, 2),),
        "pad_mode",
    ),
    Refusal("maxpool", "a pad of 2 is more than half", {"kernel": 3, "pad_after": 2}, MAP, "pad"),
    Refusal("avgpool", "`ceil` is for padding that is alike", {"kernel": 3, "pad_after": 0, "ceil": True}, MAP, "ceil"),
    Refusal("conv_transpose", "`conv_transpose` needs a feature map", {"kernel": 2, "out": 4}, FLAT),
    Refusal("conv_transpose", "at most 3 spatial axes", {"kernel": 2, "out": 4}, FOUR_AXES),
    Refusal(
        "conv_transpose", "output_pad 1 has 1 axes", {"kernel": 2, "out": 4, "output_pad": (1,)}, MAP, "output_pad"
    ),
    Refusal(
        "conv_transpose", "3 groups do not divide the 8 input", {"kernel": 2, "out": 6, "groups": 3}, MAP, "groups"
    ),
    Refusal(
        "conv_transpose",
        "an output_pad of 2 is not smaller than the stride of 2",
        {"kernel": 2, "out": 4, "stride": 2, "output_pad": 2},
        MAP,
        "output_pad",
    ),
    Refusal(
        "conv_transpose", "a pad of 5 leaves nothing of an axis of 9", {"kernel": 1, "out": 4, "pad": 5}, MAP, "pad"
    ),
    Refusal("reshape", "8x9x9 has 648 elements, but 8x81x2 has 1296", {"to": (8, 81, 2)}, MAP, "to"),
    Refusal("permute", "each of the axes 0 to 2 of 8x9x9 once, but it is 0x2", {"order": (0, 2)}, MAP, "order"),
    Refusal("permute", "but it is 0x2x2", {"order": (0, 2, 2)}, MAP, "order"),
    Refusal("permute", "but it is 1x2x3", {"order": (1, 2, 3)}, MAP, "order"),
    Refusal("softmax", "no axis 3: the last one of 8x9x9 is 2", {"axis": 3}, MAP, "axis"),
    Refusal("softmax", "no axis 1", {"axis": 1}, FLAT, "axis"),
    Refusal("bn", "at most 3 spatial axes", {}, FOUR_AXES),
    Refusal("group_norm", "32 groups do not divide the 8 input channels", {}, MAP, "groups"),
    Refusal("group_norm", "group of a single value", {"groups": 8}, FLAT, "groups"),
    Refusal("local_response_norm", "2 spatial axes, but the input has 1", {}, ((8, 9),)),
    Refusal("local_response_norm", "a window of 4 channels has no middle", {"size": 4}, MAP, "size"),
    Refusal("layer_norm", "a single channel would always be normalised to zero", {}, ((1, 9, 9),)),
    Refusal("layer_norm", "a single channel would always be normalised to zero", {}, ((1,),)),
    Refusal("maxpool", "`maxpool` needs a feature map", {"kernel": 3}, FLAT),
    Refusal("maxpool", "`maxpool` needs a feature map", {"kernel": (3, 3)}, FLAT),
    Refusal("maxpool", "kernel 3x3x3 has 3 axes", {"kernel": (3, 3, 3)}, MAP, "kernel"),
    Refusal("maxpool", "a pad of 2 is more than half of the kernel's 3", {"kernel": 3, "pad": 2}, MAP, "pad"),
    Refusal("maxpool", "covers 11 but the padded input has size 9", {"kernel": 11, "pad": 0}, MAP, "kernel"),
    Refusal("maxpool", "does not take `stride`", {"kernel": "global", "stride": 2}, MAP, "stride"),
    Refusal("maxpool", "`global_maxpool` needs a feature map", {"kernel": "global"}, FLAT),
    Refusal("avgpool", "`avgpool` needs a feature map", {"kernel": 2}, FLAT),
    Refusal("avgpool", "a pad of 2 is more than half", {"kernel": 2, "pad": (0, 2)}, MAP, "pad"),
    Refusal(
        "avgpool", "whole map and does not take `count_pad`", {"kernel": "global", "count_pad": True}, MAP, "count_pad"
    ),
    Refusal(
        "avgpool", "as large as its window of 3x3x3, but the input is 2x2x2", {"kernel": 3}, ((1, 2, 2, 2),), "kernel"
    ),
    Refusal("avgpool", "`global_avgpool` needs a feature map", {"kernel": "global"}, FLAT),
    Refusal("adaptive_avgpool", "needs a feature map", {"to": 2}, FLAT),
    Refusal("adaptive_maxpool", "to 2x2x2 has 3 axes, but the input has 2", {"to": (2, 2, 2)}, MAP, "to"),
    Refusal("global_avgpool", "needs a feature map", {}, FLAT),
    Refusal("global_maxpool", "at most 3 spatial axes", {}, FOUR_AXES),
    Refusal("add", "joins two or more inputs, and got 1", {}, MAP),
    Refusal("add", "joins two or more inputs, and got 0", {}, ()),
    Refusal("add", "input 1 is 8x9x9, input 3 is 8x9x8", {}, (*MAP, *MAP, (8, 9, 8))),
    Refusal("mul", "joins two or more inputs, and got 1", {}, MAP),
    Refusal("mul", "input 2 to be 8x9x9, or 1 on some of its axes, but it is 8x3x9", {}, (*MAP, (8, 3, 9))),
    Refusal("mul", "input 2 to be 8, or 1 on some of its axes, but it is 2", {}, (*FLAT, (2,))),
    Refusal("mul", "but it is 8", {}, (*MAP, (8,))),
    Refusal("mul", "input 2 to be 8x1x1, or 1 on some of its axes, but it is 8x9x9", {}, ((8, 1, 1), *MAP)),
    Refusal("concat", "joins two or more inputs, and got 1", {}, MAP),
    Refusal("concat", "input 1 is 8x9x9, input 2 is 4x9x8", {}, (*MAP, (4, 9, 8))),
    Refusal("concat", "equal spatial sizes", {}, (*MAP, *FLAT)),
    Refusal("matmul", "M x K and K x N: input 1 is 8x9x9, input 2 is 8x8x9", {}, (*MAP, (8, 8, 9))),
    Refusal("matmul", "input 1 is 8x9x9, input 2 is 4x9x9", {}, (*MAP, (4, 9, 9))),
    Refusal("matmul", "input 1 is 8x9x9, input 2 is 9x9", {}, (*MAP, (9, 9))),
    Refusal("matmul", "input 1 is 8, input 2 is 8", {}, FLAT * 2),
    Refusal("relative_logits", "with 1 to 3 spatial axes, but the input is 8x9", {"axis": 1}, ((8, 9),)),
    Refusal("relative_logits", "but the input is 1x2x3x4x5x6", {"axis": 2}, ((1, 2, 3, 4, 5, 6),)),
    Refusal("relative_logits", "the first of these is 2", {"axis": 1}, MAP, "axis"),
    Refusal("relative_logits", "no axis 3", {"axis": 3}, MAP, "axis"),
    Refusal("channel_shuffle", "3 groups do not divide the 8 input channels", {"groups": 3}, MAP, "groups"),
    Refusal("slice_channels", "channel 8 is not among the 8 of the input", {"start": 0, "end": 9}, MAP, "end"),
    Refusal("slice_channels", "no channel is left from 4 up to 4", {"start": 4, "end": 4}, MAP, "start"),
    Refusal("shift", "needs a feature map", {"by": 1, "axis": 1}, FLAT),
    Refusal("shift", "axis 0 are the channels", {"by": 1, "axis": 0}, MAP, "axis"),
    Refusal("shift", "no axis 3", {"by": 1, "axis": 3}, MAP, "axis"),
    Refusal("shift", "a shift by -9 leaves nothing of 9 positions", {"by": -9, "axis": 2}, MAP, "by"),
    Refusal("coords", "needs a feature map", {}, FLAT),
    Refusal("coords", "at most 3 spatial axes", {}, FOUR_AXES),
    Refusal("split", "3 parts do not divide the 8 input channels", {"parts": 3}, MAP, "parts"),
    Refusal("subsample", "needs a feature map", {"stride": 2}, FLAT),
    Refusal("subsample", "stride 2x2x2 has 3 axes", {"stride": (2, 2, 2)}, MAP, "stride"),
    Refusal("pad", "needs a feature map", {"before": 1}, FLAT),
    Refusal("pad", "after 1 has 1 axes", {"before": 1, "after": (1,)}, MAP, "after"),
    Refusal("pad", "size 9 cannot be reflected by 9", {"before": 1, "after": 9, "mode": "reflect"}, MAP, "after"),
    Refusal("clip", "needs low < high, but 2.0 is not below 1.0", {"low": 2}, MAP, "high"),
    Refusal("pad_channels", "narrow 8 channels to 4; a projection can: conv 1x1, 4", {"out": 4}, MAP, "out"),
    Refusal("pad_channels", "a projection can: fc 4", {"out": 4}, FLAT, "out"),
    Refusal("upsample", "needs a feature map", {"factor": 2}, FLAT),
    Refusal("upsample", "factor 2x2x2 has 3 axes", {"factor": (2, 2, 2)}, MAP, "factor"),
    Refusal("upsample", "2 spatial axes, but the input has 1", {"factor": 2, "mode": "bilinear"}, ((8, 9),), "mode"),
    Refusal("pixel_shuffle", "2 spatial axes, but the input has 1", {"factor": 2}, ((8, 9),)),
    Refusal("pixel_shuffle", "a multiple of 9 channels, but the input has 8", {"factor": 3}, MAP, "factor"),
    Refusal("blur", "needs a feature map", {}, FLAT),
    Refusal("blur", "size 3 is too small to be reflected", {"kernel": 7}, ((8, 9, 3),), "kernel"),
]

BAD_VALUES = [
    Refusal("conv", "at least 1", {"kernel": 0, "out": 4}, parameter="kernel"),
    Refusal("conv", "a list", {"kernel": "global", "out": 4}, parameter="kernel"),
    Refusal("conv", "an integer", {"kernel": (3, 3.0), "out": 4}, parameter="kernel"),
    Refusal("conv", "a list", {"kernel": True, "out": 4}, parameter="kernel"),
    Refusal("conv", "an integer", {"kernel": 3, "out": 4.0}, parameter="out"),
    Refusal("conv", "at least 1", {"kernel": 3, "out": 0}, parameter="out"),
    Refusal("conv", "at least 1", {"kernel": 3, "out": 4, "stride": 0}, parameter="stride"),
    Refusal("conv", "at least 1", {"kernel": 3, "out": 4, "dilation": -1}, parameter="dilation"),
    Refusal("conv", "at least 0", {"kernel": 3, "out": 4, "pad": -1}, parameter="pad"),
    Refusal("conv", "at least 1", {"kernel": 3, "out": 4, "groups": 0}, parameter="groups"),
    Refusal("conv", "true or false", {"kernel": 3, "out": 4, "bias": 1}, parameter="bias"),
    Refusal("conv", 'a number or "fan_out"', {"kernel": 3, "out": 4, "init": "xavier"}, parameter="init"),
    Refusal("conv", "a finite number", {"kernel": 3, "out": 4, "init": float("inf")}, parameter="init"),
    Refusal("conv", "a number above 0", {"kernel": 3, "out": 4, "init": "normal"}, parameter="std"),
    Refusal("conv", "more than 0", {"kernel": 3, "out": 4, "init": "normal", "std": 0}, parameter="std"),
    Refusal("fc", "nothing, unless init is", {"out": 4, "std": 0.1}, parameter="std"),
    Refusal("fc", "at least 1", {"out": 0}, parameter="out"),
    Refusal("fc", "at most 2147483647", {"out": 2**31}, parameter="out"),
    Refusal("fc", "true or false", {"out": 4, "bias": "no"}, parameter="bias"),
    Refusal("bn", "more than 0", {"eps": 0}, parameter="eps"),
    Refusal("bn", "at most 1", {"momentum": 1.5}, parameter="momentum"),
    Refusal("bn", "finite number", {"init": float("nan")}, parameter="init"),
    Refusal("group_norm", "at least 1", {"groups": 0}, parameter="groups"),
    Refusal("layer_norm", "more than 0", {"eps": -1e-5}, parameter="eps"),
    Refusal("leaky_relu", "a number", {"slope": "steep"}, parameter="slope"),
    Refusal("elu", "finite number", {"alpha": float("inf")}, parameter="alpha"),
    Refusal("prelu", "a number", {"init": True}, parameter="init"),
    Refusal("maxpool", "a list", {"kernel": "all"}, parameter="kernel"),
    Refusal("maxpool", "true or false", {"kernel": 3, "ceil": 1}, parameter="ceil"),
    Refusal("avgpool", "at least 0", {"kernel": 3, "pad": (0, -1)}, parameter="pad"),
    Refusal("adaptive_avgpool", "at least 1", {"to": 0}, parameter="to"),
    Refusal("split", "at least 1", {"parts": 0}, parameter="parts"),
    Refusal("subsample", "at least 1", {"stride": (2, 0)}, parameter="stride"),
    Refusal("pad", '"reflect" or "replicate"', {"before": 1, "mode": "wrap"}, parameter="mode"),
    Refusal("pad", "at least 0", {"before": -1}, parameter="before"),
    Refusal("pad_channels", '"after" or "both"', {"out": 9, "zeros": "before"}, parameter="zeros"),
    Refusal("dropout", "less than 1", {"rate": 1.0}, parameter="rate"),
    Refusal("dropout", "at least 0", {"rate": -0.1}, parameter="rate"),
    Refusal("drop_path", "less than 1", {"rate": 1}, parameter="rate"),
    Refusal("scale", "at most 3", {"factor": 1e39}, parameter="factor"),
    Refusal("scale", "finite number", {"factor": float("inf")}, parameter="factor"),
    Refusal("upsample", '"nearest" or "bilinear"', {"factor": 2, "mode": "cubic"}, parameter="mode"),
    Refusal("upsample", "at least 1", {"factor": 0}, parameter="factor"),
    Refusal("pixel_shuffle", "an integer", {"factor": (2, 2)}, parameter="factor"),
    Refusal("reshape", "at least 1", {"to": 0}, parameter="to"),
    Refusal("reshape", "at least 1 item", {"to": ()}, parameter="to"),
    Refusal("permute", "at least 1 item", {"order": ()}, parameter="order"),
    Refusal("softmax", "at least 0", {"axis": -1}, parameter="axis"),
    Refusal("blur", "at most 7", {"kernel": 9}, parameter="kernel"),
]


@pytest.mark.parametrize("refusal", MISFITS, ids=str)
def test_misfit_is_refused(refusal: Refusal) -> None:
    with pytest.raises(ShapeError) as caught:
        all_ops()[refusal.op].build(refusal.given, refusal.inputs).infer(refusal.inputs)
    assert refusal.words in caught.value.message
    assert caught.value.parameter == refusal.parameter


@pytest.mark.parametrize("refusal", BAD_VALUES, ids=str)
def test_bad_value_is_refused(refusal: Refusal) -> None:
    with pytest.raises(Invalid) as caught:
        all_ops()[refusal.op].build(refusal.given, refusal.inputs)
    assert caught.value.place[0] == refusal.parameter
    assert refusal.words in caught.value.wanted


@pytest.mark.parametrize("op", all_ops().values(), ids=lambda op: op.kind())
def test_every_op_refuses_an_unknown_parameter(op: type[Op]) -> None:
    for sample in op.samples:
        with pytest.raises(Invalid, match="`colour`: expected no such field"):
            op.build({**sample.given, "colour": 1}, sample.inputs)


@pytest.mark.parametrize("op", all_ops().values(), ids=lambda op: op.kind())
def test_every_parameter_refuses_what_is_no_value(op: type[Op]) -> None:
    for sample in op.samples:
        for name in op.parameters():
            with pytest.raises(Invalid) as caught:
                op.build({**sample.given, name: object()}, sample.inputs)
            assert caught.value.place[0] == name


HUGE = 10**400


@pytest.mark.parametrize("name", ["kernel", "stride", "dilation"])
@pytest.mark.parametrize("value", [HUGE, -HUGE, (HUGE, HUGE), (3, HUGE)])
def test_a_huge_number_is_blamed_where_it_is_written(name: str, value: object) -> None:
    with pytest.raises(Invalid) as caught:
        Conv.build({"kernel": 3, "out": 4, name: value}, MAP)
    assert caught.value.place[0] == name


def test_a_pad_that_was_inferred_is_not_blamed() -> None:
    with pytest.raises(ShapeError, match="covers 8589934593 ") as caught:
        Conv.build({"kernel": 2**17 + 1, "dilation": 2**16, "out": 4}, MAP).infer(MAP)
    assert caught.value.parameter == "kernel"


ODD_VALUES = st.one_of(
    st.integers(-2, 9),
    st.sampled_from([10**6, 10**400, -(10**400), True, False, None, 0.0, 0.5, 1e308, float("nan"), "global", "both"]),
    st.lists(st.integers(-1, 5), max_size=4).map(tuple),
    st.lists(st.sampled_from([1, 2.0, "x", True]), max_size=3).map(tuple),
    st.just(()),
)
SHAPES = st.lists(st.integers(1, 12), min_size=1, max_size=6).map(tuple)


@st.composite
def odd_calls(draw: st.DrawFn) -> tuple[type[Op], dict[str, object], Shapes]:
    op = draw(st.sampled_from(list(all_ops().values())))
    sample = draw(st.sampled_from(op.samples))
    given = dict(sample.given)
    for name in draw(st.lists(st.sampled_from([*op.parameters(), "unknown"]), max_size=2)):
        given[name] = draw(ODD_VALUES)
    shape: Shape = draw(SHAPES)
    inputs = draw(st.sampled_from([sample.inputs, (shape,) * len(sample.inputs), (shape, *sample.inputs[1:])]))
    return op, given, inputs


@given(odd_calls())
@settings(max_examples=1500)
def test_an_odd_call_works_or_is_refused_in_words(call: tuple[type[Op], dict[str, object], Shapes]) -> None:
    kind, arguments, inputs = call
    blamed = _blamed(kind, arguments, inputs)
    if blamed is None:
        op = kind.build(arguments, inputs)
        outputs = op.infer(inputs)
        assert all(shape and min(shape) >= 1 for shape in outputs)
        op.strides(len(inputs[0]) - 1)
        op.state(inputs)
        op.work(inputs)
        op.torch(inputs)
        assert op.onnx(inputs)[-1].outputs == len(outputs)
    else:
        assert blamed <= {*arguments, *kind.defaults}


def _blamed(kind: type[Op], arguments: Mapping[str, object], inputs: Shapes) -> set[str] | None:
    """The parameters that a refusal names; None where there is no refusal."""
    try:
        kind.build(arguments, inputs).infer(inputs)
    except ShapeError as refusal:
        return {refusal.parameter} if refusal.parameter else set()
    except Invalid as refusal:
        named = {str(refusal.place[0])}
        # One cause, one complaint: what was inferred from a bad value is not bad too.
        return named if named <= set(arguments) else {f"not written: {named}"}
    return None
