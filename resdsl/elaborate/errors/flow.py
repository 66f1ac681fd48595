"""What can be wrong with what flows (RES4xx)."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.diagnostics.problem import Label, Problem
from resdsl.ir.modules import fault_of
from resdsl.source import Span


def dims(shape: tuple[int, ...]) -> str:
    """A shape as the language writes it."""
    return "x".join(map(str, shape))


@dataclass(frozen=True, kw_only=True)
class NoInput(Problem):
    """A network states its input before anything else: `input 3x224x224`."""

    code = "RES400"

    @property
    def headline(self) -> str:
        return "nothing flows here yet: the network has stated no input"

    @property
    def hint(self) -> str:
        return "begin the network with its input, such as: input 3x224x224"


@dataclass(frozen=True, kw_only=True)
class LateInput(Problem):
    """The input is stated before anything is applied to it."""

    code = "RES401"
    first: Span | None = None

    @property
    def headline(self) -> str:
        return "the input is stated after something was applied"

    @property
    def hint(self) -> str:
        return "move it to the beginning of the network"

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "applied here"),) if self.first else ()


@dataclass(frozen=True, kw_only=True)
class BadInput(Problem):
    """An input is channels and spatial sizes, all at least 1."""

    code = "RES402"
    found_value: str

    @property
    def headline(self) -> str:
        return "this is no shape of an input"

    @property
    def found(self) -> str:
        return self.found_value

    @property
    def expected(self) -> str:
        return "channels and sizes, such as 3x224x224"


@dataclass(frozen=True, kw_only=True)
class DoesNotFit(Problem):
    """An op cannot be applied to the shapes that flow in."""

    code = "RES403"
    reason: str
    shapes: tuple[tuple[int, ...], ...]

    @property
    def headline(self) -> str:
        return self.reason

    @property
    def found(self) -> str | None:
        return f"{dims(self.shapes[0])} flowing in" if len(self.shapes) == 1 else None


@dataclass(frozen=True, kw_only=True)
class SumDoesNotFit(Problem):
    """What runs beside the body of a residual and what the body yields differ in shape, so that they cannot be
    added. `residual identity` adds what flowed in; any other residual, what its shortcut yields.
    """

    code = "RES416"
    beside: tuple[int, ...]
    body: tuple[int, ...]
    shortcut: str | None = None
    given: Span | None = None

    @property
    def headline(self) -> str:
        body = f"the body of this residual yields {dims(self.body)}"
        if self.shortcut is None:
            return f"{body}, and {dims(self.beside)} is to be added to it"
        return f"{body}, and the shortcut `{self.shortcut}` beside it {dims(self.beside)}"

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.given, "the shortcut is given here"),) if self.given else ()


@dataclass(frozen=True, kw_only=True)
class WrongInputCount(Problem):
    """An op is applied to too many or too few values. A statement applies an op to the one value that flows; ops
    that join several are written `from add(a, b)`.
    """

    code = "RES404"
    op: str
    found_count: int

    @property
    def headline(self) -> str:
        return f"`{self.op}` cannot be applied to {self.found_count} value{'' if self.found_count == 1 else 's'}"

    @property
    def hint(self) -> str | None:
        return f"name values with `as`, and join them: from {self.op}(a, b)" if self.found_count == 1 else None


@dataclass(frozen=True, kw_only=True)
class NoShortcut(Problem):
    """The body of a residual changes the shape, and no shortcut is in force that could bring what flowed in to the
    same shape.
    """

    code = "RES405"
    entering: tuple[int, ...]
    leaving: tuple[int, ...]
    known: tuple[str, ...]

    @property
    def headline(self) -> str:
        return "this residual changes the shape, and no shortcut is in force"

    @property
    def found(self) -> str:
        return f"{dims(self.entering)} flowing in, {dims(self.leaving)} flowing out"

    @property
    def hint(self) -> str:
        return f"give the network, the stage or the block a shortcut: {', '.join(self.known)}, or none"


@dataclass(frozen=True, kw_only=True)
class PartsFlow(Problem):
    """An op with several outputs, such as `split`, is followed by something that takes one value. Going on with one
    part would lose the others in silence.
    """

    code = "RES417"
    count: int

    @property
    def headline(self) -> str:
        return f"{self.count} parts flow here, and one value is needed"

    @property
    def hint(self) -> str:
        return "name them, and take up one: split 2; as part; from part[0]"


@dataclass(frozen=True, kw_only=True)
class UnknownStride(Problem):
    """A shortcut needs the stride of the body it stands beside, and that body pools globally, magnifies or
    flattens.
    """

    code = "RES406"

    @property
    def headline(self) -> str:
        return "the stride along this residual's body is not defined"

    @property
    def hint(self) -> str:
        return "write `residual identity`, or give it `shortcut = none`"


@dataclass(frozen=True, kw_only=True)
class ShapeDiffers(Problem):
    """A shape statement does not agree with the shape at its place. What is there was found, and what the text
    states was expected, as with figures (RES800).
    """

    code = "RES412"
    stated: str
    actual: tuple[int, ...]
    numbers: tuple[int, ...] = ()

    @property
    def headline(self) -> str:
        return f"the shape here is {dims(self.actual)}"

    @property
    def found(self) -> str:
        return dims(self.actual)

    @property
    def expected(self) -> str:
        return self.stated

    @property
    def hint(self) -> str | None:
        last = (*self.actual[1:], self.actual[0])
        return "channels come first" if len(last) > 1 and self.numbers == last != self.actual else None


@dataclass(frozen=True, kw_only=True)
class EmptyBlock(Problem):
    """A stage repeats a block that does nothing."""

    code = "RES413"
    name: str

    @property
    def headline(self) -> str:
        return f"the block `{self.name}` does nothing for this input"


@dataclass(frozen=True, kw_only=True)
class FlowAsValue(Problem):
    """`let` names values of the language; what flows is named with `as`."""

    code = "RES414"
    name: str

    @property
    def headline(self) -> str:
        return f"`let` cannot name a value of the network, as `{self.name}` would be"

    @property
    def hint(self) -> str:
        return f"name what flows with `as {self.name}`"


@dataclass(frozen=True, kw_only=True)
class ChannelsLast(Problem):
    """An input looks like an image whose channels stand last. Here, as in PyTorch and ONNX, they come first."""

    code = "RES418"
    severity = "warning"
    shape: tuple[int, ...]

    @property
    def headline(self) -> str:
        return f"this is an input of {self.shape[0]} channels, each {dims(self.shape[1:])}"

    @property
    def hint(self) -> str:
        *sizes, channels = self.shape
        what = "an image" if len(sizes) == 2 else "a clip"
        return f"channels come first; for {what} write: input {dims((channels, *sizes))}"


@dataclass(frozen=True, kw_only=True)
class DeadValue(Problem):
    """Something is computed that reaches no output, so that it costs and changes nothing."""

    code = "RES415"
    severity = "warning"
    path: str

    @property
    def headline(self) -> str:
        return f"nothing uses `{self.path}`"


@dataclass(frozen=True, kw_only=True)
class NotAModuleName(Problem):
    """A layer, stage or block has a path that no module of PyTorch can have, so that `--to torch` refuses it.

    A path is made of labels; what has no label is called as its block or op. In PyTorch the parts of a path are
    attributes of modules, and cannot be what every module has already, such as `double` or `train`, a keyword of
    Python, or begin with an underscore. ONNX, safetensors and JSON take any path.
    """

    code = "RES430"
    severity = "warning"
    path: str
    part: str

    @property
    def headline(self) -> str:
        return f"`{self.path}` cannot be the path of a PyTorch module"

    @property
    def found(self) -> str | None:
        return fault_of(self.part)

    @property
    def hint(self) -> str:
        return (
            f"give it another label, such as `{self.part.strip('_')}1`, if the network is to be built with --to torch"
        )
