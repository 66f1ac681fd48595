"""Parts of a sweep costed apart, on machines that share nothing, and put together again.

A part has every `count`-th combination, so that parts cost about the same: neighbours do. Its file has a line of JSON
that says of which sweep it is, and one for each combination where something was found, the hash of the network with it.
Put together, the parts stand for this process: points, warnings and what the lint finds are those of a single run.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import IO, Any

from resdsl.analysis.costs import Costs
from resdsl.ops.records import Work
from resdsl.refusal import Refused
from resdsl.sweeps.costing import Costed
from resdsl.sweeps.point import Point
from resdsl.sweeps.solving import Solution
from resdsl.sweeps.sweep import Cost, Sweep
from resdsl.sweeps.units.shards import Shard
from resdsl.version import __version__

PART_VERSION = 1
"""The version of the format."""
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


def part_lines(sweep: Sweep, shard: Shard, cost: Cost | None = None) -> Iterator[str]:
    """The lines of a part, each as soon as its combination is costed.

    Raises:
        SpecError: a network cannot be built, or a line cannot be evaluated.
    """
    yield _line({"resdsl_part": PART_VERSION, **_head(sweep, shard)})
    indices = range(sweep.size)[shard.number - 1 :: shard.count]
    for index, costed in zip(indices, (cost or sweep.cost)(indices), strict=True):
        if costed.point is not None or costed.solved is not None:
            yield _line({"index": index, **_record(costed)})


@dataclass(frozen=True)
class FromParts:
    """What was found in parts, for `Sweep.found`.

    Attributes:
        sweep: the sweep.
        paths: the files of all parts, in their order.
    """

    sweep: Sweep
    paths: Sequence[Path]

    def __call__(self, indices: range) -> Iterator[Costed]:
        """What was found at the combinations, in order.

        Raises:
            NotAPart: a file is not a part of this sweep.
            OSError: a file cannot be read.
        """
        count = len(self.paths)
        with ExitStack() as files:
            parts = [
                self._part(files.enter_context(path.open(encoding="utf-8")), path, Shard(place + 1, count))
                for place, path in enumerate(self.paths)
            ]
            upcoming = [next(part, None) for part in parts]
            for index in indices:
                place = index % count
                record = upcoming[place]
                if record is None or record["index"] != index:
                    yield Costed()
                    continue
                yield self._costed(record, self.paths[place])
                upcoming[place] = next(parts[place], None)

    def _part(self, file: IO[str], path: Path, shard: Shard) -> Iterator[dict[str, Any]]:
        head = _read(file.readline(), path)
        if head.get("resdsl_part") != PART_VERSION:
            raise NotAPart(f"{path} is not a part of a sweep")
        if head != {"resdsl_part": PART_VERSION, **_head(self.sweep, shard)}:
            raise NotAPart(f"{path} is a part of another sweep, or was costed before something changed: cost it again")
        for line in file:
            yield _read(line, path)

    def _costed(self, record: dict[str, Any], path: Path) -> Costed:
        try:
            solved = Solution(*record["solved"]) if record["solved"] is not None else None
            given = record["point"]
            if given is None:
                return Costed(solved=solved)
            values = self.sweep.costing.values(self.sweep.row(record["index"]))
            if solved is not None and self.sweep.plan.solve is not None:
                values[self.sweep.plan.solve.name.text] = solved.value
            costs = Costs(**{**given["costs"], "work": Work(**given["costs"]["work"])})
            parameters = tuple(values.items())
            point = Point(record["index"], given["name"], given["network"], parameters, costs, given["memory"])
            return Costed(point, None, solved, record["digest"])
        except (KeyError, TypeError):
            raise NotAPart(f"{path} is damaged: cost it again") from None


def _head(sweep: Sweep, shard: Shard) -> dict[str, Any]:
    """What a part is of: equal texts, lines and versions make equal parts."""
    texts = {line.span.source.text for line in sweep.plan.node.lines}
    fixed = sorted(
        (name, given.span.text if given.span else repr(given.value)) for name, given in sweep.plan.fixed.items()
    )
    contents = [path.read_bytes() for path in sweep.files]
    digest = sha256(repr((sorted(texts), fixed, contents, sweep.with_memory)).encode()).hexdigest()
    return {"sweep": sweep.name, "part": [shard.number, shard.count], "sha256": digest, "resdsl": __version__}


def _record(costed: Costed) -> dict[str, Any]:
    point = costed.point
    return {
        "point": None
        if point is None
        else {"name": point.name, "network": point.network, "memory": point.memory, "costs": asdict(point.costs)},
        "solved": list(costed.solved) if costed.solved is not None else None,
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
