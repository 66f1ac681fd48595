"""What an op is.

An op is a record of its parameters, complete and concrete, together with everything the
compiler must know about it: its shape rule, its state, its work, and its PyTorch and ONNX forms.
The forms are data (`resdsl.ops.forms`), so that no op imports a framework. Reading one class is
reading all there is to know about one op.

Two ways lead to an instance. The language goes through `Op.build`, which fills in the defaults of
the language for the rank of the input (`3` becomes `(3, 3)` on a 2-D map, `pad` is inferred). JSON
goes through the constructor, where nothing is optional: the IR holds no defaults.

Annotations are evaluated here, once: as texts they would be evaluated anew for every op there is.
"""

from abc import abstractmethod
from collections.abc import Mapping
from functools import cache
from typing import Annotated, ClassVar

from resdsl.ops.forms import OnnxNode, TorchForm
from resdsl.ops.reach import POINT, Reaches
from resdsl.ops.records import Kept, Made, Sample, ShapeError, Tensor, Work
from resdsl.records.checks import Bounds
from resdsl.records.record import Record

Shape = tuple[int, ...]
"""The shape of one sample: channels, then any number of spatial sizes. The batch is implicit."""
Shapes = tuple[Shape, ...]

LARGEST = 2**31 - 1
_LARGEST_REAL = (2 - 2**-23) * 2.0**127
"""What attributes of ONNX and tensors of float32 can hold; a larger number is a slip of the pen."""

Count = Annotated[int, Bounds(ge=1, le=LARGEST)]
"""A whole number of at least one: channels, groups, classes."""
Flag = bool
Real = Annotated[float, Bounds(ge=-_LARGEST_REAL, le=_LARGEST_REAL)]
Positive = Annotated[float, Bounds(gt=0, le=_LARGEST_REAL)]
"""A number above zero, such as the eps of a normalisation."""
Ratio = Annotated[float, Bounds(ge=0, lt=1)]
"""A probability below one."""
MOST_AXES = 3
"""The most spatial axes that convolutions, pools and batch norm have in the frameworks."""


class PerAxis:
    """Marks a field that holds one number per spatial axis; an integer serves for all of them."""


Sizes = Annotated[tuple[Count, ...], PerAxis()]
"""One positive number per spatial axis: kernels, strides, dilations."""
Margins = Annotated[tuple[Annotated[int, Bounds(ge=0, le=LARGEST)], ...], PerAxis()]
"""One number from zero per spatial axis: padding."""


class Op(Record):
    """Base of all ops. A subclass has a field `op` whose only value is its name in the language."""

    op: str

    arity: ClassVar[int | None] = 1
    """Number of inputs; None stands for two or more."""
    weighted: ClassVar[bool] = False
    """Whether the op counts as a layer of a network's depth (He et al. 2015, Table 1)."""
    normalises: ClassVar[bool] = False
    """Whether the setting `norm` may resolve to this op."""
    activates: ClassVar[bool] = False
    """Whether the setting `act` may resolve to this op."""
    numbered: ClassVar[bool] = False
    """Whether paths number the op from one (`conv1`), and not from the second on (`maxpool2`)."""
    named_only: ClassVar[tuple[str, ...]] = ()
    """Parameters for which a bare integer is surely a slip: in PyTorch's order another number stands there."""
    written: ClassVar[str] = ""
    """How the language writes a call of it where that is not the op's name."""
    defaults: ClassVar[Mapping[str, object]] = {}
    """Values of parameters that the language lets a writer leave out."""
    samples: ClassVar[tuple[Sample, ...]] = ()
    """Calls on which the op is tested against torch and onnxruntime."""

    @classmethod
    def kind(cls) -> str:
        """The op's name in the language and in JSON."""
        return cls.op

    @classmethod
    @cache
    def parameters(cls) -> tuple[str, ...]:
        """Names of the parameters in the order in which a call gives them."""
        return tuple(name for name in cls.fields() if name != "op")

    @classmethod
    @cache
    def per_axis(cls) -> tuple[str, ...]:
        """Names of the parameters that hold one number per spatial axis, for which the language takes an integer."""
        marks = {name: getattr(field.annotation, "__metadata__", ()) for name, field in cls.fields().items()}
        return tuple(name for name, found in marks.items() if any(isinstance(mark, PerAxis) for mark in found))

    @classmethod
    def required(cls) -> tuple[str, ...]:
        """Parameters that a call in the language must give."""
        return tuple(name for name in cls.parameters() if name not in cls.defaults)

    @classmethod
    def build(cls, given: Mapping[str, object], inputs: Shapes) -> "Op":
        """Make the op that a call in the language means.

        Args:
            given: values by parameter name, as written; every required one is there.
            inputs: shapes of the inputs.

        Raises:
            resdsl.records.checks.Invalid: a value is not one the parameter can have.
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
        """Put into `given` what can be inferred from the other parameters and the inputs."""

    @abstractmethod
    def infer(self, inputs: Shapes) -> Shapes:
        """Shapes of the outputs.

        Raises:
            ShapeError: the op cannot be applied to these inputs.
        """

    def strides(self, rank: int) -> tuple[int, ...] | None:
        """By how much the op subsamples each spatial axis; None where the question has no answer.

        `rank` is the number of spatial axes of the first input.
        """
        return (1,) * rank

    def state(self, inputs: Shapes) -> tuple[Tensor, ...]:
        """Parameters and buffers by PyTorch's names, in PyTorch's order."""
        return ()

    def with_bias(self) -> "Op | None":
        """This op with a bias, if a scale and a shift of each channel of its output can go into its state.

        What is returned has all that this op has, `weight` with the output's channels on its first axis,
        and `bias`. None where the output is not linear in these.
        """
        return None

    def inference_eps(self) -> float | None:
        """The eps of an op that for inference only scales and shifts each channel; None for any other.

        It yields (x - running_mean) / sqrt(running_var + eps) * weight + bias, by the names of its state.
        """
        return None

    @abstractmethod
    def work(self, inputs: Shapes) -> Work:
        """What one sample costs; see `Work` for the units."""

    def keeps(self, inputs: Shapes, wanted: tuple[bool, ...]) -> Kept:
        """What autograd keeps of the op for the backward pass; it is asked only of an op that gradients reach.

        `wanted` tells of each input whether a gradient is computed for it. An op
        that says nothing else keeps all of its inputs and its output.
        """
        return Kept(tuple(range(len(inputs))), output=True)

    def makes(self, inputs: Shapes) -> Made:
        """What the op allocates beside its outputs, for inference."""
        return Made()

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        """Of each input, which positions each position of the output reads, axis by axis.

        None where any position may read all of them, which is what an op does that says nothing else.
        """
        return (None,) * len(inputs)

    @abstractmethod
    def torch(self, inputs: Shapes) -> TorchForm:
        """The op in PyTorch."""

    @abstractmethod
    def onnx(self, inputs: Shapes) -> tuple[OnnxNode, ...]:
        """The op in ONNX, for inference; the last node yields the op's outputs."""


class Elementwise(Op):
    """Base of ops of one input that keep its shape."""

    def infer(self, inputs: Shapes) -> Shapes:
        return inputs[:1]

    def reach(self, inputs: Shapes) -> tuple[Reaches | None, ...]:
        return (pointwise(inputs[0]),)


def pointwise(shape: Shape) -> Reaches:
    """Every position reads itself."""
    return (POINT,) * (len(shape) - 1)


def show(numbers: tuple[int, ...]) -> str:
    """A shape, or one number per axis, as the language writes it, such as 64x56x56."""
    return "x".join(map(str, numbers))


def per_axis(value: object, rank: int) -> tuple[int, ...]:
    """A value of a call as one number per spatial axis; empty where it is nothing of the kind."""
    if isinstance(value, tuple):
        return tuple(v for v in value if type(v) is int)
    return (value,) * rank if type(value) is int else ()


def expect_axes(op: Op, shape: Shape) -> None:
    """Refuse more spatial axes than the frameworks have.

    Raises:
        ShapeError: as said.
    """
    if len(shape) - 1 > MOST_AXES:
        raise ShapeError(f"`{op.op}` takes at most {MOST_AXES} spatial axes, and the input has {len(shape) - 1}")


def expect_spatial(op: Op, shape: Shape, **given: tuple[int, ...]) -> None:
    """Refuse a flat input, and parameters made for another number of axes than the input has.

    Raises:
        ShapeError: as said.
    """
    rank = len(shape) - 1
    if rank < 1:
        raise ShapeError(f"`{op.op}` needs a feature map, and this is a flat vector of {shape[0]}")
    expect_axes(op, shape)
    for name, value in given.items():
        if len(value) != rank:
            raise ShapeError(
                f"{name} {show(value)} has {len(value)} axes, and the input has {rank}",
                parameter=name,
            )


def window_sizes(
    op: Op,
    shape: Shape,
    *,
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    pad: tuple[int, ...],
    dilation: tuple[int, ...] | None = None,
    ceil: bool = False,
) -> tuple[int, ...]:
    """Spatial sizes after a sliding window.

    floor((size + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1. With `ceil` the division
    rounds up, but a window that would start in the far padding is left out, as PyTorch does.

    Raises:
        ShapeError: the window is larger than the padded input; with `ceil`, by as much as the stride.
    """
    sizes = []
    dilation = dilation or (1,) * len(kernel)
    for size, k, s, p, d in zip(shape[1:], kernel, stride, pad, dilation, strict=True):
        span = size + 2 * p - d * (k - 1) - 1
        if span + (s - 1 if ceil else 0) < 0:
            raise ShapeError(
                f"the window of `{op.op}` covers {d * (k - 1) + 1} and the padded input has {size + 2 * p}",
                parameter="kernel",
            )
        count = span // s + 1
        if ceil and span % s and count * s < size + p:
            count += 1
        sizes.append(count)
    return tuple(sizes)
