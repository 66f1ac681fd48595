"""Operators of ONNX that pick, repeat and number positions, as ops of the language.

ONNX has no node for some ops, and our files have these written out, an axis at a time: resizes in uneven ratios and
circular padding as `Gather`, adaptive pools as `Gather` with `ReduceMax` or as matrices, coordinates as sums.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from resdsl.lifting.graph import FileTensor
from resdsl.lifting.sources.reading import FileCall, NoOp, small
from resdsl.ops.adaptive_pool import pool_windows, window_means
from resdsl.ops.positions import coordinates
from resdsl.ops.resize import nearest_positions

Margin = tuple[int, int]
_CHOSEN = "of chosen positions"


def gather(call: FileCall) -> None:
    """Positions along an axis, in places that are known."""
    axis, found = call.attribute("axis") % len(call.shape), call.constant(1)
    if found is None or axis < 2 or found.size == 0:
        raise NoOp("of chosen channels" if axis == 1 else _CHOSEN)
    size, places = call.shape[axis], small(found) % call.shape[axis]
    if places.ndim == 2:
        _windows(call, axis, places)
        return
    if places.ndim != 1:
        raise NoOp(_CHOSEN)
    chosen = tuple(places.tolist())
    margin = _wrapping(chosen, size)
    if chosen == tuple(range(size)):
        call.pass_on()
    elif margin is not None:
        shape = (*call.shape[:axis], len(chosen), *call.shape[axis + 1 :])
        call.leave(_CHOSEN, shape, axis=axis, **wrapped_numbers(axis, *margin))
    elif chosen == nearest_positions(size, len(chosen)):
        sizes = list(call.shape[2:])
        sizes[axis - 2] = len(chosen)
        call.add("resize", {"size": tuple(sizes)}, call.flowing[:1])
    else:
        raise NoOp(_CHOSEN)


def wrapped_numbers(axis: int, before: int, after: int) -> dict[str, float]:
    """What is noted of an axis that goes on with its other end."""
    return {f"before{axis}": before, f"after{axis}": after}


def _wrapping(chosen: Sequence[int], size: int) -> Margin | None:
    """How many positions of the other end stand before and behind an axis; None if it is not that."""
    before = -chosen[0] % size or (size if len(chosen) > 2 * size else 0)
    after = len(chosen) - size - before
    if not 0 <= after <= size or tuple(chosen) != tuple(place % size for place in range(-before, size + after)):
        return None
    return before, after


def _windows(call: FileCall, axis: int, places: np.ndarray) -> None:
    to, widest = places.shape
    found = pool_windows(call.shape[axis], to)
    filled = [[window[min(at, len(window) - 1)] for at in range(widest)] for window in found]
    if max(map(len, found)) != widest or places.tolist() != filled:
        raise NoOp(_CHOSEN)
    call.leave(_CHOSEN, (*call.shape[:axis], to, widest, *call.shape[axis + 1 :]), axis=axis, to=to)


def adaptive_mean(call: FileCall) -> bool:
    """Means over uneven windows, as a product with a matrix for each axis; whether an equation is that."""
    equation = re.fullmatch(r"nc([dhw]+),([a-z,]+)->nc([xyz]+)", call.word("equation", "").replace(" ", ""))
    if equation is None or len(equation[1]) != call.axes or len(call.operands) != 1 + call.axes:
        return False
    if equation[2].split(",") != [axis + made for axis, made in zip(equation[1], equation[3], strict=False)]:
        return False
    to = []
    for place, size in enumerate(call.shape[2:], start=1):
        matrix = call.constant(place)
        if matrix is None or len(matrix.shape) != 2 or not np.allclose(small(matrix), _means(size, matrix.shape[1])):
            return False
        to.append(matrix.shape[1])
    call.add("adaptive_avgpool", {"to": tuple(to)}, call.operands[:1])
    return True


def _means(size: int, to: int) -> np.ndarray:
    return np.array(window_means(size, to), dtype="f4").reshape(size, to)


def coordinate_axis(call: FileCall, constant: FileTensor) -> bool:
    """Coordinates of one axis in a channel of their own, and zeros in all others; whether a term is that."""
    shape = call.shape
    if len(constant.shape) != len(shape) or constant.shape[:2] != (1, shape[1]):
        return False
    along = [axis for axis in range(2, len(shape)) if constant.shape[axis] != 1]
    if len(along) != 1 or constant.shape[along[0]] != shape[along[0]]:
        return False
    channel, (axis,) = shape[1] - call.axes + along[0] - 2, along
    wanted = np.zeros((shape[1], shape[axis]), dtype="f4")
    wanted[channel] = coordinates(shape[axis])
    if not np.allclose(small(constant).reshape(wanted.shape), wanted):
        return False
    call.leave("of coordinates", shape, axis=axis)
    return True
