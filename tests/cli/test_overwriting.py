"""No command writes over what it reads, or twice to one file, whatever names lead there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file

import resdsl as library
from resdsl.overwriting import WouldOverwrite, refuse_overwriting
from resdsl.recipes.reading import recipe_text
from resdsl.resources import spec_folder
from tests.cli.running import ROOT, Command

SPEC = """import "parts/block.res" as parts
network small(n = 1) { input 3x8x8; conv 3x3, 4; norm; act; stage layer1: parts.block(4) x n; avgpool global; fc 3 }
sweep widths { network small; over n = [1, 2]; name "p{n}" }
"""
BLOCK = 'import "parts/deep.res" as deep\nblock block(w) { deep.layer(w); norm; act }\n'
DEEP = "block layer(w) { conv 3x3, w }\n"
STYLE = 'base = "mono"\n'


@pytest.fixture
def folder(resdsl: Command) -> Path:
    """A text that imports a text that imports another; each is also reached by links, and may be called a figure."""
    resdsl.write("parts/block.res", BLOCK)
    resdsl.write("parts/deep.res", DEEP)
    resdsl.write("style.toml", STYLE)
    for name in ("small.res", "small.svg"):
        resdsl.write(name, SPEC)
    (resdsl.folder / "link.res").symlink_to("small.res")
    os.link(resdsl.folder / "small.res", resdsl.folder / "hard.res")
    return resdsl.folder


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    "words",
    [
        ["report", "small.res", "-o", "small.res"],
        ["report", "small.res", "-o", "./parts/../small.res"],
        ["report", "small.res", "-o", "link.res"],
        ["report", "link.res", "-o", "small.res"],
        ["report", "small.res", "-o", "hard.res"],
        ["report", "small.res", "-o", "parts/block.res"],
        ["report", "small.res", "-o", "parts/deep.res"],
        ["report", "./small.svg", "--network", "small", "--plot", "small.svg"],
        ["build", "small.res", "--to", "json", "-o", "small.res"],
        ["build", "small.res", "--to", "onnx", "-o", "parts/deep.res"],
        ["render", "small.res", "--format", "svg", "-o", "parts/deep.res"],
        ["render", "small.res", "--style", "style.toml", "--format", "svg", "-o", "style.toml"],
        ["render", "small.res", "--sweep", "widths", "--format", "svg", "-o", "small.res"],
        ["render", "small.res", "--sweep", "widths", "--format", "svg", "-o", "parts/block.res"],
        ["sweep", "small.res", "widths", "-o", "small.res"],
        ["sweep", "small.res", "widths", "-o", "parts/deep.res"],
        ["sweep", "./small.svg", "widths", "--plot", "small.svg"],
        ["sweep", "./small.svg", "widths", "--sheet", "small.svg"],
    ],
    ids=" ".join,
)
def test_what_is_read_is_not_overwritten(resdsl: Command, folder: Path, words: list[str]) -> None:
    before = contents(folder)
    ended = resdsl(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith(f"error: {words[-1]} is an input and would be overwritten\n")
    assert contents(folder) == before


def with_rules(folder: Path) -> library.Net:
    """The network; beside it `w.safetensors`, whose layer1 has another name, and `rules.txt`, which gives it back."""
    net = library.load("small.res")
    kept = load_file(net.to_safetensors(folder / "w.safetensors"))
    save_file({name.replace("layer1", "body"): values for name, values in kept.items()}, folder / "w.safetensors")
    for name in ("rules.txt", "net.onnx.data"):
        (folder / name).write_text("body -> layer1\n", encoding="utf-8")
    return net


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ("rules.txt", ["--to", "safetensors", "-o", "rules.txt"]),
        ("rules.txt", ["--to", "onnx", "-o", "./parts/../rules.txt"]),
        ("net.onnx.data", ["--to", "onnx", "--external-data", "raw", "-o", "net.onnx"]),
    ],
)
def test_rules_of_names_are_not_overwritten(resdsl: Command, folder: Path, rules: str, words: list[str]) -> None:
    net = with_rules(folder)
    before = contents(folder)
    ended = resdsl("build", "small.res", "--weights", "w.safetensors", "--rename", rules, *words)
    assert ended.code == 2
    assert "is an input and would be overwritten" in ended.err
    with pytest.raises(WouldOverwrite):
        net.to_onnx("rules.txt", weights="w.safetensors", rename=Path("rules.txt"))
    assert contents(folder) == before


def test_a_recipe_is_not_overwritten(resdsl: Command, folder: Path) -> None:
    with_rules(folder)
    (folder / "own.toml").write_text(recipe_text("digits").text, encoding="utf-8")
    quantized = ["--weights", "w.safetensors", "--rename", "rules.txt", "--quantize", "."]
    before = contents(folder)
    ended = resdsl("build", "small.res", "--to", "onnx", *quantized, "--recipe", "own.toml", "-o", "own.toml")
    assert (ended.code, ended.err) == (2, "error: own.toml is an input and would be overwritten\n")
    assert contents(folder) == before


@pytest.mark.parametrize("where", ["manifest.json", "p1/network.py", "p2/manifest.json", "p2/network.onnx"])
def test_a_folder_of_builds_does_not_take_the_place_of_what_is_read(resdsl: Command, folder: Path, where: str) -> None:
    place = folder / "runs" / where
    place.parent.mkdir(parents=True)
    place.symlink_to(folder / "parts" / "deep.res")
    before = contents(folder)
    ended = resdsl("sweep", "small.res", "widths", "--build", "torch", "-o", "runs", "--jobs", 1)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith(f"error: runs/{where} is an input and would be overwritten\n")
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["report", "small.res", "-o", "x.svg", "--plot", "x.svg"], "-o and by --plot"),
        (["report", "small.res", "-o", "x.svg", "--plot", "parts/../X.svg"], "-o and by --plot"),
        (["sweep", "small.res", "widths", "--plot", "x.svg", "--sheet", "./x.svg"], "--plot and by --sheet"),
        (["sweep", "small.res", "widths", "-o", "x.svg", "--sheet", "x.svg"], "-o and by --sheet"),
        (["sweep", "small.res", "widths", "-o", "one.svg", "--sheet", "two.svg"], "-o and by --sheet"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_two_outputs_are_not_one_file(resdsl: Command, folder: Path, words: list[str], options: str) -> None:
    (folder / "one.svg").symlink_to("end.svg")
    (folder / "two.svg").symlink_to("end.svg")
    before = contents(folder)
    ended = resdsl(*words)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.endswith(f"would be written twice, by {options}\n")
    assert contents(folder) == before


def test_a_file_on_the_standard_input_is_read_too(folder: Path) -> None:
    with (folder / "small.res").open("rb") as text:
        ended = subprocess.run(
            [sys.executable, "-m", "resdsl", "report", "-", "--import-path", ".", "-o", "small.res"],
            cwd=folder,
            env={"PYTHONPATH": str(ROOT), "PATH": ""},
            stdin=text,
            capture_output=True,
            check=False,
        )
    assert (ended.returncode, ended.stdout) == (2, b"")
    assert ended.stderr.endswith(b"small.res is an input and would be overwritten\n")
    assert (folder / "small.res").read_text(encoding="utf-8") == SPEC


def test_outputs_beside_the_inputs_are_written(resdsl: Command, folder: Path) -> None:
    words = ["-o", "table.csv", "--format", "csv", "--plot", "plot.svg", "--sheet", "sheet.svg"]
    assert resdsl("sweep", "small.res", "widths", *words).code == 0
    assert {"table.csv", "plot.svg", "sheet.svg"} <= set(contents(folder))


def test_a_network_knows_every_file_that_it_was_read_from(folder: Path) -> None:
    library_files = set((spec_folder() / "std").glob("*.res"))
    own = {folder / name for name in ("small.res", "parts/block.res", "parts/deep.res")}
    assert {path.resolve() for path in library.load("small.res").files} == own | library_files
    assert library_files < set(library.load("resnet18").files)
    assert library.loads("network a { input 3x8x8; fc 3 }").files == tuple(
        path for path in library.load("resnet18").files if path in library_files
    )
    assert {path.resolve() for net in library.sweep("small.res", "widths") for path in net.files} == own | library_files


def test_a_network_in_json_is_not_replaced_by_what_is_made_of_it(resdsl: Command, folder: Path) -> None:
    resdsl("build", "small.res", "--to", "json", "-o", "net.json")
    assert library.load("net.json").files == (Path("net.json"),)
    assert resdsl("build", "net.json", "--to", "json", "-o", "net.json").code == 2


@pytest.mark.parametrize("method", ["to_onnx", "to_safetensors"])
def test_python_overwrites_neither_weights_nor_texts(folder: Path, method: str) -> None:
    net = library.load("small.res")
    trained = net.to_safetensors("trained.safetensors", seed=3)
    (folder / "again").symlink_to(trained.name)
    before = contents(folder)
    for path, weights in (("trained.safetensors", trained), ("again", trained), ("parts/deep.res", None)):
        with pytest.raises(WouldOverwrite, match="is an input and would be overwritten"):
            getattr(net, method)(path, weights=weights)
    assert contents(folder) == before


def test_capitals_may_tell_files_that_are_read_from_those_that_are_written(tmp_path: Path) -> None:
    (tmp_path / "a.res").write_text("", encoding="utf-8")
    refuse_overwriting({"-o": tmp_path / "A.txt", "--plot": None}, [tmp_path / "a.res", None, tmp_path / "gone"])
    refuse_overwriting({"-o": "-", "--plot": "-"}, [])


@pytest.mark.parametrize(
    "words",
    [
        ["sweep", "small.res", "widths", "--format", "csv", "--plot", "none/plot.svg"],
        ["sweep", "small.res", "widths", "--format", "csv", "--sheet", "none/sheet.svg"],
        ["report", "small.res", "--plot", "none/plot.svg"],
        ["bench", "small.res", "-o", "none/table.txt", "--rounds", "1"],
        ["test", "small.res", "--recipe", "digits", "--weights", "gone.pth", "--confusion", "none/matrix.csv"],
    ],
)
def test_outputs_that_cannot_be_written_are_refused_before_the_work(
    resdsl: Command, folder: Path, words: list[str]
) -> None:
    before = contents(folder)
    refused = resdsl(*words)
    assert refused.out == ""
    assert refused.err.startswith(f"error: {words[-1] if words[-1].startswith('none') else words[3]}: no such file")
    assert refused.code == 2
    assert contents(folder) == before
