"""Blocks: chains whose statements are alike, and what stands in the holes of each of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from resdsl.lifting.columns import Column, agree, default_of, expansions_of, multiple_of, strides_as
from resdsl.lifting.conditions import BlockCondition, conditions_on
from resdsl.lifting.graph import PlainGraph
from resdsl.lifting.lifted_block import BlockParameter, LiftedBlock, Occurrence
from resdsl.lifting.loops import with_loops
from resdsl.lifting.rows import with_names
from resdsl.lifting.series import with_series
from resdsl.lifting.skeletons import PartialStatements, Skeleton, branches_of, parts_of, rendered
from resdsl.lifting.statements import Hole, filled
from resdsl.lifting.style import CommonSettings, as_value

_NUMBERS = ("out", "groups", "start", "end")
_CALLED = re.compile(r"(?<![^ ])[a-z_]+(?![^ (])")
_PRODUCT = re.compile(r"(?:channels|width) \* \d+$")
_EVERYWHERE = frozenset({"norm", "act", "conv"})
SAME = "same"
"""The shortcut that adds what flows in, unchanged."""


def block_of(
    name: str, skeleton: Skeleton, occurrences: Sequence[Occurrence], graph: PlainGraph, style: CommonSettings
) -> LiftedBlock:
    """The block that chains share."""
    return _Making(name, skeleton, occurrences, graph, style).block()


class _Making:
    """A block under construction: each hole becomes a number, an expression or a parameter."""

    def __init__(
        self,
        name: str,
        skeleton: Skeleton,
        occurrences: Sequence[Occurrence],
        graph: PlainGraph,
        style: CommonSettings,
    ) -> None:
        self._graph = graph
        self._style = style
        self._skeleton = skeleton
        self._occurrences = occurrences
        self._holes = [
            [each.statements.holes[places[each.kind]] if each.kind in places else None for each in occurrences]
            for places in skeleton.holes
        ]
        self._columns: list[Column] = [tuple([hole.written if hole else None for hole in row]) for row in self._holes]
        self._channels = tuple([str(graph.shapes[each.source][0]) for each in occurrences])
        self._parameters: dict[str, BlockParameter] = {}
        self._block = LiftedBlock(name)

    def block(self) -> LiftedBlock:
        """The block."""
        width = self._width()
        self._branches = self._names_by_branch() if width and not self._are_multiples(width) else {}
        if width is not None and not self._branches and not self._is_of_channels():
            self._parameters["width"] = BlockParameter(width)
        # What all blocks have comes first, so that the rest is written with the same parameters.
        order = sorted(range(len(self._holes)), key=lambda place: None in self._columns[place])
        made = {place: self._value(place) for place in order}
        values = self._with_one_expansion([made[place] for place in range(len(self._holes))])
        block = self._block
        named = self._conditions()
        lines = [filled(line, values) for line in rendered(self._skeleton, lambda part: named[part])]
        block.lines = [*self._lets, *with_loops(with_series(with_names(lines)))]
        self._settings()
        self._finish()
        return block

    def _settings(self) -> None:
        """The activation, and whether there is a shortcut, as defaults of the block."""
        acts = Counter(each.act for each in self._occurrences if each.act)
        if acts and (most := acts.most_common(1)[0][0]) != self._style.act:
            column = tuple([as_value(each.act or most) for each in self._occurrences])
            self._parameters["act"] = BlockParameter(column, as_value(most))
        adds = tuple([each.adds for each in self._occurrences])
        if all(adds):
            return
        for condition in self._known:
            if all(one != other for one, other in zip(condition.holds, adds, strict=True)):
                kept = self._style.policy.text if self._style.policy else SAME
                default = f"if {condition.negated} then {kept} else none"
                column = tuple([kept if each else "none" for each in adds])
                self._parameters["shortcut"] = BlockParameter(column, default, derived=True)
                self._block.needed = [] if self._style.policy else [f"shortcut {SAME} {{ }}"]
                self._block.defaults["shortcut"] = default
                return

    def _finish(self) -> None:
        """The parameters in their order, and the arguments."""
        block = self._block
        given = {name: each for name, each in self._parameters.items() if not each.derived}
        names = sorted(self._parameters, key=self._order)
        block.parameters = [
            f"{name} = {default}" if (default := self._parameters[name].default) else name for name in names
        ]
        block.defaults |= {name: each.default for name, each in given.items() if each.default}
        block.arguments = [
            {name: value for name in names if name in given and (value := given[name].column[place]) is not None}
            for place in range(len(self._occurrences))
        ]

    def _order(self, name: str) -> tuple[bool, ...]:
        each = self._parameters[name]
        return bool(each.default), name != "width", name != "stride", each.derived

    def _width(self) -> Column | None:
        """The narrowest numbers of output channels on the way, if blocks differ in them.

        Where blocks that come first in series have other layers, it is what all of them yield.
        """
        if self._skeleton.led:
            out = tuple([str(self._graph.shapes[each.output][0]) for each in self._occurrences])
            return out if len(set(out)) > 1 else None
        found = [
            column
            for row, column in zip(self._holes, self._columns, strict=True)
            if row[0] is not None
            and row[0].parameter == "out"
            and None not in column
            and len(set(column)) > 1
            and not self._is_of_gate(row[0])
        ]
        # A convolution of each channel that flows in by itself says nothing of the width, if others do.
        others = [column for column in found if column != self._channels]
        return min(others or found, key=lambda column: sum(int(each or 0) for each in column), default=None)

    def _names_by_branch(self) -> dict[int, str]:
        """Names for output channels in branches that are put one after the other: `width2` for what the second one
        yields, and `inner2` for what is computed on the way to it.
        """
        found: dict[int, str] = {}
        for number, branch in enumerate(branches_of(self._skeleton), 1):
            *inner, last = [place for place in branch if self._kind(place) == "out"] or [-1]
            found |= {place: f"inner{number}{f'_{turn}' if turn else ''}" for turn, place in enumerate(inner)}
            found[last] = f"width{number}"
        return found

    def _kind(self, place: int) -> str:
        return next(hole for hole in self._holes[place] if hole is not None).parameter

    def _varying(self) -> list[int]:
        """The holes with output channels that are not the same in all blocks."""
        places = range(len(self._holes))
        return [each for each in places if self._kind(each) == "out" and len(set(self._columns[each])) > 1]

    def _are_multiples(self, width: Column) -> bool:
        """Whether all output channels that differ are multiples of the narrowest."""
        return all(multiple_of("width", width, self._columns[place]) for place in self._varying())

    def _is_of_channels(self) -> bool:
        """Whether all output channels that differ are those that flow in, or a multiple or a part of them, so that no
        call has to say them again.
        """
        found = []
        for place in self._varying():
            channels = tuple([str(hole.channels) if hole else None for hole in self._holes[place]])
            found.append(multiple_of("channels", channels, self._columns[place]) or "")
        last = found[-1] if found and self._is_out(self._varying()[-1]) else ""
        return all(found) and (last == "channels" or "//" in last)

    def _with_one_expansion(self, values: list[str | None]) -> list[str | None]:
        """Expressions in which a factor that several of them have is a parameter, to be changed in one place."""
        products = Counter(found[0] for each in values if each and (found := _PRODUCT.search(each)) is not None)
        if "expansion" in self._parameters or not products:
            return values
        product, count = products.most_common(1)[0]
        if count < 2:
            return values
        base, _, factor = product.rpartition(" ")
        column: Column = (factor,) * len(self._occurrences)
        self._parameters["expansion"] = BlockParameter(column, factor, derived=True)
        return [each and re.sub(f"{re.escape(product)}$", f"{base} expansion", each) for each in values]

    def _is_of_gate(self, hole: Hole) -> bool:
        shape = self._graph.shapes[hole.node.output]
        return len(shape) > 1 and set(shape[1:]) == {1} and set(self._graph.shapes[hole.node.inputs[0]][1:]) == {1}

    def _value(self, place: int) -> str | None:
        row, column = self._holes[place], self._columns[place]
        hole = next(each for each in row if each is not None)
        values = {each for each in column if each is not None}
        if hole.parameter == "groups" and (depthwise := self._depthwise(place)) is not None:
            return f"groups={depthwise}"
        if hole.parameter == "stride" and (strides := self._strides(column)) is not None:
            return hole.sign + self._parameter("stride", strides)
        if len(values) == 1:
            return None if all(each is None or each.usual for each in row) else hole.sign + values.pop()
        if hole.parameter == "out" and place in self._branches:
            self._parameters[self._branches[place]] = BlockParameter(column)
            return self._branches[place]
        expression = self._expression(place) if hole.parameter in _NUMBERS else None
        return hole.sign + (expression or self._parameter(hole.parameter, column))

    def _strides(self, column: Column) -> Column | None:
        """The strides of all blocks, if those that some kinds of them have tell which these are."""
        if not self._skeleton.led or None not in column:
            return None
        shapes = [(self._graph.shapes[each.source], self._graph.shapes[each.output]) for each in self._occurrences]
        return strides_as(column, [(source[1:], output[1:]) for source, output in shapes])

    def _depthwise(self, place: int) -> str | None:
        """The expression of groups that are as many as the channels that a convolution reads."""
        row, column = self._holes[place], self._columns[place]
        read = tuple([str(self._graph.shapes[hole.node.inputs[0]][0]) if hole else None for hole in row])
        if column != read or len(set(column) - {None}) == 1:
            return None
        same = (name for name, each in self._parameters.items() if agree(each.column, column))
        return self._expression(place) or next(same, None)

    def _expression(self, place: int) -> str | None:
        """A column as a multiple or a part of the width, or of the channels that flow in."""
        column = self._columns[place]
        channels = tuple([str(hole.channels) if hole else None for hole in self._holes[place]])
        width = self._parameters.get("width")
        for name, base in [*([("width", width.column)] if width else []), ("channels", channels)]:
            if (found := self._with_expansion(name, base, column) or multiple_of(name, base, column)) is not None:
                return found
        derived = multiple_of("channels", self._channels, column)
        if derived is not None and derived != "channels":
            return self._derived(derived, column)
        if self._is_out(place):
            return self._parameter("width", column)
        for name, base in [("channels", channels), *([("width", width.column)] if width else [])]:
            factors = expansions_of(base, column)
            if factors is not None:
                return f"{name} * {self._parameter('expansion', factors)}"
        return None

    def _with_expansion(self, name: str, base: Column, column: Column) -> str | None:
        """A column that only some blocks have as a multiple by the expansion of these."""
        expansion = self._parameters.get("expansion")
        factors = expansions_of(base, column) if expansion and None in column else None
        return f"{name} * expansion" if expansion and factors and agree(factors, expansion.column) else None

    def _is_out(self, place: int) -> bool:
        """Whether a column is that of the channels that the block yields."""
        out = [str(self._graph.shapes[each.output][0]) for each in self._occurrences]
        return list(self._columns[place]) == out

    def _derived(self, default: str, column: Column) -> str:
        """A parameter whose default depends on the channels that enter the block."""
        name = self._parameter("out", column)
        self._parameters[name] = BlockParameter(column, default, derived=True)
        return name

    def _parameter(self, kind: str, column: Column) -> str:
        """The name of a parameter that has these values."""
        base = {"out": "inner", "to": "shape", "width": "out"}.get(kind, kind)
        name, number = base, 1
        while name in self._parameters and not agree(self._parameters[name].column, column):
            number += 1
            name = f"{base}{number}"
        if name in self._parameters:
            pairs = zip(self._parameters[name].column, column, strict=True)
            self._parameters[name].column = tuple([one if one is not None else other for one, other in pairs])
        else:
            self._parameters[name] = BlockParameter(column, default_of(kind, column))
        return name

    def _conditions(self) -> dict[PartialStatements, str]:
        """What each part depends on, as the text has it; conditions that are long, and needed again, have names."""
        self._known = list(conditions_on(self._out(), self._facts()))
        found = {part: self._condition(part, self._known) for part in parts_of(self._skeleton)}
        self._lets: list[str] = []
        uses = Counter(each for each, _ in found.values())
        named = {}
        for part, (condition, negated) in found.items():
            nested = any(each.nested for each, (other, _) in found.items() if other == condition)
            if condition.of_channels and (uses[condition] > 1 or nested):
                line = f"let changes = {condition.text}"
                self._lets += [line] if line not in self._lets else []
                named[part] = "not changes" if negated else "changes"
            else:
                named[part] = condition.negated if negated else condition.text
        return named

    def _condition(self, part: PartialStatements, known: list[BlockCondition]) -> tuple[BlockCondition, bool]:
        """A condition that holds for the blocks that have a part, and whether it is to be negated."""
        places = [place for place, each in enumerate(self._occurrences) if each.kind in part.around]
        wanted = [self._occurrences[place].kind in part.kinds for place in places]
        for each in known:
            holds = [each.holds[place] for place in places]
            if holds == wanted or holds == [not one for one in wanted]:
                return each, holds != wanted
        return self._flag(part, known)

    def _flag(self, part: PartialStatements, known: list[BlockCondition]) -> tuple[BlockCondition, bool]:
        """A parameter that says whether a block has a part, with what most of them have as its default."""
        has = [each.kind in part.kinds for each in self._occurrences]
        has_not = [each.kind in part.around and each.kind not in part.kinds for each in self._occurrences]
        usual = sum(has) > sum(has_not)
        name = _with_layer(part)
        # What a layer is called after says whether it is there, and not whether it is left out.
        negated = usual and not name
        holds = has_not if negated else [not each for each in has_not] if usual else has
        name = name or ("first" if holds[0] else "last" if holds[-1] else "other")
        number = 1
        while name in self._parameters:
            number += 1
            name = f"{name.rstrip('0123456789')}{number}"
        default = "true" if usual and not negated else "false"
        self._parameters[name] = BlockParameter(tuple("true" if each else "false" for each in holds), default)
        self._block.flags += 1
        known.append(BlockCondition(name, f"not {name}", tuple(holds)))
        return known[-1], negated

    def _facts(self) -> dict[str, Column]:
        """The parameters that conditions may be on."""
        return {
            name: each.column
            for name, each in self._parameters.items()
            if name in ("stride", "expansion", "groups") and None not in each.column
        }

    def _out(self) -> tuple[str, tuple[bool, ...]] | None:
        """The channels that the block yields, as an expression, and in which blocks others flow in."""
        out = tuple([str(self._graph.shapes[each.output][0]) for each in self._occurrences])
        changes = tuple([one != other for one, other in zip(out, self._channels, strict=True)])
        if len(set(out)) == 1:
            return out[0], changes
        width = self._parameters.get("width")
        found = multiple_of("width", width.column, out) if width else None
        found = found or next((name for name, each in self._parameters.items() if each.column == out), None)
        return (found, changes) if found else None


def _with_layer(part: PartialStatements) -> str:
    """The name of a parameter that says whether a block has a part, if this is one layer that says what it is."""
    words = {found[0] for text in part.texts if (found := _CALLED.search(text)) is not None} - _EVERYWHERE
    return f"with_{words.pop()}" if len(words) == 1 and len(part.texts) == 1 else ""
