"""`resdsl build --check`, and what targets mean for built sweeps."""

from __future__ import annotations

from dataclasses import replace

import pytest

from resdsl import targets
from resdsl.target import TextTarget
from resdsl.targets import own_targets, target_named
from tests.cli.running import Command

TEXT = "network small { input 3x8x8; conv 3x3, 4; norm; act; avgpool global; fc 5 }"


@pytest.mark.parametrize("target", ["onnx", "torch"])
def test_build_checks(resdsl: Command, target: str) -> None:
    resdsl.write("small.res", TEXT)
    ended = resdsl("build", "small.res", "--to", target, "--check")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("wrote small.")


def test_build_tells_what_fails_and_leaves_the_old_file(resdsl: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = target_named("torch")
    assert isinstance(torch, TextTarget)
    known = {**own_targets(), "torch": replace(torch, make=lambda _: "def forward(:\n")}
    monkeypatch.setattr(targets, "own_targets", lambda: known)
    resdsl.write("small.res", TEXT)
    resdsl.write("small.py", "old")
    ended = resdsl("build", "small.res", "--to", "torch", "--check")
    assert ended.code == 1
    assert "error: small.py was not written because it did not pass the check: Python cannot compile it" in ended.err
    assert (resdsl.folder / "small.py").read_text() == "old"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("json", "--check"), "error: there is no check for JSON"),
        (("torch", "--check", "-o", "-"), "Error: --check needs a file: name it with -o"),
    ],
)
def test_check_that_cannot_be_made(resdsl: Command, options: tuple[str, ...], words: str) -> None:
    resdsl.write("small.res", TEXT)
    ended = resdsl("build", "small.res", "--to", *options)
    assert ended.code == 2
    assert words in ended.err


def test_built_sweeps_have_figures_too(resdsl: Command) -> None:
    resdsl.write("small.res", TEXT.replace("small", "small(width = 4)").replace("3x3, 4", "3x3, width"))
    ended = resdsl("sweep", "small.res", "--over", "width=4,8", "--build", "svg,json", "-o", "runs", "--jobs", "1")
    assert ended.code == 0, ended.err
    found = sorted(path.name for path in (resdsl.folder / "runs").glob("*/*"))
    assert found == sorted(2 * ["manifest.json", "network.json", "network.svg"])
