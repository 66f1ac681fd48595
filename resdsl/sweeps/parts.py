"""Parts of a sweep costed apart, on machines that share nothing, and put together again.

A part has every `count`-th combination, so that parts cost about the same: neighbours do. Its file has a line of JSON
that says of which sweep it is, and lines for all its combinations in their order: a record with the hash of the network
or, where a line of the sweep leaves them out, a letter each.
Put together, the parts stand for this process: points, warnings and what the lint finds are those of a single run.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from hashlib import sha256
from math import ceil, sqrt
from pathlib import Path
from typing import IO, Any

from resdsl.analysis.costs import Costs
from resdsl.ops.records import Work
from resdsl.refusal import Refused
from resdsl.source import Span
from resdsl.sweeps.costing import Costed
from resdsl.sweeps.exhaustion import Exhaustion
from resdsl.sweeps.left_out import LeftOut
from resdsl.sweeps.point import Point
from resdsl.sweeps.solving import Solution
from resdsl.sweeps.sweep import Cost, Sweep, Watch
from resdsl.sweeps.units.shards import Shard
from resdsl.syntax import tree
from resdsl.version import __version__

PART_VERSION = 1
"""The version of the format."""
_LETTERS = {None: "-", "when": "w", "solve": "s", "keep": "k"}
_LINES = {letter: line for line, letter in _LETTERS.items()}
_MOST_LETTERS = 10_000
_DEVIATIONS = 4
"""By how many standard deviations a part has more points of a sample than its share."""
_LITERAL = str.maketrans({mark: f"[{mark}]" for mark in "*?["})


class NotAPart(Refused):
    """A file is not a part of the sweep, or one is missing."""

    of_usage = True


def part_path(path: Path, shard: Shard) -> Path:
    """The file of a part of what is to be in another file."""
    return path.with_name(f"{path.name}.{shard.number}-of-{shard.count}")


def part_paths(path: Path) -> list[Path]:
    """The files of all parts of what is to be in another file, as many as the first one found says.

    Raises:
        NotAPart: some are missing, or there are parts of several divisions.
    """
    found = [*path.parent.glob(f"{path.name.translate(_LITERAL)}.*-of-*")]
    counts = {int(last) for each in found if (last := each.name.rpartition("-of-")[2]).isdecimal()}
    if not counts:
        return []
    if len(counts) > 1:
        raise NotAPart(f"beside {path} are parts of several divisions: of {' and of '.join(map(str, sorted(counts)))}")
    (count,) = counts
    wanted = [part_path(path, Shard(number, count)) for number in range(1, count + 1)]
    missing = [each for each in wanted if not each.is_file()]
    if missing:
        raise NotAPart(f"{len(missing)} of {count} parts missing, such as {missing[0]}")
    return wanted


def part_lines(sweep: Sweep, shard: Shard, cost: Cost | None = None, watch: Watch | None = None) -> Iterator[str]:
    """The lines of a part, each as soon as its combination is costed.

    Args:
        sweep: the sweep.
        shard: which part.
        cost: what costs combinations, as for `Sweep.found`.
        watch: called with the counts after each combination of the part.

    Raises:
        SpecError: a network cannot be built, or a line cannot be evaluated.
    """
    yield _line({"resdsl_part": PART_VERSION, **_head(sweep, shard)})
    found, exhaustion = LeftOut(sweep.plan), sweep.exhaustion()
    shares = (_share(group, shard) for group in sweep.groups())
    for group, of_share in zip(sweep.groups(), (cost or sweep.cost_groups)(shares), strict=True):
        yield _line({"from": group.start})
        letters = ""
        for costed in _of_part(sweep, shard, group, of_share, exhaustion):
            found.note(costed)
            if watch is not None:
                watch(found)
            if _is_letter(costed):
                letters += _LETTERS[costed.left_out]
            if letters and (len(letters) == _MOST_LETTERS or not _is_letter(costed)):
                yield _line({"left_out": letters})
                letters = ""
            if not _is_letter(costed):
                yield _line(_record(costed))
        if letters:
            yield _line({"left_out": letters})


def _is_letter(costed: Costed) -> bool:
    """Whether nothing is known of a combination but what left it out."""
    return costed.point is None and costed.solved is None


def _share(group: range, shard: Shard) -> range:
    """The indices in a group that are those of a part."""
    return group[(shard.number - 1 - group.start) % shard.count :: shard.count]


def _of_part(
    sweep: Sweep, shard: Shard, group: range, found: Generator[Costed, None, None], exhaustion: Exhaustion | None
) -> Iterator[Costed]:
    """What is found at the combinations of a group that are those of a part.

    Of a sample, that is its share of the points and some more: the others may have fewer, and what is missing in the
    end is costed when parts are put together.
    """
    most = None
    if sweep.plan.sampling is not None:
        share = sweep.plan.sampling.count / shard.count
        most = ceil(share + _DEVIATIONS * sqrt(share))
    kept = 0
    with closing(found):
        for costed, index in zip(found, _share(group, shard), strict=False):
            yield costed
            kept += costed.point is not None
            if kept == most or (exhaustion is not None and exhaustion.is_over(index - group.start)):
                break


@dataclass(frozen=True)
class FromParts:
    """What was found in parts, for `Sweep.found`.

    Attributes:
        sweep: the sweep.
        paths: the files of all parts, in their order.
    """

    sweep: Sweep
    paths: Sequence[Path]

    def __call__(self, groups: Iterable[range]) -> Generator[Generator[Costed, None, None], None, None]:
        """What was found at the combinations of each group, in order.

        Raises:
            NotAPart: a file is not a part of this sweep.
            SpecError: a network that no part has costed cannot be built.
            OSError: a file cannot be read.
        """
        return (self._of_group(indices) for indices in groups)

    def _of_group(self, indices: range) -> Generator[Costed, None, None]:
        count = len(self.paths)
        with ExitStack() as files:
            parts = [
                self._part(files.enter_context(path.open(encoding="utf-8")), path, Shard(place + 1, count), indices)
                for place, path in enumerate(self.paths)
            ]
            for index in indices:
                record = next(parts[index % count], None)
                if record is None:
                    yield from self.sweep.cost(range(index, index + 1))
                else:
                    yield self._costed(index, record, self.paths[index % count])

    def _part(self, file: IO[str], path: Path, shard: Shard, indices: range) -> Iterator[dict[str, Any]]:
        """What a part has of each of its combinations in a group."""
        head = _read(file.readline(), path)
        if head.get("resdsl_part") != PART_VERSION:
            raise NotAPart(f"{path} is not a part of a sweep")
        if head != {"resdsl_part": PART_VERSION, **_head(self.sweep, shard)}:
            raise NotAPart(f"{path} is a part of another sweep, or was costed before something changed: cost it again")
        start = -1
        for line in file:
            record = _read(line, path)
            start = record.get("from", start)
            if start != indices.start or "from" in record:
                continue
            if "left_out" in record and "point" not in record:
                yield from [{"left_out": _LINES.get(letter), "point": None} for letter in str(record["left_out"])]
            else:
                yield record

    def _costed(self, index: int, record: dict[str, Any], path: Path) -> Costed:
        try:
            left_out = record["left_out"]
            solved = Solution(*record["solved"]) if record.get("solved") is not None else None
            given = record["point"]
            if given is None:
                return Costed(solved=solved, left_out=left_out)
            values = self.sweep.costing.values(self.sweep.combination(index))
            if solved is not None and self.sweep.plan.solve is not None:
                values[self.sweep.plan.solve.name.text] = solved.value
            costs = Costs(**{**given["costs"], "work": Work(**given["costs"]["work"])})
            parameters = tuple(values.items())
            point = Point(index, given["name"], given["network"], parameters, costs, given["memory"])
            return Costed(point, solved=solved, left_out=left_out, known_digest=record["digest"])
        except (KeyError, TypeError):
            raise NotAPart(f"{path} is damaged: cost it again") from None


def _head(sweep: Sweep, shard: Shard) -> dict[str, Any]:
    """What a part is of: equal texts, lines and versions make equal parts."""
    texts = {line.span.source.text for line in sweep.plan.node.lines}
    fixed = sorted(
        (name, given.span.text if given.span else repr(given.value)) for name, given in sweep.plan.fixed.items()
    )
    contents = [path.read_bytes() for path in sweep.files]
    # Texts alone do not have the order of axes, nor which of several options are one line.
    lines = _wording(sweep.plan.node.lines)
    digest = sha256(repr((lines, sorted(texts), fixed, contents, sweep.with_memory)).encode()).hexdigest()
    return {"sweep": sweep.name, "part": [shard.number, shard.count], "sha256": digest, "resdsl": __version__}


def _wording(part: object) -> object:
    """A syntax tree, or what is in one, without its places in texts."""
    if isinstance(part, tree.Node):
        return (type(part).__name__, *map(_wording, part.children()))
    if isinstance(part, tuple):
        return tuple(map(_wording, part))
    return None if isinstance(part, Span) else part


def _record(costed: Costed) -> dict[str, Any]:
    point = costed.point
    return {
        "point": None
        if point is None
        else {"name": point.name, "network": point.network, "memory": point.memory, "costs": asdict(point.costs)},
        "solved": list(costed.solved) if costed.solved is not None else None,
        "left_out": costed.left_out,
        "digest": costed.digest,
    }


def _line(record: dict[str, Any]) -> str:
    return json.dumps(record) + "\n"


def _read(line: str, path: Path) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except ValueError:
        record = None
    if not isinstance(record, dict):
        raise NotAPart(f"{path} is not a part of a sweep")
    return record
