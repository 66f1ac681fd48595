"""Bodies of residuals that stand elsewhere without the residual, as where an inverted residual changes the width."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from resdsl.lifting.segments import TopPart, path_of
from resdsl.lifting.structure import Branches, Chain, nodes_of

Lines = tuple[str, ...]
_Kinds = tuple[str, ...]
"""The ops of a chain, in order: what is looked at before its statements are."""


@dataclass(frozen=True, slots=True)
class Twins:
    """Finds such bodies.

    Attributes:
        lines: the statements of a part, were it a block.
        tapped: values that are outputs of the network too.
        named: whether paths are those of the file.
    """

    lines: Callable[[TopPart], Lines]
    tapped: Collection[str]
    named: bool

    def found_in(self, chains: Sequence[list[TopPart]]) -> list[list[TopPart]]:
        """Chains of parts, where each such body is a block."""
        bodies: dict[_Kinds, set[Lines]] = {}
        for segments in chains:
            for segment in segments:
                inner = self._body(segment)
                if inner:
                    bodies.setdefault(_kinds(inner), set()).add(self.lines(segment)[1:-1])
        lengths = sorted({len(kinds) for kinds in bodies}, reverse=True)
        return [self._searched(segments, bodies, lengths) for segments in chains] if bodies else list(chains)

    def _body(self, segment: TopPart) -> Chain:
        """The body of a part that is a residual which adds what flows in, unchanged; empty for others.

        Without paths, a single convolution is not looked for: it may well be the stem.
        """
        part = segment.parts[0]
        if not segment.is_block or len(segment.parts) > 1 or not isinstance(part, Branches):
            return ()
        if part.node.op.op != "add" or len(part.chains) != 2 or all(part.chains):
            return ()
        body = part.chains[0] or part.chains[1]
        return body if self.named or sum(node.op.weighted for node in nodes_of(body)) > 1 else ()

    def _searched(
        self, segments: Sequence[TopPart], bodies: dict[_Kinds, set[Lines]], lengths: Sequence[int]
    ) -> list[TopPart]:
        found: list[TopPart] = []
        place = 0
        while place < len(segments):
            end, block = self._block(segments, place, bodies, lengths)
            found.append(block or segments[place])
            place = end
        return found

    def _block(
        self, segments: Sequence[TopPart], place: int, bodies: dict[_Kinds, set[Lines]], lengths: Sequence[int]
    ) -> tuple[int, TopPart | None]:
        """A block of the parts from a place on, if there is one, and the place after it."""
        ops: list[str] = []
        ends: dict[int, int] = {}
        for end in range(place, len(segments)):
            if not _may_be_inside(segments[end]):
                break
            ops += _kinds(segments[end].parts)
            ends[len(ops)] = end + 1
            if len(ops) >= lengths[0] or segments[end].output in self.tapped:
                break
        for length in lengths:
            known = bodies.get(tuple(ops[:length]), ()) if length in ends else ()
            if known:
                parts = tuple(part for segment in segments[place : ends[length]] for part in segment.parts)
                block = TopPart(parts, True, path_of(parts) if self.named else "")
                if self.lines(block) in known and (block.path or not self.named):
                    return ends[length], block
        return place + 1, None


def _kinds(chain: Chain) -> _Kinds:
    return tuple(node.op.op for node in nodes_of(chain))


def _may_be_inside(segment: TopPart) -> bool:
    """Whether a part may be one of several of a block: a layer, or a gate."""
    return all(not isinstance(part, Branches) or part.node.op.op == "mul" for part in segment.parts)
