"""The view `stages`: one box for each stage, with the block that it repeats and how often."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from resdsl.analysis.costs import total
from resdsl.analysis.rows.tree import telling_arguments
from resdsl.draw.descriptions import title_of
from resdsl.draw.options import DrawOptions
from resdsl.draw.scene import Scene
from resdsl.draw.strips.assembly import Assembly
from resdsl.draw.strips.column import Manner
from resdsl.draw.strips.reading import Reader
from resdsl.draw.strips.strip import Part, Skip, Strip
from resdsl.ir.network import Network

_NOTE = (
    "One box for each stage, the block that changes the shape apart from the others, which are counted. Beside each "
    "box stands the shape that it yields."
)


def stages(networks: Sequence[Network], look: DrawOptions) -> Scene:
    """Networks side by side, aligned by output size, with one box for each stage; it takes no time for their depth."""
    manner = Manner(joined=True, shapes="shape" not in look.annotate, titles=True)
    assembly = Assembly(networks, look, manner, sizes=False)
    strips = []
    for network, marks in assembly.marked():
        reader = Reader(fold=True, blocks=True, telling=telling_arguments(network), breaks=marks.breaks)
        strip = reader.read(network)
        strips.append(strip if look.diff else _merged(_merged(strip), many=True))
    return assembly.scene(strips, title_of(networks, "stage by stage"), _NOTE)


def _merged(strip: Strip, *, many: bool = False) -> Strip:
    """The strip with neighbours that are called the same as one; with `many`, those of one definition."""
    groups = _groups(strip, many=many)
    group_of = [number for number, group in enumerate(groups) for _ in group]
    skips: dict[tuple[int, int], Skip] = {}
    for skip in strip.skips:
        start, stop = group_of[skip.start], group_of[skip.stop - 1] + 1
        known = skips.get((start, stop))
        changes = skip.changes or (known is not None and known.changes)
        skips[start, stop] = replace(known or skip, start=start, stop=stop, changes=changes)
    taps = tuple([(group_of[place - 1] + 1, name) for place, name in strip.taps])
    parts = tuple([_one(strip.parts[group.start : group.stop]) for group in groups])
    return replace(strip, parts=parts, skips=tuple(skips.values()), taps=taps)


def _groups(strip: Strip, *, many: bool) -> list[range]:
    """Stretches of parts that become one."""
    around = {skip.start: skip for skip in strip.skips if skip.stop == skip.start + 1}
    apart = {place for skip in strip.skips if skip.stop > skip.start + 1 for place in (skip.start, skip.stop)}
    apart |= {place for place, _ in strip.taps}
    groups: list[range] = []
    for index in range(len(strip.parts)):
        before = groups[-1] if groups else range(0)
        if groups and index not in apart and _alike(strip, before.start, index, around, many=many):
            groups[-1] = range(before.start, index + 1)
        else:
            groups.append(range(index, index + 1))
    return groups


def _alike(strip: Strip, one: int, other: int, around: dict[int, Skip], *, many: bool) -> bool:
    a, b = strip.parts[one], strip.parts[other]
    if (a.kind, a.stage, a.size) != (b.kind, b.stage, b.size) or a.kind == "input":
        return False
    if a.label == b.label and a.reshapes != b.reshapes:
        return False
    ours, theirs = around.get(one), around.get(other)
    if not many:
        return a.label == b.label and _sides(ours) == _sides(theirs)
    enters = one > 0 and strip.parts[one - 1].size != a.size
    kinds = (ours and ours.kind) == (theirs and theirs.kind)
    return a.kind == "block" and a.op == b.op and kinds and not enters


def _sides(skip: Skip | None) -> object:
    return skip and (skip.kind, skip.changes, skip.label)


def _one(parts: Sequence[Part]) -> Part:
    """Parts as one, called as they all are."""
    first, last = parts[0], parts[-1]
    if len(parts) == 1:
        return first
    label = (_shared([" ".join(part.label) for part in parts], first.op),)
    times = sum(part.times for part in parts)
    return replace(first, label=label, shape=last.shape, times=times, costs=total([part.costs for part in parts]))


def _shared(labels: Sequence[str], definition: str) -> str:
    """What several uses of a definition are called: with their first argument, if that is one."""
    if len(set(labels)) == 1:
        return labels[0]
    starts = {label.removesuffix(")").split(",")[0] for label in labels}
    start = starts.pop()
    return f"{start})" if not starts and "(" in start else definition
