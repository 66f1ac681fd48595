"""Problems with the values that flow through a network (RES4xx)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from resdsl.diagnostics.problem import Label, Problem, Replacement
from resdsl.elaborate.errors.advice import sizes_instead, sizes_meant
from resdsl.ir.modules import fault_of
from resdsl.source import Span


def dims(shape: tuple[int, ...]) -> str:
    """A shape as the language writes it."""
    return "x".join(map(str, shape))


@dataclass(frozen=True, kw_only=True)
class NoInput(Problem):
    """A network must state its input before anything else: `input 3x224x224`. Inputs with names do not flow by
    themselves: `from rgb` continues from one of them.
    """

    code = "RES400"
    named: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        return f"nothing flows here yet: {'no input is taken up' if self.named else 'the network has no input'}"

    @property
    def hint(self) -> str:
        if self.named:
            return f"inputs with names flow where `from` takes them up: from {self.named[0]}"
        return "begin the network with its input, for example: input 3x224x224"


@dataclass(frozen=True, kw_only=True)
class LateInput(Problem):
    """The input must be stated before anything is applied to it."""

    code = "RES401"
    first: Span | None = None

    @property
    def headline(self) -> str:
        return "the input must come before everything that is applied to it"

    @property
    def hint(self) -> str:
        return "move it to the beginning of the network"

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "first applied here"),) if self.first else ()


@dataclass(frozen=True, kw_only=True)
class BadInput(Problem):
    """The shape of an input consists of channels and spatial sizes, all of them at least 1."""

    code = "RES402"
    found_value: str

    @property
    def headline(self) -> str:
        return "this is not a valid input shape"

    @property
    def found(self) -> str:
        return self.found_value

    @property
    def expected(self) -> str:
        return "channels and sizes, such as 3x224x224"

    @property
    def hint(self) -> str | None:
        return sizes_instead(self.found_value)

    @property
    def replacement(self) -> Replacement | None:
        return sizes_meant(self.span, self.found_value)


@dataclass(frozen=True, kw_only=True)
class InputWithoutName(Problem):
    """A network has one input without a name, or inputs that all have names: `input rgb 3x224x224`."""

    code = "RES425"

    @property
    def headline(self) -> str:
        return "one input of this network has a name, and another has none"

    @property
    def hint(self) -> str:
        return "name them all, such as: input rgb 3x224x224"


@dataclass(frozen=True, kw_only=True)
class DoesNotFit(Problem):
    """An op cannot be applied to its input shapes."""

    code = "RES403"
    reason: str
    shapes: tuple[tuple[int, ...], ...]

    @property
    def headline(self) -> str:
        return self.reason

    @property
    def found(self) -> str | None:
        return f"{dims(self.shapes[0])} flowing in" if len(self.shapes) == 1 else None

    @property
    def hint(self) -> str | None:
        shape = self.shapes[0] if len(self.shapes) == 1 else ()
        if len(shape) == 4 and "has 2 axes" in self.reason:
            return f"shapes leave out the batch: if {shape[0]} is its size, write {dims(shape[1:])}"
        return next((advice for words, advice in _OF_SHAPES if words in self.reason), None)


_OF_SHAPES = (
    ("the body of this gate", "an `fc` yields a vector; conv 1x1 keeps the axes: avgpool global; conv 1x1, 16"),
    ("the window of", "make the window smaller, pad the input, or pool the whole map with `global`"),
    ("groups do not divide", "the number of groups divides both the channels that enter and those that leave"),
    ("needs equal spatial sizes", "bring them to one size first, by a stride, a pool or `upsample`"),
    ("needs equal shapes", "bring them to one shape first: channels by conv 1x1, sizes by a stride or `upsample`"),
    ("there is no axis", "axis 0 is that of the channels"),
    ("needs a feature map", "a vector has no sizes: apply the op before `fc` or `flatten`"),
)
"""What to do about a reason, by words in it."""


@dataclass(frozen=True, kw_only=True)
class SumDoesNotFit(Problem):
    """The two sides of a residual have different shapes, so they cannot be added. One side is what the body yields. The
    other is the input, for `residual identity`, or else what the shortcut yields.
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
            return f"{body}, which cannot be added to its input, {dims(self.beside)}"
        return f"{body}, but its shortcut `{self.shortcut}` yields {dims(self.beside)}"

    @property
    def hint(self) -> str | None:
        if self.shortcut is not None:
            return self._hint_beside_shortcut()
        return "leave out `identity` and set a shortcut, which brings the input to the shape of the body"

    def _hint_beside_shortcut(self) -> str | None:
        if self.span is not None and re.match(r"\[\s*\d+\s*,", self.span.text):
            return "a row of a bracket has its kernel first, then its channels: [3x3, 64; 3x3, 64]"
        if self.body[1:] != self.beside[1:]:
            return "only a stride may change the sizes: use odd kernels, whose padding keeps them"
        return None

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.given, "the shortcut is given here"),) if self.given else ()


@dataclass(frozen=True, kw_only=True)
class WrongInputCount(Problem):
    """An op is applied to too many or too few values. A statement applies an op to the one value that flows; to join
    several values, write `from add(a, b)`.
    """

    code = "RES404"
    op: str
    found_count: int

    @property
    def headline(self) -> str:
        return f"`{self.op}` cannot be applied to {self.found_count} value{'' if self.found_count == 1 else 's'}"

    @property
    def hint(self) -> str | None:
        return (
            f"name at least two values with `as`, then join them: from {self.op}(a, b)"
            if self.found_count == 1
            else None
        )


@dataclass(frozen=True, kw_only=True)
class NoShortcut(Problem):
    """The body of a residual changes the shape, and there is no shortcut to bring the input to the same shape."""

    code = "RES405"
    entering: tuple[int, ...]
    leaving: tuple[int, ...]
    known: tuple[str, ...]

    @property
    def headline(self) -> str:
        return "this residual changes the shape, but no shortcut is set"

    @property
    def found(self) -> str:
        return f"{dims(self.entering)} flowing in, {dims(self.leaving)} flowing out"

    @property
    def hint(self) -> str:
        ways = "network n(shortcut = B), or basic(64, shortcut=B)"
        return f"set one for the network, the stage or the block: {ways}; there are {', '.join(self.known)} and none"


@dataclass(frozen=True, kw_only=True)
class PartsFlow(Problem):
    """An op or a block that yields several values, such as `split`, is followed by something that takes one. Continuing
    with one part would silently lose the others.
    """

    code = "RES417"
    count: int

    @property
    def headline(self) -> str:
        return f"{self.count} parts flow here, but one value is needed"

    @property
    def hint(self) -> str:
        return "name them, and continue from one: split 2; as part; from part[0]"


@dataclass(frozen=True, kw_only=True)
class UnknownStride(Problem):
    """A shortcut needs the stride of its residual's body, but that body pools globally, magnifies or flattens."""

    code = "RES406"

    @property
    def headline(self) -> str:
        return "the body of this residual has no defined stride"

    @property
    def hint(self) -> str:
        return "write `residual identity`, or set `shortcut = none`"


@dataclass(frozen=True, kw_only=True)
class ShapeDiffers(Problem):
    """A shape statement does not agree with the actual shape. `found` is the actual shape and `expected` is what the
    text states, as with figures (RES800).
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
    """`let` names values of the language. To name a value that flows through the network, use `as`."""

    code = "RES414"
    name: str

    @property
    def headline(self) -> str:
        return f"`let` cannot name a value that flows, as `{self.name}` would be"

    @property
    def hint(self) -> str:
        return f"name it with `as {self.name}`"


@dataclass(frozen=True, kw_only=True)
class ChannelsLast(Problem):
    """An input looks like an image whose channels come last. Here they come first, as in PyTorch and ONNX."""

    code = "RES418"
    severity = "warning"
    shape: tuple[int, ...]

    @property
    def headline(self) -> str:
        return f"this is an input with {self.shape[0]} channels of {dims(self.shape[1:])} each"

    @property
    def hint(self) -> str:
        *sizes, channels = self.shape
        what = "an image" if len(sizes) == 2 else "a clip"
        return f"channels come first; for {what} write: input {dims((channels, *sizes))}"


@dataclass(frozen=True, kw_only=True)
class DeadValue(Problem):
    """A value is computed that reaches no output, so it costs something and changes nothing."""

    code = "RES415"
    severity = "warning"
    path: str

    @property
    def headline(self) -> str:
        return f"the output of `{self.path}` is never used"

    @property
    def hint(self) -> str:
        return "join it with others, as in `from add(x, y)`, make it an output with `tap`, or remove it"


@dataclass(frozen=True, kw_only=True)
class UnreadInput(Problem):
    """No output depends on an input, so whatever is given for it changes nothing."""

    code = "RES426"
    severity = "warning"
    name: str

    @property
    def headline(self) -> str:
        return f"the input `{self.name}` is never used"

    @property
    def hint(self) -> str:
        return f"take it up with `from {self.name}`, or remove it"


@dataclass(frozen=True, kw_only=True)
class NotAModuleName(Problem):
    """A layer, stage or block has a path that no PyTorch module can have, so `--to torch` refuses it.

    A path is made of labels; anything without a label is named after its block or op. In PyTorch the parts of a path
    are attributes of modules. They cannot be attributes that every module already has, such as `double` or `train`,
    cannot be Python keywords, and cannot begin with an underscore. ONNX, safetensors and JSON take any path.
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
