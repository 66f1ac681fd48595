"""The wire format of protocol buffers, as far as ONNX needs it.

Why it exists: weights are to be written in place as they are made, for which the lengths of all
messages around them must be known first; and it starts in no time, whereas importing the `onnx`
package takes as long as everything else that a build does.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable

_VARINT, _BYTES, _FIXED_32 = 0, 2, 5


def varint(number: int) -> bytes:
    """An integer in groups of seven bits, lowest first; a negative one as its 64-bit complement."""
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
    """A field that holds an integer."""
    return varint(field << 3 | _VARINT) + varint(number)


def integers(field: int, numbers: Iterable[int]) -> bytes:
    """A repeated field of integers, one by one."""
    return b"".join([integer(field, number) for number in numbers])


def real(field: int, number: float) -> bytes:
    """A field that holds a float32."""
    return varint(field << 3 | _FIXED_32) + struct.pack("<f", number)


def opening(field: int, length: int) -> bytes:
    """What stands before the `length` bytes of a field that holds bytes, a text or a message."""
    return varint(field << 3 | _BYTES) + varint(length)


def block(field: int, content: bytes) -> bytes:
    """A field that holds bytes or a message."""
    return opening(field, len(content)) + content


def text(field: int, content: str) -> bytes:
    """A field that holds a text."""
    return block(field, content.encode())
