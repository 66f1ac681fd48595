"""Problems with values and arguments (RES3xx)."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.diagnostics.problem import Label, Problem, Replacement, instead_of
from resdsl.diagnostics.suggest import certain, did_you_mean
from resdsl.elaborate.errors.advice import (
    flow_instead,
    operator_instead,
    same_setting,
    setting_instead,
    sizes_instead,
    sizes_meant,
)
from resdsl.elaborate.errors.synonyms import argument_instead, same_argument
from resdsl.source import Span


@dataclass(frozen=True, kw_only=True)
class UnexpectedValue(Problem):
    """Base of problems in which one thing was found and another is needed.

    Attributes:
        found_value: the value, with its type.
        wanted: what would be allowed.
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
    """A value has the wrong type for its place. Nothing is converted silently: where an integer is needed, write one,
    and use `//`, `floor`, `ceil` or `round` if the arithmetic gives a fraction.
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

    @property
    def hint(self) -> str | None:
        return flow_instead(self.wanted, self.found_value)


@dataclass(frozen=True, kw_only=True)
class WrongOperand(Problem):
    """An operator is applied to a value it does not work on. Arithmetic takes numbers; `+` also joins two strings or
    two lists; numbers can be ordered, and anything can be compared for equality.
    """

    code = "RES301"
    operator: str
    found_value: str

    @property
    def headline(self) -> str:
        return f"`{self.operator}` is not defined for this value"

    @property
    def found(self) -> str:
        return self.found_value

    @property
    def expected(self) -> str:
        return "a number"

    @property
    def hint(self) -> str | None:
        return operator_instead(self.operator, self.found_value)


@dataclass(frozen=True, kw_only=True)
class NoResult(Problem):
    """A calculation has no result: it divides by zero, takes the logarithm of zero, or gives a number that is too
    large.
    """

    code = "RES302"
    reason: str

    @property
    def headline(self) -> str:
        return self.reason


@dataclass(frozen=True, kw_only=True)
class IndexOutside(Problem):
    """An index is out of range. The first item has index 0."""

    code = "RES303"
    index: int
    length: int

    @property
    def headline(self) -> str:
        what = f"a list of length {self.length}" if self.length else "an empty list"
        return f"index {self.index} is out of range for {what}"

    @property
    def expected(self) -> str | None:
        if self.length < 2:
            return "0" if self.length else None
        return f"0 to {self.length - 1}"

    @property
    def hint(self) -> str | None:
        if self.index >= 0 or not self.length:
            return None
        return f"to count from the end, subtract from the length: xs[len(xs) - {-self.index}]"


@dataclass(frozen=True, kw_only=True)
class LengthsDiffer(Problem):
    """`zip` takes lists of the same length and never cuts one short."""

    code = "RES304"
    lengths: tuple[int, ...]

    @property
    def headline(self) -> str:
        return f"these lists differ in length: {', '.join(map(str, self.lengths))}"


@dataclass(frozen=True, kw_only=True)
class UnreadItem(Problem):
    """An item of a list parameter is never used: five depths are given, for example, to a network that has four stages.
    Without this error, the fifth would be ignored silently.
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
        return f"a list of length {self.length}"

    @property
    def hint(self) -> str:
        return "shorten the list, or loop over all of it"


@dataclass(frozen=True, kw_only=True)
class NotCallable(Problem):
    """Only blocks, shortcuts, ops and functions can be called."""

    code = "RES306"
    name: str
    what: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is {self.what} and cannot be called"


@dataclass(frozen=True, kw_only=True)
class UnknownArgument(Problem):
    """An argument is given by a name that is not one of the parameters."""

    code = "RES310"
    name: str
    callee: str
    known: tuple[str, ...]

    @property
    def headline(self) -> str:
        return f"{self.callee} has no parameter `{self.name}`"

    @property
    def hint(self) -> str | None:
        return argument_instead(self.name, self.known) or did_you_mean(self.name, self.known)

    @property
    def replacement(self) -> Replacement | None:
        meant = same_argument(self.name, self.known) or certain(self.name, self.known)
        return instead_of(self.span, self.name, meant)


@dataclass(frozen=True, kw_only=True)
class MissingArgument(Problem):
    """A parameter that has no default was not given a value."""

    code = "RES311"
    name: str
    callee: str
    usage: str | None = None

    @property
    def headline(self) -> str:
        return f"{self.callee} needs `{self.name}`"

    @property
    def hint(self) -> str | None:
        return f"for example: {self.usage}" if self.usage else None


@dataclass(frozen=True, kw_only=True)
class TooManyArguments(Problem):
    """There are more arguments than parameters, or the remaining parameters can only be given by name."""

    code = "RES312"
    callee: str
    known: tuple[str, ...]
    usage: str | None = None

    @property
    def headline(self) -> str:
        return f"too many arguments for {self.callee}"

    @property
    def expected(self) -> str:
        if not self.known:
            return "no arguments"
        return ("parameter " if len(self.known) == 1 else "parameters ") + ", ".join(self.known)

    @property
    def hint(self) -> str | None:
        return f"for example: {self.usage}" if self.usage else None


@dataclass(frozen=True, kw_only=True)
class ArgumentGivenTwice(Problem):
    """The same parameter is given two values."""

    code = "RES313"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is given twice"


@dataclass(frozen=True, kw_only=True)
class WrongArgument(UnexpectedValue):
    """A parameter of an op cannot take this value."""

    code = "RES314"
    name: str
    callee: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` of `{self.callee}` cannot be {self.found_value.rsplit(' (', 1)[0]}"

    @property
    def hint(self) -> str | None:
        if self.found_value.endswith(("(op)", "(block)")):
            return "separate statements on one line with `;`"
        return sizes_instead(self.found_value) if self.name != "out" else None

    @property
    def replacement(self) -> Replacement | None:
        return sizes_meant(self.span, self.found_value) if self.name != "out" else None


@dataclass(frozen=True, kw_only=True)
class BareArgument(Problem):
    """A number must be named here, because its position is easy to misread. In PyTorch's order of arguments,
    `conv 3, 64, 3` has a kernel of 64; here it would have a stride of 3. Likewise, `bn 64` would have an eps of 64.
    """

    code = "RES321"
    name: str
    callee: str
    value: str

    @property
    def headline(self) -> str:
        return f"a bare {self.value} would set the `{self.name}` of `{self.callee}`"

    @property
    def hint(self) -> str:
        if self.name == "stride":
            return f"write a stride as /{self.value}; a convolution takes its kernel first, then channels: conv 3x3, 64"
        return f"input channels are never written; if you do mean `{self.name}`, name it: {self.name}={self.value}"


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
    """A setting cannot be bound to a block that is used as a value. Set it in the call, or in the stage."""

    code = "RES316"
    name: str

    @property
    def headline(self) -> str:
        return f"the setting `{self.name}` cannot be bound here"

    @property
    def hint(self) -> str:
        return "set it in the call, or after the stage's block: stage s: block(64) x 3, act=gelu"


@dataclass(frozen=True, kw_only=True)
class WrongSetting(UnexpectedValue):
    """A setting has a value of the wrong kind: `shortcut` takes a shortcut or `none`, `norm` a norm or `none`, and
    `act` an activation or `none`. Your own blocks can be used as well.
    """

    code = "RES317"
    name: str
    used: Span | None = None

    @property
    def headline(self) -> str:
        return f"the setting `{self.name}` cannot be {self.found_value.rsplit(' (', 1)[0]}"

    @property
    def hint(self) -> str | None:
        return setting_instead(self.found_value)

    @property
    def replacement(self) -> Replacement | None:
        return instead_of(self.span, self.found_value.rsplit(" (", 1)[0], same_setting(self.found_value))

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.used, "used here"),) if self.used else ()


@dataclass(frozen=True, kw_only=True)
class NotApplicable(Problem):
    """A statement applies an op or a block, and this is neither."""

    code = "RES318"
    name: str
    what: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is {self.what}, not an op or a block"


@dataclass(frozen=True, kw_only=True)
class NotABlock(Problem):
    """A stage repeats a block or a bracket, and this is neither."""

    code = "RES319"
    name: str
    what: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is {self.what}, not a block"

    @property
    def hint(self) -> str:
        return "a stage repeats a block such as block(64), or a bracket such as [3x3, 64; 3x3, 64]"


@dataclass(frozen=True, kw_only=True)
class RequirementFailed(Problem):
    """A `require` of a definition is not met by the values given."""

    code = "RES320"
    condition: str
    wording: str | None
    values: str

    @property
    def headline(self) -> str:
        return self.wording or f"requirement not met: {self.condition}"

    @property
    def found(self) -> str | None:
        return self.values or None

    @property
    def expected(self) -> str:
        return self.condition
