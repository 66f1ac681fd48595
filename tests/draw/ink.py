"""Reads pictures back: what is seen at a place of a figure that was written as PNG."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

import numpy as np

from resdsl.draw.scene import Scene
from resdsl.draw.themes import PAPER, Theme
from resdsl.draw.write import write

DPI = 720
_DOTS = DPI / 72
_CHANNELS = {2: 3, 6: 4}
"""Of colours without and with a share of what shines through, by the number that PNG has for them."""


@dataclass(frozen=True)
class Picture:
    """Rows of colours, from 0 to 255."""

    dots: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]

    def darkness(self, x: float, y: float) -> float:
        """From 0 for white to 1 for black, at a place in points."""
        red, green, blue = self.dots[int(y * _DOTS), int(x * _DOTS), :3]
        return 1 - (int(red) + int(green) + int(blue)) / 765


def darkness_of(colour: str) -> float:
    """From 0 for white to 1 for black, of a colour such as `#0072b2`."""
    return 1 - sum(bytes.fromhex(colour[1:])) / 765


def picture_of(scene: Scene, theme: Theme = PAPER) -> Picture:
    """The figure as Graphviz paints it."""
    content = write(scene, "png", theme=theme, dpi=DPI).content
    assert isinstance(content, bytes)
    return Picture(decoded(content))


def decoded(png: bytes) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """The dots of a PNG of eight bits that is not interlaced (ISO/IEC 15948, Clauses 7 and 9)."""
    width, height, depth, kind = struct.unpack(">IIBB", png[16:26])
    assert depth == 8
    at, packed = 8, b""
    while at < len(png):
        (length,) = struct.unpack(">I", png[at : at + 4])
        if png[at + 4 : at + 8] == b"IDAT":
            packed += png[at + 8 : at + 8 + length]
        at += length + 12
    rows = np.frombuffer(zlib.decompress(packed), np.uint8).reshape(height, -1)
    step = _CHANNELS[kind]
    found = np.zeros((height, width * step), np.uint8)
    above = np.zeros(width * step, np.uint8)
    for index, row in enumerate(rows):
        above = found[index] = _unfiltered(int(row[0]), row[1:], above, step)
    return found.reshape(height, width, step)


def _unfiltered(
    method: int,
    row: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
    above: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
    step: int,
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    if method == 0:
        return row
    if method == 1:
        return np.cumsum(row.reshape(-1, step), axis=0, dtype=np.uint8).reshape(-1)
    if method == 2:
        return row + above
    found = bytearray(len(row))
    for index, value in enumerate(row.tolist()):
        left, up, corner = (
            (found[index - step], int(above[index]), int(above[index - step]))
            if index >= step
            else (0, int(above[index]), 0)
        )
        found[index] = (value + ((left + up) // 2 if method == 3 else _paeth(left, up, corner))) & 255
    return np.frombuffer(bytes(found), np.uint8)


def _paeth(left: int, up: int, corner: int) -> int:
    guess = left + up - corner
    return min((left, up, corner), key=lambda each: abs(guess - each))
