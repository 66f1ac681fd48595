"""Problems with arguments and settings (RES3xx)."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.diagnostics.problem import Label, Problem, Replacement, instead_of
from resdsl.diagnostics.suggest import certain, did_you_mean
from resdsl.elaborate.errors.advice import (
    same_setting,
    setting_instead,
    sizes_instead,
    sizes_meant,
)
from resdsl.elaborate.errors.synonyms import argument_instead, same_argument
from resdsl.elaborate.errors.values import UnexpectedValue
from resdsl.source import Span


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
