"""What can be wrong with names (RES2xx)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from resdsl.diagnostics.problem import Label, Problem
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.source import Span


@dataclass(frozen=True, kw_only=True)
class UnknownName(Problem):
    """A name stands for nothing here: no parameter, no `let`, no named value, no definition, import, op or
    function.
    """

    code = "RES200"
    name: str
    known: tuple[str, ...]
    member: str | None = None
    what: str = ""
    shipped: str | None = None

    @property
    def headline(self) -> str:
        if self.what:
            return f"there is no {self.what} `{self.name}`"
        if self.member:
            return f"`{self.name.rsplit('.', 1)[0]}` defines no `{self.member}`"
        return f"nothing is called `{self.name}` here"

    @property
    def hint(self) -> str | None:
        if self.shipped is not None:
            return (
                f"files do not see the one that resdsl ships: copy its specs/{self.shipped} beside this file, write "
                f'import "{self.shipped}" as shipped, and say shipped.{self.name}'
            )
        if re.fullmatch(r"x[0-9]+", self.name):
            return f"repeats stand before the first comma, and apart: block(64) x {self.name[1:]}"
        return did_you_mean(self.member or self.name, self.known)


@dataclass(frozen=True, kw_only=True)
class NameGivenTwice(Problem):
    """Names are given once: definitions of a file, parameters, `let`s and named values of a body, stages and
    labels of a network.
    """

    code = "RES201"
    name: str
    first: Span | None = None

    @property
    def headline(self) -> str:
        return f"the name `{self.name}` is given twice"

    @property
    def labels(self) -> tuple[Label, ...]:
        return (Label(self.first, "first given here"),) if self.first else ()


@dataclass(frozen=True, kw_only=True)
class LibraryNameTaken(Problem):
    """A definition bears a name that the standard library or the language has taken: of a block, a shortcut, an op,
    a function or a setting. Nothing is redefined in silence: pick another name.
    """

    code = "RES202"
    name: str
    by: str = "the standard library"

    @property
    def headline(self) -> str:
        return f"`{self.name}` is defined by {self.by}"

    @property
    def hint(self) -> str:
        return f"give yours another name; definitions do not replace those of {self.by}"


@dataclass(frozen=True, kw_only=True)
class NotAValue(Problem):
    """Networks and imported files have names but are no values: a network is built, varied or swept, and what an
    imported file defines is reached with a dot.
    """

    code = "RES203"
    name: str
    what: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is {self.what}, and not a value"

    @property
    def hint(self) -> str | None:
        return "definitions of an imported file are written file.name" if "file" in self.what else None


@dataclass(frozen=True, kw_only=True)
class NotAnImport(Problem):
    """Before the dot stands something that is no imported file."""

    code = "RES204"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` is no imported file"


@dataclass(frozen=True, kw_only=True)
class GapInNamedValues(Problem):
    """Values named with an index (`as y[i]`) are numbered from 0 without gaps."""

    code = "RES205"
    name: str
    index: int

    @property
    def headline(self) -> str:
        return f"`{self.name}[{self.index}]` was never named"

    @property
    def hint(self) -> str:
        return "indices begin at 0 and leave none out"


@dataclass(frozen=True, kw_only=True)
class AmbiguousName(Problem):
    """Within the arguments of a stage's block, `i`, `n`, `block_index` and `block_count` number its repeats. Here
    the same name also stands for something around the stage, and it is not guessed which is meant.
    """

    code = "RES206"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` could be the stage's own or the one around it"

    @property
    def hint(self) -> str:
        return f"rename the one around the stage: within its block's arguments `{self.name}` numbers the repeats"


@dataclass(frozen=True, kw_only=True)
class NoChannels(Problem):
    """`channels` is the number of channels that enter a body. The parameters of a network, and what is given for
    them, are read before anything flows.
    """

    code = "RES208"

    @property
    def headline(self) -> str:
        return "`channels` has no value here: nothing flows into the parameters of a network"

    @property
    def hint(self) -> str:
        return "ask for it in a block, and give that block: block over_all { group_norm channels }"


@dataclass(frozen=True, kw_only=True)
class KnownInShortcuts(Problem):
    """A shortcut has `out`, `stride` and `changes` from the residual that it stands in. As parameters, nothing would
    give them another value but their defaults.
    """

    code = "RES209"
    name: str

    @property
    def headline(self) -> str:
        return f"`{self.name}` cannot be a parameter of a shortcut: every shortcut knows it from its residual"

    @property
    def hint(self) -> str:
        return f"leave it out of the parameters, and use `{self.name}` in the body"


@dataclass(frozen=True, kw_only=True)
class UnusedParameter(Problem):
    """A parameter is never asked for, so that an argument for it would change nothing."""

    code = "RES207"
    severity = "warning"
    name: str

    @property
    def headline(self) -> str:
        return f"the parameter `{self.name}` is never used"

    @property
    def hint(self) -> str:
        return "use it or leave it out: an option without effect misleads"
