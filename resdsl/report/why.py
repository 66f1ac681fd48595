"""The arithmetic behind a row in words and numbers, and as a JSON record."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from resdsl.analysis.finding import Found
from resdsl.analysis.receptive_field.field import Field
from resdsl.analysis.rows.tree import Row
from resdsl.analysis.why import Comparison, Explanation, Factor, Sum, Term
from resdsl.ops.base import Shapes, show
from resdsl.printable import one_line

_WIDTH = 80
_LONGEST_NAME = 32
_WORDING = {
    "weights": "weights",
    "biases": "biases",
    "norms": "scales and shifts of norms",
    "params": "parameters",
    "macs": "multiply-adds",
    "norm": "elements normalised",
    "activation": "elements through the activation",
    "pooling": "elements read by pooling windows",
    "elementwise": "elements added or multiplied",
    "fixed": "multiply-adds of filters that are not learned",
    "matmul": "multiply-adds of products of matrices",
}
"""Quantities in words."""


def why_lines(explanation: Explanation) -> tuple[str, ...]:
    """The explanation as lines of text, wrapped at 80 characters where possible."""
    return tuple(_lines(explanation))


def why_record(explanation: Explanation) -> dict[str, Any]:
    """The explanation as a JSON record."""
    row = explanation.row
    return {
        "path": row.path,
        "name": row.name,
        "kind": row.kind,
        "inputs": [list(shape) for shape in row.inputs],
        "outputs": [list(shape) for shape in row.outputs],
        "calls": explanation.found.calls,
        "times": explanation.found.times,
        "among": [
            {"path": each.path, "last_path": each.last_path, "repeats": each.repeats}
            for each in explanation.found.among
        ],
        "sums": [asdict(each) for each in explanation.sums],
        "receptive_field": list(explanation.field.size) if explanation.field and explanation.field.size else None,
        "comparison": asdict(explanation.comparison) if explanation.comparison else None,
    }


def _lines(explanation: Explanation) -> Iterator[str]:
    row = explanation.row
    alone = row.path in ("", row.name) or row.kind in ("stem", "head")
    start = one_line(row.name if alone else f"{row.path}: {row.name}")
    yield from _wrapped(f"{start}, {_shapes(row.inputs)} -> {_shapes(row.outputs)}")
    yield from _wrapped_all(_where(explanation), indent="")
    if not explanation.sums:
        yield "It has no parameters, and nothing that it does is counted."
    if row.op is not None:
        yield ""
    for each in explanation.sums:
        yield from _layer_sum(each) if row.op is not None else ["", *_sum(each)]
    if explanation.found.times > 1:
        if row.op is None:
            yield ""
        yield from _wrapped(_folded(explanation.found))
    if explanation.field is not None and row.kind != "model":
        if row.op is None:
            yield ""
        yield from _wrapped(_field(explanation.field))
    if explanation.comparison is not None:
        yield ""
        yield from _wrapped(_compared(explanation.comparison))


def _where(explanation: Explanation) -> Iterator[str]:
    row, found = explanation.row, explanation.found
    for each in found.among:
        place = f"{each.repeats} equal blocks, {each.path} to {each.last_path}"
        yield f"One of {place}." if _is_one_of(row, each) else f"In one of {place}."
    if found.calls > 1:
        yield f"Called {found.calls} times; this is the first call, and the others have the same parameters."


def _folded(found: Found) -> str:
    """The figure of a table for equal repeats, computed from that of one of them."""
    costs = {"parameters": found.row.costs.params, "multiply-adds": found.row.costs.macs}
    products = [f"{each:,} {name} x {found.times} = {found.times * each:,}" for name, each in costs.items() if each]
    return f"{found.folded}: {', '.join(products) or f'the same, x {found.times}'}"


def _is_one_of(row: Row, each: Row) -> bool:
    return row.path.count(".") == each.path.count(".")


def _layer_sum(each: Sum) -> Iterator[str]:
    """A quantity of one layer on one line, with every factor explained."""
    wording = _WORDING.get(each.quantity, each.quantity)
    if each.quantity == "params":
        yield from _wrapped(f"{wording} = {_added(each)}")
        return
    factors = each.terms[0].factors if each.terms else ()
    product = " x ".join(f"{factor.written} {factor.meaning}" for factor in factors)
    yield from _wrapped(f"{wording} = {product} = {each.value:,}" if product else f"{wording}: {each.value:,}")


def _sum(each: Sum) -> Iterator[str]:
    """A quantity of several parts: one line for each, then the sum."""
    wording = _WORDING.get(each.quantity, each.quantity)
    if each.quantity != "params" or any(term.part != term.name for term in each.terms):
        yield f"{wording}:"
        yield from _terms(each.terms)
        if len(each.terms) > 1:
            yield from _wrapped(_plain_sum(each), "  ")
        return
    yield from _wrapped(f"{wording} = {_added(each)}")


def _terms(terms: tuple[Term, ...]) -> Iterator[str]:
    cells = [(one_line(term.part), one_line(_described(term)), f"{term.value:,}") for term in terms]
    widths = [max(len(row[index]) for row in cells) for index in range(3)]
    for part, mentioned, value in cells:
        yield f"  {part:{widths[0]}}  {mentioned:{widths[1]}}  {value:>{widths[2]}}"


def _described(term: Term) -> str:
    """The factors of a term, or its name if it has none."""
    if not term.factors:
        return _clipped(term.name) if term.name != term.part else ""
    product = " x ".join(map(_short, term.factors))
    return f"{_clipped(term.name)}: {product}" if term.factors[0].meaning == "blocks" else product


def _clipped(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 3]}..."


def _short(factor: Factor) -> str:
    if factor.meaning in ("weights", "positions", "position", "blocks"):
        return f"{factor.written} {factor.meaning}"
    return factor.written


def _added(each: Sum) -> str:
    """`69,632 weights + 768 scales and shifts of norms = 70,400`."""
    terms = " + ".join(f"{term.value:,} {_WORDING.get(term.part, term.part)}" for term in each.terms)
    return f"{terms} = {each.value:,}"


def _plain_sum(each: Sum) -> str:
    return f"{' + '.join(f'{term.value:,}' for term in each.terms)} = {each.value:,}"


def _field(field: Field) -> str:
    if not field.size or field.stride is None:
        return "receptive field: the whole input"
    step = "x".join(map(str, field.stride if len(set(field.stride)) > 1 else field.stride[:1]))
    return f"receptive field: {show(field.size)}, padding included; effective stride: {step}"


def _compared(found: Comparison) -> str:
    one, two = found.channels
    return (
        f"Two {show(found.kernel)} convolutions at these channels ({one} in, {two} out) would have "
        f"{found.weights:,} weights in place of the {found.own_weights:,} on its main path, "
        f"{_ratio(found.weights, found.own_weights)}, and {found.macs:,} multiply-adds in place of "
        f"{found.own_macs:,}, {_ratio(found.macs, found.own_macs)}."
    )


def _ratio(one: int, two: int) -> str:
    return f"{one / two:.3g} times as many"


def _shapes(shapes: Shapes) -> str:
    return ", ".join(map(show, shapes))


def _wrapped(text: str, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _wrapped_all(texts: Iterator[str], indent: str) -> Iterator[str]:
    for text in texts:
        yield from _wrapped(text, indent)
