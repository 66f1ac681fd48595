"""Blocks that read values of the network beside what flows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.random.blocks import Blocks
from tests.random.drawing import Body, Piece, evaluate, indented, replay
from tests.random.frame import Flow, Frame, need


class Beside(Blocks):
    """Calls and stages of such blocks.

    Attributes:
        readers: their definitions.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.readers: list[str] = []

    def beside(self, at: Frame) -> Piece:
        """A value with a name, what comes after it, and a block that reads both, once or several times."""
        need(at.axes > 0)
        skip, block = self.fresh("skip"), self.fresh("reader")
        by, count = self.one("concat", "add", "gate"), self.one(1, 1, 2, 3)
        kernel, between = self.one("1", "3"), self.body(at.inner(), self.one(0, 1, 2), self.chained)
        width = self.number(at, at.shape[0] if by == "add" else self.one(4, 6, 8))
        body = self._reader(block, by, kernel, at)
        called, inner_count = (block, 1) if self.chance(0.7) else self._outer(block)
        written, count = self._call(called, width, skip, count)

        def flow(at: Frame) -> None:
            given = at.flow
            replay(between, at)
            for _ in range(count * inner_count):
                inner = at.inner()
                inner.numbers, inner.names, inner.lost = {"width": evaluate(width, at)}, {}, False
                replay(body, inner)
                _join(inner, given, by)
                at.then(inner.shape, None)

        return Piece([f"as {skip}", *(line for piece in between for line in piece.lines), *written], flow)

    def yielding(self, at: Frame) -> Piece:
        """A block that yields what it makes in two steps, and what comes of the two."""
        need(at.axes > 0)
        block, name, each = self.fresh("forked"), self.fresh("fork"), self.fresh("x")
        there = replace(at.inner(), numbers={}, names={})
        early, late = self.body(there, self.one(1, 2), self.chained), self.body(there, self.one(1, 2), self.chained)
        twice, order = self.chance(0.3), self.one((0, 1), (1, 0))
        values = f"[{each}, early, late]" if twice else "[early, late]"
        ends = [Piece(["as late", f"from {values}"], lambda _: None)]
        tap = self.fresh("tap") if self.chance(0.3) else ""
        named = ["as early", *([f"tap {tap}"] if tap else [])]
        body = [Piece([f"as {each}"], lambda _: None), *early, Piece(named, lambda _: None), *late, *ends]
        self.readers += indented(body, f"block {block} {{")
        skipped = 1 if twice else 0
        rest = [f"from {name}[{skipped + order[0]}]; act; as {name}s", f"from {name}[{skipped + order[1]}]"]
        label = f"{self.fresh('part')}: " if self.chance(0.3) else ""

        def flow(at: Frame) -> None:
            inner = at.inner()
            inner.numbers, inner.names, inner.lost = {}, {}, False
            replay(early, inner)
            shapes = [inner.shape]
            at.taps |= {tap: inner.shape} if tap else {}
            replay(late, inner)
            shapes.append(inner.shape)
            at.then(shapes[order[1]], None)
            need(shapes[0][1:] == shapes[1][1:])
            at.joined((shapes[order[0]], None), at.flow, by="concat")

        last = [f"from concat({name}s, {name}[{skipped + order[1]}])"]
        return Piece([f"{label}{block}; as {name}", *rest, *last], flow)

    def _reader(self, name: str, by: str, kernel: str, at: Frame) -> Body:
        """Define a block that joins what it makes of the flow with what it reads beside it."""
        conv = self.conv_of(kernel, "width")
        body = [conv, *([self.norm(at)] if self.chance(0.5) else []), *([self.act(at)] if self.chance(0.5) else [])]
        pooled = ["from skip", "avgpool global", "conv 1, width", "sigmoid", "as weight"]
        ends = {"add": ["from add(deep, skip)"], "concat": ["from concat(skip, deep)"]}
        lines = ["as deep", *ends.get(by, [*pooled, "from mul(deep, weight)"])]
        closing = Piece(lines, lambda _: None)
        self.readers += indented([*body, closing], f"block {name}(width, skip) {{")
        return body

    def _outer(self, block: str) -> tuple[str, int]:
        """Define a block that hands on what it reads beside the flow, and how often it does."""
        name, count = self.fresh("outer"), self.one(1, 2)
        line = f"stage inside: {block}(width, skip=skip) x 2" if count == 2 else f"{block}(width, skip=skip)"
        self.readers.append(f"block {name}(width, skip = none) {{ if skip != none {{ {line} }}; act }}")
        return name, count

    def _call(self, block: str, width: str, skip: str, count: int) -> tuple[list[str], int]:
        """The statements that call a block, and how often it is called."""
        if count > 1:
            return [f"stage {self.fresh('stage')}: {block}({width}, skip={skip}) x {count}"], count
        entry = self.fresh("entry")
        if self.chance(0.5):
            return [f"as {entry}", f"from {block}({entry}, {width}, skip={skip})"], 1
        return [f"{block}({width}, {skip})"], 1


def _join(at: Frame, given: Flow, by: str) -> None:
    """What a block makes of the flow and of a value that it reads beside it."""
    if by == "gate":
        need(len(given[0]) == len(at.shape))
        return
    others = (given, at.flow) if by == "concat" else (at.flow, given)
    at.joined(*others, by=by)
