"""Pieces of generated source and of example files on the pages are what they are pieces of."""

from __future__ import annotations

import re

import pytest

import resdsl
from tests.docs.markdown import ROOT, Block, blocks

EXCERPTS = [block for block in blocks("python") if block.of]


def test_page_on_pytorch_has_excerpts() -> None:
    assert {block.page for block in EXCERPTS} == {"docs/pytorch.md"}


@pytest.mark.parametrize("block", EXCERPTS, ids=str)
def test_excerpt_is_what_is_generated(block: Block) -> None:
    assert missing(block.text, source_of(block)) is None


def test_digits_of_the_page_are_those_of_the_example() -> None:
    shown = [block.text for block in blocks("res") if block.file == "digits.res"]
    assert shown == [(ROOT / "examples" / "digits.res").read_text(encoding="utf-8")]


def source_of(block: Block) -> str:
    """The PyTorch source of the network that a block names."""
    assert block.of
    here = [each.text for each in blocks("res") if (each.page, each.file) == (block.page, block.of)]
    return (resdsl.loads(here[0]) if here else resdsl.load(block.of)).to_torch_source()


def missing(text: str, source: str) -> list[str] | None:
    """The first piece that does not stand in the source, in whole lines and behind the piece before it."""
    rest = source.splitlines()
    for piece in (part.splitlines() for part in re.split(r"^\.\.\.\n", text, flags=re.MULTILINE)):
        found = next((at for at in range(len(rest)) if rest[at : at + len(piece)] == piece), None)
        if found is None:
            return piece
        rest = rest[found + len(piece) :]
    return None


@pytest.mark.parametrize("text", ["a\nb\n", "b\n...\nd\n", "a\n...\nb\n...\nd\n"])
def test_pieces_in_order_are_found(text: str) -> None:
    assert missing(text, "a\nb\nc\nd\n") is None


@pytest.mark.parametrize(
    ("text", "piece"),
    [("a\nc\n", ["a", "c"]), ("d\n...\na\n", ["a"]), ("  d\n", ["  d"]), ("a\n...\na\nb\n", ["a", "b"])],
)
def test_another_piece_is_seen(text: str, piece: list[str]) -> None:
    assert missing(text, "a\nb\nc\nd\n") == piece
