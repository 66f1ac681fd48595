"""`resdsl build --reparameterize`: what it writes, and what it refuses."""

from __future__ import annotations

from pathlib import Path

from resdsl.api import load
from tests.backends.onnx.test_reparameterized import UNIT
from tests.cli.running import Command


def test_it_writes_what_python_writes(resdsl: Command, tmp_path: Path) -> None:
    spec, made, wanted = tmp_path / "units.res", tmp_path / "command.onnx", tmp_path / "python.onnx"
    spec.write_text(UNIT, encoding="utf-8")
    ended = resdsl("build", str(spec), "--to", "onnx", "--reparameterize", "--check", "-o", str(made))
    assert (ended.code, ended.err) == (0, "")
    load(spec).to_onnx(wanted, reparameterize=True)
    assert made.read_bytes() == wanted.read_bytes()
    # It folds too: `--fold-bn` beside it says nothing more.
    resdsl("build", str(spec), "--to", "onnx", "--reparameterize", "--fold-bn", "-o", str(made))
    assert made.read_bytes() == wanted.read_bytes()


def test_a_network_without_branches_is_refused_with_a_reason(resdsl: Command, tmp_path: Path) -> None:
    ended = resdsl("build", "resnet20", "--to", "onnx", "--reparameterize", "-o", str(tmp_path / "out.onnx"))
    assert ended.code == 1
    assert (
        "nothing to reparameterize: `layer1.0.add` adds up more than convolutions and norms of one value" in ended.err
    )
    assert [*tmp_path.iterdir()] == []


def test_outputs_that_do_not_run_are_as_written(resdsl: Command) -> None:
    ended = resdsl("build", "repvgg_a0", "--to", "json", "--reparameterize")
    assert (ended.code, "--reparameterize is for outputs that run" in ended.err) == (2, True)
