"""Generated source as its reader finds it: formatted, linted, typed, short, and the same each time."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import resdsl
from resdsl.backends.torch.source import TorchSource, torch_source
from resdsl.catalogue import networks_of
from resdsl.resources import shipped_specs
from tests.zoo import LARGE

NAMES = [name for path in shipped_specs() for name in networks_of(path)]
SMALL = [name for name in NAMES if name not in LARGE]
HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
TEXTS = {path.stem: path for path in sorted((HERE / "texts").glob("*.res"))}


def source(name: str) -> TorchSource:
    """The source of a shipped network, or of one of the texts here."""
    net = resdsl.loads(TEXTS[name].read_text(encoding="utf-8")) if name in TEXTS else resdsl.load(name)
    return torch_source(net.ir)


@pytest.fixture(scope="module", params=[SMALL, pytest.param([*LARGE], marks=pytest.mark.zoo)], ids=["small", "large"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the source of shipped networks and of the texts here."""
    folder = tmp_path_factory.mktemp("written")
    for name in (*request.param, *TEXTS):
        (folder / f"{name}.py").write_text(source(name).text, encoding="utf-8")
    return folder


def run(*words: str | Path) -> str:
    """What a command prints; empty where it is content."""
    done = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, timeout=300)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def test_the_formatter_leaves_it_as_it_is(written: Path) -> None:
    assert run("ruff", "format", "--isolated", "--diff", written) == ""


def test_the_linter_finds_nothing(written: Path) -> None:
    rules = "E,F,W,A,ARG,B,BLE,C4,D100,D101,D103,I,PERF,PIE,PTH,RET501,RET502,RET503,SIM,UP"
    assert run("ruff", "check", "--isolated", written) == ""
    assert run("ruff", "check", "--isolated", "--target-version", "py311", "--select", rules, written) == ""


@pytest.mark.zoo
def test_mypy_finds_nothing(written: Path, tmp_path: Path) -> None:
    assert run("mypy", "--strict", "--no-incremental", "--cache-dir", tmp_path, written) == ""


@pytest.mark.parametrize("name", ["resnet34", "resnet20", "resnext50_32x4d", *TEXTS])
def test_it_is_what_was_read_by_a_person(name: str, update_golden: bool) -> None:
    path, text = GOLDEN / f"{name}.txt", source(name).text
    if update_golden:
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


def test_resnet34_has_a_class_for_its_block_and_one_for_itself() -> None:
    made = source("resnet34")
    classes = [node.name for node in ast.parse(made.text).body if isinstance(node, ast.ClassDef)]
    assert classes == ["Basic", "ResNet34"]
    assert made.blocks == ("Basic",)
    assert len(made.text.splitlines()) <= 240  # of which the loader of checkpoints has 100


@pytest.mark.parametrize(("deep", "shallow"), [("resnet1202", "resnet20"), ("resnet152", "resnet50")])
def test_depth_makes_it_no_longer(deep: str, shallow: str) -> None:
    assert len(source(deep).text.splitlines()) <= len(source(shallow).text.splitlines()) + 10


def test_it_needs_torch_and_nothing_else() -> None:
    for name in (*SMALL, *TEXTS):
        imported = {
            (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name) or ""
            for node in ast.walk(ast.parse(source(name).text))
            if isinstance(node, ast.Import | ast.ImportFrom)
        }
        tops = {module.partition(".")[0] for module in imported}
        assert tops - {"collections", "pathlib", "typing"} == {"torch"}


def test_it_states_the_network_and_its_counts() -> None:
    text = source("resnet34").text
    assert text.startswith('"""The network `resnet34`, written by resdsl ')
    assert "34 weighted layers, 21,797,672 parameters, 3,663,761,408 multiply-adds at 3x224x224" in text
    assert "shortcut = B" in text


@pytest.mark.parametrize("name", ["resnet50", "every_op"])
def test_the_bytes_are_the_same_under_other_hashes(name: str) -> None:
    spec = TEXTS.get(name, name)
    texts = set()
    for seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-m", "resdsl", "build", str(spec), "--to", "torch", "-o", "-"],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
            timeout=100,
        )
        texts.add(done.stdout)
    assert texts == {source(name).text.encode()}


def test_run_as_a_script_it_prints_a_summary(tmp_path: Path) -> None:
    path = tmp_path / "net.py"
    path.write_text(source("resnet18").text, encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", path], capture_output=True, text=True, check=True, timeout=100)
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["conv1", "Conv2d", "9,408"]
    assert lines[-2].split() == ["parameters", "ResNet18", "11,689,512"]
    assert lines[-1] == "output (1, 1000)"
