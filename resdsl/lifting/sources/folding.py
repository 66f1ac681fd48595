"""Constants of a file computed while it is read: shapes and what is made of them, and weights in another form."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from resdsl.lifting.graph import Computation, FileTensor
from resdsl.lifting.sources.reading import MOST_FOLDED, NoOp, Reading, small

Array = np.ndarray
_TYPES = {1: np.float32, 6: np.int32, 7: np.int64, 9: np.bool_, 10: np.float16, 11: np.float64}


def made_of(value: Array, made: Computation | None = None) -> FileTensor:
    """A constant that is known already."""
    return FileTensor("", tuple(value.shape), lambda: value, made=made)


def folded(kind: str, attributes: dict[str, Any], operands: Sequence[FileTensor | None]) -> FileTensor | None:
    """What a node yields whose operands are all constants; None if that is not known here.

    Weights are not read for it: what only turns or names them anew is put off.
    """
    if kind == "Constant":
        return _constant(attributes)
    given = [operand for operand in operands if operand is not None]
    if kind in ("Identity", "Dropout", "CastLike") or (kind == "Cast" and given[0].name):
        return given[0]
    if kind == "Shape":
        sizes = given[0].shape[attributes.get("start", 0) : attributes.get("end")]
        return made_of(np.array(sizes, dtype="i8"))
    if kind == "ConstantOfShape":
        return _filled(attributes, given[0])
    if kind in _FORMS and given and (given[0].name or given[0].made or given[0].size > MOST_FOLDED):
        return _formed(kind, attributes, given)
    if kind == "BatchNormalization":
        return _standardised(attributes, operands)
    if kind not in _COMPUTED:
        return None
    arrays = [None if operand is None else small(operand) for operand in operands]
    try:
        if _size(kind, attributes, arrays) > MOST_FOLDED:
            raise NoOp("a computation with large constants")
        with np.errstate(all="ignore"):
            return made_of(np.asarray(_COMPUTED[kind](attributes, *arrays)), _origin(kind, given))
    except (ValueError, IndexError, TypeError, KeyError, ArithmeticError) as error:
        raise NoOp(f"a constant that cannot be computed: {error}") from error


def _size(kind: str, attributes: dict[str, Any], arrays: Sequence[Array | None]) -> int:
    """How many values come of a computation whose operands are small, and what comes of them may be large."""
    given = [array for array in arrays if array is not None]
    if kind == "Range":
        first, end, step = (array.reshape(-1)[0] for array in given)
        return int(abs((end - first) / step)) + 1
    if kind == "Gather":
        return int(given[0].size // given[0].shape[attributes.get("axis", 0)] * given[1].size)
    return int(np.broadcast(*given).size) if kind in _OF_EACH else 0


def _constant(attributes: dict[str, Any]) -> FileTensor:
    for name, kind in (("value_float", "f4"), ("value_floats", "f4"), ("value_int", "i8"), ("value_ints", "i8")):
        if name in attributes:
            return made_of(np.array(attributes[name], dtype=kind))
    value = attributes.get("value")
    if isinstance(value, FileTensor):
        return FileTensor("", value.shape, value.values)
    raise NoOp("a constant of a kind that no layer has")


def _formed(kind: str, attributes: dict[str, Any], given: Sequence[FileTensor]) -> FileTensor:
    """A weight in another shape, under the same name."""
    numbers = [small(each) for each in given[1:]]
    change = partial(_FORMS[kind], attributes)
    form = change(np.broadcast_to(np.zeros((), "?"), given[0].shape), *numbers)
    return FileTensor(given[0].name, tuple(form.shape), lambda: change(given[0].values(), *numbers), made=given[0].made)


def _origin(kind: str, given: Sequence[FileTensor]) -> Computation | None:
    """How a constant was computed, if tensors of the model have a part in it."""
    return Computation(kind, tuple(given)) if any(each.name or each.made for each in given) else None


def _standardised(attributes: dict[str, Any], operands: Sequence[FileTensor | None]) -> FileTensor | None:
    """Rows of a tensor by their own means and variances, as where weights are standardised; None for any other norm."""
    rows, scale, *others = [*operands, None, None][: max(len(operands), 2)]
    eps = attributes.get("epsilon", 1e-5)
    if rows is None or len(rows.shape) != 3 or rows.shape[0] != 1 or not attributes.get("training_mode"):
        return None
    if any(each is not None for each in others):
        return None
    made = Computation("BatchNormalization", (rows, scale), eps)
    return FileTensor("", rows.shape, partial(_standardised_values, rows, scale, eps), made=made)


def _standardised_values(rows: FileTensor, scale: FileTensor | None, eps: float) -> Array:
    whole = rows.values().astype("f8")
    found = (whole - whole.mean(2, keepdims=True)) / np.sqrt(whole.var(2, keepdims=True) + eps)
    if scale is not None:
        found = found * scale.values().reshape(1, -1, 1)
    single: Array = found.astype("f4")
    return single


def shape_of(name: str, reading: Reading) -> FileTensor:
    """The shape of a value as a constant."""
    return made_of(np.array(reading.shapes[name], dtype="i8"))


def _axes(attributes: dict[str, Any], axes: Array | None) -> tuple[int, ...]:
    return tuple(axes.reshape(-1).tolist()) if axes is not None else tuple(attributes.get("axes", ()))


def _unsqueezed(attributes: dict[str, Any], data: Array, axes: Array | None = None) -> Array:
    return np.expand_dims(data, _axes(attributes, axes))


def _squeezed(attributes: dict[str, Any], data: Array, axes: Array | None = None) -> Array:
    return np.squeeze(data, _axes(attributes, axes) or None)


def _reshaped(attributes: dict[str, Any], data: Array, to: Array) -> Array:
    sizes = [data.shape[at] if size == 0 else int(size) for at, size in enumerate(to.reshape(-1).tolist())]
    return data.reshape(sizes)


def _transposed(attributes: dict[str, Any], data: Array) -> Array:
    return data.transpose(attributes.get("perm") or None)


def _sliced(
    attributes: dict[str, Any],
    data: Array,
    starts: Array | None = None,
    ends: Array | None = None,
    axes: Array | None = None,
    steps: Array | None = None,
) -> Array:
    first = attributes["starts"] if starts is None else starts.reshape(-1).tolist()
    last = attributes["ends"] if ends is None else ends.reshape(-1).tolist()
    along = _axes(attributes, axes) or range(len(first))
    by = [1] * len(first) if steps is None else steps.reshape(-1).tolist()
    index = [slice(None)] * data.ndim
    for axis, *part in zip(along, first, last, by, strict=True):
        index[axis] = slice(*part)
    return data[tuple(index)]


def _filled(attributes: dict[str, Any], shape: FileTensor) -> FileTensor:
    """A tensor of one number, of any size: the values are one number in memory."""
    value = attributes.get("value")
    filling = small(value).reshape(-1)[:1] if isinstance(value, FileTensor) else np.zeros(1, "f4")
    sizes = tuple(int(size) for size in small(shape).reshape(-1).tolist())
    return FileTensor("", sizes, lambda: np.broadcast_to(filling[0], sizes))


def _expanded(data: Array, shape: Array) -> Array:
    return np.broadcast_to(data, np.broadcast_shapes(data.shape, tuple(shape.reshape(-1).tolist())))


def _divided(one: Array, other: Array) -> Any:
    return one // other if one.dtype.kind in "iu" else one / other


_FORMS: dict[str, Callable[..., Array]] = {
    "Reshape": _reshaped,
    "Transpose": _transposed,
    "Unsqueeze": _unsqueezed,
    "Squeeze": _squeezed,
    "Gather": lambda attributes, data, places: np.take(data, places, attributes.get("axis", 0)),
}
"""What changes the form of a tensor and none of its values."""


def _of_values(compute: Callable[..., Any]) -> Callable[..., Any]:
    """A computation that takes no attributes."""
    return lambda _attributes, *operands: compute(*operands)


_OF_EACH = frozenset({"Add", "Sub", "Mul", "Div", "Equal", "Where", "Mod", "Pow"})
"""What is computed for each number by itself, of operands that are spread over each other."""
_COMPUTED: dict[str, Callable[..., Any]] = {
    **_FORMS,
    "Cast": lambda attributes, data: data.astype(_TYPES[attributes["to"]]),
    "Concat": lambda attributes, *parts: np.concatenate(parts, attributes["axis"]),
    "Slice": _sliced,
    "Add": _of_values(np.add),
    "Sub": _of_values(np.subtract),
    "Mul": _of_values(np.multiply),
    "Div": _of_values(_divided),
    "Mod": _of_values(np.mod),
    "Pow": _of_values(np.power),
    "Neg": _of_values(np.negative),
    "Floor": _of_values(np.floor),
    "Ceil": _of_values(np.ceil),
    "Sqrt": _of_values(np.sqrt),
    "Reciprocal": _of_values(np.reciprocal),
    "ReduceProd": lambda attributes, data, _axes=None: np.prod(data, keepdims=bool(attributes.get("keepdims", 1))),
    "Equal": _of_values(np.equal),
    "Where": _of_values(np.where),
    "Range": _of_values(np.arange),
    "Expand": _of_values(_expanded),
}
FOLDED = frozenset(_COMPUTED)
"""The operators that are computed where all of their operands are constants."""
