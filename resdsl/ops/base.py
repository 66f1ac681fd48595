"""The base of all ops.

An op is a record of its parameters, complete and concrete, together with everything the compiler must know about it:
its shape rule, its state, its work, and its PyTorch and ONNX forms. The forms are data (`resdsl.ops.forms`), so no op
imports a framework. One class contains everything there is to know about one op.

There are two ways to make an instance. The language uses `Op.build`, which fills in the defaults of the language for
the rank of the input: `3` becomes `(3, 3)` on a 2-D map, and `pad` is inferred. JSON uses the constructor, where
nothing is optional, because the IR has no defaults.

Annotations are evaluated here, once; as strings they would be evaluated again for every op.
"""

from abc import abstractmethod
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, ClassVar

from resdsl.ops.forms import OnnxNode, TorchForm
from resdsl.ops.reach import POINT, Reaches
from resdsl.ops.records import Kept, Made, Sample, ShapeError, Standardised, Tensor, Work
from resdsl.records.checks import Bounds
from resdsl.records.record import Record

Shape = tuple[int, ...]
"""The shape of one sample: channels, then any number of spatial sizes. The batch is implicit."""
Shapes = tuple[Shape, ...]

LARGEST = 2**31 - 1
_LARGEST_REAL = (2 - 2**-23) * 2.0**127
"""The largest number that ONNX attributes and float32 tensors can hold; anything larger is a typo."""

Count = Annotated[int, Bounds(ge=1, le=LARGEST)]
"""An integer of at least one: channels, groups, classes."""
Index = Annotated[int, Bounds(ge=0, le=LARGEST)]
"""A place that is counted from zero."""
Flag = bool
Real = Annotated[float, Bounds(ge=-_LARGEST_REAL, le=_LARGEST_REAL)]
Positive = Annotated[float, Bounds(gt=0, le=_LARGEST_REAL)]
"""A number above zero, such as the eps of a normalisation."""
Ratio = Annotated[float, Bounds(ge=0, lt=1)]
"""A probability below one."""
MOST_AXES = 3
"""The most spatial axes that convolutions, pooling and batch norm support in the frameworks."""


class PerAxis:
    """Marks a field that has one number per spatial axis; a single integer applies to all axes."""


Sizes = Annotated[tuple[Count, ...], PerAxis()]
"""One positive number per spatial axis: kernels, strides, dilations."""
Margins = Annotated[tuple[Annotated[int, Bounds(ge=0, le=LARGEST)], ...], PerAxis()]
"""One number of at least zero per spatial axis: padding."""


class Op(Record):
    """Base of all ops. Each subclass has a field `op` whose only value is its name in the language."""

    op: str

    arity: ClassVar[int | None] = 1
    """The number of inputs; None means two or more."""
    weighted: ClassVar[bool] = False
    """Whether the op counts as a layer of a network's depth (He et al. 2015, Table 1)."""
    normalises: ClassVar[bool] = False
    """Whether the setting `norm` can take this op."""
    activates: ClassVar[bool] = False
    """Whether the setting `act` can take this op."""
    numbered: ClassVar[bool] = False
    """Whether paths number the op from one (`conv1`) rather than from the second on (`maxpool2`)."""
    named_only: ClassVar[tuple[str, ...]] = ()
    """Parameters for which a bare integer is probably a mistake: PyTorch expects another number in this position."""
    written: ClassVar[str] = ""
    """How the language writes a call of the op, if not with its name."""
    like: ClassVar[str | None] = None
    """An argument of calls that takes the spatial sizes of a named value, in place of required parameters."""
    defaults: ClassVar[Mapping[str, object]] = {}
    """The values of parameters that may be left out in the language."""
    samples: ClassVar[tuple[Sample, ...]] = ()
    """Calls with which the op is tested against torch and onnxruntime."""

    @classmethod
    def kind(cls) -> str:
        """The op's name in the language and in JSON."""
        return cls.op

    @classmethod
    @cache
    def parameters(cls) -> tuple[str, ...]:
        """The names of the parameters in the order of a call."""
        return tuple(name for name in cls.fields() if name != "op")

    @classmethod
    def arguments(cls) -> tuple[str, ...]:
        """The names that the arguments of a call can have: the parameters, and `like` where there is one."""
        return (*cls.parameters(), cls.like) if cls.like is not None else cls.parameters()

    @classmethod
    @cache
    def per_axis(cls) -> tuple[str, ...]:
        """The names of the parameters with one number per spatial axis, for which the language accepts an integer."""
        marks = {name: getattr(field.annotation, "__metadata__", ()) for name, field in cls.fields().items()}
        return tuple(name for name, found in marks.items() if any(isinstance(mark, PerAxis) for mark in found))

    @classmethod
    def required(cls) -> tuple[str, ...]:
        """The parameters that a call in the language must give."""
        return tuple(name for name in cls.parameters() if name not in cls.defaults)

    @classmethod
    def build(cls, given: Mapping[str, object], inputs: Shapes) -> "Op":
        """Make the op that a call in the language means.

        Args:
            given: values by parameter name, as written, including every required one.
            inputs: shapes of the inputs.

        Raises:
            resdsl.records.checks.Invalid: a parameter cannot take its value.
        """
        rank = len(inputs[0]) - 1 if inputs else 0
        complete = {**cls.defaults, **given}
        cls.infer_parameters(complete, inputs)
        for name in cls.per_axis():
            value = complete.get(name)
            if type(value) is int:
                complete[name] = (value,) * rank
        return cls.of(complete)

    @classmethod
    def infer_parameters(cls, given: dict[str, object], inputs: Shapes) -> None:
        """Add to `given` what can be inferred from the other parameters and the inputs."""

    @abstractmethod
    def infer(self, inputs: Shapes) -> Shapes:
        """The shapes of the outputs.

        Raises:
            ShapeError: the op cannot be applied to these inputs.
        """

    def plain(self) -> dict[str, Any]:
        """The op as data for JSON.

        A parameter with a default of Python's is younger than the form of JSON: it is left out where it has that value,
        so that what was written before it existed means the same, and is written the same.
        """
        fields = self.fields()
        values = super().plain().items()
        return {name: value for name, value in values if name == "op" or value != fields[name].default}

    def strides(self, rank: int) -> tuple[int, ...] | None:
        """By how much the op subsamples each spatial axis; None if that is not defined.

        `rank` is the number of spatial axes of the first input.
        """
        return (1,) * rank

    def state(self, inputs: Shapes) -> tuple[Tensor, ...]:
        """The parameters and buffers, with PyTorch's names and in PyTorch's order."""
        return ()

    def with_bias(self) -> "Op | None":
        """This op with a bias, if a scale and a shift of each output channel can be folded into its state.

        The result has everything this op has, and a `bias`; `weight_groups` says where in `weight` its output channels
        are. Where this op standardises its weight, that of the result is standardised already. None if the output is
        not linear in these.
        """
        return None

    def weight_groups(self, inputs: Shapes) -> tuple[int, int]:
        """How the output channels lie in `weight`: in how many groups, and how often the channels of each follow.

        (1, 1), the default, means that they are the first axis.
        """
        return 1, 1

    def standardises(self, inputs: Shapes) -> Standardised | None:
        """How the op standardises its `weight` before it uses it; None if it uses it as it is."""
        return None

    def inference_eps(self) -> float | None:
        """The eps of an op that only scales and shifts each channel in inference; None for other ops.

        Such an op yields (x - running_mean) / sqrt(running_var + eps) * weight + bias, where the names are those of
        its state.
        """
        return None

    @abstractmethod
    def work(self, inputs: Shapes) -> Work:
        """The work for one sample; see `Work` for the units."""

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        """What autograd keeps for the backward pass; called only for ops that gradients reach.

        `wanted` has for each input whether a gradient is computed for it. By default, an op keeps all of its inputs and
        its output.
        """
        return Kept(tuple(range(len(inputs))), output=True)

    def makes(self, inputs: Shapes) -> Made:
        """What the op allocates in inference besides its outputs."""
        return Made()

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        """For each input, the positions that each position of the output reads, axis by axis.

        None, the default, if any position may read all of them.
        """
        return (None,) * len(inputs)

    @abstractmethod
    def torch(self, inputs: Shapes) -> TorchForm:
        """The op in PyTorch."""

    @abstractmethod
    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        """The op in ONNX, for inference; the last node yields the op's outputs."""

    def onnx_training(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        """The op in ONNX, for training. By default it is that for inference.

        The last node yields the op's outputs, and after them the tensors that it `updates`.
        """
        return self.onnx(inputs)


class Elementwise(Op):
    """Base of ops with one input that keep its shape."""

    def infer(self, inputs: Shapes) -> Shapes:
        return inputs[:1]

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return (pointwise(inputs[0]),)


def pointwise(shape: Shape) -> Reaches:
    """Every position reads itself."""
    return (POINT,) * (len(shape) - 1)


def show(numbers: tuple[int, ...]) -> str:
    """A shape, or one number per axis, as the language writes it: 64x56x56."""
    return "x".join(map(str, numbers))


def per_axis(value: object, rank: int) -> tuple[int, ...]:
    """A value in a call as one number per spatial axis; empty if it is not of this kind."""
    if isinstance(value, tuple):
        return tuple(v for v in value if type(v) is int)
    return (value,) * rank if type(value) is int else ()


def expect_axis(axis: int, shape: Shape) -> None:
    """Refuse an axis that the input does not have; 0 are its channels.

    Raises:
        ShapeError: there is no such axis.
    """
    if axis >= len(shape):
        last = len(shape) - 1
        raise ShapeError(f"there is no axis {axis}: the last one of {show(shape)} is {last}", parameter="axis")


def expect_axes(op: Op, shape: Shape) -> None:
    """Refuse more spatial axes than the frameworks support.

    Raises:
        ShapeError: there are more.
    """
    if len(shape) - 1 > MOST_AXES:
        raise ShapeError(f"`{op.op}` takes at most {MOST_AXES} spatial axes, but the input has {len(shape) - 1}")


def expect_spatial(op: Op, shape: Shape, **given: tuple[int, ...]) -> None:
    """Refuse a flat input, and parameters for a number of axes that the input does not have.

    Raises:
        ShapeError: the input is flat, or has another number of axes.
    """
    rank = len(shape) - 1
    if rank < 1:
        raise ShapeError(f"`{op.op}` needs a feature map, but the input is a flat vector of {shape[0]}")
    expect_axes(op, shape)
    for name, value in given.items():
        if len(value) != rank:
            raise ShapeError(
                f"{name} {show(value)} has {len(value)} axes, but the input has {rank}",
                parameter=name,
            )


def window_sizes(
    op: Op,
    shape: Shape,
    *,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    pad: tuple[int, ...],
    pad_after: tuple[int, ...] | None = None,
    dilation: tuple[int, ...] | None = None,
    ceil: bool = False,
) -> tuple[int, ...]:
    """The spatial sizes after a sliding window.

    floor((size + pad + pad_after - dilation * (kernel - 1) - 1) / stride) + 1, where `pad_after` is `pad` unless it is
    given. With `ceil` the division rounds up, but a window
    that would start in the padding at the end is left out, as in PyTorch.

    Raises:
        ShapeError: the window is larger than the padded input; with `ceil`, by as much as the stride.
    """
    sizes = []
    dilation = dilation or (1,) * len(kernel)
    for size, k, s, p, a, d in zip(shape[1:], kernel, stride, pad, pad_after or pad, dilation, strict=True):
        span = size + p + a - d * (k - 1) - 1
        if span + (s - 1 if ceil else 0) < 0:
            raise ShapeError(
                f"the window of `{op.op}` covers {d * (k - 1) + 1} but the padded input has size {size + p + a}",
                parameter="kernel",
            )
        count = span // s + 1
        if ceil and span % s and count * s < size + p:
            count += 1
        sizes.append(count)
    return tuple(sizes)
