"""Which blocks the parts of a network are: those of the standard library, or others, of which alike ones share one."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import permutations

from resdsl.lifting.blocks import block_of
from resdsl.lifting.calls import BlockCall, call_of
from resdsl.lifting.graph import PlainGraph
from resdsl.lifting.library import Library
from resdsl.lifting.lifted_block import LiftedBlock, Occurrence
from resdsl.lifting.paths import led_series
from resdsl.lifting.segments import TopPart
from resdsl.lifting.skeletons import Skeleton, led_by, merged, skeleton_of
from resdsl.lifting.standard import standard_definitions
from resdsl.lifting.statements import WORDS, Statements
from resdsl.lifting.structure import Branches
from resdsl.lifting.style import CommonSettings, act_of, as_value
from resdsl.ops.registry import ops

_LOOKED_AT = 8
"""A block is compared with so many before it, to see whether both can be one."""

_LED = 2
"""In so many series at least, blocks that come first are one definition with those that follow."""
_AROUND = 2
"""The lines of a definition around its statements."""
_LED_WITHOUT_NAMES = 3
"""So many series it takes where no paths tell what a series is."""

_OF_JOINS = {"add": "unit", "concat": "mix", "mul": "gated"}
_COUNTED = re.compile(r"_?\d+[a-z]?$")
_STEM = re.compile(r"[a-z][a-z_]{3,}")
_OF_LAYERS = ("gated", "layers")
"""Blocks without branches, which are written where they stand if there is only one of them."""

Member = tuple[TopPart, Occurrence]
Kind = tuple[Skeleton, list[Member]]
"""The blocks that share a definition."""
Lines = tuple[str, ...]


class BlockNames:
    """Names of blocks after what they are.

    Args:
        others: names that no block can have.
    """

    def __init__(self, others: Iterable[str] = ()) -> None:
        self._taken = dict.fromkeys(others, 1)

    def of_kind(self, kind: str) -> str:
        """A new name for something of a kind."""
        return self._numbered(kind, "")

    def of_module(self, kind: str) -> str:
        """A new name for a module of a kind, which is not the path of another call of the first: `module_2`."""
        return self._numbered(kind, "_")

    def _numbered(self, kind: str, mark: str) -> str:
        number = self._taken[kind] = self._taken.get(kind, 0) + 1
        return kind if number == 1 else f"{kind}{mark}{number}"

    def fresh(self, segments: Sequence[TopPart]) -> str:
        """A new name for chains that are alike."""
        kind = _kind_of(segments)
        return self.of_kind(kind if kind == "unit" else _stem_of([each.path for each in segments]) or kind)


@dataclass
class BlockDefinitions:
    """The blocks of a network.

    Attributes:
        shared: paths of modules that are called several times.
        modules: names of the blocks of modules.
        names: makes names.
        merging: whether blocks that are nearly alike may be one, with conditions.
        brackets: whether blocks may be brackets, which only stages can have.
        texts: the definitions.
    """

    graph: PlainGraph
    style: CommonSettings
    shared: frozenset[str]
    modules: Mapping[int, str]
    names: BlockNames
    merging: bool = True
    brackets: bool = True
    texts: list[str] = field(default_factory=list)
    _known: dict[int, Member] = field(default_factory=dict)

    def calls(self, segments: Sequence[TopPart]) -> dict[int, BlockCall]:
        """The calls of the parts that are blocks, by their identities."""
        alike: dict[Lines, list[Member]] = {}
        for segment in segments:
            occurrence = self._occurrence(segment)
            alike.setdefault(occurrence.lines, []).append((segment, occurrence))
        _join_twins(alike)
        library = Library(self.graph, self.style)
        found: dict[int, BlockCall] = {}
        own: list[list[Member]] = []
        for lines, members in alike.items():
            chains, paths = [each.parts for each, _ in members], [each.path for _, each in members]
            known = None if self.merging and _is_begun_by(lines, alike) else library.calls(chains, paths)
            calls = [(known[0], given) for given in known[1]] if known is not None else []
            if known is None and self.brackets and self._are_usual(members):
                calls = library.brackets(chains, paths)
            if not calls:
                own.append(members)
                continue
            for (segment, occurrence), (name, given) in zip(members, calls, strict=True):
                found[id(segment)] = self._call(segment, occurrence, name, given, {})
        places = {id(segment): place for place, segment in enumerate(segments)}
        for skeleton, members in self._kinds(own):
            members.sort(key=lambda member: places[id(member[0])])
            if len(members) == 1 and _kind_of([members[0][0]]) in _OF_LAYERS:
                continue
            block = self._block(self.names.fresh([segment for segment, _ in members]), skeleton, members)
            self.texts += [*block.needed, block.text] if set(block.needed) - set(self.texts) else [block.text]
            for (segment, occurrence), given in zip(members, block.arguments, strict=True):
                found[id(segment)] = self._call(segment, occurrence, block.name, given, block.defaults)
        return found

    def _are_usual(self, members: Sequence[Member]) -> bool:
        """Whether all blocks have the shortcut and the activation of the network, as brackets do."""
        return all(each.adds and each.act in ("", self.style.act) for _, each in members)

    def lines_of(self, segment: TopPart) -> Lines:
        """The statements of a part, were it a block."""
        return self._occurrence(segment).lines

    def _occurrence(self, segment: TopPart) -> Occurrence:
        known = self._known.get(id(segment))
        if known is None or known[0] is not segment:
            known = self._known[id(segment)] = segment, self._made(segment)
        return known[1]

    def _made(self, segment: TopPart) -> Occurrence:
        act = act_of(self.graph, segment.parts)
        style = replace(self.style, act=act) if act else self.style
        statements = Statements(self.graph, style, segment.path, self.shared, modules=self.modules)
        lines = statements.of_chain(segment.parts)
        return Occurrence(segment.path, tuple(lines), statements, segment.source, segment.output, act)

    def _call(
        self, segment: TopPart, occurrence: Occurrence, name: str, given: dict[str, str], defaults: dict[str, str]
    ) -> BlockCall:
        if not occurrence.adds and "shortcut" not in defaults:
            given = {**given, "shortcut": "none"}
        if occurrence.act and "act" not in defaults:
            given = {**given, "act": as_value(occurrence.act)}
        settings = {"act": as_value(self.style.act), "shortcut": ""}
        return call_of(segment, name, given, {**settings, **defaults}, self.graph)

    def _block(self, name: str, skeleton: Skeleton, members: Sequence[Member]) -> LiftedBlock:
        return block_of(name, skeleton, [occurrence for _, occurrence in members], self.graph, self.style)

    def _kinds(self, groups: Sequence[list[Member]]) -> Iterator[Kind]:
        """Groups of alike blocks, where those that are nearly alike are one."""
        found: list[Kind] = []
        for members in groups:
            skeleton = skeleton_of(members[0][1].lines)
            for place in range(len(found) - 1, max(-1, len(found) - 1 - _LOOKED_AT), -1) if self.merging else ():
                both = self._merged(found[place], skeleton, members)
                if both is not None:
                    found[place] = both
                    break
            else:
                found.append((skeleton, members))
        yield from self._with_first_blocks(found) if self.merging else found

    def _with_first_blocks(self, kinds: Sequence[Kind]) -> list[Kind]:
        """Kinds, where those whose blocks come first in each series are one with those that follow."""
        found = list(kinds)
        for first, other in permutations(kinds, 2):
            if first not in found or other not in found or other[0].kinds > 1:
                continue
            series = _led(*([segment for segment, _ in members] for _, members in (first, other)))
            saved = series + _AROUND
            both = self._both(led_by(first[0], other[0]), first, other, saved) if series else None
            if both is not None:
                found = [both if each is first else each for each in found if each is not other]
        return found

    def _merged(self, one: Kind, other: Skeleton, members: list[Member]) -> Kind | None:
        """Two groups as one, if the text gets shorter by it and each block tells by its numbers what it is."""
        skeleton = merged(one[0], other)
        return None if skeleton is None else self._both(skeleton, one, (other, members), 0, flags=1)

    def _both(self, skeleton: Skeleton, one: Kind, other: Kind, saved: int, flags: int = 0) -> Kind | None:
        """Two groups as one, if the text gets shorter by it, and so few parameters say which kind a block is of.

        `saved` is how many lines are saved beside those of the statements.
        """
        members = other[1]
        moved = [(segment, replace(each, kind=skeleton.kinds - 1)) for segment, each in members]
        together = [*one[1], *moved]
        block = self._block("both", skeleton, together)
        apart = [self._block("one", *one), self._block("other", *other)]
        shorter = len(block.lines) < sum(len(each.lines) for each in apart) + saved
        return (skeleton, together) if shorter and block.flags <= flags else None


def _led(firsts: Sequence[TopPart], others: Sequence[TopPart]) -> int:
    """In how many series some blocks come first, and others are all that follow; none unless they are several.

    Paths tell what a series is. Without them, it is blocks that follow each other directly.
    """
    segments = (*firsts, *others)
    if all(each.path for each in segments):
        count, least = led_series([each.path for each in firsts], [each.path for each in others]), _LED
    else:
        made = {each.output for each in segments}
        begun = {each.output for each in firsts}
        is_led = all(each.source in made for each in others)
        count, least = sum(each.source in begun for each in others) if is_led else 0, _LED_WITHOUT_NAMES
    return count if count >= least else 0


def _kind_of(segments: Sequence[TopPart]) -> str:
    """What chains that are alike are called: after the join that they have."""
    joins = {part.node.op.op for each in segments for part in each.parts if isinstance(part, Branches)}
    return next((name for join, name in _OF_JOINS.items() if join in joins), "layers")


def _stem_of(paths: Sequence[str]) -> str:
    """What all paths call their last module that has a name, without its number, if a block can be called so."""
    names = {next((part for part in reversed(path.split(".")) if not part.isdigit()), "") for path in paths}
    stems = {_COUNTED.sub("", name) for name in names}
    stem = stems.pop() if len(stems) == 1 else ""
    is_taken = stem in ops() or any(each.name.text == stem for each in standard_definitions("block"))
    return stem if _STEM.fullmatch(stem) and not is_taken and stem not in WORDS else ""


def _is_begun_by(lines: Lines, alike: Collection[Lines]) -> bool:
    """Whether other blocks begin with all of these lines, and have more; they are one block together."""
    return any(len(each) > len(lines) and each[: len(lines)] == lines for each in alike)


def _join_twins(alike: dict[Lines, list[Member]]) -> None:
    """Put blocks that are the body of a residual of others beside these, where their calls have no shortcut."""
    for lines in list(alike):
        whole = alike.get(("residual {", *lines, "}"))
        if whole is not None:
            like = whole[0][1].lines
            whole += [(segment, replace(each, lines=like, adds=False)) for segment, each in alike.pop(lines)]
