"""Points as a file of Parquet: the figures of JSON, typed columns, groups of rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from resdsl.compiler import read_spec
from resdsl.source import Source
from resdsl.sweeps import parquet as module
from resdsl.sweeps.parquet import NoColumn, write_points
from resdsl.sweeps.sweep import Sweep
from resdsl.sweeps.table import point_record
from tests.cli.running import Command

TEXT = """
network net(n = 1, width = 4, shortcut = A, depths = [1], rate = 0, on = true, depth = 3, wide = 1) {{
  input 3x8x8
  conv 3x3, width * wide; norm; act
  for d in depths {{ stage "layer{{d}}": basic(width * wide) x n * d }}
  if on {{ dropout rate / 10 }}
  avgpool global
  fc depth
}}
sweep family {{ network net
{} }}
"""


def family(lines: str) -> Sweep:
    return read_spec(Source("net.res", TEXT.format(lines))).sweep("family", with_memory=True)


def written(lines: str, folder: Path) -> Any:
    sweep = family(lines)
    write_points(sweep.points(), sweep, folder / "points.parquet")
    return parquet.ParquetFile(folder / "points.parquet")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ("n = [1, 2]", "int64"),
        ("rate = [1, 0.5]", "double"),
        ("on = [true, false]", "bool"),
        ("depths = [[1], [2, 1]]", "list<element: int64>"),
        ("shortcut = [A, none]", "string"),
        ("norm = [bn, none]", "string"),
    ],
)
def test_columns_have_the_types_of_their_values(values: str, kind: str, tmp_path: Path) -> None:
    found = written(f"over {values}", tmp_path)
    assert str(found.schema_arrow.field(values.partition(" ")[0]).type) == kind


def test_rows_are_the_records_of_json(tmp_path: Path) -> None:
    lines = "over n = 1..4, shortcut = [A, B], depths = [[1], [1, 2]]\nsolve width in 1..9 for macs = 40k"
    rows = written(lines, tmp_path).read().to_pylist()
    records = [point_record(point) for point in family(lines).points()]
    assert len(rows) == 12
    for row, record in zip(rows, records, strict=True):
        assert row == {**record.pop("parameters"), **record}


def test_a_parameter_that_is_called_like_a_figure_keeps_its_column(tmp_path: Path) -> None:
    rows = written("over depth = [3, 4]", tmp_path).read().to_pylist()
    assert [(row["parameter_depth"], row["depth"]) for row in rows] == [(3, 4), (4, 4)]


def test_rows_are_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "GROUP", 4)
    found = written("over n = 1..11", tmp_path)
    assert [found.metadata.row_group(at).num_rows for at in range(found.num_row_groups)] == [4, 4, 2]
    assert found.read().column("n").to_pylist() == list(range(1, 11))


def test_without_points_there_are_columns(tmp_path: Path) -> None:
    found = written("over n = [1, 2]\nkeep params > 1G", tmp_path)
    assert (found.metadata.num_rows, found.schema_arrow.names[:3]) == (0, ["name", "network", "n"])


def test_a_number_of_more_than_64_bits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoColumn, match="values of one type"):
        written("over n = [1], wide = [50000000]", tmp_path)


def test_the_command_writes_a_whole_file_or_none(resdsl: Command) -> None:
    resdsl.write("net.res", TEXT.format("over n = 1..4, shortcut = [A, B]"))
    words = ["sweep", "net.res", "family", "--format", "parquet"]
    assert "needs a file" in resdsl(*words).err
    done = resdsl(*words, "-o", "points.parquet")
    assert (done.code, done.err.splitlines()[0]) == (0, "wrote points.parquet")
    rows = parquet.read_table(resdsl.folder / "points.parquet").to_pylist()
    whole = json.loads(resdsl("sweep", "net.res", "family", "--format", "json").out)["points"]
    assert [row["macs"] for row in rows] == [point["macs"] for point in whole]
    assert resdsl(*words, "-o", "sorted.parquet", "--sort", "-macs", "--top", "2").code == 0
    best = parquet.read_table(resdsl.folder / "sorted.parquet").to_pylist()
    assert [row["macs"] for row in best] == sorted([row["macs"] for row in rows], reverse=True)[:2]
    assert resdsl(*words, "-o", "failed.parquet", "--over", "n=1,0").code == 1
    assert sorted(path.name for path in resdsl.folder.iterdir()) == ["net.res", "points.parquet", "sorted.parquet"]


def test_without_the_package(resdsl: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resdsl.sweeps.parquet.find_spec", lambda _: None)
    resdsl.write("net.res", TEXT.format("over n = 1..4"))
    done = resdsl("sweep", "net.res", "family", "--format", "parquet", "-o", "points.parquet")
    assert done.code == 2
    assert done.err.endswith("--format parquet needs the package pyarrow: pip install 'resdsl[parquet]'\n")
