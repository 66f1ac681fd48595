"""The likely cause of an unexpected word: one of the most common slips, or a bracket left open."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from resdsl.diagnostics.suggest import certain, nearest
from resdsl.source import Source, Span
from resdsl.syntax.drawing_habits import OF_DRAWS
from resdsl.syntax.errors import CLOSED_BY
from resdsl.syntax.habits import BODIES, Correction, Remedy, bodiless, habit_of
from resdsl.syntax.statements import inserted, missing_sign, slip_within
from resdsl.syntax.token import Token

_BRACKET = re.compile(r'"(?:[^"\\\n]|\\.)*"|#[^\n]*|([()\[\]{}])')
_DEFINITIONS = ("NETWORK", "BLOCK", "SHORTCUT", "SWEEP", "IMPORT")
_STATEMENTS_AT_TOP = ("input", "let", "stage", "residual", "gate", "parallel", "for", "if", "expect", "require")
_SAME_LINE = "put the opening `{` on the same line as what it belongs to"
_SETTING = re.compile(r"\b(act|norm|shortcut)\s*$")
_OPERATORS = ("PLUS", "MINUS", "STAR", "SLASH", "DSLASH", "PERCENT", "POWER", "EQ", "NE", "LE", "LT", "GE", "GT")

_BEFORE_NUMBERS = ("by", "of", "seed", "within")
"""Words of sweeps that a number may follow, and that no longer word begins with."""


def advice(
    token: Token, accepted: Iterable[str], words: Iterable[str], around: tuple[str, str], read: str
) -> Remedy | None:
    """A hint for the most common slips, and how to mend them where that is certain.

    Args:
        token: the unexpected token.
        accepted: the terminals that would have been accepted.
        words: the spelling of those terminals that are words.
        around: the text up to the token, and after it.
        read: what was being read, as `resdsl.syntax.statements.stack_words` gives it.
    """
    accepted, (before, after) = set(accepted), around
    return (
        _of_settings(token, accepted, before, after)
        or _of_colon(token, accepted, after)
        or habit_of(token, before, after)
        or habit_of(token, before, after, OF_DRAWS)
        or _of_layout(token, accepted, before, after)
        or slip_within(token, read, before)
        or _of_signs(token, accepted, before, read)
        or _run_together(token, words)
        or _of_words(token, words)
        or _at_the_top(token, accepted)
        or missing_sign(token, accepted, before)
        or _after_name(token, accepted, before, after)
    )


def _after_name(token: Token, accepted: set[str], before: str, after: str) -> Remedy | None:
    """What is missing, or too many, behind a name that could be a label."""
    if "COLON" not in accepted:
        return None
    if token.type == "COMMA" and re.match(r"\s*[A-Za-z_][\w.]*\s*(?:[,;}#\n]|$)", after):
        return Remedy("separate statements on one line with `;`", Correction(token.start, token.end, ";"))
    if token.type == "COMMA":
        return Remedy("leave out the comma after the name", Correction(token.start, token.end, ""))
    return Remedy("put a colon after the name", inserted(token, before, ":"))


def _of_settings(token: Token, accepted: set[str], before: str, after: str) -> Remedy | None:
    if token.type == "SHORTCUT" and "RBRACE" in accepted and re.match(r"\s*=(?!=)", after):
        setting = str(token)
    elif token.type == "EQUAL" and "COLON" in accepted and (named := _SETTING.search(before)):
        setting = named[1]
    else:
        return None
    ways = f"network n({setting} = ...), or in a call, basic(64, {setting}=...)"
    return Remedy(f"`{setting}` is set by a parameter of the network, {ways}")


def _of_colon(token: Token, accepted: set[str], after: str) -> Remedy | None:
    """A colon before the brace of a body, perhaps on the next line."""
    brace = re.match(r"\s*(?=\{)", after)
    if token.type != "COLON" or "LBRACE" not in accepted or brace is None:
        return None
    return Remedy(
        "leave out the colon before the `{` of a body",
        Correction(token.start, token.end + brace.end(), " "),
    )


def _of_layout(token: Token, accepted: set[str], before: str, after: str) -> Remedy | None:
    if token.type == "ELSE" or re.search(r"\belse\s*$", before):
        gap = re.search(r"(?<=\})\s*(else\s*)?$", before)
        new = " else " if gap and gap[1] else " "
        change = Correction(token.start - len(gap[0]), token.start, new) if gap else None
        return Remedy("put `else` on the same line as the `}` before it", change)
    if token.type == "LBRACE" and "NEWLINE" in accepted:
        return _of_body(token, before) or Remedy(_SAME_LINE)
    if token.type == "NEWLINE" and "LBRACE" in accepted:
        brace = re.match(r"\s*(?=\{)", after)
        return Remedy(_SAME_LINE, Correction(token.start, token.end + brace.end(), " ") if brace else None)
    if "IMPORT" in accepted and "}" in before and re.search(r"\n[ \t]+$", before):
        return Remedy("statements belong in a network or a block; is there a `}` too many above?")
    if token.type == "FOR" and "OVER" in accepted:
        axis = re.match(r"\s+(\w+)\s+in\b", after)
        change = Correction(token.start, token.end + axis.end(), f"over {axis[1]} =") if axis else None
        return Remedy("an axis is written with `over`: over n = [3, 5]", change)
    if token.type == "IMPORT" and "RBRACE" in accepted:
        return Remedy("imports belong at the top of the file, and ops need none")
    if token.type in _DEFINITIONS and "RBRACE" in accepted:
        return Remedy("definitions belong at the top level of the file, not inside one another")
    return None


def _else_if(start: int, length: int, before: str) -> Remedy:
    """`else if` behind a brace, which may be that of the line above."""
    gap = re.search(r"(?<=\})\s*$", before)
    change = Correction(start - len(gap[0]), start + length, " else if") if gap else None
    return Remedy("write `else if`, on the same line as the `}` before it", change, (start, start + length))


def _at_the_top(token: Token, accepted: set[str]) -> Remedy | None:
    if "IMPORT" in accepted and (token.type == "NAME" or token in _STATEMENTS_AT_TOP):
        return Remedy("statements belong in a network or a block: network NAME { ... }")
    return None


def _of_body(token: Token, before: str) -> Remedy | None:
    """Where a body follows what takes none on the same line."""
    head = re.search(r"(?:^|[;{\n])[ \t]*(?P<word>[A-Za-z_]\w*)[ \t][^;{}\n]*$", before)
    if head is None:
        return None
    word, start = head["word"], token.start - len(before) + head.start("word")
    if word in ("elif", "elsif", "elseif"):
        return _else_if(start, len(word), before[: head.start("word")])
    near, meant = nearest(word, BODIES), certain(word, BODIES)
    change = Correction(start, start + len(word), meant) if meant else None
    place = (start, start + len(word))
    return Remedy(f"did you mean `{near}`?", change, place) if near else Remedy(bodiless(word), None, place)


def _of_signs(token: Token, accepted: set[str], before: str, read: str) -> Remedy | None:
    if token.type == "EQUAL" and "EQ" in accepted:
        return Remedy("write a comparison as `==`", Correction(token.start, token.end, "=="))
    if token.type == "EQUAL" and "COLON" in accepted:
        return Remedy("name a value with `let`: let width = 64", _let(token, before))
    if token.type == "COLON" and "EQUAL" in accepted:
        is_argument = re.search(r"[,(]\s*\w+\s*$", before)
        return Remedy("give a value with `=`", Correction(token.start, token.end, "=") if is_argument else None)
    if (token.type == "X" or token == "x") and _is_in_body(read):
        return Remedy("`x` repeats the block of a stage: stage NAME: block(...) x 3")
    if token.type == "STAR" and "X" in accepted:
        return Remedy("write repeats with an x: block(64) x 3", Correction(token.start, token.end, _apart("x", before)))
    if token.type in _OPERATORS and "ARROW" in accepted and before.rstrip().endswith(")"):
        return Remedy("a `(` right after a name opens its arguments: put all of them inside")
    return None


def _is_in_body(read: str) -> bool:
    """Whether a network, a block or a shortcut is being read, and not a line of a sweep or an option."""
    opened = read.split()
    return "LBRACE" in opened and "SWEEP" not in opened


def _apart(word: str, before: str) -> str:
    """A word with a space before it, if there is none."""
    return word if before[-1:].isspace() else f" {word}"


def _let(token: Token, before: str) -> Correction | None:
    name = re.search(r"\w+\s*$", before)
    return None if name is None else Correction(token.start - len(name[0]), token.start - len(name[0]), "let ")


def _run_together(token: Token, words: Iterable[str]) -> Remedy | None:
    """A word and the number behind it, without the space that parts them."""
    found = re.fullmatch(r"([a-z]+)(\d\w*)", token)
    if found is None or found[1] not in _BEFORE_NUMBERS or found[1] not in words:
        return None
    apart = f"{found[1]} {found[2]}"
    return Remedy(f"write a space before the number: {apart}", Correction(token.start, token.end, apart))


def _of_words(token: Token, words: Iterable[str]) -> Remedy | None:
    if not token.isidentifier() or len(token) < 3:
        return None
    known = [word for word in words if word.isidentifier() and len(word) > 2]
    near, meant = nearest(token, known), certain(token, known)
    change = Correction(token.start, token.end, meant) if meant else None
    return Remedy(f"did you mean `{near}`?", change) if near is not None else None


def left_open(source: Source, start: int, end: int, at: int) -> Span | None:
    """The bracket on an earlier line that was probably left open, given an unexpected word at `at`.

    Line ends inside ( ) and [ ] mean nothing, so a bracket that was left open is noticed only some lines later.

    Args:
        source: the text.
        start: where the part of it that was read begins.
        end: where that part ends.
        at: where the word is.
    """
    opened: list[int] = []
    for place, bracket in _brackets(source.text, start, at):
        if bracket in CLOSED_BY:
            opened.append(place)
        elif opened:
            opened.pop()
    if not opened or source.text[opened[-1]] == "{" or "\n" not in source.text[opened[-1] : at]:
        return None
    return None if _is_closed(source.text, opened[-1], at, end) else Span(source, opened[-1], opened[-1] + 1)


def brace_left_open(source: Source, start: int, at: int) -> Span | None:
    """The brace that was probably left open before `at`: the first one that is closed further left than its own line
    begins, or else the last one.
    """
    opened: list[int] = []
    for place, bracket in _brackets(source.text, start, at):
        if bracket == "{":
            opened.append(place)
        elif bracket == "}" and opened:
            if _leads_its_line(source, place) and _indent(source, place) < _indent(source, opened[-1]):
                return Span(source, opened[-1], opened[-1] + 1)
            opened.pop()
    return Span(source, opened[-1], opened[-1] + 1) if opened else None


def _leads_its_line(source: Source, place: int) -> bool:
    position = source.position(place)
    return _indent(source, place) == position.column - 1


def _indent(source: Source, place: int) -> int:
    line = source.line(source.position(place).line)
    return len(line) - len(line.lstrip())


def _is_closed(text: str, opened: int, at: int, end: int) -> bool:
    within = [text[opened]]
    for _, bracket in _brackets(text, at, end):
        if bracket in CLOSED_BY:
            within.append(bracket)
            continue
        if CLOSED_BY[within.pop()] != bracket:
            return False
        if not within:
            return True
    return False


def _brackets(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """The brackets outside strings and comments, with their positions."""
    for match in _BRACKET.finditer(text, start, end):
        if match[1] is not None:
            yield match.start(), match[1]
