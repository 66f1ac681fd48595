"""What blocks have in common: their statements, each with the kinds of blocks that have it.

Chains whose statements are equal, but for numbers, are blocks of one kind. Two kinds that are nearly alike can be one
block, in which some statements depend on a condition. Statements are aligned as lines of two versions of a text are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from itertools import groupby
from typing import NamedTuple

from resdsl.lifting.rows import NEXT_IN_ROW
from resdsl.lifting.statements import MARK

_SHARED = 0.5
"""Two kinds may be one block if at least this part of the layers with numbers of both is common."""
_MOST_CONDITIONS = 4
_SHORT = 72


@dataclass(slots=True)
class BlockStatement:
    """A statement of a block.

    Attributes:
        text: the text, in which marks stand for holes.
        begins: whether it begins a row.
        bodies: the bodies of branches; a layer has none.
        kinds: the kinds of blocks that have it.
    """

    text: str
    begins: bool
    bodies: list[list[BlockStatement]]
    kinds: set[int]

    @property
    def form(self) -> str:
        """What it has in common with others: its text without the numbers of holes."""
        return f"{MARK.sub(chr(2), self.text)}{'{' * len(self.bodies)}"


class PartialStatements(NamedTuple):
    """Statements that only some kinds of blocks have.

    Attributes:
        kinds: these.
        around: the kinds that have the statements around them.
        nested: whether other channels enter the body around them than enter the block.
        texts: the statements.
    """

    kinds: frozenset[int]
    around: frozenset[int]
    nested: bool
    texts: tuple[str, ...]


@dataclass(slots=True)
class Skeleton:
    """The statements of one or several kinds of blocks.

    Attributes:
        statements: in order.
        holes: for each hole, which one it is of each kind that has it.
        kinds: how many kinds there are.
        led: whether blocks of one kind come first in series of the other, so that their strides may tell them apart.
    """

    statements: list[BlockStatement]
    holes: list[dict[int, int]] = field(default_factory=list)
    kinds: int = 1
    led: bool = False


def skeleton_of(lines: Sequence[str]) -> Skeleton:
    """The skeleton of one kind."""
    statements = list(_parsed(iter(lines)))
    count = sum(len(MARK.findall(line)) for line in lines)
    return Skeleton(statements, [{0: place} for place in range(count)])


def _parsed(lines: Iterator[str]) -> Iterator[BlockStatement]:
    for line in lines:
        if line.endswith("{"):
            bodies = [list(_parsed(iter(body))) for body in _bodies(lines)]
            yield BlockStatement(line, True, bodies, {0})
            continue
        for place, text in enumerate(line.split(NEXT_IN_ROW)):
            yield BlockStatement(text, not place, [], {0})


def _bodies(lines: Iterator[str]) -> Iterator[list[str]]:
    """The lines of each body, up to the end of the last one."""
    body: list[str] = []
    depth = 1
    for line in lines:
        opens, closes = line.endswith("{"), line.startswith("}")
        depth += opens - closes
        if depth == 0 or (depth == 1 and opens and closes):
            yield body
            body = []
            if depth == 0:
                return
        else:
            body.append(line)


def merged(one: Skeleton, other: Skeleton) -> Skeleton | None:
    """Both as one; None if they have too little in common. `other` is of one kind."""
    found = _joined(one, other)
    common = sum(len(each.kinds) == found.kinds for each in _layers(found))
    largest = max(len(_layers(each)) for each in (one, other))
    if not common or common < _SHARED * largest or len(parts_of(found)) > _MOST_CONDITIONS:
        return None
    return found


def led_by(first: Skeleton, other: Skeleton) -> Skeleton:
    """Both as one, whatever they have in common, where they come first in series of `other`, of one kind."""
    found = _joined(first, other)
    found.led = True
    return found


def _joined(one: Skeleton, other: Skeleton) -> Skeleton:
    found = deepcopy(one)
    kind = found.kinds
    found.kinds += 1
    found.statements = _aligned(found.statements, deepcopy(other.statements), found, kind)
    return found


def branches_of(skeleton: Skeleton) -> list[list[int]]:
    """The holes in each branch of a block that puts branches one after the other; none if it is something else."""
    join = skeleton.statements[0]
    if not join.text.startswith("parallel concat") or len(skeleton.statements) > 1 or skeleton.kinds > 1:
        return []
    return [[int(mark) for each in body for mark in MARK.findall(each.text)] for body in join.bodies]


def rendered(skeleton: Skeleton, condition: Callable[[PartialStatements], str]) -> list[str]:
    """The lines of a skeleton; `condition` yields what a part of it depends on."""
    return list(_rendered(skeleton.statements, frozenset(range(skeleton.kinds)), condition, nested=False))


def parts_of(skeleton: Skeleton) -> list[PartialStatements]:
    """The parts of a skeleton that depend on conditions."""
    found: list[PartialStatements] = []

    def noted(part: PartialStatements) -> str:
        found.append(part)
        return ""

    rendered(skeleton, noted)
    return found


def _rendered(
    statements: Sequence[BlockStatement],
    around: frozenset[int],
    condition: Callable[[PartialStatements], str],
    *,
    nested: bool,
) -> Iterator[str]:
    groups = [(frozenset(kinds), list(each)) for kinds, each in groupby(statements, key=lambda each: each.kinds)]
    skipped = False
    for place, (kinds, group) in enumerate(groups):
        if skipped:
            skipped = False
            continue
        lines = list(_rows(group, kinds, condition, nested=nested))
        if kinds == around:
            yield from lines
            continue
        following = groups[place + 1][0] if place + 1 < len(groups) else None
        has_other = following == around - kinds
        text = condition(PartialStatements(kinds, around, nested, tuple(each.text for each in group)))
        other = list(_rows(groups[place + 1][1], around - kinds, condition, nested=nested)) if has_other else []
        yield from _if(text, lines, other)
        skipped = has_other


def _if(condition: str, lines: Sequence[str], otherwise: Sequence[str]) -> list[str]:
    """A statement that depends on a condition, in one line if it is short; with two cases, none is the negated one."""
    contrary = condition.removeprefix("not ")
    if otherwise and contrary != condition:
        condition, lines, otherwise = contrary, otherwise, lines
    short = max(len(lines), len(otherwise)) == 1 and sum(map(len, (*lines, *otherwise))) < _SHORT
    if short:
        return [f"if {condition} {{ {lines[0]} }}" + "".join(f" else {{ {line} }}" for line in otherwise)]
    middle = ["} else {", *otherwise] if otherwise else []
    return [f"if {condition} {{", *lines, *middle, "}"]


def _rows(
    statements: Sequence[BlockStatement],
    kinds: frozenset[int],
    condition: Callable[[PartialStatements], str],
    *,
    nested: bool,
) -> Iterator[str]:
    row: list[str] = []
    for each in statements:
        if (each.begins or each.bodies) and row:
            yield NEXT_IN_ROW.join(row)
            row = []
        if not each.bodies:
            row.append(each.text)
            continue
        yield each.text
        inner = nested or not each.text.startswith("residual")
        for place, body in enumerate(each.bodies):
            if place:
                yield "} {"
            yield from _rendered(body, kinds, condition, nested=inner)
        yield "}"
    if row:
        yield NEXT_IN_ROW.join(row)


def _layers(skeleton: Skeleton) -> list[BlockStatement]:
    """The statements that have numbers, such as convolutions."""
    return [each for each in _all(skeleton.statements) if MARK.search(each.text)]


def _all(statements: Sequence[BlockStatement]) -> Iterator[BlockStatement]:
    for each in statements:
        yield each
        for body in each.bodies:
            yield from _all(body)


def _aligned(
    ours: list[BlockStatement], theirs: list[BlockStatement], skeleton: Skeleton, kind: int
) -> list[BlockStatement]:
    """Statements of both, where equal ones are one."""
    found: list[BlockStatement] = []
    matcher = SequenceMatcher(None, [each.form for each in ours], [each.form for each in theirs], autojunk=False)
    for tag, start, end, other_start, other_end in matcher.get_opcodes():
        if tag != "equal":
            found += ours[start:end]
            found += [_only(each, skeleton, kind) for each in theirs[other_start:other_end]]
            continue
        for each, other in zip(ours[start:end], theirs[other_start:other_end], strict=True):
            for own, another in zip(MARK.findall(each.text), MARK.findall(other.text), strict=True):
                skeleton.holes[int(own)][kind] = int(another)
            each.kinds.add(kind)
            each.begins = each.begins or other.begins
            pairs = zip(each.bodies, other.bodies, strict=True)
            each.bodies = [_aligned(body, another_body, skeleton, kind) for body, another_body in pairs]
            found.append(each)
    return found


def _only(statement: BlockStatement, skeleton: Skeleton, kind: int) -> BlockStatement:
    """A statement that only one kind has, with new holes."""

    def renumbered(mark: re.Match[str]) -> str:
        skeleton.holes.append({kind: int(mark[1])})
        return f"\x02{len(skeleton.holes) - 1}\x02"

    statement.text = MARK.sub(renumbered, statement.text)
    statement.kinds = {kind}
    statement.bodies = [[_only(each, skeleton, kind) for each in body] for body in statement.bodies]
    return statement
