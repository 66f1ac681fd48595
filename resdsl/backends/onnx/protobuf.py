"""The parts of the protocol buffer wire format that ONNX needs.

Weights are written to the file as they are generated, which requires the lengths of all enclosing messages in advance.
This module also loads instantly, whereas importing the `onnx` package takes as long as the rest of a build.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator

_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5


class NotAMessage(ValueError):
    """Bytes are not a message of protocol buffers."""


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


def fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """The fields of a message in their order: integers, and all else as its bytes, of which none are copied.

    Raises:
        NotAMessage: the bytes are none.
    """
    at = 0
    while at < len(message):
        tag, at = _read_varint(message, at)
        field, wire = tag >> 3, tag & 7
        if wire == _VARINT:
            value, at = _read_varint(message, at)
            yield field, value
            continue
        if wire == _BYTES:
            length, at = _read_varint(message, at)
        elif wire in _FIXED:
            length = _FIXED[wire]
        else:
            raise NotAMessage(f"no field has the wire type {wire}")
        if at + length > len(message):
            raise NotAMessage("it ends within a field")
        yield field, message[at : at + length]
        at += length


_FIXED = {_FIXED_32: 4, _FIXED_64: 8}


def _read_varint(message: memoryview, at: int) -> tuple[int, int]:
    """An integer, and the offset behind it."""
    number = 0
    for shift in range(0, 70, 7):
        if at == len(message):
            raise NotAMessage("it ends within a number")
        group = message[at]
        at += 1
        number |= (group & 0x7F) << shift
        if group < 0x80:
            return number, at
    raise NotAMessage("a number has more than ten bytes")
