"""Problems with arguments and settings (RES3xx)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import prod

from resdsl.diagnostics.problem import Label, Problem, Replacement, instead_of
from resdsl.diagnostics.suggest import certain, did_you_mean
from resdsl.elaborate.errors.advice import (
    same_setting,
    setting_instead,
    sizes_instead,
    sizes_meant,
    value_in,
)
from resdsl.elaborate.errors.flow import dims
from resdsl.elaborate.errors.synonyms import argument_instead, is_needless, same_argument
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
        if meant is None and self.span is not None and is_needless(self.name):
            return _left_out(self.span, self.name)
        return instead_of(self.span, self.name, meant)


def _left_out(span: Span, name: str) -> Replacement | None:
    """A call without an argument that begins at the span, and without its comma."""
    text = span.source.text
    argument = rf"{re.escape(name)}\s*=\s*(?:[\w.]+|\"[^\"\n]*\")(?P<comma>\s*,\s*)?(?=[\s\w),;}}])"
    found = re.compile(argument).match(text, span.start)
    before = re.search(r"\s*,\s*$", text[: span.start])
    if found is None:
        return None
    start = before.start() if before and not found["comma"] else span.start
    return Replacement(Span(span.source, start, found.end()), "")


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
        if self.usage:
            return f"for example: {self.usage}"
        kind, _, name = self.callee.partition(" `")
        return f"for example: {name.rstrip('`')}({self.name}=64)" if kind == "the block" else None


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
        if self.usage and self.usage.startswith("from "):
            return f"values are joined by their names, and so is what flows: as x; {self.usage.replace('(a, ', '(x, ')}"
        return f"for example: {self.usage}" if self.usage else None


@dataclass(frozen=True, kw_only=True)
class ArgumentGivenTwice(Problem):
    """The same parameter is given two values."""

    code = "RES313"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is given twice"

    @property
    def hint(self) -> str:
        return "remove one of them; an argument without a name may give it, too"


@dataclass(frozen=True, kw_only=True)
class WrongArgument(UnexpectedValue):
    """A parameter of an op cannot take this value."""

    code = "RES314"
    name: str
    callee: str

    @property
    def headline(self) -> str:
        if self._is_statement and self.span:
            return f"`{self.span.text}` cannot be the `{self.name}` of `{self.callee}`"
        return f"`{self.name}` of `{self.callee}` cannot be {self.found_value.rsplit(' (', 1)[0]}"

    @property
    def hint(self) -> str | None:
        if self._is_statement:
            return "separate statements on one line with `;`"
        if (self.callee, self.name) == ("fc", "bias") and self.found_value.endswith("(integer)"):
            return "input features are never written: fc 10"
        if self.found_value == _VALID:
            return "write the padding as a number: pad=0"
        if self.found_value.endswith("(number with a fraction)") and self.span:
            return f"round it: round({value_in(self.inner or self.span)}), floor(...) or ceil(...)"
        return None if self._is_list_of_widths else sizes_instead(self.found_value)

    @property
    def replacement(self) -> Replacement | None:
        if self.span is None:
            return None
        if self._is_statement:
            return _separated(self.span)
        if self.found_value == _VALID:
            return instead_of(self.span, '"valid"', "0")
        return None if self._is_list_of_widths else sizes_meant(self.span, self.found_value)

    @property
    def _is_statement(self) -> bool:
        return self.found_value.endswith(("(op)", "(block)")) and "=" not in (self.span.text if self.span else "")

    @property
    def _is_list_of_widths(self) -> bool:
        return self.name == "out" and self.found_value.endswith("(list)")


def _separated(span: Span) -> Replacement | None:
    """`; norm; act` instead of `, norm, act`, where the span is that of `norm`."""
    text = span.source.text
    comma = re.search(r",[ \t]*$", text[: span.start])
    names = re.compile(r"\w+(?:[ \t]*,[ \t]*\w+)*(?=\s*(?:[;}\n#]|$))").match(text, span.start)
    if comma is None or names is None:
        return None
    whole = Span(span.source, comma.start(), names.end())
    return Replacement(whole, whole.text.replace(",", ";"))


_VALID = '"valid" (string)'


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
        if self._thousands:
            return f"write thousands with _, or without a sign: {self._thousands}"
        if self.name == "stride":
            return f"write a stride as /{self.value}; a convolution takes its kernel first, then channels: conv 3x3, 64"
        named = f"{self.name}={self.value}"
        return f"leave it out: input channels are never written; if you do mean `{self.name}`, name it: {named}"

    @property
    def replacement(self) -> Replacement | None:
        if self.span is None or not self._thousands:
            return None
        return Replacement(Span(self.span.source, self.span.start - 1, self.span.start), "_")

    @property
    def _thousands(self) -> str | None:
        """The number that was meant by `1,024`, which is two."""
        if self.span is None or not re.fullmatch(r"\d{3}", self.span.text):
            return None
        leading = re.search(r"\b(\d{1,3}),$", self.span.source.text[: self.span.start])
        return f"{leading[1]}_{self.span.text}" if leading else None


@dataclass(frozen=True, kw_only=True)
class ProductOfSizes(Problem):
    """A product of numbers stands where sizes are expected: `3*3` is the number 9, and a kernel of 9 is one of 9x9."""

    code = "RES322"
    severity = "warning"
    sizes: tuple[int, ...]

    @property
    def headline(self) -> str:
        return f"this is the number {prod(self.sizes)}, and not sizes"

    @property
    def hint(self) -> str:
        return f"write sizes with x: {dims(self.sizes)}"

    @property
    def replacement(self) -> Replacement | None:
        return Replacement(self.span, dims(self.sizes)) if self.span else None


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
