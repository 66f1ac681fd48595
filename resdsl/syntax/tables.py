"""The parser, made of the grammar once and kept.

Making the tables of the grammar takes longer than all else that a small spec asks for, and they change
only with the grammar. So a build of the package leaves them beside this module (`hatch_build.py`), and
they are taken from there while they are whole and belong to this grammar and this version of Lark;
otherwise they are made anew, in memory. There is one grammar, and nothing but it decides what is read.
"""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from pathlib import Path

import lark
from lark import Lark

from resdsl.resources import grammar_text
from resdsl.syntax.lexer import BracketFilter

KEPT = Path(__file__).with_name("tables.bin")
_DIGEST = 32
"""Bytes of a digest."""


def load_parser() -> Lark:
    """The parser of the language, for the rules `file`, `expression` and `solution`."""
    try:
        kept = KEPT.read_bytes()
    except OSError:
        return make_parser()
    digest, tables = kept[:_DIGEST], kept[_DIGEST:]
    return Lark.load(BytesIO(tables)) if digest == _digest(tables) else make_parser()


def make_parser(strict: bool = False) -> Lark:
    """The parser made of the grammar; `strict` refuses terminals that collide."""
    return Lark(
        grammar_text(),
        parser="lalr",
        lexer="contextual",
        postlex=BracketFilter(),
        start=["file", "expression", "solution"],
        maybe_placeholders=False,
        strict=strict,
    )


def keep_tables(path: Path = KEPT) -> None:
    """Write the tables for `load_parser` to find."""
    made = BytesIO()
    make_parser().save(made)
    tables = made.getvalue()
    path.write_bytes(_digest(tables) + tables)


def _digest(tables: bytes) -> bytes:
    """Of the tables and what they belong to; pickle, which reads them, must not get what was cut or changed."""
    return sha256(f"{lark.__version__}\n{grammar_text()}".encode() + tables).digest()
