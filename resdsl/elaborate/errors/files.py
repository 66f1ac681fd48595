"""Problems with files and imports (RES6xx), and limits (RES7xx)."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.suggest import did_you_mean


@dataclass(frozen=True, kw_only=True)
class ImportOutside(Problem):
    """An import leads out of the folder of the spec and the import path, or is not a plain relative path."""

    code = "RES600"
    path: str
    reason: str

    @property
    def headline(self) -> str:
        return f"cannot import `{self.path}`: {self.reason}"

    @property
    def hint(self) -> str:
        return "imports are looked up in the folder of the spec and in the folders given with --import-path"


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
    """The version of the language must be on the first line."""

    code = "RES602"

    @property
    def headline(self) -> str:
        return "the version of the language must come first"

    @property
    def hint(self) -> str:
        return "move it to the first line"


@dataclass(frozen=True, kw_only=True)
class UnknownVersion(Problem):
    """The file is written for a version of the language that this compiler does not know."""

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
    """The name given is neither a file nor a network that resdsl ships."""

    code = "RES604"
    name: str
    known: tuple[str, ...]
    file: str | None = None
    """A file that has this name and a suffix."""

    @property
    def headline(self) -> str:
        return f"there is no file or shipped network `{self.name}`"

    @property
    def hint(self) -> str:
        if self.file is not None:
            return f"did you mean the file `{self.file}`?"
        return did_you_mean(self.name, self.known) or "`resdsl list` shows the shipped networks"


@dataclass(frozen=True, kw_only=True)
class LimitReached(Problem):
    """A file asks for more than any network needs. The limits make sure that reading a file ends, whatever is in it."""

    code = "RES700"
    what: str
    limit: int

    @property
    def headline(self) -> str:
        return f"this takes more than {self.limit:_} {self.what}"

    @property
    def hint(self) -> str | None:
        if self.what == "steps":
            return "every turn of a loop, item of a list and statement that is run counts as a step"
        if self.what == "nested blocks" and self.chain and len({step.what for step in self.chain[:3]}) == 1:
            return f"does the {self.chain[0].what.partition('(')[0]} apply itself? Repeat with a loop or a stage"
        return None
