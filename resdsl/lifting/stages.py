"""The top of a network as text: runs of equal blocks as stages, and all else as it comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from resdsl.ir.names import is_name
from resdsl.lifting.blocks import Occurrence, block_of
from resdsl.lifting.graph import PlainGraph
from resdsl.lifting.library import Library
from resdsl.lifting.loops import with_loops
from resdsl.lifting.paths import PathSeries, series_between, series_of
from resdsl.lifting.regions import ValueNames
from resdsl.lifting.rows import with_names
from resdsl.lifting.segments import TopPart, chains_at_top, segments_of
from resdsl.lifting.series import with_series
from resdsl.lifting.shortcuts import strides_of
from resdsl.lifting.statements import Statements, as_written, filled, shape_text
from resdsl.lifting.structure import Branches, Chain
from resdsl.lifting.style import CommonSettings
from resdsl.printer.expressions import quoted


@dataclass(frozen=True, slots=True)
class BlockCall:
    """A call of a block in a network.

    Attributes:
        segment: what it stands for.
        name: the definition.
        arguments: its arguments as written, without the stride.
        stride: the stride; empty if it is one, or in the definition.
        alone: whether a stage cannot repeat it, because the stride is among the arguments.
    """

    segment: TopPart
    name: str
    arguments: str
    stride: str
    alone: bool = False

    @property
    def unit(self) -> str:
        """The block with its arguments."""
        return f"{self.name}({self.arguments})"


@dataclass
class TopLines:
    """A graph as definitions and the lines of a network."""

    graph: PlainGraph
    style: CommonSettings
    shared: frozenset[str]
    definitions: list[str] = field(default_factory=list)
    modules: Mapping[int, str] = field(default_factory=dict)
    names: BlockNames = field(default_factory=lambda: BlockNames())
    _calls: dict[int, BlockCall] = field(default_factory=dict)
    _segments: dict[int, list[TopPart]] = field(default_factory=dict)
    _stages: set[str] = field(default_factory=set)
    _paths: list[str] = field(default_factory=list)

    def lines(self, chain: Chain) -> list[str]:
        """The lines of the network, without braces; the definitions are made on the way."""
        tapped = {value: name for name, value in self.graph.outputs[:-1]}
        self._paths = [each.path for node in self.graph.nodes for each in node.plain() if each.tensors]
        self._make_blocks(chain, tapped)
        self._top = Statements(
            self.graph, self.style, shared=self.shared, modules=self.modules, tapped=tapped, at_top=self._inner
        )
        if len(self.graph.inputs) > 1:
            self._top.values.know({name: name for name in self.graph.inputs})
        lines = self._tapped_inputs() + self._of_chain(chain)
        return self._written(lines)

    def lines_of_block(self, chain: Chain) -> tuple[list[str], list[str]]:
        """The lines of a block, which may yield several values, and the names of those that it reads beside the first.

        The definitions of blocks in it are made on the way.
        """
        several = len(self.graph.outputs) > 1
        values = ValueNames()
        _, *beside = [values.of(value) for value in self.graph.inputs]
        values.know(dict(zip([*self.graph.inputs][1:], beside, strict=True)))
        tapped = {value: "" for _, value in self.graph.outputs} if several else {}
        self._paths = [each.path for node in self.graph.nodes for each in node.plain() if each.tensors]
        self._make_blocks(chain, tapped)
        self._top = Statements(self.graph, self.style, shared=self.shared, modules=self.modules, at_top=self._inner)
        self._top.values, self._top.yielded = values, frozenset(tapped)
        lines = self._of_chain(chain)
        ends = [f"from [{', '.join(values.of(value) for value in tapped)}]"] if several else []
        return self._written([*lines, *ends]), beside

    def _written(self, lines: Sequence[str]) -> list[str]:
        return with_loops(with_series(with_names(filled(line, as_written(self._top)) for line in lines)))

    def _tapped_inputs(self) -> list[str]:
        """Inputs that are outputs too."""
        several = len(self.graph.inputs) > 1
        return [f"from {name}; {tap}" if several else tap for name in self.graph.inputs for tap in self._top.taps(name)]

    def _inner(self, chain: Chain) -> list[str] | None:
        return self._of_chain(chain) if id(chain) in self._segments else None

    def _make_blocks(self, chain: Chain, tapped: dict[str, str]) -> None:
        alike: dict[tuple[str, ...], list[tuple[TopPart, Occurrence]]] = {}
        for each in chains_at_top(chain):
            segments = segments_of(each, named=self.style.named, tapped=tapped)
            self._segments[id(each)] = segments
            for segment in segments:
                if segment.is_block and self._is_module(segment):
                    occurrence = self._occurrence(segment)
                    alike.setdefault(occurrence.lines, []).append((segment, occurrence))
        twins = _join_twins(alike)
        library = Library(self.graph, self.style)
        names = self.names
        for found in alike.values():
            segments, occurrences = [each[0] for each in found], [each[1] for each in found]
            known = library.calls([segment.parts for segment in segments], [each.path for each in occurrences])
            if known is not None:
                name, arguments = known
            else:
                block = block_of(names.fresh(segments[0]), occurrences, self.graph)
                self.definitions.append(block.text)
                name, arguments = block.name, block.arguments
            for segment, given in zip(segments, arguments, strict=True):
                if id(segment) in twins:
                    given = {**given, "shortcut": "none"}
                self._calls[id(segment)] = _call(segment, name, given, self.graph)

    def _is_module(self, segment: TopPart) -> bool:
        """Whether a block has all layers within its path, which is then its own."""
        if not segment.path:
            return True
        return sum(1 for _ in _nodes(segment)) == sum(path.startswith(f"{segment.path}.") for path in self._paths)

    def _occurrence(self, segment: TopPart) -> Occurrence:
        statements = Statements(self.graph, self.style, segment.path, self.shared, modules=self.modules)
        lines = statements.of_chain(segment.parts)
        return Occurrence(segment.path, tuple(lines), statements, segment.source, segment.output)

    def _of_chain(self, chain: Chain) -> list[str]:
        segments = self._segments.get(id(chain))
        if segments is None:
            return self._top.of_chain(chain)
        lines: list[str] = []
        flat: list[TopPart] = []
        place = 0
        while place < len(segments):
            segment = segments[place]
            if id(segment) not in self._calls:
                flat.append(segment)
                place += 1
                continue
            lines += self._flat(flat)
            flat = []
            run = self._run(segments, place)
            lines += self._of_run(run)
            lines += self._top.taps(run[-1].segment.output)
            place += len(run)
        return lines + self._flat(flat)

    def _flat(self, segments: Sequence[TopPart]) -> list[str]:
        chain = tuple(part for segment in segments for part in segment.parts)
        return self._top.of_chain(chain) if chain else []

    def _run(self, segments: Sequence[TopPart], place: int) -> list[BlockCall]:
        """The calls of one block with the same arguments from a place on, the stride of the first aside."""
        run = [self._calls[id(segments[place])]]
        series: PathSeries | None = None
        if run[0].segment.output in self._top.tapped or run[0].alone:
            return run
        for segment in segments[place + 1 :]:
            call = self._calls.get(id(segment))
            if call is None or call.unit != run[0].unit or call.stride or not _follows(run[-1], call, series):
                break
            series = series_between(run[-1].segment.path, call.segment.path)
            run.append(call)
            if segment.output in self._top.tapped:
                break
        return run

    def _of_run(self, run: Sequence[BlockCall]) -> list[str]:
        first = run[0]
        count = f" x {len(run)}" if len(run) > 1 else ""
        stride = f", /{first.stride}" if first.stride else ""
        shape = f"   -> {shape_text(self.graph.shapes[run[-1].segment.output])}"
        path = first.segment.path
        if not path:
            return [f"stage {self._fresh_stage()}: {first.unit}{count}{stride}{shape}"]
        stage, _, last = path.rpartition(".")
        series = next(iter(series_of(last)), None)
        if stage and last == "0" and self._is_whole(stage, run):
            self._stages.add(stage)
            return [f"stage {_word(stage)}{self._title(stage)}: {first.unit}{count}{stride}{shape}"]
        if stage and series and len(run) > 1 and not last.isdigit() and self._is_whole(stage, run):
            index = f"{{i + {series.number}}}" if series.number else "{i}"
            named = f'path="{series.head}{index}{series.tail}"'
            self._stages.add(stage)
            return [f"stage {_word(stage)}: {first.unit}{count}{stride}, {named}{shape}"]
        return [self._labelled(call) for call in run]

    def _labelled(self, call: BlockCall) -> str:
        arguments = call.arguments
        if call.stride:
            arguments = f"{arguments}, /{call.stride}" if arguments else f"/{call.stride}"
        return f"{_word(call.segment.path)}: {call.name}({arguments})"

    def _is_whole(self, stage: str, run: Sequence[BlockCall]) -> bool:
        """Whether a run has all layers whose paths begin with that of a stage."""
        inner = sum(len([node for node in _nodes(call.segment) if node]) for call in run)
        return stage not in self._stages and inner == sum(path.startswith(f"{stage}.") for path in self._paths)

    def _fresh_stage(self) -> str:
        number = len(self._stages) + 1
        self._stages.add(f"stage{number}")
        return f"stage{number}"

    def _title(self, stage: str) -> str:
        title = self.graph.titles.get(stage)
        return f" {quoted(title)}" if title else ""


def _join_twins(alike: dict[tuple[str, ...], list[tuple[TopPart, Occurrence]]]) -> set[int]:
    """Put blocks that are the body of a residual of others beside these, where their calls have no shortcut.

    Returns:
        The identities of the parts that are put there.
    """
    twins: set[int] = set()
    for lines in list(alike):
        whole = alike.get(("residual {", *lines, "}"))
        if whole is not None:
            moved = alike.pop(lines)
            twins.update(id(segment) for segment, _ in moved)
            whole += [(segment, replace(occurrence, lines=whole[0][1].lines)) for segment, occurrence in moved]
    return twins


def _nodes(segment: TopPart) -> Iterator[str]:
    from resdsl.lifting.structure import nodes_of

    for node in nodes_of(segment.parts):
        if node.tensors:
            yield node.path


def _follows(one: BlockCall, other: BlockCall, series: PathSeries | None) -> bool:
    """Whether the path of a block has the number after that of another; blocks without paths follow each other."""
    if not one.segment.path and not other.segment.path:
        return True
    found = series_between(one.segment.path, other.segment.path)
    return found is not None and (series is None or (found.head, found.tail) == (series.head, series.tail))


def _call(segment: TopPart, name: str, given: dict[str, str], graph: PlainGraph) -> BlockCall:
    """A call; its stride is an argument like others where it is not that of the block as a whole."""
    stride = given.get("stride", "1")
    rest = [(parameter, value) for parameter, value in given.items() if parameter != "stride"]
    pieces = [value if not place else f"{parameter}={value}" for place, (parameter, value) in enumerate(rest)]
    if stride == "1":
        return BlockCall(segment, name, ", ".join(pieces), "")
    whole = strides_of(segment.parts, graph)
    if whole is not None and set(stride.split("x")) == set(map(str, whole)):
        return BlockCall(segment, name, ", ".join(pieces), stride)
    return BlockCall(segment, name, ", ".join([*pieces, f"/{stride}"]), "", alone=True)


def _word(path: str) -> str:
    return path if is_name(path) else quoted(path)


class BlockNames:
    """Names of blocks after what they are."""

    def __init__(self) -> None:
        self._taken: dict[str, int] = {}

    def of_kind(self, kind: str) -> str:
        """A new name for something of a kind."""
        number = self._taken[kind] = self._taken.get(kind, 0) + 1
        return kind if number == 1 else f"{kind}{number}"

    def fresh(self, segment: TopPart) -> str:
        """A new name for a chain."""
        kind = "unit"
        joins = [part.node.op.op for part in segment.parts if isinstance(part, Branches)]
        if "add" not in joins:
            kind = "mix" if "concat" in joins else "block"
        return self.of_kind(kind)
