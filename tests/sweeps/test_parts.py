"""Parts of a sweep costed apart and put together: what a single run finds, and what is no part is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from resdsl.diagnostics.spec_error import SpecError
from resdsl.sweeps.chunks import InChunks
from resdsl.sweeps.lint.sample import LintSample
from resdsl.sweeps.parts import FromParts, NotAPart, part_lines, part_path, part_paths
from resdsl.sweeps.sweep import Sweep
from resdsl.sweeps.units.shards import Shard
from tests.cli.running import Command
from tests.sweeps.families import FAMILIES, Costs, expect_equal, family, found
from tests.sweeps.test_chunks import in_order

SMALL = ["sweep", "net.res", "family", "--over", "n=1..5"]


def costed(make: Callable[[], Sweep], count: int, folder: Path) -> Path:
    """The file whose parts were costed."""
    for number in range(1, count + 1):
        shard = Shard(number, count)
        part_path(folder / "points", shard).write_text("".join(part_lines(make(), shard)), encoding="utf-8")
    return folder / "points"


def of(path: Path) -> Costs:
    return lambda sweep, _: FromParts(sweep, part_paths(path))


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("name", [name for name in FAMILIES if "fails" not in name])
def test_parts_together_are_the_whole(name: str, count: int, tmp_path: Path) -> None:
    path = costed(lambda: family(FAMILIES[name]), count, tmp_path)
    expect_equal(found(family(FAMILIES[name]), of(path)), found(family(FAMILIES[name])))


def test_there_may_be_more_parts_than_points(tmp_path: Path) -> None:
    path = costed(lambda: family("over n = [1, 2]"), 4, tmp_path)
    expect_equal(found(family("over n = [1, 2]"), of(path)), found(family("over n = [1, 2]")))


def test_a_part_may_be_costed_in_chunks() -> None:
    sweep = family(FAMILIES["a product"])
    shard = Shard(2, 3)
    in_chunks = InChunks(sweep, in_order, 2, lambda: LintSample(sweep.axes).grid)
    assert list(part_lines(sweep, shard, in_chunks)) == list(part_lines(family(FAMILIES["a product"]), shard))


def test_a_point_that_fails_ends_its_part() -> None:
    sweep = family(FAMILIES["one that fails"])
    with pytest.raises(SpecError, match="the point n = 20, shortcut = A does not make a network"):
        list(part_lines(sweep, Shard(1, 2)))


def test_parts_of_another_sweep_are_refused(tmp_path: Path) -> None:
    path = costed(lambda: family("over n = [1, 2]"), 2, tmp_path)
    for other in ("over n = [1, 3]", "over n = [1, 2]\nkeep params > 1"):
        with pytest.raises(NotAPart, match=r"points.1-of-2 is a part of another sweep"):
            list(family(other).found(FromParts(family(other), part_paths(path))))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda _: "", "is not a part of a sweep"),
        (lambda _: "{}\n", "is not a part of a sweep"),
        (lambda text: text.replace('{"from"', '[1]\n{"from"'), "is not a part of a sweep"),
        (lambda text: text.replace('"costs"', '"cost"'), "is damaged"),
        (lambda text: text.replace('"depth"', '"deep"'), "is damaged"),
        (lambda text: text.replace('"solved": null', '"solved": [1]'), "is damaged"),
    ],
)
def test_what_is_no_part_is_refused(change: Callable[[str], str], said: str, tmp_path: Path) -> None:
    path = costed(lambda: family("over n = [1, 2]"), 1, tmp_path)
    part = part_path(path, Shard())
    part.write_text(change(part.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(NotAPart, match=said):
        list(family("over n = [1, 2]").found(FromParts(family("over n = [1, 2]"), part_paths(path))))


def test_missing_parts_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a[b]*"
    assert part_paths(path) == []
    part_path(path, Shard(2, 3)).touch()
    with pytest.raises(NotAPart, match=r"2 of 3 parts missing, such as .*1-of-3"):
        part_paths(path)
    part_path(path, Shard(1, 2)).touch()
    with pytest.raises(NotAPart, match="parts of several divisions: of 2 and of 3"):
        part_paths(path)


# ------------------------------------------------------------------------------------ the command


@pytest.fixture
def spec(resdsl: Command) -> list[str]:
    text = "network net(n = 1, shortcut = A) { input 3x8x8; conv 3x3, 4; norm; act; stage s: basic(4) x n; fc 3 }\n"
    resdsl.write("net.res", text + "sweep family { network net; over n = 1..4, shortcut = [A, none] }\n")
    return ["sweep", "net.res", "family"]


def test_the_command_costs_parts_and_puts_them_together(resdsl: Command, spec: list[str]) -> None:
    for number in (1, 2):
        done = resdsl(*spec, "--shard", f"{number}/2", "-o", "points.csv")
        assert (done.code, done.err) == (0, f"wrote points.csv.{number}-of-2\n")
    whole = resdsl(*spec, "--format", "csv", "-o", "whole.csv")
    done = resdsl(*spec, "--merge", "--format", "csv", "-o", "points.csv")
    assert (done.code, done.err.replace("points.csv", "whole.csv")) == (0, whole.err)
    folder = resdsl.folder
    assert (folder / "points.csv").read_bytes() == (folder / "whole.csv").read_bytes()
    best = resdsl(*spec, "--merge", "--format", "json", "--sort", "-macs", "--top", "1", "-o", "points.csv")
    assert best.code == 0
    assert len(json.loads((folder / "points.csv").read_text(encoding="utf-8"))["points"]) == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--shard", "1/2"], "--shard needs a file or a folder"),
        (["--shard", "1/2", "--lint"], "--lint needs all points: --shard would have no effect"),
        (["--shard", "1/2", "-o", "p", "--sort", "macs"], "a part shows no table: --sort would have no effect"),
        (["--shard", "1/2", "-o", "p", "--format", "csv"], "a part shows no table: --format csv would have no effect"),
        (["--merge", "-o", "p"], "there is no folder p with points to merge"),
    ],
)
def test_options_that_do_not_go_together(resdsl: Command, spec: list[str], words: list[str], said: str) -> None:
    done = resdsl(*spec, *words)
    assert done.code == 2
    assert said in " ".join(done.err.split())


@pytest.mark.parametrize(
    ("of_parts", "of_the_whole"),
    [
        (["--over", "n=1,2", "--over", "w=4,8"], ["--over", "w=4,8", "--over", "n=1,2"]),
        (["--together", "n=1,2", "--together", "w=4,8"], ["--together", "n=1,2", "--together", "w=4,6"]),
        (["--over", "n=1,2", "--over", "w=4,8"], ["--together", "n=1,2", "--together", "w=4,8"]),
        (["--over", "n=1,2", "--when", "n < 2"], ["--over", "n=1,2", "--keep", "n < 2"]),
    ],
)
def test_parts_of_the_same_texts_in_other_lines_are_refused(
    resdsl: Command, of_parts: list[str], of_the_whole: list[str]
) -> None:
    resdsl.write("net.res", "network net(n = 1, w = 4) { input 3x8x8; conv 3x3, w; stage s: basic(w) x n }")
    resdsl("sweep", "net.res", *of_parts, "--shard", "1/1", "-o", "points")
    refused = resdsl("sweep", "net.res", *of_the_whole, "--merge", "-o", "points", "--format", "csv")
    assert (refused.code, refused.out) == (2, "")
    assert "points.1-of-1 is a part of another sweep" in refused.err
    assert resdsl("sweep", "net.res", *of_parts, "--merge", "-o", "points", "--format", "csv").code == 0
