"""An expansion as text and as a record for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from resdsl.expansion.expansion import ExpandedPart, Expansion, strides_text
from resdsl.expansion.origins import ResolvedSetting
from resdsl.ops.base import show
from resdsl.printable import one_line
from resdsl.report.figures import count_text
from resdsl.source import Span

_GIVERS = {
    "call": "the call",
    "stage": "the stage",
    "default": "a default",
    "network": "the network",
    "variant": "the variant",
    "option": "the command line",
    "setting": "a setting",
    "inferred": "inferred",
    "language": "the language",
}


def expansion_text(expansion: Expansion) -> str:
    """All parts, separated by empty lines."""
    return "\n\n".join("\n".join(_part(part)) for part in expansion.parts)


def expansion_record(expansion: Expansion) -> dict[str, Any]:
    """All that is known of the parts, for JSON."""
    return {
        "network": expansion.network,
        "path": expansion.path,
        "parts": [_part_record(part) for part in expansion.parts],
    }


def _part(part: ExpandedPart) -> Iterator[str]:
    times = f" x {part.repeats}" if part.repeats > 1 else ""
    yield one_line(f"{part.path}: {part.text}{times}" if part.path else part.text)
    entering, leaving = (", ".join(map(show, shapes)) for shapes in (part.entering, part.leaving))
    yield (
        f"  {entering} -> {leaving}{strides_text(part.strides)}; {count_text(part.costs.params)} parameters, "
        f"{count_text(part.costs.macs)} multiply-adds"
    )
    for word, span in (("from", part.statement), *(("in", call) for call in part.calls)):
        if span is not None:
            yield f"  {word} {place_text(span)}: {one_line(_first_line(span))}"
    if part.settings:
        yield ""
        yield from _table([(each.name, f"= {each.value}", _origin(each)) for each in part.settings])
    if part.nodes:
        yield ""
        rows = [("path", "op or block", "shape", "params", "multiply-adds", "line")]
        for node in part.nodes:
            times = f" x {node.repeats}" if node.repeats > 1 else ""
            figures = [count_text(figure) if figure else "-" for figure in (node.costs.params, node.costs.macs)]
            line = str(node.statement.position.line)
            rows.append((node.path, f"{node.text}{times}", show(node.shape), figures[0], figures[1], line))
        yield from _table(rows, right=(3, 4, 5))


def _first_line(span: Span) -> str:
    """The beginning of a statement, up to the end of its line."""
    first, _, rest = span.text.partition("\n")
    return f"{first.rstrip()} ..." if rest else first


def place_text(span: Span) -> str:
    """A place, as messages give it: `specs/resnet50.res:11`."""
    return f"{one_line(span.source.name)}:{span.position.line}"


def _origin(setting: ResolvedSetting) -> str:
    where = f", {place_text(setting.span)}" if setting.span is not None else ""
    return f"{_GIVERS[setting.giver]}{where}"


def _table(rows: Sequence[tuple[str, ...]], right: tuple[int, ...] = ()) -> Iterator[str]:
    """Rows in columns."""
    texts = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*texts, strict=True)]
    for row in texts:
        cells = [
            cell.rjust(width) if at in right else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        yield f"  {'  '.join(cells)}".rstrip()


def _part_record(part: ExpandedPart) -> dict[str, Any]:
    return {
        "path": part.path,
        "text": part.text,
        "repeats": part.repeats,
        "from": _place(part.statement),
        "calls": [_place(call) for call in part.calls],
        "inputs": [list(shape) for shape in part.entering],
        "outputs": [list(shape) for shape in part.leaving],
        "strides": list(part.strides) if part.strides is not None else None,
        "params": part.costs.params,
        "macs": part.costs.macs,
        "settings": [
            {"name": each.name, "value": each.value, "given_by": each.giver, "place": _place(each.span)}
            for each in part.settings
        ],
        "nodes": [
            {
                "path": node.path,
                "text": node.text,
                "repeats": node.repeats,
                "shape": list(node.shape),
                "params": node.costs.params,
                "macs": node.costs.macs,
                "place": _place(node.statement),
            }
            for node in part.nodes
        ],
    }


def _place(span: Span | None) -> dict[str, object] | None:
    if span is None:
        return None
    return {"file": span.source.name, "line": span.position.line, "column": span.position.column, "text": span.text}
