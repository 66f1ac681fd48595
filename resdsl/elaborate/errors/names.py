"""Problems with names (RES2xx)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from resdsl.diagnostics.problem import Label, Problem, Replacement, instead_of
from resdsl.diagnostics.suggest import certain, did_you_mean
from resdsl.elaborate.errors.synonyms import WINDOWS, name_instead, same_name, same_quantity
from resdsl.source import Span

_DEFINITION = re.compile(r"^(?:network|block|shortcut|sweep)\b", re.MULTILINE)
"""Where a definition begins."""


@dataclass(frozen=True, kw_only=True)
class UnknownName(Problem):
    """A name is not defined here: it is not a parameter, a `let`, a named value, a definition, an import, an op or a
    function.
    """

    code = "RES200"
    name: str
    known: tuple[str, ...]
    member: str | None = None
    what: str = ""
    shipped: str | None = None
    is_applied: bool = False
    bound: tuple[str, ...] = ()
    """The names of the definition around it."""
    usual: str | None = None
    """What is expected of the parameter that it is given for."""

    @property
    def headline(self) -> str:
        if self.what:
            return f"unknown {self.what} `{self.name}`"
        if self.member:
            return f"`{self.name.rsplit('.', 1)[0]}` does not define `{self.member}`"
        return f"unknown name `{self.name}`"

    @property
    def hint(self) -> str | None:
        if self.shipped is not None:
            return (
                f"resdsl ships one, but it must be imported: copy specs/{self.shipped} next to this file, write "
                f'import "{self.shipped}" as shipped, and use shipped.{self.name}'
            )
        if re.fullmatch(r"x[0-9]+", self.name):
            return f"write repeats before the first comma, with a space after the x: block(64) x {self.name[1:]}"
        if self.what and self.name == "False":
            return "write `none` to leave it out"
        if self.usual is not None:
            return self.usual
        instead = None if self.member else name_instead(self.name, self.known)
        if self.what == "quantity":
            instead = f"here it is called `{meant}`" if (meant := same_quantity(self.name)) else None
        hint = instead or self._bound_later or self._label or did_you_mean(self.member or self.name, self.known)
        if hint or self.is_applied:
            return hint or "`resdsl ops` and `resdsl blocks` list what can be applied"
        return "defined here: " + ", ".join(f"`{name}`" for name in self.bound) if 0 < len(self.bound) <= 8 else None

    @property
    def _bound_later(self) -> str | None:
        """The hint about a name that is given only further down."""
        if self.span is None:
            return None
        rest = _DEFINITION.split(self.span.source.text[self.span.end :], maxsplit=1)[0]
        later = re.search(rf"\b(?:as|let)\s+{re.escape(self.name)}\b", rest)
        return f"`{self.name}` is named further down, and can be used only after that" if later else None

    @property
    def _label(self) -> str | None:
        """The hint about the label of a stage or layer that is taken for a value."""
        if self.span is None or self.what:
            return None
        before = _DEFINITION.split(self.span.source.text[: self.span.start])[-1]
        name = re.escape(self.name)
        if not re.search(rf"\bstage\s+{name}\b|(?:^|[;{{])[ \t]*{name}[ \t]*:", before, re.MULTILINE):
            return None
        return f"`{self.name}` is a label; name what the stage or layer yields with `as` behind it: ...; as x"

    @property
    def replacement(self) -> Replacement | None:
        if self.span is None or self.shipped is not None or self.usual is not None:
            return None
        if self.member:
            meant = certain(self.member, self.known)
            return instead_of(self.span, self.name, f"{self.name.rsplit('.', 1)[0]}.{meant}" if meant else None)
        if self.name == "range":
            return _range_instead(self.span)
        if self.name == "enumerate":
            return _list_instead(self.span)
        if self.what and self.name == "False":
            return instead_of(self.span, self.name, "none")
        if self.what == "quantity" and (meant := same_quantity(self.name)):
            return instead_of(self.span, self.name, meant)
        if self.name in ("const", "var", "val", "define"):
            return instead_of(self.span, self.name, "let")
        if self.name == "return" and re.match(r"[ \t]+[A-Za-z_]\w*", self.span.source.text[self.span.end :]):
            return instead_of(self.span, self.name, "from")
        if self.name == "same":
            return instead_of(self.span, self.name, '"same"')
        meant = same_name(self.name, self.known)
        if meant in WINDOWS and not re.match(r"[^;}\n]*(?:/|stride)", self.span.source.text[self.span.end :]):
            return None  # elsewhere its stride is its kernel, here it is 1
        return instead_of(self.span, self.name, meant or certain(self.name, self.known))


_ENUMERATED = re.compile(r"\(\s*(?P<items>(?:[^()]|\([^()]*\))+?)\s*\)(?=\s*\{)")


def _list_instead(span: Span) -> Replacement | None:
    """`depths` instead of `enumerate(depths)` in a loop with an index."""
    found = _ENUMERATED.match(span.source.text, span.end)
    if found is None or not re.search(r"\bfor\s+\w+\s*,\s*\w+\s+in\s+$", span.source.text[: span.start]):
        return None
    return Replacement(Span(span.source, span.start, found.end()), found["items"])


_RANGE = re.compile(r"\(\s*(?P<first>(?:[^(),]|\([^()]*\))+)(?:,\s*(?P<end>(?:[^(),]|\([^()]*\))+))?\)")


def _range_instead(span: Span) -> Replacement | None:
    """`0..3` instead of `range(3)`, where the span is that of the word alone."""
    found = _RANGE.match(span.source.text, span.end)
    if found is None or span.text != "range":
        return None
    start, end = (found["first"], found["end"]) if found["end"] else ("0", found["first"])
    return Replacement(Span(span.source, span.start, found.end()), f"{start.strip()}..{end.strip()}")


@dataclass(frozen=True, kw_only=True)
class NameGivenTwice(Problem):
    """A name can be defined only once: among the definitions of a file, the parameters, `let`s and named values of a
    body, and the stages and labels of a network.
    """

    code = "RES201"
    name: str
    first: Span | None = None
    tapped_within: bool = False

    @property
    def headline(self) -> str:
        return f"the name `{self.name}` is defined twice"

    @property
    def hint(self) -> str:
        if self.tapped_within:
            return "every call of this block taps the value; call it once, or tap outside it"
        if self.name == "input":
            return "several inputs have names: input rgb 3x224x224"
        if self.span is not None and re.search(r"\blet\s+$", self.span.source.text[: self.span.start]):
            return "a name keeps its value; choose another, or give a parameter its value in a call: small(width=32)"
        return "give one of them another name"

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "first defined here"),) if self.first else ()


@dataclass(frozen=True, kw_only=True)
class LibraryNameTaken(Problem):
    """A definition has a name that already belongs to the standard library or the language: to a block, a shortcut, an
    op, a function or a setting. Nothing is redefined silently; choose another name. Only a sweep may be called like a
    function, such as `all`: nothing calls a sweep.
    """

    code = "RES202"
    name: str
    by: str = "the standard library"

    @property
    def headline(self) -> str:
        return f"`{self.name}` is already defined by {self.by}"

    @property
    def hint(self) -> str:
        return f"choose another name; a definition cannot replace one of {self.by}"


@dataclass(frozen=True, kw_only=True)
class NotAValue(Problem):
    """Networks and imported files have names, but they are not values. A network is built, varied or swept; what an
    imported file defines is written with a dot.
    """

    code = "RES203"
    name: str
    what: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is {self.what}, not a value"

    @property
    def hint(self) -> str | None:
        if self.what == "a network":
            return "only ops and blocks are applied; what two networks have in common is a `block`"
        return "to use a definition of an imported file, write file.name" if "file" in self.what else None


@dataclass(frozen=True, kw_only=True)
class NotAnImport(Problem):
    """The name before the dot is not an imported file."""

    code = "RES204"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is not an imported file"

    @property
    def hint(self) -> str:
        member = self.span.text.partition(".")[2] if self.span else ""
        if member in ("len", "size", "length", "shape"):
            return f"write len({self.name})"
        return "only the name of an imported file is followed by a dot"


@dataclass(frozen=True, kw_only=True)
class GapInNamedValues(Problem):
    """Values named with an index (`as y[i]`) must be numbered from 0 without gaps."""

    code = "RES205"
    name: str
    index: int

    @property
    def headline(self) -> str:
        return f"`{self.name}[{self.index}]` is missing"

    @property
    def hint(self) -> str:
        return "number the values from 0, without gaps"


@dataclass(frozen=True, kw_only=True)
class AmbiguousName(Problem):
    """In the arguments of a stage's block, `i`, `n`, `block_index` and `block_count` number the repeats. Here the same
    name is also defined outside the stage, and the compiler does not guess which one you mean.
    """

    code = "RES206"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is ambiguous: it could be the stage's own, or the one outside the stage"

    @property
    def hint(self) -> str:
        return f"rename the one outside: in the arguments of a stage's block, `{self.name}` numbers the repeats"


@dataclass(frozen=True, kw_only=True)
class NoChannels(Problem):
    """`channels` is the number of channels that enter a body. A network's parameters and their values are evaluated
    before there is any input.
    """

    code = "RES208"

    @property
    def headline(self) -> str:
        return "`channels` is not known in the parameters of a network"

    @property
    def hint(self) -> str:
        return "use it in a block, and pass that block: block over_all { group_norm channels }"


@dataclass(frozen=True, kw_only=True)
class KnownInShortcuts(Problem):
    """A shortcut gets `out`, `stride` and `changes` from the residual it belongs to. As parameters they would never
    have any value but their defaults.
    """

    code = "RES209"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` cannot be a parameter of a shortcut, which gets it from its residual"

    @property
    def hint(self) -> str:
        return f"remove the parameter, and use `{self.name}` in the body"


@dataclass(frozen=True, kw_only=True)
class UnknownInput(Problem):
    """A shape is given for an input that the network does not have, by `--input rgb=3x192x192` or by a variant. An
    input without a name is given without one: `--input 3x192x192`.
    """

    code = "RES215"
    name: str
    known: tuple[str, ...]

    @property
    def headline(self) -> str:
        if self.name == "input":
            return "the inputs of this network have names, and this shape has none"
        return f"the network has no input `{self.name}`" + ("" if self.known else ": its input has no name")

    @property
    def hint(self) -> str | None:
        if self.name == "input":
            return f"name the input that you mean: {', '.join(self.known)}"
        return did_you_mean(self.name, self.known) if self.known else "give the shape without a name"


@dataclass(frozen=True, kw_only=True)
class ChannelsOfNamedInputs(Problem):
    """`channels` is the number of channels that enter a body. Inputs with names do not enter a network's body: each
    flows where it is taken up.
    """

    code = "RES216"

    @property
    def headline(self) -> str:
        return "`channels` is not known at the top of a network whose inputs have names"

    @property
    def hint(self) -> str:
        return "use it in a block, where it is the number of channels that enter"


@dataclass(frozen=True, kw_only=True)
class UnusedParameter(Problem):
    """A parameter is never used, so an argument for it would have no effect."""

    code = "RES207"
    severity = "warning"
    name: str

    @property
    def headline(self) -> str:
        return f"the parameter `{self.name}` is never used"

    @property
    def hint(self) -> str:
        return "use it or remove it: an option without effect is misleading"
