"""The difference of two networks as tables: how each part changed, and the figures of both networks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from resdsl.analysis.compare.difference import Change, Difference, Given, Note, Status, Total
from resdsl.analysis.rows.tree import Kind, NestedDepth, Row
from resdsl.report.figures import bytes_text, change_text
from resdsl.report.table import Cell, Column, Table, TableLine

_DEEPEST: dict[NestedDepth, tuple[Kind, ...]] = {
    # view     the rows whose parts it leaves out
    "model": ("model",),
    "stage": ("stem", "part", "head", "stage", "block", "shortcut", "gate"),
    "block": ("stem", "part", "head", "block", "shortcut", "gate"),
    "layer": (),
}
_WITH_PATHS: tuple[Kind, ...] = ("block", "shortcut", "gate")
"""Rows whose parts are labelled relative to them, by the rest of their paths."""
_MOST_NAMED = 4
"""How many parts are named when a block changed in a way that its own name does not show."""
_SIGNS: dict[Status, str] = {"added": "+", "removed": "-", "changed": "~", "same": ""}

_PARTS = (
    Column("part", "part", "text"),
    Column("status", "", "text"),
    Column("what", "what", "text"),
    Column("params", "params", "change"),
    Column("macs", "macs", "change"),
)
_SAVED = Column("saved_bytes", "saved", "change")
_FIELD = Column("receptive_field", "field", "exact_change")
_WORDING = {
    _SAVED: "saved: bytes kept for the backward pass, for one sample of float32.",
    _FIELD: "field: the receptive field of what a part yields.",
}
"""Columns that are shown only if a value in them changes, with their descriptions."""
_TOTALS = (
    Column("figure", "figure", "text"),
    Column("before", "before"),
    Column("after", "after"),
    Column("change", "change", "change"),
    Column("exactly", "exactly", "text"),
)


def diff_table(difference: Difference, by: NestedDepth = "block") -> Table:
    """How each part changed, down to a depth, in its costs and its receptive field.

    At any depth, the lines of one level sum to the line above them and to the total, except for receptive fields,
    which do not add up. Memory and receptive fields have columns if any of them changes.
    """
    title = headline(difference)
    if difference.same:
        return Table(title, _PARTS, tuple([_given_line(each, ()) for each in difference.given]))
    lines = list(_lines(difference.whole, "", by, 0)) if by != "model" else []
    changed = [_SAVED] * bool(difference.whole.saved_bytes or any(each.change.saved_bytes for each in lines))
    changed += [_FIELD] * any(_field_change(each.change) for each in lines)
    given = [_given_line(each, changed) for each in difference.given]
    visible = [_line(each, changed) for each in lines]
    total = TableLine(("total", "", "", *_figures(difference.whole, changed)), kind="total")
    return Table(title, (*_PARTS, *changed), (*given, *visible, total), tuple([_WORDING[column] for column in changed]))


def totals_table(difference: Difference) -> Table:
    """The figures of both networks."""
    lines = []
    for total in difference.totals:
        one, two = (_exactly(figure) for figure in (total.before, total.after))
        exactly = one if one == two else f"{one} -> {two}"
        lines.append(TableLine((total.name, *_amounts(total), exactly)))
    one, two = difference.before, difference.after
    title = f"Totals of {one} and {two}" if one != two else f"Totals of {one}, before and after"
    return Table(title, _TOTALS, tuple(lines))


def _amounts(total: Total) -> tuple[Cell, Cell, Cell]:
    """Before, after and the change; bytes with their unit."""
    if not total.name.endswith("_bytes"):
        return total.before, total.after, total.change
    one, two = (None if each is None else bytes_text(each) for each in (total.before, total.after))
    return one, two, None if total.change is None else change_text(total.change, bytes_text)


def what(change: Change) -> str:
    """What a part was and is now, in a few words; empty if its path already says it."""
    row = change.row
    name = "" if row.kind in ("stem", "head") or change.name == row.path else f"{change.name}{_times(change)}"
    if change.status != "changed":
        return name if name or change.status == "same" else _blocks(row)
    own = [_note(note) for note in change.notes if note.aspect not in ("in", "out")]
    if change.name != row.name:
        return "; ".join([name, *own])
    wording = "; ".join(own) or _shapes(change) or _parts_wording(change)
    return f"{name}: {wording}" if name and wording else name or wording


def _blocks(row: Row) -> str:
    """How many blocks a stage has; empty for other parts."""
    count = sum(part.repeats for part in row.parts)
    return "" if row.kind != "stage" else f"{count} block{'s' if count > 1 else ''}"


def part_path(change: Change) -> str:
    """The path of a part; of equal blocks `layer1.1-2`."""
    first, last = change.row.path, change.last_path(change.row)
    return first if first == last else f"{first}-{last.rpartition('.')[2]}"


def headline(difference: Difference) -> str:
    """One line that says whether the two networks are the same."""
    one, two = difference.before, difference.after
    if not difference.same:
        return f"What changes from {one} to {two}" if one != two else f"What changes in {one}"
    both = f"{one} and {two} are the same network" if one != two else f"{one} is the same network in both"
    return both + (", though given other arguments" if difference.given else "")


def _given_line(given: Given, changed: Sequence[Column]) -> TableLine:
    if given.before is None:
        wording = f"only in the second: {given.after}"
    else:
        wording = f"only in the first: {given.before}" if given.after is None else f"{given.before} -> {given.after}"
    return TableLine((given.name, "", f"{given.matter}: {wording}", None, None, *[None] * len(changed)))


@dataclass(frozen=True, slots=True)
class _Printed:
    """A change with its label and its level in the table."""

    change: Change
    name: str
    level: int


def _lines(change: Change, prefix: str, by: NestedDepth, level: int) -> Iterator[_Printed]:
    for part in change.parts:
        row = part.row
        name = row.kind if row.kind in ("stem", "head") else part_path(part).removeprefix(prefix)
        yield _Printed(part, name, level)
        if row.kind not in _DEEPEST[by]:
            inner = f"{row.path}." if row.kind in _WITH_PATHS else ""
            yield from _lines(part, inner, by, level + 1)


def _line(visible: _Printed, changed: Sequence[Column]) -> TableLine:
    change = visible.change
    return TableLine((visible.name, _SIGNS[change.status], what(change), *_figures(change, changed)), visible.level)


def _figures(change: Change, changed: Sequence[Column]) -> Iterator[Cell]:
    """By how much the costs of a part changed; for an unchanged part, only the figures that still differ."""
    same = change.status == "same"
    yield from (None, None) if same else (change.by("params"), change.by("macs"))
    if _SAVED in changed:
        yield (change.saved_bytes or None) if same else change.saved_bytes
    if _FIELD in changed:
        yield _field_change(change)


def _field_change(change: Change) -> int | None:
    """The change of the receptive field where it originates; behind it, every field differs."""
    return change.field_change if change.status == "changed" else None


def _exactly(figure: int | None) -> str:
    return "none" if figure is None else f"{figure:_}"


def _note(note: Note) -> str:
    match note.aspect:
        case "blocks":
            return f"{note.before} -> {note.after} blocks"
        case "wiring":
            return "wired differently"
        case "state":
            return f"parameters {note.before} -> {note.after}"
    return f"{note.aspect} {note.before} -> {note.after}"


def _times(change: Change) -> str:
    return f" x {change.count}" if change.count > 1 else ""


def _shapes(change: Change) -> str:
    """The most telling change of shape: of the output, or else of the input."""
    found = {note.aspect: _note(note) for note in change.notes}
    return found.get("out") or found.get("in") or ""


def _parts_wording(change: Change) -> str:
    """The parts that changed: how many blocks of a stage, or which parts of anything else."""
    changed = [part for part in change.parts if part.status != "same"]
    if change.row.kind == "stage":
        count, of = (sum(part.count for part in parts) for parts in (changed, change.parts))
        return f"{count} of {of} blocks"
    start = f"{change.row.path}." if change.row.kind in _WITH_PATHS else ""
    named = [_part_wording(part, part.row.path.removeprefix(start)) for part in changed]
    return ", ".join(named[:_MOST_NAMED]) + (
        f" and {len(named) - _MOST_NAMED} more" if len(named) > _MOST_NAMED else ""
    )


def _part_wording(change: Change, label: str) -> str:
    """`+add`, `~conv1`, or `downsample B -> D` for a part with a new name."""
    if change.name != change.row.name:
        return f"{label} {change.name}"
    return f"{_SIGNS[change.status]}{label}"
