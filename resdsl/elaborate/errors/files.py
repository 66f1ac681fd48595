"""What can be wrong with files and imports (RES6xx), and limits (RES7xx)."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.suggest import did_you_mean


@dataclass(frozen=True, kw_only=True)
class ImportOutside(Problem):
    """An import leads out of the folder of the spec and the import path, or is no plain relative path."""

    code = "RES600"
    path: str
    reason: str

    @property
    def headline(self) -> str:
        return f"cannot import `{self.path}`: {self.reason}"

    @property
    def hint(self) -> str:
        return "imports are looked up in the folder of the spec and in those given with --import-path"


@dataclass(frozen=True, kw_only=True)
class ImportCycle(Problem):
    """A file imports itself, directly or through others."""

    code = "RES601"
    path: str

    @property
    def headline(self) -> str:
        return f"`{self.path}` imports itself"


@dataclass(frozen=True, kw_only=True)
class LateVersion(Problem):
    """The version of the language is the first line."""

    code = "RES602"

    @property
    def headline(self) -> str:
        return "the version of the language is stated after something else"

    @property
    def hint(self) -> str:
        return "make it the first line"


@dataclass(frozen=True, kw_only=True)
class UnknownVersion(Problem):
    """The text is written for a version of the language that this compiler does not know."""

    code = "RES603"
    written: str

    @property
    def headline(self) -> str:
        return f"this compiler does not know version {self.written} of the language"

    @property
    def expected(self) -> str:
        return "resdsl 1"


@dataclass(frozen=True, kw_only=True)
class NoSuchSpec(Problem):
    """What was asked for is neither a file nor a network that resdsl ships."""

    code = "RES604"
    name: str
    known: tuple[str, ...]

    @property
    def headline(self) -> str:
        return f"there is no file and no shipped network `{self.name}`"

    @property
    def hint(self) -> str:
        return did_you_mean(self.name, self.known) or "resdsl list shows what is shipped"


@dataclass(frozen=True, kw_only=True)
class LimitReached(Problem):
    """A text asks for more than any network needs. Limits make sure that reading a text ends, whatever is written
    in it.
    """

    code = "RES700"
    what: str
    limit: int

    @property
    def headline(self) -> str:
        return f"this takes more than {self.limit:_} {self.what}"

    @property
    def hint(self) -> str | None:
        if self.what == "steps":
            return "a step is a turn of a loop, an item of a list, or a statement that is run"
        return None
