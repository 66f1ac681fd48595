"""What stands at the top of a network: layers by themselves, and chains that may be blocks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from resdsl.lifting.graph import PlainNode
from resdsl.lifting.modules import BlockNode, ModuleNode
from resdsl.lifting.paths import common_path, series_between, series_of, within
from resdsl.lifting.structure import Branches, Chain, Part, PlainStep, Tangle, chains_within, nodes_of

_SEVERAL = 3
"""So many joins in a row within a branch are blocks by themselves, and the branch is no block; two if it is joined to
others as they are."""
_ROW = 3
_LAST = frozenset({"channel_shuffle"})
"""A layer of this kind behind so many blocks in a row is their last one."""
_ENLARGE = frozenset({"conv_transpose", "upsample", "resize"})


@dataclass(frozen=True, slots=True)
class TopPart:
    """A part of a network's top.

    Attributes:
        parts: the chain.
        is_block: whether it may be one.
        path: the path of its module; empty if it has none.
    """

    parts: Chain
    is_block: bool = False
    path: str = ""

    @property
    def source(self) -> str:
        """What flows in."""
        return self.parts[0].source

    @property
    def output(self) -> str:
        """What flows out."""
        return self.parts[-1].output


def segments_of(chain: Chain, *, named: bool, tapped: Collection[str]) -> list[TopPart]:
    """The segments of a chain, in order."""
    found: list[TopPart] = []
    place = 0
    while place < len(chain):
        part = chain[place]
        if isinstance(part, PlainStep) or is_open(part) or not part.source or _has_taps(part, tapped):
            found.append(TopPart((part,)))
            place += 1
            continue
        path = path_of((part,)) if named else ""
        end = _end(chain, place + 1, path, tapped)
        start = _start(found, part, path, tapped, named=named)
        lead = tuple(each for segment in found[start:] for each in segment.parts)
        del found[start:]
        has_module = bool(path) if named else any(node.tensors for node in nodes_of((part,)))
        found.append(TopPart((*lead, *chain[place:end]), has_module, path))
        place = end
    if named:
        found = list(_with_outer_paths(list(_without_joins(found, tapped)), chain))
    return list(_with_last_layers(found, tapped))


def _with_outer_paths(segments: Sequence[TopPart], chain: Chain) -> Iterator[TopPart]:
    """The segments, where the path of a block is that of the module around it, if this comes right after another block.

    So a block all of whose weights are in one branch, `stage2.1.branch2`, is the next one after `stage2.0`.
    """
    inside = Counter(module for node in nodes_of(chain) if node.tensors for module in _modules_around(node.path))
    paths = {each.path for each in segments if each.is_block and each.path}
    for segment in segments:
        count = sum(bool(node.tensors) for node in nodes_of(segment.parts))
        for series in series_of(segment.path) if segment.is_block else ():
            outer, before = f"{series.head}{series.number}", f"{series.head}{series.number - 1}"
            is_named = series.tail.startswith(".") and not series.tail.split(".")[1].isdigit()
            if is_named and before in paths and inside[outer] == count:
                segment = replace(segment, path=outer)
                paths.add(outer)
        yield segment


def _modules_around(path: str) -> list[str]:
    """The paths of the modules that a layer is in."""
    parts = path.split(".")
    return [".".join(parts[:count]) for count in range(1, len(parts))]


def _with_last_layers(segments: Sequence[TopPart], tapped: Collection[str]) -> Iterator[TopPart]:
    """The segments, where a layer that mixes channels is the last one of a block, if it is so of several in a row."""
    place = 0
    while place < len(segments):
        end = place
        while _goes_on_as(segments[place : place + 2], segments[end : end + 2], tapped):
            end += 2
        if end - place >= 2 * _ROW:
            for block, layer in zip(segments[place:end:2], segments[place + 1 : end : 2], strict=True):
                yield TopPart((*block.parts, *layer.parts), True, block.path)
            place = end
        else:
            yield segments[place]
            place += 1


def _goes_on_as(first: Sequence[TopPart], pair: Sequence[TopPart], tapped: Collection[str]) -> bool:
    """Whether two segments are a block and a layer that may end it, which is the same layer as the one in `first`."""
    if len(pair) < 2 or not pair[0].is_block or pair[0].output in tapped or len(pair[1].parts) > 1:
        return False
    layers = [each[1].parts[0] for each in (first, pair)]
    ops = [each.node.op for each in layers if isinstance(each, PlainStep) and each.node.op.op in _LAST]
    return len(ops) == 2 and ops[0] == ops[1]


def _has_taps(part: Part, tapped: Collection[str]) -> bool:
    """Whether a value within is an output of the network, which no block can have."""
    made = (value for node in nodes_of((part,)) for value in node.outputs)
    return any(value in tapped and value != part.output for value in made)


def _without_joins(segments: Sequence[TopPart], tapped: Collection[str]) -> Iterator[TopPart]:
    """The segments, where layers of one module are one, if blocks with joins have paths of the same kind.

    Where there are no such blocks, modules are blocks whose paths end in a number: `layer1.0`. So are those that begin
    with a norm, such as `transition1`.
    """
    kinds = {(series.head, series.tail) for each in segments if each.path for series in series_of(each.path)[:1]}
    group: list[TopPart] = []
    module = ""
    for segment in segments:
        node = segment.parts[0].node if isinstance(segment.parts[0], PlainStep) and not segment.is_block else None
        path = segment.path if node is None else node.path * bool(node.tensors)
        found = _module_of(path, kinds) if path else ""
        goes_on = found == module if path else node is not None and node.op.activates
        if group and not (goes_on and group[-1].output not in tapped):
            yield from _as_one(group, module)
            group, module = [], ""
        if not group and not found:
            yield segment
            continue
        group.append(segment)
        module = module or found
    yield from _as_one(group, module)


def _as_one(group: Sequence[TopPart], module: str) -> Iterator[TopPart]:
    layers = [part.node for segment in group for part in segment.parts if isinstance(part, PlainStep)]
    count = sum(node.op.weighted for node in layers)
    begins_with_norm = bool(count) and layers[0].op.normalises
    if not begins_with_norm and (count < 2 or not module.rpartition(".")[2].isdigit()):
        yield from group
    else:
        yield TopPart(tuple(part for segment in group for part in segment.parts), True, module)


def _module_of(path: str, kinds: Collection[tuple[str, str]]) -> str:
    """The path of the block that a layer is in, of one of these kinds or with a number; empty if there is none."""
    modules = _modules_around(path)[::-1]
    for module in modules:
        if any((series.head, series.tail) in kinds for series in series_of(module)):
            return module
    numbered = next((module for module in modules if module.rpartition(".")[2].isdigit()), "")
    return numbered or next((module for module in modules if module[-1].isdigit()), "")


def is_open(part: Part) -> bool:
    """Whether branches or strands hold a row of blocks, so that they stand at the top themselves.

    So does what flows around a part of a network that makes maps smaller, and larger again.
    Strands also do if they hold a block that is another module than what they are of together.
    """
    if _is_skip(part):
        return True
    several = 2 if isinstance(part, Branches) and part.node.op.op == "concat" else _SEVERAL
    if any(_holds_blocks(chain, several) for chain in chains_within(part)):
        return True
    return isinstance(part, Tangle) and _has_other_modules(part)


def _is_skip(part: Part) -> bool:
    """Whether branches or strands put what flows in beside maps that were made larger again."""
    if isinstance(part, Branches):
        joins = part.node.op.op == "concat" and len(part.chains) == 2 and not all(part.chains)
    else:
        joins = isinstance(part, Tangle) and any(each.head and each.head.op.op == "concat" for each in part.strands)
    layers = (each for chain in chains_within(part) for each in chain if isinstance(each, PlainStep))
    return joins and any(each.node.op.op in _ENLARGE for each in layers)


def _has_other_modules(part: Tangle) -> bool:
    path = path_of((part,))
    sums = (each for strand in part.strands for each in strand.chain if isinstance(each, Branches))
    return any(each.node.op.op == "add" and path_of((each,)) != path for each in sums)


def _holds_blocks(chain: Chain, several: int) -> bool:
    joins = [part for part in chain if not isinstance(part, PlainStep)]
    if len(joins) >= several or any(map(is_open, joins)):
        return True
    paths = [path_of((part,)) for part in joins]
    return any(series_between(one, other) for one, other in pairwise(paths))


def path_of(chain: Chain) -> str:
    """The path of the module that a chain is of, which is around all modules that the chain calls."""
    called = [node.path for node in _called_in(chain)]
    return common_path([*called, *(node.path for node in nodes_of(chain) if node.tensors)])


def _called_in(chain: Chain) -> Iterator[ModuleNode]:
    """The calls of modules in a chain."""
    for part in chain:
        heads = [strand.head for strand in part.strands] if isinstance(part, Tangle) else [part.node]
        yield from (head for head in heads if isinstance(head, ModuleNode))
        for inner in chains_within(part):
            yield from _called_in(inner)


def chains_at_top(chain: Chain) -> Iterator[Chain]:
    """A chain at the top, and those within its open branches."""
    yield chain
    for part in chain:
        if is_open(part):
            for inner in chains_within(part):
                yield from chains_at_top(inner)


def _end(chain: Chain, place: int, path: str, tapped: Collection[str]) -> int:
    """Where the layers end that belong to a join before them: activations, and what is of the same module.

    Without paths, attention that stands behind a block is of the same one.
    """
    while place < len(chain) and chain[place - 1].output not in tapped:
        part = chain[place]
        if isinstance(part, PlainStep) and not part.node.tensors and not part.node.op.activates:
            break
        if isinstance(part, PlainStep) and _is_standard(part.node) and not path:
            return place + 1
        if isinstance(part, PlainStep) and part.node.tensors and not (path and within(part.node.path, path)):
            break
        if not isinstance(part, PlainStep) and not (_is_of(part, path) and not is_open(part)):
            break
        place += 1
    return place


def _is_standard(node: PlainNode) -> bool:
    """Whether a layer stands for a block of the standard library."""
    return isinstance(node, BlockNode) and not isinstance(node, ModuleNode)


def _is_of(part: Part, path: str) -> bool:
    """Whether a join is of a module, or of one within it."""
    own = path_of((part,))
    return bool(path) and (own == path or bool(within(own, path)))


def _start(found: list[TopPart], part: Part, path: str, tapped: Collection[str], *, named: bool) -> int:
    """Where the layers begin that belong to a join behind them."""
    start = place = len(found)
    while place and not found[place - 1].is_block and found[place - 1].output not in tapped:
        step = found[place - 1].parts[-1]
        if len(found[place - 1].parts) > 1 or not isinstance(step, PlainStep):
            break
        node = step.node
        if named and node.tensors and not (path and within(node.path, path)):
            break
        place -= 1
        if named and node.tensors:
            start = place
        if not named:
            return _start_unnamed(found, part)
    return start


def _start_unnamed(found: list[TopPart], part: Part) -> int:
    """Without paths, a norm and an activation behind a block belong to the next one, if that has none of its own."""
    none = len(found)
    if none < 3 or not found[none - 3].is_block or not isinstance(part, Branches):
        return none
    ops = [each.node.op for segment in found[-2:] for each in segment.parts if isinstance(each, PlainStep)]
    if len(ops) != 2 or not ops[0].normalises or not ops[1].activates:
        return none
    begins = [chain[0].node.op for chain in part.chains if chain and isinstance(chain[0], PlainStep)]
    return none - 2 if begins and not any(op.normalises for op in begins) else none
