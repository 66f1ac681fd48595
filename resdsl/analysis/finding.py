"""Finds a row by its path, as in checkpoints, including a single repeat: `layer1.2.conv1`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import prod

from resdsl.analysis.rows.repeats import repeats_of
from resdsl.analysis.rows.tree import Row
from resdsl.diagnostics.suggest import nearest
from resdsl.printable import one_line
from resdsl.refusal import Refused

_MOST_NAMED = 12
_LONGEST = 100
_WITHOUT_PATH = ("stem", "part", "head")


class UnknownPath(Refused):
    """The network does not have a part with this path."""

    of_usage = True


@dataclass(frozen=True, slots=True)
class Found:
    """A row and its surroundings.

    Attributes:
        row: the row; for repeats, a single one.
        among: the rows of equal repeats that it is one of, or is inside; the outermost first.
        calls: how often the enclosing part calls it; its state exists once.
        folded: the path, if it is one that tables use for equal repeats: `layer1.1-2.conv1`.
        times: the number of repeats that such a path means.
    """

    row: Row
    among: tuple[Row, ...] = ()
    calls: int = 1
    folded: str = ""
    times: int = 1


def find(whole: Row, path: str) -> Found:
    """The row with a path, a stage's title, `stem` or `head`; the name of the network, or "", means the whole.

    Args:
        whole: the network's row, down to its layers and folded.
        path: the path; for equal repeats also as in tables, `layer1.1-2`, which means the first of them.

    Raises:
        UnknownPath: the network has no such part.
    """
    found = (_descend(whole, path, ()) or _of_folded(whole, path)) if path else Found(whole)
    if found is not None:
        return found
    if path == whole.name:
        return Found(whole)
    for part in whole.parts:
        if path == part.name and part.kind in ("stem", "head", "stage"):
            return Found(part)
    visible = one_line(path[:_LONGEST])
    raise UnknownPath(f"{whole.name} has no part `{visible}`; {_hint(whole, path)}")


def _descend(row: Row, path: str, among: tuple[Row, ...]) -> Found | None:
    for part in row.parts:
        if part.kind in _WITHOUT_PATH:
            found = _descend(part, path, among)
            if found:
                return found
            continue
        one = _repeat_at(part, path)
        if one is None:
            continue
        within = (*among, part) if part.repeats > 1 else among
        if path == one.path:
            return Found(one, within, sum(each.path == part.path for each in row.parts))
        found = _descend(one, path, within)
        if found:
            return found
    return None


def _of_folded(whole: Row, path: str) -> Found | None:
    """The first of the equal repeats that a path such as `layer1.1-2.conv1` means; None for other paths."""
    steps: list[str] = []
    ranges: dict[str, str] = {}
    for step in path.split("."):
        first, dash, last = step.partition("-")
        steps.append(first)
        if dash:
            ranges[".".join(steps)] = ".".join([*steps[:-1], last])
    found = _descend(whole, ".".join(steps), ()) if ranges else None
    if found is None:
        return None
    meant = [each for each in found.among if ranges.get(each.path) == each.last_path]
    if len(meant) < len(ranges):
        return None
    return replace(found, folded=path, times=prod(each.repeats for each in meant))


def _repeat_at(part: Row, path: str) -> Row | None:
    """The repeat of a row that has this path, or contains it."""
    if part.repeats == 1:
        return part if path == part.path or path.startswith(f"{part.path}.") else None
    before, _, first = part.path.rpartition(".")
    index = path.removeprefix(f"{before}.").partition(".")[0]
    if not path.startswith(f"{before}.") or not index.isdecimal() or not index.isascii() or len(index) > 9:
        return None
    skipped = int(index) - int(first)
    if str(int(index)) != index or not 0 <= skipped < part.repeats:
        return None
    return repeats_of(part, skipped, 1)


def _hint(whole: Row, path: str) -> str:
    """A hint: the blocks of the stage, the path that was probably meant, or the parts of what the path does reach."""
    reached, rest = _reached(whole, path)
    if reached.kind == "stage" and rest.partition(".")[0].isdecimal():
        count = sum(part.repeats for part in reached.parts)
        return (
            f"the blocks of `{reached.path}` are 0 to {count - 1}"
            if count > 1
            else f"`{reached.path}` has only block 0"
        )
    near = nearest(path, _paths(whole))
    if near is not None:
        return f"did you mean `{near}`?"
    names = list(dict.fromkeys(_names(reached)))
    listed = ", ".join(f"`{name}`" for name in names[:_MOST_NAMED])
    return f"available: {listed}" + (f" and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else "")


def _reached(whole: Row, path: str) -> tuple[Row, str]:
    """The part with the longest path above this one, and the rest of the path."""
    parts = path.split(".")
    for count in range(len(parts) - 1, 0, -1):
        found = _descend(whole, ".".join(parts[:count]), ())
        if found is not None and found.row.parts:
            return found.row, ".".join(parts[count:])
    return whole, path


def _names(row: Row) -> Iterator[str]:
    for part in row.parts:
        yield from _names(part) if part.kind in _WITHOUT_PATH else [part.path]


def _paths(whole: Row) -> Iterator[str]:
    for _, row in whole.flat():
        if row.kind not in _WITHOUT_PATH and row.path:
            yield row.path
