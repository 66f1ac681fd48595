"""The hand-written wire format against the protobuf package's own."""

from __future__ import annotations

import onnx
import pytest
from hypothesis import given, strategies as st

from resdsl.backends.onnx.protobuf import integer, integers, real, text, varint


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (0, "00"),
        (1, "01"),
        (127, "7f"),
        (128, "8001"),
        (300, "ac02"),
        (-1, "ff" * 9 + "01"),
        (2**63 - 1, "ff" * 8 + "7f"),
    ],
)
def test_varint(number: int, written: str) -> None:
    assert varint(number).hex() == written


@given(
    st.text(max_size=200),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(width=32, allow_nan=False),
    st.lists(st.integers(-(2**63), 2**63 - 1)),
)
def test_fields_are_read_back(name: str, number: int, fraction: float, several: list[int]) -> None:
    data = text(1, name) + real(2, fraction) + integer(3, number) + integers(8, several)
    attribute = onnx.AttributeProto.FromString(data)
    assert (attribute.name, attribute.f, attribute.i, list(attribute.ints)) == (name, fraction, number, several)
