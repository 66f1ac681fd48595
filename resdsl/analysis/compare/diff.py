"""Compares two networks: the stages, blocks and layers that are added, removed, changed, or the same.

Both networks are rows with folded repeats, so depth takes no time. Changes in cost add up: each one is the sum of the
changes of its parts, and the change of the whole is the difference of the two totals.
"""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.analysis.compare.alignment import Pair, align_blocks, align_parts
from resdsl.analysis.compare.difference import COUNTED, Change, Difference, Given, Matter, Note, Total
from resdsl.analysis.compare.entries import Entry, entry_of
from resdsl.analysis.costs import network_costs
from resdsl.analysis.expectations import quantity
from resdsl.analysis.memory.totals import memory
from resdsl.analysis.receptive_field.changes import Sides, largest, with_fields
from resdsl.analysis.receptive_field.field import Fields
from resdsl.analysis.rows.bounded import layer_rows
from resdsl.analysis.rows.tree import Row, rows
from resdsl.ir.network import Argument, Network, Origin, Value
from resdsl.ir.text import output_text, value_text
from resdsl.ops.base import Shapes, show


def diff(before: Network, after: Network) -> Difference:
    """The difference between two networks.

    Raises:
        resdsl.analysis.rows.bounded.TooManyRows: they are not equal, and one of them has too many layers.
    """
    sides = Fields(before), Fields(after)
    whole, totals = _whole(before, after, sides), _totals(before, after, sides)
    return Difference(before.name, after.name, tuple(_given(before, after)), whole, totals)


def _whole(before: Network, after: Network, sides: Sides) -> Change:
    """The change of the whole network; equal graphs are not compared in detail."""
    if (before.inputs, before.nodes, before.outputs) == (after.inputs, after.nodes, after.outputs):
        return Change("same", rows(before, "model"), rows(after, "model"), after.name)
    change = _change((entry_of(before, layer_rows(before)), entry_of(after, layer_rows(after))))
    return with_fields(change, sides)


def _totals(before: Network, after: Network, sides: Sides) -> tuple[Total, ...]:
    one, two = _figures(before, sides[0]), _figures(after, sides[1])
    return tuple(Total(name, one[name], two[name]) for name in one)


def _figures(network: Network, fields: Fields) -> dict[str, int | None]:
    """The figures of the whole: those that are sums over the parts, and the others."""
    costs, taken = network_costs(network), memory(network)
    counted = {name: quantity(costs, name) for name in COUNTED}
    taken_bytes = {"inference_bytes": taken.inference, "training_bytes": taken.training}
    return {**counted, **taken_bytes, "receptive_field": _receptive_field(network, fields)}


def _receptive_field(network: Network, fields: Fields) -> int | None:
    sizes = [largest(fields.of(node.name)) for node in network.nodes]
    return max((size for size in sizes if size is not None), default=None)


def _change(pair: Pair) -> Change:
    one, two = pair
    if one is None or two is None:
        return _alone(one, two)
    before, after = one.row, two.row
    labels = (Note("path", one.label, two.label),) if one.label != two.label else ()
    if one.signature == two.signature and one.count == two.count:
        return Change("changed" if labels else "same", before, after, after.name, labels, count=two.count)
    align = align_blocks if before.kind == "stage" else align_parts
    parts = tuple(map(_change, align(one.parts(), two.parts())))
    name = _name(one, two)
    notes = (*labels, *_notes(before, after))
    if not notes and name == after.name and all(part.status == "same" for part in parts):
        notes = (_silent(before, after),)
    return Change("changed", before, after, name, notes, parts, two.count)


def _alone(one: Entry | None, two: Entry | None) -> Change:
    if two is not None:
        return Change("added", None, two.row, two.row.name, count=two.count)
    assert one is not None
    return Change("removed", one.row, None, one.row.name, count=one.count)


def _notes(before: Row, after: Row) -> Iterator[Note]:
    blocks = [sum(part.repeats for part in row.parts) // row.repeats for row in (before, after)]
    if before.kind == "stage" and blocks[0] != blocks[1]:
        yield Note("blocks", str(blocks[0]), str(blocks[1]))
    if before.inputs != after.inputs:
        yield Note("in", _shapes(before.inputs), _shapes(after.inputs))
    if before.outputs != after.outputs:
        yield Note("out", _shapes(before.outputs), _shapes(after.outputs))
    if before.role != after.role:
        yield Note("role", before.role, after.role)


def _silent(before: Row, after: Row) -> Note:
    """The differences apart from shapes and parts; for another layer, the name shows the difference."""
    if before.costs.params != after.costs.params:
        return Note("state", *("own" if row.costs.params else "shared" for row in (before, after)))
    return Note("wiring", "", "")


def _name(one: Entry, two: Entry) -> str:
    """The name of both rows, or the name of one and then the name of the other.

    An argument that differs between two uses of one definition is shown even if neither network shows it, because all
    of its uses there have the same value.
    """
    if one.body is not None and two.body is not None:
        uses = one.body.origin, two.body.origin
        if len({(use.source, use.name) for use in uses}) == 1:
            return _call(*uses)
    before, after = one.row.name, two.row.name
    return after if before == after else f"{before} -> {after}"


def _call(one: Origin, two: Origin) -> str:
    """Two uses of one definition with the arguments that differ, in the form of `resdsl.ir.text.call`."""
    visible = []
    known = {each.name: each.value for each in one.arguments}
    for index, each in enumerate(two.arguments):
        before, first = known.get(each.name), two.arguments[0]
        if each.name == "stride":
            visible += [_turned(before, each.value, "/")] if (before, each.value) != (1, 1) else []
        elif index == 0:
            visible.append(_turned(before, each.value))
        elif before != each.value and (before, each.value) != (known.get(first.name), first.value):
            visible.append(f"{each.name}={_turned(before, each.value)}")
    return f"{two.name}({', '.join(visible)})" if visible else two.name


def _turned(before: Value, after: Value, sign: str = "") -> str:
    """A value, or the old value and the new one."""
    now = f"{sign}{value_text(after)}"
    return now if before == after else f"{sign}{value_text(before)} -> {now}"


def _given(before: Network, after: Network) -> Iterator[Given]:
    """The arguments, settings, inputs and outputs that differ; a setting that is also an argument is listed once."""
    mentioned = set()
    for each in _differing("argument", _values(before.arguments), _values(after.arguments)):
        mentioned.add(each.name)
        yield each
    settings = _differing("setting", _values(before.settings), _values(after.settings))
    yield from (each for each in settings if each.name not in mentioned)
    yield from _differing("input", _inputs(before), _inputs(after))
    yield from _differing("output", _outputs(before), _outputs(after))


def _differing(matter: Matter, one: dict[str, str], two: dict[str, str]) -> Iterator[Given]:
    for name in dict.fromkeys((*one, *two)):
        if one.get(name) != two.get(name):
            yield Given(matter, name, one.get(name), two.get(name))


def _values(arguments: tuple[Argument, ...]) -> dict[str, str]:
    return {each.name: value_text(each.value) for each in arguments}


def _inputs(network: Network) -> dict[str, str]:
    return {given.name: show(given.shape) for given in network.inputs}


def _outputs(network: Network) -> dict[str, str]:
    return {output_text(tap): f"{show(network.values[tap.value])} from {tap.value}" for tap in network.outputs}


def _shapes(shapes: Shapes) -> str:
    return ", ".join(map(show, shapes))
