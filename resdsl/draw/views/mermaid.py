"""Flowcharts in the language of Mermaid, which Markdown hosts draw: a box for each stage and block.

A host lays the chart out, so there are no positions and no scene. Labels are quoted, and every character that means
something to Mermaid, Markdown or HTML is written as one of its entities.
"""

from __future__ import annotations

import json
import string
from collections.abc import Iterator, Sequence
from dataclasses import replace

from resdsl.analysis.rows.tree import telling_arguments
from resdsl.draw.descriptions import description_of, title_of
from resdsl.draw.diff_marks import Marks, marks_of
from resdsl.draw.metrics import fitted
from resdsl.draw.options import DrawOptions
from resdsl.draw.strips.overlays import Painter
from resdsl.draw.strips.reading import Reader
from resdsl.draw.strips.strip import Part, Skip, Strip
from resdsl.draw.texts import clean, isolated
from resdsl.draw.themes import PAPER, Theme
from resdsl.ir.network import Network
from resdsl.ops.base import show

_PLAIN = frozenset(string.ascii_letters + string.digits + " ,:/()=_")
_INNER = frozenset(".-")
_WIDEST = 260.0
_SIZE = 9.0
_THIN = 1.0
_DASHES = {"dashed": "stroke-dasharray:6 3", "dotted": "stroke-dasharray:2 3"}


def mermaid(networks: Sequence[Network], look: DrawOptions, *, theme: Theme = PAPER) -> str:
    """Networks as one flowchart, which ends with a line feed.

    Args:
        networks: one or several; several stand in frames.
        look: how they are shown; a legend has no place here.
        theme: colours and lines of boxes.

    Raises:
        NotDrawn: a network has so many parts that nobody could look at them; or a difference is asked for, and there
            are not two networks.
    """
    marks = marks_of(networks, diff=look.diff)
    strips = [_strip(network, own) for network, own in zip(networks, marks, strict=True)]
    stages = [[part.stage for part in strip.parts] for strip in strips]
    chart = _Chart(Painter(look, strips, marks, stages, titled=True))
    lines = [] if look.title is None else ["---", f"title: {json.dumps(clean(look.title))}", "---"]
    lines.append("flowchart TB")
    lines.append(f"  accTitle: {_wording(title_of(networks, 'stage by stage'))}")
    lines.append(f"  accDescr: {_wording(description_of(networks))}")
    for column, (network, strip) in enumerate(zip(networks, strips, strict=True)):
        inner = list(chart.network(column, strip))
        lines += inner if len(networks) == 1 else _framed(f"network{column + 1}", network.name, inner)
    lines += chart.classes(theme)
    return "\n".join(lines) + "\n"


class _Chart:
    """Writes nodes, edges and classes."""

    def __init__(self, painter: Painter) -> None:
        self._painter = painter
        self._styles: dict[str, list[str]] = {}
        self._count = 0

    def network(self, column: int, strip: Strip) -> Iterator[str]:
        """The nodes of a network and the edges between them, in their order."""
        names: list[str] = []
        within: int | None = None
        edges: list[str] = []
        for index, part in enumerate(strip.parts):
            if part.stage != within:
                if within is not None:
                    yield "  end"
                within = part.stage
                if within is not None:
                    self._count += 1
                    yield f'  subgraph stage{self._count}["{_label([part.title])}"]'
            yield from self._part(column, index, part, _own(strip, index), names)
            before = self._joins(strip, index, names, edges)
            if before:
                edges.append(f"  {before} --> {names[index]}")
        if within is not None:
            yield "  end"
        self._joins(strip, len(strip.parts), names, edges)
        for number, (place, name) in enumerate(strip.taps):
            edges.append(f'  {names[place - 1]} --> tap{column + 1}x{number + 1}(["{_label([name])}"])')
        yield from edges

    def _part(self, column: int, index: int, part: Part, own: Skip | None, names: list[str]) -> Iterator[str]:
        self._count += 1
        name = f"part{self._count}"
        names.append(name)
        style = self._painter.style(column, index)
        self._styles.setdefault(style, []).append(name)
        times = f" x {part.times}" if part.times > 1 else ""
        lines = [*part.label[:-1], f"{part.label[-1]}{times}"]
        if part.kind != "input":
            lines.append(show(part.shape))
        lines += self._painter.words(part)
        if own:
            lines.append(f"shortcut: {'identity' if own.kind == 'identity' else own.label or own.kind}")
        opening, closing = ("([", "])") if part.kind == "input" else ("[", "]")
        yield f'  {"  " if part.stage is not None else ""}{name}{opening}"{_label(lines)}"{closing}'

    def _joins(self, strip: Strip, place: int, names: list[str], edges: list[str]) -> str:
        """What flows at a place in the row: the part before it, or the sum of that and of what passed it by."""
        before = names[place - 1] if place else ""
        for skip in strip.skips:
            if skip.stop != place or _is_own(strip, skip):
                continue
            self._count += 1
            name = f"sum{self._count}"
            sign = "concat" if skip.kind == "concat" else "#43;"
            edges.append(f'  {before} --> {name}(("{sign}"))')
            line = "-.->" if skip.changes else "-->"
            word = "" if skip.kind == "concat" else f'|"{_label([skip.label or "identity"])}"|'
            start = names[skip.start - 1] if skip.start else before
            edges.append(f"  {start} {line}{word} {name}")
            before = name
        return before

    def classes(self, theme: Theme) -> Iterator[str]:
        """A class for each style in use."""
        for style, names in self._styles.items():
            look = theme.style(style)
            parts = [f"fill:{look.fill}", f"stroke:{look.stroke}", f"color:{look.text}"]
            parts += [_DASHES[look.dash]] if look.dash in _DASHES else []
            parts += [f"stroke-width:{2 * look.width:g}px"] if look.width > _THIN else []
            name = style.replace("-", "")
            yield f"  classDef {name} {','.join(parts)}"
            yield f"  class {','.join(names)} {name}"


def _strip(network: Network, marks: Marks) -> Strip:
    """The parts of a network, blocks as one each, equal neighbours together."""
    reader = Reader(fold=True, blocks=True, telling=telling_arguments(network), breaks=marks.breaks)
    strip = reader.read(network)
    return strip if marks.found else _merged(strip)


def _merged(strip: Strip) -> Strip:
    """The strip with blocks in a row that are called the same as one, of which the last says the shape."""
    borders = {place for skip in strip.skips if not _is_own(strip, skip) for place in (skip.start, skip.stop)}
    borders |= {place for place, _ in strip.taps}
    groups: list[list[int]] = []
    for index, part in enumerate(strip.parts):
        last = strip.parts[groups[-1][0]] if groups else None
        same = last is not None and part.kind == "block" and index not in borders
        if last is not None and same and _alike(strip, groups[-1][0], index):
            groups[-1].append(index)
        else:
            groups.append([index])
    new = {index: number for number, group in enumerate(groups) for index in group} | {len(strip.parts): len(groups)}
    parts = [
        replace(
            strip.parts[group[0]],
            times=sum(strip.parts[index].times for index in group),
            shape=strip.parts[group[-1]].shape,
        )
        for group in groups
    ]
    heads = {group[0] for group in groups}
    skips = [
        replace(skip, start=new[skip.start], stop=new[skip.start] + 1 if _is_own(strip, skip) else new[skip.stop])
        for skip in strip.skips
        if not _is_own(strip, skip) or skip.start in heads
    ]
    taps = [(new[place], name) for place, name in strip.taps]
    return replace(strip, parts=tuple(parts), skips=tuple(skips), taps=tuple(taps), folds=())


def _alike(strip: Strip, one: int, other: int) -> bool:
    first, second = strip.parts[one], strip.parts[other]
    mine, theirs = _own(strip, one), _own(strip, other)
    ours = (first.label, first.kind, first.size, first.stage)
    same = ours == (second.label, second.kind, second.size, second.stage)
    return same and (mine and (mine.kind, mine.label)) == (theirs and (theirs.kind, theirs.label))


def _is_own(strip: Strip, skip: Skip) -> bool:
    """Whether a shortcut is that of one block, within its box."""
    return skip.stop == skip.start + 1 and strip.parts[skip.start].kind == "block"


def _own(strip: Strip, index: int) -> Skip | None:
    """The shortcut of a block."""
    found = [skip for skip in strip.skips if skip.start == index and _is_own(strip, skip)]
    return found[0] if found else None


def _framed(name: str, title: str, lines: Sequence[str]) -> list[str]:
    return [f'  subgraph {name}["{_label([title])}"]', *[f"  {line}" for line in lines], "  end"]


def _label(lines: Sequence[str]) -> str:
    """Lines as they stand between quotes."""
    short = [fitted(clean(line), _SIZE, _WIDEST, smallest=_SIZE)[0] for line in lines]
    return "<br/>".join(map(_escaped, short)) or " "


def _escaped(text: str) -> str:
    visible = isolated(text)
    around = zip(" " + visible, visible, visible[1:] + " ", strict=False)
    return "".join([_entity(before, character, after) for before, character, after in around])


def _entity(before: str, character: str, after: str) -> str:
    """A character as Mermaid takes it for itself: letters as they are, signs by number unless they are harmless.

    A dot or a hyphen within a word starts no list of Markdown.
    """
    harmless = character in _PLAIN or (character in _INNER and before.isalnum() and after.isalnum())
    if harmless or (not character.isascii() and character.isalnum()):
        return character
    return f"#{ord(character)};"


def _wording(text: str) -> str:
    """A text for readers of screens: on one line, without what would end it."""
    kept = clean(text)[:2000].replace(";", ",")
    return "".join(" " if character in '{}#%<>&\\`"' else character for character in kept)
