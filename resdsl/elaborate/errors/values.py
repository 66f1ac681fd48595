"""What can be wrong with values and arguments (RES3xx)."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.diagnostics.problem import Label, Problem
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.source import Span


@dataclass(frozen=True, kw_only=True)
class UnexpectedValue(Problem):
    """Base of what is found where something else is needed.

    Attributes:
        found_value: the value, with its type.
        wanted: what could stand there.
    """

    found_value: str
    wanted: str

    @property
    def found(self) -> str:
        return self.found_value

    @property
    def expected(self) -> str:
        return self.wanted


@dataclass(frozen=True, kw_only=True)
class WrongType(Problem):
    """A value is not of the type that is needed where it stands. Nothing is converted in silence: an integer is
    written where one is needed, with `//`, `floor`, `ceil` or `round` where arithmetic leaves the integers.
    """

    code = "RES300"
    found_value: str
    wanted: str

    @property
    def headline(self) -> str:
        return f"this must be {self.wanted}"

    @property
    def found(self) -> str:
        return self.found_value


@dataclass(frozen=True, kw_only=True)
class WrongOperand(Problem):
    """An operator is applied to something it is not defined for. Arithmetic takes numbers; `+` also joins two
    strings or two lists; order is defined for numbers, equality for everything.
    """

    code = "RES301"
    operator: str
    found_value: str

    @property
    def headline(self) -> str:
        return f"`{self.operator}` is not defined for this"

    @property
    def found(self) -> str:
        return self.found_value

    @property
    def expected(self) -> str:
        return "a number"

    @property
    def hint(self) -> str | None:
        if self.operator == "+" and self.found_value.endswith("(string)"):
            return 'an expression within a string stands in braces: "layer{i + 1}"'
        return None


@dataclass(frozen=True, kw_only=True)
class NoResult(Problem):
    """A calculation has no result: a division by zero, a logarithm of nothing, a number beyond all bounds."""

    code = "RES302"
    reason: str

    @property
    def headline(self) -> str:
        return self.reason


@dataclass(frozen=True, kw_only=True)
class IndexOutside(Problem):
    """An index is outside its list. The first item has index 0."""

    code = "RES303"
    index: int
    length: int

    @property
    def headline(self) -> str:
        return f"index {self.index} is outside {f'a list of {self.length}' if self.length else 'an empty list'}"

    @property
    def expected(self) -> str | None:
        if self.length < 2:
            return "0" if self.length else None
        return f"0 to {self.length - 1}"


@dataclass(frozen=True, kw_only=True)
class LengthsDiffer(Problem):
    """`zip` takes lists of one length: nothing is cut off."""

    code = "RES304"
    lengths: tuple[int, ...]

    @property
    def headline(self) -> str:
        return f"these lists differ in length: {', '.join(map(str, self.lengths))}"


@dataclass(frozen=True, kw_only=True)
class UnreadItem(Problem):
    """A list among a network's parameters has an item that nothing asks for: five depths where four stages are
    written. A network of four stages would be built from five in silence.
    """

    code = "RES305"
    name: str
    length: int
    index: int

    @property
    def headline(self) -> str:
        return f"item {self.index} of `{self.name}` is never used"

    @property
    def found(self) -> str:
        return f"a list of {self.length}"

    @property
    def hint(self) -> str:
        return "shorten the list, or let a loop run over all of it"


@dataclass(frozen=True, kw_only=True)
class NotCallable(Problem):
    """What is called is neither a block, a shortcut, an op nor a function."""

    code = "RES306"
    name: str
    what: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is {self.what} and cannot be called"


@dataclass(frozen=True, kw_only=True)
class UnknownArgument(Problem):
    """An argument bears a name that the callee has no parameter of."""

    code = "RES310"
    name: str
    callee: str
    known: tuple[str, ...]

    @property
    def headline(self) -> str:
        return f"{self.callee} has no parameter `{self.name}`"

    @property
    def hint(self) -> str | None:
        return did_you_mean(self.name, self.known)


@dataclass(frozen=True, kw_only=True)
class MissingArgument(Problem):
    """A parameter without a default was not given."""

    code = "RES311"
    name: str
    callee: str

    @property
    def headline(self) -> str:
        return f"{self.callee} needs `{self.name}`"


@dataclass(frozen=True, kw_only=True)
class TooManyArguments(Problem):
    """There are more arguments than parameters, or those left are all given by name."""

    code = "RES312"
    callee: str
    known: tuple[str, ...]

    @property
    def headline(self) -> str:
        return f"{self.callee} takes no further argument"

    @property
    def expected(self) -> str:
        return "parameters " + ", ".join(self.known) if self.known else "no argument"


@dataclass(frozen=True, kw_only=True)
class ArgumentGivenTwice(Problem):
    """One parameter is given two values."""

    code = "RES313"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is given twice"


@dataclass(frozen=True, kw_only=True)
class WrongArgument(UnexpectedValue):
    """An op cannot have this value for this parameter."""

    code = "RES314"
    name: str
    callee: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` of `{self.callee}` cannot be {self.found_value.rsplit(' (', 1)[0]}"

    @property
    def hint(self) -> str | None:
        if self.found_value.endswith(("(op)", "(block)")):
            return "statements on one line are parted by `;`"
        return None


@dataclass(frozen=True, kw_only=True)
class BareArgument(Problem):
    """A bare number stands where only a named one may: in the order that PyTorch has, `conv 3, 64, 3` would be a kernel
    of 64, and here a stride of 3; `bn 64` would be an eps of 64.
    """

    code = "RES321"
    name: str
    callee: str
    value: str

    @property
    def headline(self) -> str:
        return f"a bare {self.value} would be the `{self.name}` of `{self.callee}`"

    @property
    def hint(self) -> str:
        if self.name == "stride":
            return f"a stride is written /{self.value}; a convolution has its kernel first, then channels: conv 3x3, 64"
        return f"the channels that flow in are never written; if it is meant, name it: {self.name}={self.value}"


@dataclass(frozen=True, kw_only=True)
class WrongArgumentCount(Problem):
    """A function is called with too few or too many arguments."""

    code = "RES315"
    callee: str
    wanted: str
    found_count: int

    @property
    def headline(self) -> str:
        return f"`{self.callee}` takes {self.wanted} argument{'' if self.wanted.endswith('1') else 's'}"

    @property
    def found(self) -> str:
        return f"{self.found_count} argument{'' if self.found_count == 1 else 's'}"


@dataclass(frozen=True, kw_only=True)
class SettingBound(Problem):
    """A setting cannot be bound to a block used as a value; it is given where the block is called, or by the
    stage.
    """

    code = "RES316"
    name: str

    @property
    def headline(self) -> str:
        return f"the setting `{self.name}` cannot be bound here"

    @property
    def hint(self) -> str:
        return "give it in the call, or after the stage's block: stage s: block(64) x 3, act=gelu"


@dataclass(frozen=True, kw_only=True)
class WrongSetting(UnexpectedValue):
    """A setting holds something that cannot play its part: `shortcut` takes a shortcut or `none`, `norm` a norm or
    `none`, `act` an activation or `none`; blocks of your own serve too.
    """

    code = "RES317"
    name: str
    used: Span | None = None

    @property
    def headline(self) -> str:
        return f"the setting `{self.name}` cannot be {self.found_value.rsplit(' (', 1)[0]}"

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.used, "asked for here"),) if self.used else ()


@dataclass(frozen=True, kw_only=True)
class NotApplicable(Problem):
    """A statement applies an op or a block; what stands here is neither."""

    code = "RES318"
    name: str
    what: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is {self.what}, and no op or block that could be applied"


@dataclass(frozen=True, kw_only=True)
class NotABlock(Problem):
    """A stage repeats a block or a bracket; what stands here is neither."""

    code = "RES319"
    name: str
    what: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is {self.what}, and no block"

    @property
    def hint(self) -> str:
        return "a stage repeats a block such as block(64), or a bracket such as [3x3, 64; 3x3, 64]"


@dataclass(frozen=True, kw_only=True)
class RequirementFailed(Problem):
    """A `require` of a definition does not hold for the values given."""

    code = "RES320"
    condition: str
    wording: str | None
    values: str

    @property
    def headline(self) -> str:
        return self.wording or f"this must hold: {self.condition}"

    @property
    def found(self) -> str | None:
        return self.values or None

    @property
    def expected(self) -> str:
        return self.condition
