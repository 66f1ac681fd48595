"""Targets of other packages: as good as ours, never in the place of one, and to blame for their own faults."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import resdsl as library
from resdsl import targets
from resdsl.plugins import PluginError
from resdsl.refusal import Refused
from resdsl.target import NoForm
from resdsl.targets import GROUP, own_targets, target_named
from tests.cli.running import Command
from tests.docs.markdown import ROOT, blocks_of

TEXT = "network small(width = 4) { input 3x8x8; conv 3x3, width; norm; act; avgpool global; fc 5 }"
CODE = """
from resdsl.refusal import Refused
from resdsl.target import Check, TextTarget, WeightedTarget

def fail(network):
    return {}[network.name]

def refuse(network):
    raise Refused("not on a Sunday")

def full(network):
    raise OSError(28, "No space left on device", "disk")

def norms(network, new, weights, threads):
    from resdsl.ir.walk import state
    with new.open("w") as file:
        for name, tensor in state(network):
            total = sum(abs(float(each)) for piece in weights.pieces(name, tensor) for each in piece.ravel())
            file.write(f"{name} {total:.4f}\\n")

def fault(path):
    return "no tensor" if not path.read_text() else None

class Other:
    name = "other"

lines = TextTarget(name="lines", suffix=".py", title="lines", make=lambda network: f"# {network.name}\\n")
failing = TextTarget(name="failing", suffix=".txt", title="what fails", make=fail)
refusing = TextTarget(name="refusing", suffix=".txt", title="what refuses", make=refuse)
full = TextTarget(name="full", suffix=".txt", title="what fills a disk", make=full)
sums = WeightedTarget(name="sums", suffix=".sums", title="sums", write=norms, check=Check("sums are there", fault))
doubtful = TextTarget(
    name="doubtful", suffix=".txt", title="doubts", make=lambda _: "", check=Check("doubts", lambda path: 1 / 0)
)
onnx = TextTarget(name="onnx", suffix=".onnx", title="not ours", make=str)
other = Other()
raw = TextTarget(name="raw", suffix=".txt", title="bytes", make=lambda network: b"bytes")
alone = TextTarget(name="alone", suffix=".txt", title="half a pair", make=lambda network: "\\ud800")
leaving = TextTarget(name="leaving", suffix=".txt", title="what ends the program", make=lambda network: exit(5))
"""
Install = Callable[..., Path]


@pytest.fixture
def install(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Puts a package that offers targets where Python finds it, also in processes that are started."""

    def put(package: str, *offers: str, code: str = CODE) -> Path:
        place = tmp_path_factory.mktemp(package)
        described = place / f"{package}-1.0.dist-info"
        described.mkdir()
        (described / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        (described / "entry_points.txt").write_text("\n".join((f"[{GROUP}]", *offers, "")))
        (place / f"{package}.py").write_text(code)
        monkeypatch.syspath_prepend(place)
        return place

    targets._of_another_package.cache_clear()
    yield put
    targets._of_another_package.cache_clear()


def offer(package: str, *names: str) -> list[str]:
    return [f"{name} = {package}:{name}" for name in names]


@pytest.fixture
def net() -> library.Net:
    return library.loads(TEXT)


# --------------------------------------------------------------------------------------- as good as ours


def test_text_target(install: Install, resdsl: Command) -> None:
    install("plain", *offer("plain", "lines"))
    resdsl.write("small.res", TEXT)
    assert resdsl("build", "small.res", "--to", "lines").out.startswith("wrote small.py (8 bytes): small, depth 2")
    assert resdsl("build", "small.res", "--to", "lines", "-o", "-").out == "# small\n"
    assert library.loads(TEXT).to_text("lines") == "# small\n"
    ended = resdsl("build", "small.res", "--to", "lines", "--fold-bn")
    assert (ended.code, ended.err.splitlines()[-1]) == (
        2,
        "Error: lines shows the network as written: --fold-bn is for outputs that run",
    )


def test_a_slip_in_its_name_is_met_with_it(install: Install, net: library.Net) -> None:
    install("plain", *offer("plain", "lines"))
    with pytest.raises(Refused, match="unknown target 'lnes'; did you mean `lines`"):
        net.to_text("lnes")


def test_weighted_target(install: Install, resdsl: Command, net: library.Net) -> None:
    install("plain", *offer("plain", "sums"))
    resdsl.write("small.res", TEXT)
    assert resdsl("build", "small.res", "--to", "sums", "--seed", "3", "--check").code == 0
    resdsl("build", "small.res", "--to", "safetensors", "--seed", "3")
    resdsl("build", "small.res", "--to", "sums", "--weights", "small.safetensors", "-o", "read.sums")
    drawn, read = ((resdsl.folder / name).read_text() for name in ("small.sums", "read.sums"))
    assert drawn == read
    assert len(drawn.splitlines()) == 8
    assert drawn != net.to("sums", resdsl.folder / "other.sums", seed=4).read_text()
    assert resdsl("build", "small.res", "--to", "sums", "-o", "-").code == 2


def test_built_sweep(install: Install, resdsl: Command) -> None:
    install("plain", *offer("plain", "lines", "sums"))
    resdsl.write("small.res", TEXT)
    sweep = ("sweep", "small.res", "--over", "width=4,8", "-o", "runs", "--jobs", "1", "--build")
    assert resdsl(*sweep, "lines,sums,torch").out == "runs: 2 points: 2 built\n"
    names = ["network.py", "network_lines.py", "network_sums.sums"]
    folder = next((resdsl.folder / "runs").glob("*4*"))
    assert sorted(path.name for path in folder.iterdir()) == ["manifest.json", *names]
    assert sorted(json.loads((folder / "manifest.json").read_text())["files"]) == names
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert resdsl(*sweep, "sums").out == "runs: 2 points: 0 built, 2 kept\n"
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    (folder / "network_lines.py").write_text("changed")
    assert resdsl(*sweep, "lines").out == "runs: 2 points: 1 built, 1 kept\n"
    assert (folder / "network_lines.py").read_text() == "# small\n"


def test_file_of_a_target_that_is_not_asked_for_stays_and_is_built_anew_once_it_is(
    install: Install, resdsl: Command
) -> None:
    install("plain", *offer("plain", "lines"))
    resdsl.write("small.res", TEXT)
    sweep = ("sweep", "small.res", "--over", "width=4,8", "-o", "runs", "--jobs", "1", "--build")
    resdsl(*sweep, "lines,json")
    one, other = sorted((resdsl.folder / "runs").glob("*/network_lines.py"))
    one.write_text("changed")
    assert resdsl(*sweep, "torch").out == "runs: 2 points: 2 built\n"
    files = [json.loads((each.parent / "manifest.json").read_text())["files"] for each in (one, other)]
    assert [list(each) for each in files] == [["network.py", "network.json", "network_lines.py"]] * 2
    assert (one.read_text(), other.read_text()) == ("changed", "# small\n")
    assert resdsl(*sweep, "lines").out == "runs: 2 points: 1 built, 1 kept\n"
    assert one.read_text() == "# small\n"


def test_processes_of_a_sweep_find_it(install: Install, resdsl: Command) -> None:
    install("plain", *offer("plain", "lines"))
    resdsl.write("small.res", TEXT)
    ended = resdsl("sweep", "small.res", "--over", "width=4,8,12", "--build", "lines", "-o", "runs", "--jobs", "2")
    assert (ended.code, ended.out) == (0, "runs: 3 points: 3 built\n")
    assert len(list(resdsl.folder.glob("runs/*/network_lines.py"))) == 3


def test_forms_of_the_guide(install: Install, net: library.Net) -> None:
    made = {block.file: block.text for block in blocks_of(ROOT / "docs" / "howto" / "backend.md") if block.file}
    install("resdsl_nnef", "nnef = resdsl_nnef:NNEF", code=made["resdsl-nnef/resdsl_nnef.py"])
    assert "conv(input, conv1_weight, 0.0, stride = [1, 1]" in net.to_text("nnef")
    assert "batch_normalization" not in net.to_text("nnef", fold_bn=True)
    with pytest.raises(NoForm, match="NNEF does not support the op `gelu`"):
        library.loads(TEXT, act="gelu").to_text("nnef")


# --------------------------------------------------------------------------- what goes wrong, and who did it


def test_target_of_ours_keeps_its_name(install: Install, resdsl: Command) -> None:
    install("plain", *offer("plain", "onnx"))
    assert target_named("onnx") is own_targets()["onnx"]
    with pytest.raises(PluginError, match="the target `onnx` is offered by two packages: plain and resdsl"):
        target_named("lines")
    resdsl.write("small.res", TEXT)
    assert resdsl("build", "small.res", "--to", "onnx", "--check").code == 0
    ended = resdsl("build", "small.res", "--to", "lines")
    assert (ended.code, ended.err) == (2, "error: the target `onnx` is offered by two packages: plain and resdsl\n")


def test_two_packages_that_claim_one_name(install: Install) -> None:
    install("plain", *offer("plain", "lines"))
    install("second", *offer("second", "lines"))
    with pytest.raises(PluginError, match="the target `lines` is offered by two packages: plain and second"):
        target_named("lines")


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("lines = plain_two:lines", "the target `lines` of plain cannot be loaded: No module named 'plain_two'"),
        ("lines = plain:line", "the target `lines` of plain cannot be loaded"),
        ("rows = plain:lines", "the entry point `rows` of plain is not a target of that name: plain:lines"),
        ("other = plain:other", "the entry point `other` of plain is not a target of that name: plain:other"),
    ],
)
def test_offer_that_cannot_be_used(install: Install, entry: str, words: str) -> None:
    install("plain", entry)
    with pytest.raises(PluginError, match=words):
        target_named(entry.partition(" ")[0])


def test_fault_of_a_target_names_it_and_leaves_no_file(install: Install, resdsl: Command) -> None:
    install("plain", *offer("plain", "failing"))
    resdsl.write("small.res", TEXT)
    resdsl.write("small.txt", "old")
    ended = resdsl("build", "small.res", "--to", "failing")
    assert (ended.code, ended.err) == (2, "error: the target `failing` of plain failed: KeyError: 'small'\n")
    assert sorted(path.name for path in resdsl.folder.iterdir()) == ["small.res", "small.txt"]
    assert (resdsl.folder / "small.txt").read_text() == "old"
    ended = resdsl("sweep", "small.res", "--over", "width=4,8", "--build", "failing", "-o", "runs", "--jobs", "1")
    assert ended.code == 1
    assert "the target `failing` of plain failed: KeyError: 'small'" in ended.err
    assert "fault of resdsl" not in ended.err


def test_fault_of_a_check_names_it(install: Install, net: library.Net, tmp_path: Path) -> None:
    install("plain", *offer("plain", "doubtful"))
    with pytest.raises(PluginError, match="the target `doubtful` of plain failed: ZeroDivisionError"):
        net.to("doubtful", tmp_path / "net.txt", check=True)
    assert list(tmp_path.iterdir()) == []


def test_what_a_target_refuses_and_the_system_does_is_told_as_it_is(
    install: Install, net: library.Net, tmp_path: Path
) -> None:
    install("plain", *offer("plain", "refusing", "full"))
    with pytest.raises(Refused, match="not on a Sunday"):
        net.to("refusing", tmp_path / "net.txt")
    with pytest.raises(OSError, match="No space left on device"):
        net.to("full", tmp_path / "net.txt")


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("raw", "TypeError: it returned bytes, not a text"),
        ("alone", "UnicodeEncodeError"),
        ("leaving", "SystemExit: 5"),
    ],
)
def test_what_it_returns_is_a_text_and_it_ends_no_program(
    install: Install, resdsl: Command, name: str, fault: str
) -> None:
    install("plain", *offer("plain", name))
    resdsl.write("small.res", TEXT)
    for output in ("net.txt", "-"):
        ended = resdsl("build", "small.res", "--to", name, "-o", output)
        assert (ended.code, ended.out) == (2, "")
        assert f"the target `{name}` of plain failed: {fault}" in ended.err
