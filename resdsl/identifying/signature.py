"""Digests of names and shapes, by which the tensors of a file are looked up among those of all networks."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from hashlib import blake2b

from resdsl.ops.base import Shape

Shapes = Mapping[str, Shape]
"""The shape of each tensor by its full name, without counters of training steps."""
Axis = tuple[str, int]
"""The name of a tensor, and one of its axes."""

_COUNTERS = "num_batches_tracked"
_SKETCH = 48
"""The size of a sketch: two networks of which a half is the same are told from others with a deviation of 0.07."""
_NUMBER = re.compile(r"\d+")


def without_counters(shapes: Shapes) -> dict[str, Shape]:
    """The tensors other than the counters of batch norms, which old files lack."""
    return {name: shape for name, shape in shapes.items() if name.rpartition(".")[2] != _COUNTERS}


def names_digest(names: Iterable[str]) -> str:
    """A digest of names in any order."""
    return _digest("\n".join(sorted(names)))


def shapes_digest(shapes: Shapes, open_axes: Collection[Axis] = ()) -> str:
    """A digest of names and shapes in any order; open axes may have any length."""
    opened: dict[str, set[int]] = {}
    for name, axis in open_axes:
        opened.setdefault(name, set()).add(axis)
    lines = [_line(name, shape, opened.get(name, ())) for name, shape in shapes.items()]
    return _digest("\n".join(sorted(lines)))


def shapes_sketch(shapes: Shapes) -> str:
    """A sketch of names and shapes: the least of their hashes."""
    return _sketch({_line(name, shape) for name, shape in shapes.items()})


def layout_sketch(shapes: Shapes) -> str:
    """A sketch of names and kernels without numbers of blocks: alike for networks that differ in depth and width."""
    lines: set[str] = set()
    for name, shape in shapes.items():
        kernel = "x".join(map(str, shape[2:]))
        head, *rest = _NUMBER.split(name)
        first = _NUMBER.search(name)
        lines.add(f"{_NUMBER.sub('0', name)} {kernel}")
        # Stages differ in their number, so that networks of three and of four stages are told apart.
        lines.add(f"{head}{first[0] if first else ''}{'0'.join(rest)}")
    return _sketch(lines)


def likeness(sketch: str, other: str) -> float:
    """An estimate of the share of things that both have, of those that either has (Broder 1997, Section 2)."""
    ours, theirs = _hashes(sketch), _hashes(other)
    either = sorted(ours | theirs)[:_SKETCH]
    return len(ours & theirs & set(either)) / len(either) if either else 0.0


def _line(name: str, shape: Shape, opened: Collection[int] = ()) -> str:
    return f"{name} {'x'.join('_' if axis in opened else str(size) for axis, size in enumerate(shape))}"


def _digest(text: str) -> str:
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _sketch(texts: Collection[str]) -> str:
    hashes = {blake2b(text.encode("utf-8", "surrogatepass"), digest_size=4).hexdigest() for text in texts}
    return "".join(sorted(hashes)[:_SKETCH])


def _hashes(sketch: str) -> set[str]:
    return {sketch[at : at + 8] for at in range(0, len(sketch), 8)}
