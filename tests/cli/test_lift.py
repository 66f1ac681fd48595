"""`resdsl lift` and `resdsl.lift`: what is written, told and refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from safetensors.numpy import load_file

from resdsl.api import load
from resdsl.lifting.lift import lift
from resdsl.lifting.refusals import NotLifted
from tests.cli.running import Command
from tests.lifting.without_names import without_names


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    return Path(load("resnet20").to_onnx(tmp_path / "theirs.onnx", seed=7))


def test_the_text_is_written_with_where_it_came_from(resdsl: Command, theirs: Path, tmp_path: Path) -> None:
    result = resdsl("lift", str(theirs), "-o", str(tmp_path / "mine.res"), "--name", "mine")
    assert result.code == 0
    text = (tmp_path / "mine.res").read_text()
    assert text.startswith("# Lifted from theirs.onnx, sha256 ")
    assert "network mine(shortcut = A, classes = 10) {" in text
    assert "the paths of its modules are those of the file" in result.err
    assert resdsl("check", str(tmp_path / "mine.res")).code == 0


def test_json_has_the_text_and_what_is_known(resdsl: Command, theirs: Path) -> None:
    data = json.loads(resdsl("lift", str(theirs), "--format", "json").out)
    assert data["network"] == "theirs"
    assert data["text"] == lift(theirs).text
    assert data["paths_kept"] is True
    assert data["outputs_differ_by"] <= 1e-6
    data = json.loads(resdsl("lift", str(theirs), "--format", "json", "--no-run").out)
    assert data["outputs_differ_by"] is None


@pytest.mark.parametrize("named", [True, False])
def test_its_weights_give_the_same_outputs(resdsl: Command, theirs: Path, tmp_path: Path, named: bool) -> None:
    if not named:
        without_names(theirs)
    weights = tmp_path / "w.safetensors"
    assert resdsl("lift", str(theirs), "-o", str(tmp_path / "mine.res"), "--weights-out", str(weights)).code == 0
    assert ("layer1.0.conv1.weight" in load_file(weights)) == named
    ours = load(str(tmp_path / "mine.res")).to_onnx(tmp_path / "mine.onnx", weights=weights)
    given = np.random.default_rng(0).standard_normal((2, 3, 32, 32)).astype("f4")
    one, other = (onnxruntime.InferenceSession(path).run(None, {"input": given})[0] for path in (str(theirs), ours))
    np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5)


def test_folded_norms_are_told_and_unfolded_on_request(resdsl: Command, tmp_path: Path) -> None:
    path = load("resnet20").to_onnx(tmp_path / "net.onnx", fold_bn=True)
    kept = resdsl("lift", str(path))
    assert "19 layers may have norms folded into them" in kept.err
    assert "bias=true" in kept.out
    found = lift(path, norms="unfold")
    assert "basic(16) x 3" in found.text
    assert found.net.params == load("resnet20").params
    with pytest.raises(NotLifted, match="no layer that a norm"):
        lift(load("resnet20").to_onnx(tmp_path / "kept.onnx"), norms="unfold")


def test_weights_beside_the_file_are_not_overwritten(resdsl: Command, theirs: Path, tmp_path: Path) -> None:
    path = tmp_path / "large.onnx"
    onnx.save(onnx.load(theirs), path, save_as_external_data=True, location="large.data", size_threshold=0)
    before = (tmp_path / "large.data").read_bytes()
    for option in ("-o", "--weights-out"):
        result = resdsl("lift", str(path), "--no-run", option, str(tmp_path / "large.data"))
        assert (result.code, "is an input and would be overwritten" in result.err) == (2, True), result.err
    assert (tmp_path / "large.data").read_bytes() == before


def test_wrong_requests(resdsl: Command, theirs: Path, tmp_path: Path) -> None:
    for words, code, message in (
        ((str(tmp_path / "none.onnx"),), 2, "none.onnx"),
        ((str(theirs), "--until", "conv_1"), 1, "has no node `conv_1`"),
        ((str(theirs), "--input", "3x"), 2, "such as 3x224x224"),
        ((str(theirs), "--input", "3x32x32", "--input", "3x32x32"), 2, "given twice"),
        ((str(theirs), "--name", "a b"), 2, "letters, digits and _"),
        ((str(theirs), "-o", str(theirs)), 2, "would be overwritten"),
    ):
        result = resdsl("lift", *words)
        assert (result.code, message in result.err) == (code, True), result.err
        assert "Traceback" not in result.err
