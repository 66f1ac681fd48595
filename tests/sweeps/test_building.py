"""Points as folders: what is in them, what a manifest says, and parts that are merged."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file

import resdsl
from resdsl.ir.json import VERSION as JSON_VERSION
from resdsl.ir.network import Network
from resdsl.sweeps.building.files import PointFiles
from resdsl.sweeps.building.run import Order, build_all, merge_points
from resdsl.sweeps.canonical import network_hash
from resdsl.sweeps.point import Point
from resdsl.sweeps.units.manifest import FoldersCollide, NoFolder, folder_name, folder_names
from resdsl.sweeps.units.run import RunOutcome
from resdsl.sweeps.units.shards import NoShard, Shard, read_shard
from resdsl.sweeps.units.unit import Outcome
from resdsl.sweeps.units.workers import NoProcesses, outcomes_of
from tests.sweeps.fragile import Parental
from tests.sweeps.points import Family
from tests.sweeps.trees import hashes, times, whole_points

ALL = ("onnx", "torch", "safetensors")
FILES = ("network.onnx", "network.py", "network.safetensors", "network.json")


@pytest.fixture(scope="module")
def family() -> Family:
    """Seven points, of which no two cost the same."""
    return Family(width=[4, 5, 6, 7, 8, 9, 10])


def built(family: Family, root: Path, **order: object) -> RunOutcome:
    wish = replace(Order("widths", root, ALL), **order)  # type: ignore[arg-type]
    return build_all(family.points, family.network, wish)


def test_what_a_point_has(family: Family, tmp_path: Path) -> None:
    heard: list[Outcome] = []
    order = Order("widths", tmp_path, (*ALL, "json"), seed=7)
    run = build_all(family.points, family.network, order, heard.append)
    assert (run.made, run.kept, run.failed, run.missing) == (7, 0, [], ())
    assert [(each.name, each.status) for each in heard] == [(point.name, "made") for point in family.points]
    point = family.points[2]
    folder = tmp_path / point.name
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert {path.name for path in folder.iterdir()} == {*FILES, "manifest.json"}
    assert (manifest["name"], manifest["parameters"], manifest["seed"]) == (point.name, {"width": "6"}, 7)
    assert (manifest["costs"]["params"], manifest["costs"]["macs"]) == (point.costs.params, point.costs.macs)
    assert manifest["ir"]["canonical"] == network_hash(family.network(point))
    model = onnx.load(folder / "network.onnx")
    versions = {"onnx_opset": model.opset_import[0].version, "onnx_ir": model.ir_version}
    assert manifest["versions"] == {"resdsl": resdsl.__version__, "json": JSON_VERSION, **versions}
    whole = json.loads((tmp_path / "manifest.json").read_text(encoding="utf-8"))
    assert whole["versions"] == {"resdsl": resdsl.__version__, "json": JSON_VERSION}
    assert [each["versions"] for each in whole["points"]] == [versions] * 7
    for name, entry in manifest["files"].items():
        data = (folder / name).read_bytes()
        assert entry == {"sha256": sha256(data).hexdigest(), "bytes": len(data)}
    assert resdsl.load(folder / "network.json").params == point.costs.params


def test_what_is_built_runs_and_agrees(family: Family, tmp_path: Path) -> None:
    built(family, tmp_path, seed=7)
    point = family.points[0]
    folder = tmp_path / point.name
    sample = np.random.default_rng(0).standard_normal((2, 3, 8, 8)).astype("f4")
    session = onnxruntime.InferenceSession(folder / "network.onnx", providers=["CPUExecutionProvider"])
    (shown,) = session.run(None, {session.get_inputs()[0].name: sample})
    module = resdsl.Net(family.network(point)).to_torch(seed=1)
    module.load_state_dict(load_file(folder / "network.safetensors"))
    with torch.no_grad():
        wanted = module.eval()(torch.from_numpy(sample)).numpy()
    assert np.allclose(shown, wanted, rtol=1e-4, atol=1e-5)
    assert (folder / "network.py").read_text(encoding="utf-8") == resdsl.Net(family.network(point)).to_torch_source()


def test_several_processes_write_the_same(family: Family, tmp_path: Path) -> None:
    assert built(family, tmp_path / "one").made == 7
    assert built(family, tmp_path / "three", jobs=3).made == 7
    assert hashes(tmp_path / "one") == hashes(tmp_path / "three")


def test_what_is_there_stays_untouched(family: Family, tmp_path: Path) -> None:
    built(family, tmp_path)
    before = times(tmp_path)
    run = built(family, tmp_path)
    assert (run.made, run.kept) == (0, 7)
    assert times(tmp_path) == before


def test_another_kind_is_added(family: Family, tmp_path: Path) -> None:
    built(family, tmp_path / "now", kinds=("onnx",))
    before = times(tmp_path / "now")
    assert built(family, tmp_path / "now", kinds=("torch", "safetensors")).made == 7
    after = times(tmp_path / "now")
    assert all(after[name] == when for name, when in before.items() if name.endswith(".onnx"))
    built(family, tmp_path / "at_once")
    assert hashes(tmp_path / "now") == hashes(tmp_path / "at_once")


def test_another_seed_builds_all_anew(family: Family, tmp_path: Path) -> None:
    built(family, tmp_path / "now", kinds=ALL, seed=1)
    assert built(family, tmp_path / "now", kinds=("onnx",), seed=2).made == 7
    built(family, tmp_path / "fresh", kinds=("onnx",), seed=2)
    assert hashes(tmp_path / "now") == hashes(tmp_path / "fresh"), "files of the old seed were left behind"


def test_a_changed_network_is_built_anew_and_the_others_stay(family: Family, tmp_path: Path) -> None:
    built(family, tmp_path)
    before = times(tmp_path)
    point = family.points[3]
    other = family.network(family.points[4])

    def network(asked: Point) -> Network:
        return other if asked is point else family.network(asked)

    run = build_all(family.points, network, Order("widths", tmp_path, ALL))
    assert (run.made, run.kept) == (1, 6)
    changed = {name.partition("/")[0] for name, when in times(tmp_path).items() if before[name] != when}
    assert changed == {point.name, "manifest.json"}


def test_where_no_folder_can_be_is_said_with_its_own_letters(family: Family, tmp_path: Path) -> None:
    (tmp_path / "File").write_text("no folder", encoding="utf-8")
    with pytest.raises(NoFolder, match="File/Runs is not a folder"):
        built(family, tmp_path / "File" / "Runs")
    root = tmp_path / "Runs"
    (root / family.points[0].name / "network.onnx").mkdir(parents=True)
    run = build_all(family.points[:1], family.network, Order("Widths", root, ("onnx",)))
    assert run.failed[0].reason == f"{root / family.points[0].name / 'network.onnx'} is not a regular file"


def test_a_point_that_fails_costs_no_other(family: Family, tmp_path: Path) -> None:
    blocked = family.points[2].name
    root = tmp_path / "runs"
    root.mkdir()
    (root / blocked).write_text("a file where the folder should be", encoding="utf-8")
    run = built(family, root, jobs=2)
    assert (run.made, [each.name for each in run.failed], run.missing) == (6, [blocked], (blocked,))
    assert run.failed[0].reason == f"{root / blocked} is not a folder, but points go into folders"
    manifest = json.loads((root / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["missing"] == [blocked]
    (root / blocked).unlink()
    assert built(family, root).made == 1
    built(family, tmp_path / "fresh")
    assert hashes(root) == hashes(tmp_path / "fresh")


def test_an_output_that_cannot_be_made_fails_with_its_reason(tmp_path: Path) -> None:
    text = "network named(label = 0) {\n input 3x8x8\n if label == 1 { class: conv 3x3, 8 } else { conv 3x3, 8 }\n}"
    family = Family(text, label=[0, 1, 2])
    run = built(family, tmp_path)
    assert (run.made, [each.name for each in run.failed]) == (2, ["named-label=1"])
    assert "`class` is a Python keyword" in run.failed[0].reason
    assert built(family, tmp_path, kinds=("onnx",)).failed == []


class Poison:
    """Kills the process that it travels to, as the system does when memory runs out."""

    def __reduce__(self) -> tuple[object, ...]:
        return os._exit, (9,)


def tasks_of(family: Family, root: Path, poisoned: set[int]) -> list[PointFiles]:
    network = resdsl.Net(family.network(family.points[0])).to_json()
    tasks = [PointFiles(f"p{i}", str(root / f"p{i}"), {"resdsl_point": 1}, network, ("onnx",), 0, 1) for i in range(8)]
    for index in poisoned:
        tasks[index].head["poison"] = Poison()
    return tasks


@pytest.mark.parametrize("poisoned", [{0}, {3}, {7}, {4, 5, 6, 7}])
def test_points_that_kill_their_process_are_told_and_cost_no_other(
    family: Family, tmp_path: Path, poisoned: set[int]
) -> None:
    found = list(outcomes_of(tasks_of(family, tmp_path, poisoned), 2))
    assert sorted(outcome.name for outcome in found) == [f"p{i}" for i in range(8)]
    failed = {outcome.name: outcome.reason for outcome in found if outcome.status == "failed"}
    assert set(failed) == {f"p{i}" for i in poisoned}
    assert all("was killed" in reason for reason in failed.values())
    assert whole_points(tmp_path) == sorted(f"p{i}" for i in range(8) if i not in poisoned)


def test_where_no_process_lives_the_run_ends(family: Family, tmp_path: Path) -> None:
    with pytest.raises(NoProcesses, match="no process of the sweep stays alive"):
        list(outcomes_of(tasks_of(family, tmp_path, set(range(8))), 2))


# --------------------------------------------------------------------------------------------- parts


@pytest.mark.parametrize("count", [1, 3, 16])
def test_parts_merge_to_the_whole(family: Family, tmp_path: Path, count: int) -> None:
    built(family, tmp_path / "whole", seed=5)
    parts = [built(family, tmp_path / "parts", seed=5, shard=Shard(i + 1, count)) for i in range(count)]
    assert sum(part.made for part in parts) == 7
    order = Order("widths", tmp_path / "parts", (), seed=5)
    assert (tmp_path / "parts" / "manifest.json").exists() == (count == 1)
    assert merge_points(family.points, order) == ()
    assert hashes(tmp_path / "parts") == hashes(tmp_path / "whole")


def test_parts_from_other_folders_are_copied_together(family: Family, tmp_path: Path) -> None:
    for number in (1, 2):
        built(family, tmp_path / f"machine{number}", shard=Shard(number, 2))
        shutil.copytree(tmp_path / f"machine{number}", tmp_path / "all", dirs_exist_ok=True)
    assert merge_points(family.points, Order("widths", tmp_path / "all", ())) == ()
    built(family, tmp_path / "whole")
    assert hashes(tmp_path / "all") == hashes(tmp_path / "whole")


def test_merging_tells_what_is_missing(family: Family, tmp_path: Path) -> None:
    built(family, tmp_path, shard=Shard(1, 2))
    absent = tuple(point.name for point in Order("widths", tmp_path, ALL, shard=Shard(2, 2)).part(family.points))
    assert len(absent) in {3, 4}
    order = Order("widths", tmp_path, ())
    assert merge_points(family.points, order) == absent
    assert merge_points(family.points, replace(order, seed=1)) == tuple(point.name for point in family.points)
    (tmp_path / family.points[0].name / "network.onnx").unlink()
    assert merge_points(family.points, order) == tuple(
        p.name for p in family.points if p.name in absent or p.index == 0
    )


@pytest.mark.parametrize("count", [1, 2, 5, 16, 100])
def test_parts_are_apart_even_and_all(count: int) -> None:
    points = range(50)
    parts = [Shard(number + 1, count).dealt(points, lambda _: 2) for number in range(count)]
    assert parts == [list(points[number::count]) for number in range(count)]


def test_parts_with_weights_are_dealt_by_cost(tmp_path: Path) -> None:
    family = Family(width=[64, 72, 80], n=[1, 6])
    least, most = (
        sum(point.costs.params for point in family.points if dict(point.parameters)["n"] == n) for n in ("1", "6")
    )
    assert most > 4 * least, "every second point would be an uneven part"
    parts = [Order("widths", tmp_path, ("onnx",), shard=Shard(number, 2)).part(family.points) for number in (1, 2)]
    assert sorted(point.index for part in parts for point in part) == list(range(6))
    assert all([point.index for point in part] == sorted(point.index for point in part) for part in parts)
    written = [sum(point.costs.params for point in part) for part in parts]
    dearest = max(point.costs.params for point in family.points)
    assert max(written) - min(written) <= dearest
    even = Order("widths", tmp_path, ("json", "torch"), shard=Shard(2, 2)).part(family.points)
    assert even == family.points[1::2], "files without weights take equally long"


def test_parts_are_read() -> None:
    assert (read_shard("3/16"), read_shard(" 1/1 ")) == (Shard(3, 16), Shard(1, 1))


@pytest.mark.parametrize("text", ["", "3", "0/16", "17/16", "3/0", "a/b", "1/2/3", "-1/4", "1.5/3", "3\\16"])
def test_other_parts_are_refused(text: str) -> None:
    with pytest.raises(NoShard, match="is not a valid part of a sweep"):
        read_shard(text)


# --------------------------------------------------------------------------------------------- names


@pytest.mark.parametrize("name", ["cifar-n=3-shortcut=A", "r20", "a.b", "x_1,y", "k+1", "at@2"])
def test_names_that_are_folders_stay(name: str) -> None:
    assert folder_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "manifest.json",
        "Manifest.JSON",
        "x" * 300,
        "a\nb",
        "a\x00b",
        "end.",
        "c:d",
        "tab\t",
        "*?",
        "a/b",
        "../up",
        "/etc",
        ".hidden",
        "..",
        ".",
        "",
        "a b",
        "größe",
        "con",
        "COM1",
        "nul.txt",
    ],
)
def test_other_names_are_made_safe(name: str, tmp_path: Path) -> None:
    safe = folder_name(name)
    assert safe != name
    assert safe.lower() not in {"manifest.json", "con", "com1", "nul.txt", "..", "."}
    assert len(safe) <= 121
    (tmp_path / safe).mkdir()
    assert [path.name for path in tmp_path.iterdir()] == [safe]
    assert not safe.startswith(".")


def test_long_names_stay_apart() -> None:
    assert len(set(folder_names(["x" * 200 + end for end in "abc"]).values())) == 3


@pytest.mark.parametrize(("one", "other"), [("a b", "a-b"), ("net-A", "net-a"), ("a/b", "a:b"), ("", "point")])
def test_names_that_would_share_a_folder_are_refused(one: str, other: str) -> None:
    with pytest.raises(FoldersCollide, match="would share the folder"):
        folder_names([one, "between", other])


def test_nothing_is_built_where_folders_collide(family: Family, tmp_path: Path) -> None:
    points = [replace(family.points[0], name="a b"), replace(family.points[1], name="a:b")]
    with pytest.raises(FoldersCollide):
        build_all(points, family.network, Order("widths", tmp_path / "runs", ALL))
    assert not (tmp_path / "runs").exists()


def test_units_may_start_processes(tmp_path: Path) -> None:
    units = [Parental(name, str(tmp_path / name)) for name in ("a", "b")]
    assert {(each.name, each.status, each.reason) for each in outcomes_of(units, 2)} == {
        ("a", "made", ""),
        ("b", "made", ""),
    }
    assert (tmp_path / "a" / "made").exists()
