"""The wire format of protocol buffers, read: the fields of a message one after the other, nothing of them copied.

Why not the `onnx` package: it takes as long to load as a lift, and copies the weights of a model, which are not needed
to see how the model is made.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5
Field = int | memoryview


class Malformed(ValueError):
    """Bytes that are no message."""


def fields(message: memoryview) -> Iterator[tuple[int, Field]]:
    """The numbers and contents of all fields: an integer for a varint, the bytes of any other.

    Raises:
        Malformed: the bytes are no message, or end within one.
    """
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        number, kind = key >> 3, key & 7
        if kind == _VARINT:
            value, at = _varint(message, at)
            yield number, value
            continue
        if kind == _BYTES:
            length, at = _varint(message, at)
        elif kind in (_FIXED_32, _FIXED_64):
            length = 4 if kind == _FIXED_32 else 8
        else:
            raise Malformed(f"a field of an unknown kind, {kind}")
        if number == 0 or length > end - at:
            raise Malformed("a field ends beyond its message")
        yield number, message[at : at + length]
        at += length


def text(field: Field) -> str:
    """A field of text.

    Raises:
        Malformed: it is none.
    """
    try:
        return str(content(field), "utf-8")
    except UnicodeDecodeError as error:
        raise Malformed("a text that is not UTF-8") from error


def content(field: Field) -> memoryview:
    """A field of bytes or of a message.

    Raises:
        Malformed: it is an integer.
    """
    if isinstance(field, int):
        raise Malformed("an integer in place of bytes")
    return field


def signed(field: Field) -> int:
    """A field of an integer, which may be negative.

    Raises:
        Malformed: it is none.
    """
    if not isinstance(field, int):
        raise Malformed("bytes in place of an integer")
    return field - (1 << 64) if field >> 63 else field


def integers(field: Field) -> list[int]:
    """A repeated integer: packed, or one of its values.

    Raises:
        Malformed: the bytes end within one.
    """
    if isinstance(field, int):
        return [signed(field)]
    found, at = [], 0
    while at < len(field):
        value, at = _varint(field, at)
        found.append(signed(value))
    return found


def reals(field: Field) -> list[float]:
    """A repeated float32: packed, or one of its values.

    Raises:
        Malformed: the bytes are no whole number of them.
    """
    data = content(field)
    if len(data) % 4:
        raise Malformed("a float32 that is cut off")
    return list(struct.unpack(f"<{len(data) // 4}f", data))


def _varint(message: memoryview, at: int) -> tuple[int, int]:
    """An integer in groups of seven bits, lowest first, and where it ends."""
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise Malformed("the file ends within a number" if at >= len(message) else "a number of more than 64 bits")
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & 0xFFFF_FFFF_FFFF_FFFF, at
        shift += 7
