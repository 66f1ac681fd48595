"""The tables of the parser, made from the grammar by Lark once and kept.

Making them, and importing Lark, takes longer than everything else a small spec needs. So a build of the package writes
them to a file beside this module (`hatch_build.py`), as plain numbers and names. They are read from there if the file
is whole and was made from this grammar; otherwise they are made in memory. Only the grammar decides what is read.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zlib import crc32

from resdsl.resources import grammar_text

if TYPE_CHECKING:
    from lark import Lark

KEPT = Path(__file__).with_name("tables.bin")
STARTS = ("file", "expression", "solution", "sampling")
"""The rules that a whole text can follow."""
_WORD_ENDS = "(?![A-Za-z0-9_])"
"""How the grammar says that no longer word begins with a word."""
_VERSION = 1
"""The version of tables.bin; raise it when the format changes."""

Row = dict[str, int]
"""By the names of terminals and rules: the state to go on to, or `~number` of a rule to be applied first."""


class Rule(NamedTuple):
    """One way to write a rule of the grammar.

    Attributes:
        symbol: the rule's name in rows.
        size: how many terminals and rules it is made of.
        name: of what it makes in the tree; one that begins with `_` is put into what is around it.
        is_wrapper: whether it makes nothing of a single part, but is that part.
    """

    symbol: str
    size: int
    name: str
    is_wrapper: bool


class Tables(NamedTuple):
    """All that reading a text needs to know of the grammar.

    Attributes:
        rows: for each state of the automaton.
        rules: by their numbers in rows.
        starts: the first state for each of `STARTS`.
        ends: the last.
        spelling: how the terminals that have one spelling are written.
        patterns: regular expressions of all terminals, those first that are tried first.
        ignored: of what may stand between tokens and means nothing.
    """

    rows: list[Row]
    rules: list[Rule]
    starts: dict[str, int]
    ends: dict[str, int]
    spelling: dict[str, str]
    patterns: dict[str, str]
    ignored: list[str]


def load_tables() -> Tables:
    """The tables of the language."""
    try:
        kept = KEPT.read_bytes()
    except OSError:
        return make_tables()
    first_line, _, tables = kept.partition(b"\n")
    if first_line != _first_line(tables):
        return make_tables()
    values: dict[str, Any] = json.loads(tables)
    return Tables(**{**values, "rules": [Rule(*rule) for rule in values["rules"]]})


def keep_tables(path: Path = KEPT) -> None:
    """Write the tables for `load_tables` to find."""
    tables = json.dumps(make_tables()._asdict(), separators=(",", ":")).encode()
    path.write_bytes(_first_line(tables) + b"\n" + tables)


def _first_line(tables: bytes) -> bytes:
    """The first line of tables.bin: its version, and the checksums of grammar and tables."""
    return f"{_VERSION} {crc32(grammar_text().encode())} {crc32(tables)}".encode()


def make_tables() -> Tables:
    """The tables made of the grammar, always in the same order."""
    from lark import Lark

    lark = Lark(grammar_text(), parser="lalr", start=list(STARTS), maybe_placeholders=False)
    table = lark.parser.parser._parse_table
    states = _in_order(table)
    actions: dict[Any, int] = {**states, **{rule: ~number for number, rule in enumerate(lark.rules)}}
    rows = [
        {str(symbol): actions[target] for symbol, (_, target) in sorted(table.states[state].items())}
        for state in states
    ]
    # The order in which Lark's own lexer tries them: of all that match, the first is meant.
    terminals = sorted(
        lark.terminals, key=lambda each: (-each.priority, -each.pattern.max_width, -len(each.pattern.value), each.name)
    )
    return Tables(
        rows=rows,
        rules=[
            Rule(str(rule.origin.name), len(rule.expansion), str(rule.alias or rule.origin.name), rule.options.expand1)
            for rule in lark.rules
        ],
        starts={start: states[table.start_states[start]] for start in STARTS},
        ends={start: states[table.end_states[start]] for start in STARTS},
        spelling=_spelling(lark),
        patterns={each.name: each.pattern.to_regexp() for each in terminals if each.name not in lark.ignore_tokens},
        ignored=[each.pattern.to_regexp() for each in terminals if each.name in lark.ignore_tokens],
    )


def _spelling(lark: Lark) -> dict[str, str]:
    """How terminals with one spelling are written: signs, words, and words that must end where they are written."""
    written = {each.name: each.pattern.value.removesuffix(_WORD_ENDS) for each in lark.terminals}
    fixed = {each.name for each in lark.terminals if each.pattern.type == "str"}
    return {name: text for name, text in written.items() if name in fixed or text.isalpha()}


def _in_order(table: Any) -> dict[Any, int]:
    """New numbers for Lark's states, which differ from run to run: in the order in which they can be reached."""
    order = dict.fromkeys(table.start_states[start] for start in STARTS)
    queue = list(order)
    for state in queue:
        targets = [target for _, (_, target) in sorted(table.states[state].items()) if target in table.states]
        queue += [target for target in dict.fromkeys(targets) if target not in order]
        order.update(dict.fromkeys(targets))
    return {state: number for number, state in enumerate(order)}
