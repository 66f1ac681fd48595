"""What can be wrong with networks, stages and variants (RES5xx)."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.suggest import did_you_mean


@dataclass(frozen=True, kw_only=True)
class BadPath(Problem):
    """A path of a checkpoint is made of names and numbers with dots between them."""

    code = "RES500"
    path: str

    @property
    def headline(self) -> str:
        return f"`{self.path}` is no path"

    @property
    def expected(self) -> str:
        return "a name, then names and numbers, joined by dots: layer1, features.0"


@dataclass(frozen=True, kw_only=True)
class PathTaken(Problem):
    """Two modules would bear one path, or one would lie within another."""

    code = "RES501"
    path: str
    other: str

    @property
    def headline(self) -> str:
        return f"the path `{self.path}` is in use"

    @property
    def found(self) -> str | None:
        return f"`{self.other}` is there already" if self.other != self.path else None

    @property
    def hint(self) -> str:
        return "every stage and label has a path of its own"


@dataclass(frozen=True, kw_only=True)
class NotOfStages(Problem):
    """After a stage's block stand its stride and settings only."""

    code = "RES502"
    written: str

    @property
    def headline(self) -> str:
        return f"`{self.written}` is no stride and no setting"

    @property
    def hint(self) -> str:
        return "arguments of the block stand within its brackets"


@dataclass(frozen=True, kw_only=True)
class OnlyInNetworks(Problem):
    """Inputs, taps and expectations belong to networks."""

    code = "RES503"
    word: str

    @property
    def headline(self) -> str:
        return f"`{self.word}` stands in networks only"


@dataclass(frozen=True, kw_only=True)
class OnlyInVariants(Problem):
    """`drop` and `after` speak of another network; they stand in the body of a variant."""

    code = "RES504"
    word: str

    @property
    def headline(self) -> str:
        return f"`{self.word}` stands in variants only"

    @property
    def hint(self) -> str:
        return "network b = a { ... } is a variant of a"


@dataclass(frozen=True, kw_only=True)
class NotInVariants(Problem):
    """A variant says what differs: stages and labelled ops, `drop`, `tap ... after`, `input`, `expect`, `require`,
    `let`, and `if` and `for` around these.
    """

    code = "RES505"

    @property
    def headline(self) -> str:
        return "this cannot stand in a variant"

    @property
    def hint(self) -> str:
        return "give the op a label; a new one says after what it comes: name after other: op"


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
    """Arguments of a network are given by name."""

    code = "RES507"

    @property
    def headline(self) -> str:
        return "arguments of a network are given by name"

    @property
    def hint(self) -> str:
        return "write the parameter's name before it: name = value"


@dataclass(frozen=True, kw_only=True)
class BoundByVariant(Problem):
    """A variant keeps the parameters it does not bind; this one is bound."""

    code = "RES508"
    name: str
    variant: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is fixed by `{self.variant}`"

    @property
    def hint(self) -> str:
        return "change the base, or write a variant of your own"


@dataclass(frozen=True, kw_only=True)
class NotANetwork(Problem):
    """A variant is made of a network."""

    code = "RES509"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is no network"


@dataclass(frozen=True, kw_only=True)
class NothingThere(Problem):
    """A variant speaks of a stage or a label that its base does not have, or that was dropped."""

    code = "RES510"
    path: str
    variant: str
    known: tuple[str, ...]
    dropped: str | None = None
    """The variant that drops it, or what it stands in."""

    @property
    def headline(self) -> str:
        if self.dropped == self.variant:
            return f"this variant drops `{self.path}`"
        if self.dropped is not None:
            return f"`{self.dropped}`, on which `{self.variant}` builds, drops `{self.path}`"
        return f"the base of `{self.variant}` has nothing called `{self.path}`"

    @property
    def hint(self) -> str:
        if self.dropped is not None:
            return "name what stays: " + ", ".join(f"`{name}`" for name in self.known) if self.known else "keep it"
        return did_you_mean(self.path, self.known) or "a new stage or op says where it stands: name after other: ..."


@dataclass(frozen=True, kw_only=True)
class ReplacedByEqual(Problem):
    """What a variant puts in place of something equals it."""

    code = "RES511"
    severity = "warning"
    path: str

    @property
    def headline(self) -> str:
        return f"the replacement of `{self.path}` equals what it replaces"


@dataclass(frozen=True, kw_only=True)
class CountDependsOnItself(Problem):
    """The number of blocks changes with what `block_count` is taken to be, so that there is no such number."""

    code = "RES512"

    @property
    def headline(self) -> str:
        return "the number of blocks depends on `block_count` itself"


@dataclass(frozen=True, kw_only=True)
class NoSuchNetwork(Problem):
    """The text has no network of that name."""

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
    """The text has several networks, none of which bears its name."""

    code = "RES514"
    file: str
    known: tuple[str, ...]

    @property
    def headline(self) -> str:
        return f"{self.file} has several networks"

    @property
    def hint(self) -> str:
        return "choose one with --network: " + ", ".join(self.known)


@dataclass(frozen=True, kw_only=True)
class NoNetwork(Problem):
    """The text defines no network."""

    code = "RES515"
    file: str

    @property
    def headline(self) -> str:
        return f"{self.file} defines no network"


@dataclass(frozen=True, kw_only=True)
class OverrideWithoutEffect(Problem):
    """A value was given from outside and changes nothing about the network."""

    code = "RES516"
    severity = "warning"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` changes nothing"
