"""Habits of other languages: what stands on the line of an unexpected word, and how to write it here."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from resdsl.diagnostics.suggest import nearest
from resdsl.syntax.token import Token

_BODIES = ("residual", "gate", "parallel", "if", "for")
"""Words of statements that take bodies."""
_OTHERS_DEFINITIONS = "def|class|function|func|fn|fun|model|net|module|layer|struct|graph|architecture"


class _Habit(NamedTuple):
    """A habit.

    Attributes:
        line: a pattern of the line, in which the unexpected word stands between « and ».
        hint: how to write it here.
    """

    line: str
    hint: str | Callable[[re.Match[str]], str]


def _sizes(match: re.Match[str]) -> str:
    return f"write the sizes with x: input {'x'.join(re.findall('[0-9]+', match['sizes']))}"


def _braced(match: re.Match[str]) -> str:
    head = match["head"].rstrip()
    return f"write a body in braces, without a colon: {head if len(head) <= 60 else '...'} {{ ... }}"


def _computed(match: re.Match[str]) -> str:
    return f'write a computed name in quotes: stage "{match["name"]}{{...}}": ...'


def _renamed(match: re.Match[str]) -> str:
    name = re.sub(r"\W+", "_", match["name"]).strip("_")
    return f"names consist of letters, digits and _: {name}"


def _bodiless(match: re.Match[str]) -> str:
    name = match["name"]
    near = nearest(name, _BODIES) if len(name) > 3 else None
    if near is not None:
        return f"did you mean `{near}`?"
    return f"`{name}` takes no body in braces; `residual`, `gate`, `parallel`, `if` and `for` do"


_HABITS = (
    _Habit(r"^\s*«//»", "begin comments with `#`"),
    _Habit(r"^[^\"#]*//\s*[a-z]*\s*«[A-Za-z]\w*»(?!.*[=,(])", "begin comments with `#`; `//` divides"),
    _Habit(r"^\s*«/»\*", "begin comments with `#`"),
    _Habit(r"^\s*[\w.]+\s*«=»\s*[\w.]+\s*\(", "name a value after the op that makes it: conv 3x3, 64; as x"),
    _Habit(r"^\s*\w+\s*«[-+*/]»=", "a name keeps its value; give the new value another name with `let`"),
    _Habit(r"^\s*(?P<head>(?:network|block|shortcut)\s+\w+\s*(?:\([^()]*\))?)\s*«:»", _braced),
    _Habit(r"^\s*(?P<head>(?:for|if|while)\b[^{]*)«:»", _braced),
    _Habit(r"^\s*\w+\s*«=»\s*[A-Za-z_]\w*\s+[\w\"]", "give an op a name with a colon: head: fc 10"),
    _Habit(r"\S\s+if\b[^{]*«\{»", "put `if` on a line of its own, or after a `;`"),
    _Habit(r"^\s*input\s*[(\[]?(?P<sizes>\s*\d+\s*«,»[\d\s,]*)", _sizes),
    _Habit(r"^\s*input\s*«[:=]»", "write the shape right after the word: input 3x224x224"),
    _Habit(r"\d\s*«X\d*»", "write a small x: 3x3"),
    _Habit(r"^\s*\w+\s*\(\s*\d+\s*,[\d\s,]*\)\s*«,»", "write sizes with x: conv 3x3, 64"),
    _Habit(r"^\s*\w+\s*\([^()]*\)\s*«,»", "a `(` right after a name opens its arguments: put all of them inside"),
    _Habit(r"^\s*\w+\s*«\[»[\d\s,]*\]", "write sizes with x: conv 3x3, 64"),
    _Habit(r"^\s*stage\b.*:\s*«\d+»\s*x\b", "write repeats after the block: block(64) x 3"),
    _Habit(r"«(?:elif|elsif|elseif)»", "write `else if`"),
    _Habit(r"\S\s+«if»[^{]*\belse\b", "write a choice as `if condition then 8 else 16`"),
    _Habit(r"^\s*(?:network|block|shortcut|sweep)\s+(?P<name>\w+«-»[\w-]*)", _renamed),
    _Habit(
        rf"^«(?:{_OTHERS_DEFINITIONS})»",
        "define a network as `network NAME { ... }`, a block as `block NAME(width) { ... }`",
    ),
    _Habit(r"^\s*import\s+«\w+»", 'ops need no import; other files are imported so: import "blocks.res" as blocks'),
    _Habit(r"^\s*from\s+\w+\s+«import»", 'other files are imported so: import "blocks.res" as blocks'),
    _Habit(r"^«\w+»\s*:", "a file consists of definitions: network NAME { ... }, block NAME(width) { ... }"),
    _Habit(r"^\s*repeat\b.*«\{»", "repeat with a loop: for i in 0..3 { ... }"),
    _Habit(r"^\s*while\b.*«\{»", "loops run over ranges and lists only: for i in 0..3 { ... }"),
    _Habit(r"^\s*(?P<name>concat|add|mul)\s*«\{»", "write branches as `parallel concat { ... } { ... }`"),
    _Habit(r"stage\s+(?P<name>\w*)\s*«\{»", _computed),
    _Habit(r"=\s*«\{»", "there are no dictionaries; write a list of lists: [[64, 3], [128, 4]]"),
    _Habit(r"^\s*(?!else\b)(?P<name>[A-Za-z_]\w*)\s*«\{»", _bodiless),
    _Habit(r"\(\s*[^\[\]()]+\s«for»", "write a list in brackets: sum([x for x in xs])"),
    _Habit(r"\w\[[^\]]*«:»", "write a part of a list as `[xs[i] for i in 0..2]`"),
    _Habit(r"\blambda\s+«", "there are no functions of your own; a list is computed by `[2 * x for x in xs]`"),
    _Habit(r"^\s*output\s*«\n»", "leave it out: the last value is an output anyway, and `output NAME` names it"),
)


def habit_of(token: Token, before: str, after: str) -> str | None:
    """How to write what was meant, if the line shows a habit of another language.

    Args:
        token: the unexpected token.
        before: the text up to it.
        after: the text behind it.
    """
    line = f"{before.rpartition(chr(10))[2]}«{token}»{after.partition(chr(10))[0]}"
    for habit in _HABITS:
        found = re.search(habit.line, line)
        if found is not None:
            return habit.hint if isinstance(habit.hint, str) else habit.hint(found)
    return None
