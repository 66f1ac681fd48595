"""Widths of texts, against those of reportlab 5.1.0, which has Adobe's metrics for the fonts of PDF."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from resdsl.draw.metrics import fitted, width_of

WIDTHS = [
    ("3x3 conv, 128, /2", 7616, 7894),
    ("resnet152: cost by stage and layer", 15286, 16340),
    ("7x7, 64; 3x3 maxpool /2", 10617, 11117),
    ("WAVE fjord (x 36) @ 4.089G", 12853, 13201),
    ("Ångström \u2013 µ \u00d7 ½ … “fi”", 10643, 11586),
    ("~!@#$%^&*()_+{}|:\"<>?`-=[]\\;',./", 13881, 14637),
]


@pytest.mark.parametrize(("text", "regular", "bold"), WIDTHS)
def test_widths_are_those_of_helvetica(text: str, regular: int, bold: int) -> None:
    assert width_of(text, 1000) == regular
    assert width_of(text, 1000, bold=True) == bold


def test_a_width_grows_with_the_size() -> None:
    assert width_of("conv", 16) == 2 * width_of("conv", 8) > 0


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("日本", 2000),
        ("e\u0301", 556),
        ("\u200b", 0),
        ("\U0001f600", 1000),
        ("ǎ", 556),
        ("Ж", 722),
        ("ж", 611),
        ("", 0),
    ],
)
def test_characters_without_metrics_have_the_width_of_their_kind(text: str, width: float) -> None:
    assert width_of(text, 1000) == width


@given(st.text(), st.sampled_from([6.0, 8.0, 11.0]), st.floats(0, 300), st.booleans())
def test_what_is_fitted_fits(text: str, size: float, width: float, bold: bool) -> None:
    found, smaller = fitted(text, size, width, bold=bold)
    assert width_of(found, smaller, bold=bold) <= width + 1e-9
    assert smaller <= size
    if found != text:
        assert found == "" or found.endswith("…")


def test_what_has_room_stays_as_it_is() -> None:
    assert fitted("3x3 conv, 64", 8, 60) == ("3x3 conv, 64", 8)


def test_a_text_shrinks_before_it_is_cut() -> None:
    whole = width_of("3x3 conv, 64", 8)
    assert fitted("3x3 conv, 64", 8, whole - 1) == ("3x3 conv, 64", 7.75)
    found, size = fitted("3x3 conv, 64", 8, whole / 2)
    assert found == "3x3 con…"[: len(found) - 1] + "…"
    assert size == 6
