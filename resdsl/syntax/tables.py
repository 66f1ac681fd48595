"""The parser, made from the grammar once and kept.

Making the parser tables takes longer than everything else that a small spec needs, and they change only with the
grammar. So building the package writes them next to this module (`hatch_build.py`), and they are loaded from there if
they are intact and belong to this grammar and this version of Lark. Otherwise they are made again, in memory. The
grammar alone decides what is valid.
"""

from __future__ import annotations

from hashlib import sha256
from io import BytesIO
from pathlib import Path

import lark
from lark import Lark

from resdsl.resources import grammar_text
from resdsl.syntax.lexer import Brackets

KEPT = Path(__file__).with_name("tables.bin")
_DIGEST = 32
"""The length of a digest, in bytes."""


def load_parser() -> Lark:
    """The parser of the language, for the rules `file`, `expression` and `solution`."""
    try:
        kept = KEPT.read_bytes()
    except OSError:
        return make_parser()
    digest, tables = kept[:_DIGEST], kept[_DIGEST:]
    return Lark.load(BytesIO(tables)) if digest == _digest(tables) else make_parser()


def make_parser(strict: bool = False) -> Lark:
    """A parser made from the grammar; `strict` refuses colliding terminals."""
    return Lark(
        grammar_text(),
        parser="lalr",
        lexer="contextual",
        postlex=Brackets(),
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
    """A digest of the tables and what they belong to: pickle must not read tables that were truncated or changed."""
    return sha256(f"{lark.__version__}\n{grammar_text()}".encode() + tables).digest()
