"""Compares the tensors of a weight file with those that a network needs; shared by all kinds of files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

from resdsl.ops.base import Shape
from resdsl.ops.records import Tensor
from resdsl.printable import one_line
from resdsl.refusal import Refused

READABLE = {"float32": ("float32", "float16", "bfloat16"), "int64": ("int64",)}
"""For each dtype in the network, the dtypes accepted from a file.

Half precision is exact in float32. A dtype that would have to be rounded is refused.
"""
_MOST_LISTED = 10
_LONGEST = 200
"""Maximum number of characters of a name to compare; module names are shorter, and comparing longer ones is slow."""


@dataclass(frozen=True, slots=True)
class Held:
    """An entry of a weight file.

    Attributes:
        dtype: the dtype as PyTorch names it, such as `bfloat16`; for anything but a tensor, a description.
        shape: the shape as PyTorch has it; None if there is none.
    """

    dtype: str
    shape: Shape | None


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A tensor that does not fit.

    Attributes:
        kind: `missing` from the file, `unexpected` in it, or with a different `shape` or `dtype`.
        name: the full name of the tensor.
        text: a description of the mismatch.
    """

    kind: Literal["missing", "unexpected", "shape", "dtype"]
    name: str
    text: str


class WeightsMismatch(Refused):
    """A weight file does not fit the network.

    Args:
        file: the name of the file.
        found: every tensor that does not fit.
        hint: a change that would fix all or most mismatches.
    """

    def __init__(self, file: str, found: list[Mismatch], hint: str | None = None) -> None:
        visible = [f"  {each.text}" for each in found[:_MOST_LISTED]]
        if len(found) > _MOST_LISTED:
            visible.append(f"  and {len(found) - _MOST_LISTED} more")
        if hint is not None:
            visible.append(hint)
        super().__init__("\n".join([f"{file} does not hold the weights of this network:", *visible]))
        self.file = file
        self.found = tuple(found)
        self.hint = hint

    def adding(self, sentence: str) -> WeightsMismatch:
        """The same error with one more sentence behind the hint, such as what the file would fit."""
        hint = sentence if self.hint is None else f"{self.hint}\n{sentence}"
        return WeightsMismatch(self.file, list(self.found), hint)


def compare(
    file: str,
    held: Mapping[str, Held],
    wanted: Mapping[str, Tensor],
    advise: Callable[[], str | None] = lambda: None,
) -> None:
    """Check that a file has every tensor of the network with its shape and a readable dtype; counters may be missing.

    Args:
        file: the name of the file, for messages.
        held: the entries of the file, by full name.
        wanted: the tensors of the network, by full name.
        advise: says with which options the file would fit, if there are any.

    Raises:
        WeightsMismatch: with all mismatches.
    """
    found = mismatches(held, wanted)
    if found:
        raise WeightsMismatch(file, found, advise() or _hint(held, wanted))


def mismatches(held: Mapping[str, Held], wanted: Mapping[str, Tensor]) -> list[Mismatch]:
    """Everything that keeps the entries of a file from being the tensors of a network."""
    return list(_mismatches(held, wanted, _shapes(held, wanted)))


Shapes = Mapping[str, Shape | None]
"""Shapes of both sides by name: a tensor of a different shape is never suggested, however similar its name."""


def _shapes(held: Mapping[str, Held], wanted: Mapping[str, Tensor]) -> Shapes:
    return {name: each.shape for name, each in held.items()} | {name: each.shape for name, each in wanted.items()}


def _mismatches(held: Mapping[str, Held], wanted: Mapping[str, Tensor], shapes: Shapes) -> Iterator[Mismatch]:
    strangers = [name for name in held if name not in wanted]
    missing = _missing(held, wanted)
    for position, name in enumerate(missing):
        yield Mismatch("missing", name, f"{_quoted(name)} is missing{_near(name, strangers, position, 'file', shapes)}")
    for name, tensor in wanted.items():
        if name in held:
            yield from _differences(name, tensor, held[name])
    for position, name in enumerate(strangers):
        near = "" if missing else _near(name, list(wanted), position, "network", shapes)
        yield Mismatch("unexpected", name, f"{_quoted(name)} is in the file but not in the network{near}")


def _differences(name: str, tensor: Tensor, held: Held) -> Iterator[Mismatch]:
    if held.dtype not in READABLE[tensor.dtype]:
        *more, last = READABLE[tensor.dtype]
        may = f"{', '.join(more)} or {last}" if more else last
        yield Mismatch("dtype", name, f"{_quoted(name)} is {held.dtype} in the file, but must be {may}")
    if held.shape not in (tensor.shape, None):
        text = f"{_quoted(name)} is {_text(held.shape)} in the file but {_text(tensor.shape)} in the network"
        yield Mismatch("shape", name, text)


def _hint(held: Mapping[str, Held], wanted: Mapping[str, Tensor]) -> str | None:
    """A hint if the file has most of the missing names with an extra prefix, or without one."""
    missing = _missing(held, wanted)
    prefix, more, fewer = prefix_between(held, wanted)
    if 2 * more > len(missing) > 1:
        return f"{_share(more, missing)} are in the file with the prefix `{prefix}`; {_way_out(f'{prefix[:-1]} ->')}"
    if 2 * fewer > len(missing) > 1:
        rule = f"{{first}} -> {prefix}{{first}}"
        return f"{_share(fewer, missing)} are in the file without the prefix `{prefix}`; {_way_out(rule)}"
    return None


def _way_out(rule: str) -> str:
    return f'rename="{rule}" (--rename "{rule}") makes up for that'


def prefix_between(held: Mapping[str, Held], wanted: Mapping[str, Tensor]) -> tuple[str, int, int]:
    """The prefix that most of the missing names have in a file beside their own, or lack there.

    Returns:
        The prefix with its dot, the number of names that have it in the file, and the number of those that lack it.
    """
    shapes, missing = _shapes(held, wanted), _missing(held, wanted)
    strangers = [name for name in held if name not in wanted]
    more, fewer = _commonest(strangers, set(missing), shapes), _commonest(missing, set(strangers), shapes)
    return (more[0], more[1], 0) if more[1] >= fewer[1] else (fewer[0], 0, fewer[1])


def _missing(held: Mapping[str, Held], wanted: Mapping[str, Tensor]) -> list[str]:
    """The names that a file lacks; counters may be missing."""
    return [name for name, tensor in wanted.items() if name not in held and tensor.dtype != "int64"]


def _commonest(names: list[str], others: set[str], shapes: Shapes) -> tuple[str, int]:
    """The prefix whose removal turns most of the names into others with the same shapes, and how many."""
    counts: Counter[str] = Counter()
    for name in names:
        # Whole components, dots included.
        ends = [place + 1 for place, letter in enumerate(name[:_LONGEST]) if letter == "."]
        fitting = (end for end in ends if name[end:] in others and shapes[name[end:]] == shapes[name])
        counts.update(name[:end] for end in fitting)
    return max(counts.items(), key=lambda counted: counted[1], default=("", 0))


def _share(count: int, missing: list[str]) -> str:
    return f"all {count} missing names" if count == len(missing) else f"{count} of {len(missing)} missing names"


def _near(name: str, others: list[str], position: int, place: str, shapes: Shapes) -> str:
    """A similar name with the same shape; only for mismatches that are listed, since comparing names is slow."""
    if position >= _MOST_LISTED or len(name) > _LONGEST:
        return ""
    alike = [other for other in others if len(other) <= _LONGEST and shapes[other] == shapes[name]]
    near = get_close_matches(name, alike, n=1, cutoff=0.7)
    return f"; the {place} has {_quoted(near[0])}" if near else ""


def _quoted(name: str) -> str:
    visible = name if len(name) <= _LONGEST else f"{name[:_LONGEST]}..."
    return f"`{one_line(visible)}`"


def _text(shape: Shape | None) -> str:
    return "x".join(map(str, shape or ())) or "a single number"
