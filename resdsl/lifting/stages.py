"""The top of a network as text: runs of equal blocks as stages, and all else as it comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from resdsl.lifting.calls import BlockCall, unit_of
from resdsl.lifting.definitions import BlockDefinitions, BlockNames
from resdsl.lifting.graph import PlainGraph
from resdsl.lifting.loops import with_loops
from resdsl.lifting.paths import PathSeries, series_between, series_of
from resdsl.lifting.regions import ValueNames
from resdsl.lifting.rows import with_names
from resdsl.lifting.segments import TopPart, chains_at_top, segments_of
from resdsl.lifting.series import with_series
from resdsl.lifting.statements import Statements, as_written, filled, label_text, shape_text
from resdsl.lifting.structure import Chain
from resdsl.lifting.style import CommonSettings
from resdsl.lifting.twins import Twins
from resdsl.printer.expressions import quoted


@dataclass
class TopLines:
    """A graph as definitions and the lines of a network.

    Attributes:
        brackets: whether blocks may be brackets.
        loose_brackets: whether one of them stands outside a stage, which is no text of the language.
    """

    graph: PlainGraph
    style: CommonSettings
    shared: frozenset[str]
    definitions: list[str] = field(default_factory=list)
    modules: Mapping[int, str] = field(default_factory=dict)
    names: BlockNames = field(default_factory=BlockNames)
    merging: bool = True
    brackets: bool = True
    loose_brackets: bool = False
    _calls: dict[int, BlockCall] = field(default_factory=dict)
    _segments: dict[int, list[TopPart]] = field(default_factory=dict)
    _stages: set[str] = field(default_factory=set)
    _ends: set[tuple[str, str]] = field(default_factory=set)
    _inside: Counter[str] = field(default_factory=Counter)

    @property
    def has_brackets(self) -> bool:
        """Whether some of its blocks are brackets."""
        return any(call.is_bracket for call in self._calls.values())

    def lines(self, chain: Chain) -> list[str]:
        """The lines of the network, without braces; the definitions are made on the way."""
        tapped = {value: name for name, value in self.graph.outputs[:-1]}
        self._inside = _layers_inside(self.graph)
        self._make_blocks(chain, tapped)
        self._top = Statements(
            self.graph, self.style, shared=self.shared, modules=self.modules, tapped=tapped, at_top=self._inner
        )
        if len(self.graph.inputs) > 1:
            self._top.values.know({name: name for name in self.graph.inputs})
        lines = self._tapped_inputs() + self._of_chain(chain)
        return self._written(self._with_late_taps(lines))

    def _with_late_taps(self, lines: list[str]) -> list[str]:
        """Lines with the outputs that come after others which are computed later, before what flows at the end."""
        late = self._top.late_taps()
        if not late:
            return lines
        last, names = self.graph.outputs[-1][1], self._top.values
        taken_up = f"from {names.of(last)}"
        before = lines[:-1] if lines[-1:] == [taken_up] else [*lines, *names.statement(last)]
        return [*before, *late, taken_up]

    def lines_of_block(self, chain: Chain) -> tuple[list[str], list[str]]:
        """The lines of a block, which may yield several values, and the names of those that it reads beside the first.

        The definitions of blocks in it are made on the way.
        """
        several = len(self.graph.outputs) > 1
        values = ValueNames()
        _, *beside = [values.of(value) for value in self.graph.inputs]
        values.know(dict(zip([*self.graph.inputs][1:], beside, strict=True)))
        tapped = {value: "" for _, value in self.graph.outputs} if several else {}
        self._inside = _layers_inside(self.graph)
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
        named = self.style.named
        made = BlockDefinitions(self.graph, self.style, self.shared, self.modules, self.names)
        made.merging, made.brackets = self.merging, self.brackets
        chains = list(chains_at_top(chain))
        segments = [segments_of(each, named=named, tapped=tapped) for each in chains]
        segments = Twins(made.lines_of, tapped, named).found_in(segments)
        self._segments = {id(each): parts for each, parts in zip(chains, segments, strict=True)}
        self._calls = made.calls(
            [part for parts in segments for part in parts if part.is_block and self._is_module(part)]
        )
        self.definitions += made.texts

    def _is_module(self, segment: TopPart) -> bool:
        """Whether a block has all layers within its path, which is then its own."""
        if not segment.path:
            return True
        return sum(1 for _ in _nodes(segment)) == self._inside[segment.path]

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
            stage = self._stage_of(run)
            # The last block of what is no stage may be the first one of the next.
            run = run if stage else run[:-1] or run
            lines += [stage] if stage else [self._of_call(call) for call in run]
            lines += self._top.taps(run[-1].segment.output)
            place += len(run)
        return lines + self._flat(flat)

    def _flat(self, segments: Sequence[TopPart]) -> list[str]:
        chain = tuple(part for segment in segments for part in segment.parts)
        return self._top.of_chain(chain) if chain else []

    def _run(self, segments: Sequence[TopPart], place: int) -> list[BlockCall]:
        """The calls of one block from a place on that may be a stage; only the first has a stride."""
        run = [self._calls[id(segments[place])]]
        series: PathSeries | None = None
        for segment in segments[place + 1 :]:
            call = self._calls.get(id(segment))
            if run[-1].segment.output in self._top.tapped or call is None or call.stride:
                break
            if unit_of([*run, call]) is None or not self._goes_on(run, call, series):
                break
            series = series_between(run[-1].segment.path, call.segment.path)
            run.append(call)
        return run

    def _goes_on(self, run: Sequence[BlockCall], call: BlockCall, series: PathSeries | None) -> bool:
        """Whether a block belongs to the stage of those before it: it is the next by its path, or like them."""
        before, path = run[-1].segment, call.segment.path
        if before.path or path:
            found = series_between(before.path, path)
            return found is not None and (series is None or (found.head, found.tail) == (series.head, series.tail))
        return self.graph.shapes[before.output] == self.graph.shapes[call.segment.output] or self._grows(run, call)

    def _grows(self, run: Sequence[BlockCall], call: BlockCall) -> bool:
        """Whether the width changes from block to block, on maps of equal sizes."""
        widths = [self.graph.shapes[each.segment.output] for each in (*run, call)]
        same_sizes = len({shape[1:] for shape in widths}) == 1
        return same_sizes and len(run) + 1 < 2 * len(set(widths))

    def _of_call(self, call: BlockCall) -> str:
        """A block by itself, as a stage if all layers of one are in it."""
        stage = self._stage_of([call])
        self.loose_brackets |= call.is_bracket and not stage
        return stage or f"{label_text(call.segment.path)}: {call.whole}"

    def _stage_of(self, run: Sequence[BlockCall]) -> str:
        """Blocks as a stage; empty if their paths are not those of one."""
        first, path = run[0], run[0].segment.path
        unit = unit_of(run)
        count = f" x {len(run)}" if len(run) > 1 else ""
        stride = f", /{first.stride}" if first.stride else ""
        shape = f"   -> {shape_text(self.graph.shapes[run[-1].segment.output])}"
        if not path:
            return f"stage {self._fresh_stage()}: {unit}{count}{stride}{shape}"
        stage, _, last = path.rpartition(".")
        if stage and last == "0" and self._is_whole(stage, run):
            self._stages.add(stage)
            return f"stage {label_text(stage)}{self._title(stage)}: {unit}{count}{stride}{shape}"
        series = series_between(path, run[1].segment.path) if len(run) > 1 else self._alone(path)
        stage, _, head = series.head.rpartition(".") if series is not None else ("", "", "")
        if series is not None and stage and self._is_whole(stage, run):
            index = f"{{i + {series.number}}}" if series.number else "{i}"
            self._stages.add(stage)
            self._ends.add((head, series.tail))
            return f'stage {label_text(stage)}: {unit}{count}{stride}, path="{head}{index}{series.tail}"{shape}'
        return ""

    def _alone(self, path: str) -> PathSeries | None:
        """A block as the only one of a stage, where stages of several have such paths."""
        found = (series for series in series_of(path) if series.number == 0)
        return next((each for each in found if (each.head.rpartition(".")[2], each.tail) in self._ends), None)

    def _is_whole(self, stage: str, run: Sequence[BlockCall]) -> bool:
        """Whether a run has all layers whose paths begin with that of a stage."""
        inner = sum(len([node for node in _nodes(call.segment) if node]) for call in run)
        return stage not in self._stages and inner == self._inside[stage]

    def _fresh_stage(self) -> str:
        number = len(self._stages) + 1
        self._stages.add(f"stage{number}")
        return f"stage{number}"

    def _title(self, stage: str) -> str:
        title = self.graph.titles.get(stage)
        return f" {quoted(title)}" if title else ""


def _layers_inside(graph: PlainGraph) -> Counter[str]:
    """How many layers with weights are within each path."""
    paths = [each.path for node in graph.nodes for each in node.plain() if each.tensors]
    return Counter(path[:end] for path in paths for end, letter in enumerate(path) if letter == ".")


def _nodes(segment: TopPart) -> Iterator[str]:
    from resdsl.lifting.structure import nodes_of

    for node in nodes_of(segment.parts):
        if node.tensors:
            yield node.path
