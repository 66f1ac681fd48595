"""Texts made fit for figures."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, strategies as st

from resdsl.draw.texts import clean, isolated, runs

ANY = st.text(st.characters() | st.sampled_from("שלוםعربي \n\x00\u202e123(),"))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("3x3 conv, 64", "3x3 conv, 64"),
        ("  two\n lines\t", "two lines"),
        ("nul\x00 esc\x1b", "nul\ufffd esc\ufffd"),
        ("turned \u202eback\u202c", "turned back"),
        ("\ud800 \ufffe", "\ufffd \ufffd"),
        ("שלום", "שלום"),
        ("e\u0301", "e\u0301"),
    ],
)
def test_what_no_figure_shows_is_taken_out(text: str, shown: str) -> None:
    assert clean(text) == shown


@given(ANY)
def test_a_clean_text_is_one_line_that_stays_clean(text: str) -> None:
    found = clean(text)
    assert clean(found) == found
    assert not {unicodedata.category(each) for each in found} & {"Cc", "Cs", "Zl", "Zp"}
    found.encode()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("conv", [("conv", False)]),
        ("שלום, 128", [("שלום", True), (", 128", False)]),
        ("a שלום 3 עולם b", [("a ", False), ("שלום 3 עולם", True), (" b", False)]),
        ("אb ג", [("א", True), ("b ", False), ("ג", True)]),
    ],
)
def test_stretches_from_right_to_left_are_found(text: str, parts: list[tuple[str, bool]]) -> None:
    assert list(runs(text)) == parts


@given(ANY)
def test_stretches_make_the_text(text: str) -> None:
    assert "".join(part for part, _ in runs(text)) == text


def test_a_stretch_is_kept_from_turning_its_neighbours() -> None:
    assert isolated("שלם, 128") == "\u2068שלם\u2069, 128"
    assert isolated("conv") == "conv"
