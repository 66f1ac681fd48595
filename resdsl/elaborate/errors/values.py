"""Problems with values (RES3xx)."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.diagnostics.problem import Problem, Replacement, instead_of
from resdsl.elaborate.errors.advice import (
    OF_LANGUAGE,
    flow_instead,
    operator_instead,
    value_instead,
    value_meant,
)


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
        if self.wanted == OF_LANGUAGE:
            return "a value of the network cannot be used here"
        return f"this must be {self.wanted}"

    @property
    def found(self) -> str:
        return self.found_value

    @property
    def hint(self) -> str | None:
        hint = flow_instead(self.wanted, self.found_value)
        return hint or value_instead(self.wanted, self.found_value, self.span.text if self.span else "")

    @property
    def replacement(self) -> Replacement | None:
        return value_meant(self.span, self.wanted, self.found_value)


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
    listed: str = "xs"

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
        return f"to count from the end, subtract from the length: {self.listed}[len({self.listed}) - {-self.index}]"

    @property
    def replacement(self) -> Replacement | None:
        is_within = 0 < -self.index <= self.length and self.listed.isidentifier()
        return instead_of(self.span, str(self.index), f"len({self.listed}) - {-self.index}") if is_within else None


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
        return f"`{self.name}[{self.index}]` is never used"

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
        return f"requirement not met: {self.wording or self.condition}"

    @property
    def found(self) -> str | None:
        return self.values or None

    @property
    def expected(self) -> str:
        return self.condition
