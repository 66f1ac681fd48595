"""Names that other libraries give to tensors, turned into those of a network by tables of rules.

A rule is `PATTERN -> REPLACEMENT`. The pattern is a tensor or a module, whose tensors are all renamed; `{name}` in it
stands for any text without a dot, and is put in where the replacement has it, also as `{name-1}`. Rules are applied
one after the other, each to what those before it have made.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from resdsl.printable import one_line
from resdsl.refusal import Refused

ARROW = "->"
MOST_BYTES = 1 << 20
"""The largest file of rules."""
_NOTE = "!"
_LONGEST = 300
"""Characters of a pattern or a replacement."""
MOST_CAPTURES = 3
"""Names in braces in a component: the time to match grows with the length of a component to the power of their number.
"""
LONGEST_NAME = 1000
"""Characters of a name that a rule is tried on."""
_CAPTURE = re.compile(r"\{([A-Za-z_]\w*)\}")
_INSERTED = re.compile(r"\{([A-Za-z_]\w*)([+-]\d{1,4})?\}")
_TABLES = files("resdsl.weights").joinpath("renames")


class InvalidRename(Refused):
    """Tensors cannot be renamed: a rule cannot be read, matches nothing, or gives one name to two tensors."""


@dataclass(frozen=True, slots=True)
class RenamingRule:
    """A rule of a table.

    Attributes:
        text: the rule as written.
        pattern: matches the path of a module or a tensor from its first component on.
        replacement: what is put in its place.
        optional: whether it need not match anything.
    """

    text: str
    pattern: re.Pattern[str]
    replacement: str
    optional: bool

    def renamed(self, name: str) -> str | None:
        """The new name of a tensor; None if the rule does not match."""
        found = self.pattern.match(name)
        if found is None:
            return None
        rest = name[found.end() :]
        new = _INSERTED.sub(lambda each: self._inserted(each, found), self.replacement)
        return new + rest if new else rest.removeprefix(".")

    def _inserted(self, place: re.Match[str], found: re.Match[str]) -> str:
        text, offset = found[place[1]], place[2]
        if not offset:
            return text
        if not (text.isascii() and text.isdecimal()) or int(text) + int(offset) < 0:
            raise InvalidRename(f"`{self.text}` cannot count from `{one_line(text)}`, which `{found[0]}` has there")
        return str(int(text) + int(offset))


@dataclass(frozen=True, slots=True)
class RenamingTable:
    """A table of names.

    Attributes:
        rules: what is renamed.
        notes: what names do not tell and whoever uses the table should know.
    """

    rules: tuple[RenamingRule, ...]
    notes: tuple[str, ...] = ()


def shipped_tables() -> tuple[str, ...]:
    """The names of the tables that come with resdsl."""
    return tuple(sorted(each.name.removesuffix(".txt") for each in _TABLES.iterdir() if each.name.endswith(".txt")))


def table_of(given: str) -> RenamingTable:
    """A table that is named, in a file, or a single rule.

    Args:
        given: the name of a shipped table, the path of a file, or a rule, which has an arrow.

    Raises:
        InvalidRename: there is no such table or file, or it cannot be read.
    """
    if ARROW in given:
        return RenamingTable((_rule(given, "the rule"),))
    shipped = shipped_tables()
    if given in shipped:
        return _table(_TABLES.joinpath(f"{given}.txt").read_text(encoding="utf-8"), given)
    path = Path(given)
    if not path.is_file():
        listed = ", ".join(shipped)
        raise InvalidRename(f"there is no file of rules `{given}`, and no table of this name; there are: {listed}")
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise InvalidRename(f"{path.name} is larger than {MOST_BYTES:_} bytes, and no table of names")
    try:
        return _table(content.decode("utf-8-sig"), path.name)
    except UnicodeDecodeError:
        raise InvalidRename(f"{path.name} is not UTF-8 text") from None


def renamed_names(names: Mapping[str, str], tables: Iterable[str]) -> dict[str, str]:
    """The names of tensors after the rules of all tables.

    Args:
        names: the names so far, by those in the file.
        tables: what `table_of` takes.

    Raises:
        InvalidRename: a table cannot be read or renames nothing, a rule that is not optional matches nothing, or two
            tensors get one name.
    """
    found = dict(names)
    for table in tables:
        _refuse_long_names(found.values())
        before = dict(found)
        for rule in table_of(table).rules:
            _apply(rule, found)
        if before == found:
            raise InvalidRename(f"`{one_line(table)}` renames nothing in the file; leave it out")
        _refuse_one_name(found, table)
    return found


def _refuse_long_names(names: Iterable[str]) -> None:
    longest = max(names, key=len, default="")
    if len(longest) > LONGEST_NAME:
        start = one_line(longest[:_LONGEST])
        raise InvalidRename(f"tensors have names of at most {LONGEST_NAME} characters to be renamed: `{start}...`")


def _apply(rule: RenamingRule, names: dict[str, str]) -> None:
    matched = False
    for old, name in names.items():
        new = rule.renamed(name)
        if new == "":
            raise InvalidRename(f"`{rule.text}` leaves nothing of `{one_line(name)}`; use ignore to leave it out")
        if new is not None:
            names[old], matched = new, True
    if not (matched or rule.optional):
        raise InvalidRename(f"`{rule.text}` matches no tensor of the file; begin it with `?` if it need not")


def _refuse_one_name(names: Mapping[str, str], table: str) -> None:
    first: dict[str, str] = {}
    for old, new in names.items():
        other = first.setdefault(new, old)
        if other != old:
            raise InvalidRename(
                f"`{one_line(table)}` gives the name `{one_line(new)}` to two tensors: `{one_line(other)}` and "
                f"`{one_line(old)}`"
            )


def _table(text: str, name: str) -> RenamingTable:
    lines = [(number, line.partition("#")[0].strip()) for number, line in enumerate(text.splitlines(), start=1)]
    notes = tuple(one_line(line[1:].strip()) for _, line in lines if line.startswith(_NOTE))
    rules = tuple(_rule(line, f"{name}, line {number}") for number, line in lines if line and line[0] != _NOTE)
    if not rules:
        raise InvalidRename(f"{name} has no rules")
    return RenamingTable(rules, notes)


def _rule(text: str, place: str) -> RenamingRule:
    text = text.strip()
    left, arrow, replacement = (part.strip() for part in text.partition(ARROW))
    optional = left.startswith("?")
    pattern = left.removeprefix("?").strip()
    if not arrow or not pattern:
        raise InvalidRename(f"{place}: expected `PATTERN {ARROW} REPLACEMENT`, found `{one_line(text[:_LONGEST])}`")
    if max(len(pattern), len(replacement)) > _LONGEST:
        raise InvalidRename(f"{place}: a pattern and a replacement have at most {_LONGEST} characters")
    captures = _CAPTURE.findall(pattern)
    _refuse_faults(pattern, replacement, captures, f"{place}: `{one_line(text)}`")
    pieces = _CAPTURE.split(pattern)
    # Every other piece is the name of a capture.
    parts = [f"(?P<{each}>[^.]+)" if at % 2 else re.escape(each) for at, each in enumerate(pieces)]
    return RenamingRule(one_line(text), re.compile("".join(parts) + r"(?![^.])"), replacement, optional)


def _refuse_faults(pattern: str, replacement: str, captures: Collection[str], place: str) -> None:
    plain = _CAPTURE.sub("", pattern) + _INSERTED.sub("", replacement)
    if any(letter in plain for letter in "{} "):
        raise InvalidRename(f"{place} has spaces, or braces around more than a name (or, behind the arrow, `name-1`)")
    if len(set(captures)) < len(captures):
        raise InvalidRename(f"{place} has a name in braces twice on the left")
    if any(len(_CAPTURE.findall(part)) > MOST_CAPTURES for part in pattern.split(".")):
        raise InvalidRename(f"{place} has more than {MOST_CAPTURES} names in braces between two dots on the left")
    if "}{" in pattern:
        raise InvalidRename(f"{place} has nothing between two names in braces on the left")
    unknown = [found[1] for found in _INSERTED.finditer(replacement) if found[1] not in captures]
    if unknown:
        raise InvalidRename(f"{place} has `{{{unknown[0]}}}` on the right alone")
    if any(not part for part in [*pattern.split("."), *(replacement.split(".") if replacement else [])]):
        raise InvalidRename(f"{place} has an empty component")
