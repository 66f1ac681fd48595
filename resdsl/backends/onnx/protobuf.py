"""The parts of the protocol buffer wire format that ONNX needs.

Weights are written to the file as they are generated, which requires the lengths of all enclosing messages in advance.
This module also loads instantly, whereas importing the `onnx` package takes as long as the rest of a build.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

_VARINT, _BYTES, _FIXED_32 = 0, 2, 5


def varint(number: int) -> bytes:
    """An integer in groups of seven bits, lowest first; negative integers as their 64-bit complement."""
    if 0 <= number < 0x80:
        return _SMALL[number]
    number &= 0xFFFF_FFFF_FFFF_FFFF
    groups = bytearray()
    while number >= 0x80:
        groups.append(number & 0x7F | 0x80)
        number >>= 7
    groups.append(number)
    return bytes(groups)


_SMALL = [bytes([number]) for number in range(0x80)]


def integer(field: int, number: int) -> bytes:
    """An integer field."""
    return varint(field << 3 | _VARINT) + varint(number)


def integers(field: int, numbers: Iterable[int]) -> bytes:
    """A repeated integer field, not packed."""
    return b"".join([integer(field, number) for number in numbers])


def real(field: int, number: float) -> bytes:
    """A float32 field."""
    return varint(field << 3 | _FIXED_32) + struct.pack("<f", number)


def opening(field: int, length: int) -> bytes:
    """The header of a field of `length` bytes that holds bytes, text or a message."""
    return varint(field << 3 | _BYTES) + varint(length)


def block(field: int, content: bytes) -> bytes:
    """A field of bytes, or of a message."""
    return opening(field, len(content)) + content


def text(field: int, content: str) -> bytes:
    """A text field."""
    return block(field, content.encode())
