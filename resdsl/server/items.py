"""A text definition by definition, each read once for as long as it stays as it is.

Every definition is a source of its own. What was found in it, such as a syntax tree or a problem, thus stays valid
wherever the definition moves; a `TextLayout` knows where it stands now. While a definition cannot be read, the last
tree that it had stands in for it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.spec_error import SpecError
from resdsl.server import pieces
from resdsl.server.pieces import Piece
from resdsl.source import Source, Span
from resdsl.syntax import tree
from resdsl.syntax.mentions import walk
from resdsl.syntax.parser import parse

_BEGINS = re.compile(r"^(?:#[^\n]*\n)*(?:import|network|block|shortcut|sweep)\b", re.MULTILINE)
_COMMENTS = re.compile(r"(?:#[^\n]*\n)+")
MAKES_NODES = tree.Apply | tree.StageStatement | tree.Residual | tree.Gate | tree.Parallel | tree.From
_BRACKETS = re.compile(r'"(?:[^"\\\n]|\\.)*"|#[^\n]*|([(\[{])|([)\]}])')


class TextShift:
    """How places have moved from one state of a text to another: what both begin and end with has stayed.

    Args:
        before: the one.
        after: the other.
    """

    def __init__(self, before: str, after: str) -> None:
        most = min(len(before), len(after))
        self._start = next((at for at in range(most) if before[at] != after[at]), most)
        left = range(most - self._start)
        self._end = next((at for at in left if before[-1 - at] != after[-1 - at]), most - self._start)
        self._before, self._after = len(before), len(after)

    def forth(self, offset: int) -> int | None:
        """Where a place of the one is in the other; None if it is gone."""
        return self._moved(offset, self._before, self._after)

    def back(self, offset: int) -> int | None:
        """Where a place of the other was in the one; None if it is new."""
        return self._moved(offset, self._after, self._before)

    def _moved(self, offset: int, whole: int, other: int) -> int | None:
        if offset <= self._start:
            return offset
        return offset + other - whole if offset >= whole - self._end else None


@dataclass(eq=False)
class TextItem:
    """A stretch of a text that begins with a definition; that before the first has none.

    Attributes:
        source: its text alone.
        definitions: what it defines; nothing if it cannot be read.
        problems: why it cannot be.
        last: what stood here when it could be read last, if it cannot be now.
        sources: those of its parts, if it was read in pieces, each with what is to be added to its offsets.
        pieces: its statements, if it was read so.
    """

    source: Source
    definitions: tuple[tree.Item, ...]
    problems: tuple[Problem, ...]
    last: TextItem | None = None
    sources: tuple[tuple[Source, int], ...] = ()
    pieces: tuple[Piece, ...] = ()

    @property
    def readable(self) -> TextItem | None:
        """Itself, or else what stood here last."""
        return self.last if self.problems else self

    @property
    def heading(self) -> list[str]:
        """The words before its parameters and its body, by which it is known again."""
        text = self.source.text[begin.end() :] if (begin := _COMMENTS.match(self.source.text)) else self.source.text
        return text.split("{", 1)[0].split("(", 1)[0].split()

    @cached_property
    def statements(self) -> tuple[tree.Node, ...]:
        """The statements of its definitions that make nodes."""
        return tuple(node for each in self.definitions for node in walk(each) if isinstance(node, MAKES_NODES))

    @cached_property
    def shift(self) -> TextShift:
        """How places in `last` have moved."""
        return TextShift((self.last or self).source.text, self.source.text)


class _Place(NamedTuple):
    """Where a source is: where its item begins, what is added to its offsets, and how the item has changed since."""

    start: int
    base: int
    shift: TextShift | None = None


@dataclass(frozen=True, eq=False)
class TextLayout:
    """Where the items of a text stand.

    Attributes:
        whole: the text.
        items: in order; together they are the text.
        starts: where each begins.
    """

    whole: Source
    items: tuple[TextItem, ...]
    starts: tuple[int, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Why it cannot be read."""
        return tuple(problem for item in self.items for problem in item.problems)

    @cached_property
    def file(self) -> tree.File:
        """The syntax tree, of what can be read or could be last."""
        readable = [item.readable for item in self.items]
        definitions = tuple(each for item in readable if item is not None for each in item.definitions)
        return tree.File(self.whole, definitions, (), ())

    @cached_property
    def _of_sources(self) -> dict[Source, _Place]:
        found: dict[Source, _Place] = {}
        for start, item in zip(self.starts, self.items, strict=True):
            if item.last is not None:
                found[item.last.source] = _Place(start, 0, item.shift)
                found.update((source, _Place(start, base, item.shift)) for source, base in item.last.sources)
        for start, item in zip(self.starts, self.items, strict=True):
            found[item.source] = _Place(start, 0)
            found.update((source, _Place(start, base)) for source, base in item.sources)
        return found

    def __contains__(self, source: Source) -> bool:
        return source in self._of_sources

    def place(self, span: Span) -> tuple[int, int] | None:
        """Where in the text a span of one of its items is now; None if it is gone, or in another text."""
        if span.source is self.whole:
            return span.start, span.end
        known = self._of_sources.get(span.source)
        if known is None:
            return None
        first, last = known.base + span.start, known.base + span.end
        if known.shift is None:
            return known.start + first, known.start + last
        begin, end = known.shift.forth(first), known.shift.forth(last)
        return None if begin is None or end is None or end < begin else (known.start + begin, known.start + end)

    def before(self, span: Span) -> Span | None:
        """Where in this text a span of a later state of one of its items was; None if it is new."""
        heading = TextItem(span.source, (), ()).heading
        item = next((each for each in self.items if each.heading == heading), None)
        if item is None:
            return None
        shift = self._shift(item.source.text, span.source.text)
        start, end = shift.back(span.start), shift.back(span.end)
        return None if start is None or end is None or end < start else Span(item.source, start, end)

    def _shift(self, before: str, after: str) -> TextShift:
        known = self._shifts.get((before, after))
        if known is None:
            self._shifts.clear()
            known = self._shifts[before, after] = TextShift(before, after)
        return known

    @cached_property
    def _shifts(self) -> dict[tuple[str, str], TextShift]:
        return {}

    def at(self, offset: int) -> tuple[TextItem, int]:
        """The item at an offset, and where it begins."""
        index = max(0, bisect_right(self.starts, offset) - 1)
        return self.items[index], self.starts[index]

    def nodes_at(self, offset: int) -> list[tree.Node]:
        """The nodes of the syntax tree around an offset, from the definition to the innermost; what ends there, too."""
        readable = self.at(offset)[0].readable
        if readable is None:
            return []
        found: list[tree.Node] = []
        children: Iterator[object] = iter(readable.definitions)
        while True:
            inner = next((node for node in nodes_in(children) if self._is_around(offset, node)), None)
            if inner is None:
                return found
            found.append(inner)
            children = inner.children()

    def _is_around(self, offset: int, node: tree.Node) -> bool:
        place = self.place(node.span)
        return place is not None and place[0] <= offset <= place[1]


class ItemReader:
    """Reads a text again and again; what has not changed is not read again.

    Args:
        name: the text's name in messages.
        folder: where its imports are looked up.
        path: its file.
    """

    def __init__(self, name: str, folder: Path | None = None, path: Path | None = None) -> None:
        self._name = name
        self._folder = folder
        self._path = path
        self._items: tuple[TextItem, ...] = ()

    def read(self, text: str) -> TextLayout:
        """The items of a text."""
        whole = Source(self._name, text, self._folder, self._path)
        layout = self._layout(whole, list(_stretches(text)))
        broken = [item for item in layout.items if item.problems]
        if broken and any(_depth(item.source.text) for item in broken) and not _depth(text):
            # A bracket closes behind what looked like the beginning of a definition: the text is read as one.
            alone = self._layout(whole, [text])
            layout = layout if alone.problems else alone
        self._items = layout.items
        return layout

    def _layout(self, whole: Source, stretches: list[str]) -> TextLayout:
        known: dict[str, list[TextItem]] = {}
        for item in self._items:
            known.setdefault(item.source.text, []).append(item)
        found = [known[text].pop(0) if known.get(text) else None for text in stretches]
        left = [item for item in self._items if any(item is each for each in known[item.source.text])]
        items = [item or self._item(text, left) for item, text in zip(found, stretches, strict=True)]
        starts = [0]
        for text in stretches[:-1]:
            starts.append(starts[-1] + len(text))
        return TextLayout(whole, tuple(items), tuple(starts))

    def _item(self, text: str, left: list[TextItem]) -> TextItem:
        source = Source(self._name, text, self._folder)
        if len(text) >= pieces.LONG:
            known = [piece for item in left for piece in (item.readable or item).pieces]
            found = pieces.composed(source, known)
            if found is not None:
                return TextItem(source, (found.definition,), (), None, found.sources, found.pieces)
        try:
            return TextItem(source, parse(source).items, ())
        except SpecError as error:
            broken = TextItem(source, (), tuple(error.problems))
            broken.last = _predecessor(broken.heading, left)
            return broken


def nodes_in(parts: Iterable[object]) -> Iterator[tree.Node]:
    """The nodes among the parts of a node, those in tuples too."""
    for part in parts:
        if isinstance(part, tree.Node):
            yield part
        elif isinstance(part, tuple):
            yield from nodes_in(part)


def _stretches(text: str) -> Iterator[str]:
    starts = [match.start() for match in _BEGINS.finditer(text)]
    if not starts or starts[0] > 0:
        starts.insert(0, 0)
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield text[start:end]


def _predecessor(heading: list[str], left: list[TextItem]) -> TextItem | None:
    """Of what is no longer in a text, the readable item that this one was: of the same first words, or the only one."""
    same = [item for item in left if item.heading == heading]
    chosen = same or (left if len(left) == 1 else [])
    return chosen[0].readable if chosen else None


def _depth(text: str) -> int:
    """How many brackets a text leaves open."""
    found = _BRACKETS.findall(text)
    return sum(bool(opening) for opening, _ in found) - sum(bool(closing) for _, closing in found)
