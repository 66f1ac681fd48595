"""Problems with networks, stages and variants (RES5xx)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from resdsl.diagnostics.problem import Label, Problem, Replacement, instead_of
from resdsl.diagnostics.suggest import certain, did_you_mean
from resdsl.elaborate.errors.advice import repeat_instead, repeat_meant
from resdsl.source import Span


@dataclass(frozen=True, kw_only=True)
class BadPath(Problem):
    """The path of a module must be made of letters, digits, underscores and hyphens, in parts joined by dots."""

    code = "RES500"
    path: str

    @property
    def headline(self) -> str:
        return f"`{self.path}` is not a valid path" if self.path else "the path is empty"

    @property
    def expected(self) -> str:
        return "letters A to Z, digits, underscores and hyphens, in parts joined by dots: layer1, features.0"

    @property
    def hint(self) -> str | None:
        return "a value is filled in without `$`: layer{i}" if "$" in self.path else None

    @property
    def replacement(self) -> Replacement | None:
        if self.span is None or "${" not in self.span.text:
            return None
        return Replacement(self.span, self.span.text.replace("${", "{"))


@dataclass(frozen=True, kw_only=True)
class BadOutputName(Problem):
    """The name of an output consists of letters A to Z, digits and underscores: `c3`, `"0"`, `"p{level}"`."""

    code = "RES520"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` cannot be the name of an output" if self.name else "the name of this output is empty"

    @property
    def expected(self) -> str:
        return "letters, digits and underscores, such as c3 or 0"


@dataclass(frozen=True, kw_only=True)
class OutputNotLast(Problem):
    """`output NAME` names the last value of a network, so it comes once, after everything that is applied. Other
    outputs are taps.
    """

    code = "RES521"
    name: str

    @property
    def headline(self) -> str:
        return f"the network goes on after its last output was named `{self.name}`"

    @property
    def hint(self) -> str:
        return f"end the network with this statement, or write `tap {self.name}` for an output before the end"


@dataclass(frozen=True, kw_only=True)
class AnotherModule(Problem):
    """A shared module is one module wherever it is called: its ops and the shapes of its weights must be the same. What
    it is applied to may have other sizes.
    """

    code = "RES522"
    path: str
    first: Span | None = None

    @property
    def headline(self) -> str:
        return f"`{self.path}` is shared, but here it has another op or other weights"

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "first called here"),) if self.first else ()

    @property
    def hint(self) -> str:
        return 'bring both inputs to the same channels and, with pad="same", sizes, or give this module its own path'


@dataclass(frozen=True, kw_only=True)
class PathTaken(Problem):
    """Two modules would have the same path, or one would be inside the other."""

    code = "RES501"
    path: str
    other: str

    @property
    def headline(self) -> str:
        return f"the path `{self.path}` is already in use"

    @property
    def found(self) -> str | None:
        return f"`{self.other}` already exists" if self.other != self.path else None

    @property
    def hint(self) -> str:
        advice = "give every stage and label its own path"
        return f"{advice}, or write `shared` at each use of one module" if self.other == self.path else advice


@dataclass(frozen=True, kw_only=True)
class NotOfStages(Problem):
    """Only a stride, settings and `path`, which names the blocks, can follow a stage's block."""

    code = "RES502"
    written: str

    @property
    def headline(self) -> str:
        return f"`{self.written}` is neither a stride nor a setting"

    @property
    def hint(self) -> str:
        return repeat_instead(self.written) or "put the arguments of the block inside its parentheses"

    @property
    def replacement(self) -> Replacement | None:
        count = repeat_meant(self.written)
        if self.span is None or count is None:
            return None
        comma = re.search(r":\s*[\w.]+(?:\([^()]*\))?(\s*,\s*)$", self.span.source.text[: self.span.start])
        return Replacement(Span(self.span.source, comma.start(1), self.span.end), f" x {count}") if comma else None


@dataclass(frozen=True, kw_only=True)
class OnlyInNetworks(Problem):
    """Inputs and expectations belong in a network, not in a block or a shortcut; a tap, in a network or a block.

    A tap that is an output in training only stands in the network itself, as do the heads for it.
    """

    code = "RES503"
    word: str

    @property
    def headline(self) -> str:
        return f"`{self.word}` is allowed only in a network"

    @property
    def hint(self) -> str | None:
        if self.word == "input":
            return "leave it out: a block is applied to what flows, whose channels are `channels`"
        return None


@dataclass(frozen=True, kw_only=True)
class OnlyInVariants(Problem):
    """`drop` and `after` refer to another network, so they are allowed only in the body of a variant."""

    code = "RES504"
    word: str

    @property
    def headline(self) -> str:
        return f"`{self.word}` is allowed only in a variant"

    @property
    def hint(self) -> str:
        return "network b = a { ... } is a variant of a"


@dataclass(frozen=True, kw_only=True)
class NotInVariants(Problem):
    """A variant states its differences only: stages and labelled ops, `drop`, `tap ... after`, `input`, `expect`,
    `require`, `let`, and `if` and `for` around these.
    """

    code = "RES505"

    @property
    def headline(self) -> str:
        return "a statement that names no part of the base is not allowed in a variant"

    @property
    def hint(self) -> str:
        return "give the op a label; for a new one, say where it goes: name after other: op"


@dataclass(frozen=True, kw_only=True)
class VariantCycle(Problem):
    """A network is a variant of itself."""

    code = "RES506"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is a variant of itself"


@dataclass(frozen=True, kw_only=True)
class PositionalInVariant(Problem):
    """Arguments of a network must be named."""

    code = "RES507"

    @property
    def headline(self) -> str:
        return "arguments of a network must be named"

    @property
    def hint(self) -> str:
        return "write name = value"


@dataclass(frozen=True, kw_only=True)
class BoundByVariant(Problem):
    """A variant keeps the parameters that it does not fix itself. This one it does, so it cannot be given."""

    code = "RES508"
    name: str
    variant: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is fixed by `{self.variant}`"

    @property
    def hint(self) -> str:
        return "change the base, or write your own variant"


@dataclass(frozen=True, kw_only=True)
class NotANetwork(Problem):
    """The base of a variant must be a network."""

    code = "RES509"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is not a network"


@dataclass(frozen=True, kw_only=True)
class NothingThere(Problem):
    """A variant refers to a stage or a label that its base does not have, or that was dropped."""

    code = "RES510"
    path: str
    variant: str
    known: tuple[str, ...]
    dropped: str | None = None
    """The variant that drops it, or drops what it is part of."""

    @property
    def headline(self) -> str:
        if self.dropped == self.variant:
            return f"this variant drops `{self.path}`"
        if self.dropped is not None:
            return f"`{self.dropped}`, which `{self.variant}` is based on, drops `{self.path}`"
        return f"the base of `{self.variant}` has nothing called `{self.path}`"

    @property
    def hint(self) -> str:
        if self.dropped is not None:
            return "still there: " + ", ".join(f"`{name}`" for name in self.known) if self.known else "keep it"
        return did_you_mean(self.path, self.known) or "to add a stage or op, say where it goes: name after other: ..."

    @property
    def replacement(self) -> Replacement | None:
        return None if self.dropped else instead_of(self.span, self.path, certain(self.path, self.known))


@dataclass(frozen=True, kw_only=True)
class ReplacedByEqual(Problem):
    """A variant replaces something with its equal, which changes nothing."""

    code = "RES511"
    severity = "warning"
    path: str

    @property
    def headline(self) -> str:
        return f"the replacement for `{self.path}` is the same as the original"

    @property
    def hint(self) -> str:
        return "remove it, or write what is to be different"


@dataclass(frozen=True, kw_only=True)
class CountDependsOnItself(Problem):
    """The number of blocks depends on `block_count`, which is the number of blocks: no number fits."""

    code = "RES512"

    @property
    def headline(self) -> str:
        return "the number of blocks depends on `block_count` itself"


@dataclass(frozen=True, kw_only=True)
class NoSuchNetwork(Problem):
    """The file does not define a network of that name."""

    code = "RES513"
    name: str
    file: str
    known: tuple[str, ...]

    @property
    def headline(self) -> str:
        return f"there is no network `{self.name}` in {self.file}"

    @property
    def hint(self) -> str | None:
        return did_you_mean(self.name, self.known)


@dataclass(frozen=True, kw_only=True)
class WhichNetwork(Problem):
    """The file defines several networks, and none is named after the file."""

    code = "RES514"
    file: str
    known: tuple[str, ...]

    @property
    def headline(self) -> str:
        return f"{self.file} defines several networks"

    @property
    def hint(self) -> str:
        return "choose one with --network: " + ", ".join(self.known)


@dataclass(frozen=True, kw_only=True)
class NoNetwork(Problem):
    """The file does not define a network."""

    code = "RES515"
    file: str

    @property
    def headline(self) -> str:
        return f"{self.file} does not define a network"


@dataclass(frozen=True, kw_only=True)
class OverrideWithoutEffect(Problem):
    """A value given from outside, with `--set` for example, does not change the network."""

    code = "RES516"
    severity = "warning"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` changes nothing"
