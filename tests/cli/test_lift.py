"""`resdsl lift` and `resdsl.lift`: what is written, told and refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from safetensors.numpy import load_file

from resdsl.api import load, loads
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


def test_what_cannot_be_written_is_refused_before_the_lift(resdsl: Command, tmp_path: Path) -> None:
    (tmp_path / "not_a_model.onnx").write_text("nothing")
    for option in ("-o", "--weights-out"):
        for name, message in (("none/net.res", "no such file or directory"), (".", "is not a regular file")):
            result = resdsl("lift", "not_a_model.onnx", option, str(tmp_path / name))
            assert (result.code, message in result.err) == (2, True), result.err
    result = resdsl("lift", "not_a_model.onnx", "--weights-out", "-")
    assert (result.code, "weights are binary and need a file" in result.err) == (2, True)
    (tmp_path / "old.res").write_text("old")
    assert resdsl("lift", "not_a_model.onnx", "-o", "old.res").code == 1
    assert (tmp_path / "old.res").read_text() == "old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["not_a_model.onnx", "old.res"]


def test_one_of_a_kind_is_said_to_be_one(resdsl: Command, tmp_path: Path) -> None:
    path = loads("network n {\n  input 3x8x8\n  conv 3, 4; norm\n}\n").to_onnx(tmp_path / "n.onnx", fold_bn=True)
    kept = resdsl("lift", str(path)).err
    assert kept.startswith("n: 1 layer in 5 lines, ")
    assert "\n1 layer may have a norm folded into it; --norms unfold makes it a layer again\n" in kept
    assert "\n1 norm was unfolded from the layer before it\n" in resdsl("lift", str(path), "--norms", "unfold").err


def test_wrong_requests(resdsl: Command, theirs: Path, tmp_path: Path) -> None:
    for words, code, message in (
        ((str(tmp_path / "none.onnx"),), 2, "none.onnx"),
        ((str(theirs), "--until", "conv_1"), 1, "has no node `conv_1`"),
        ((str(theirs), "--input", "3x"), 2, "such as 3x224x224"),
        ((str(theirs), "--input", "3x32x32", "--input", "3x32x32"), 2, "given twice"),
        ((str(theirs), "--name", "a b"), 2, "letters, digits and _"),
        ((str(theirs), "--name", "basic"), 2, "cannot be called `basic`, which has a meaning already; try `net_basic`"),
        ((str(theirs), "--input", "=3x32x32"), 2, "--input takes SHAPE or NAME=SHAPE, not '=3x32x32'"),
        (("net.json", "--weights-out", "w.safetensors"), 2, "net.json has no weights"),
        (("models/net.py:Net",), 1, "name what makes one as Python imports it, such as `models.net:Net`"),
        (("models/net:Net",), 1, "such as `models.net:Net`"),
        (("../models/net.py",), 1, "such as `net:factory`"),
        (("net.res",), 1, "net.res is a text of the language already"),
        ((str(theirs), "-o", str(theirs)), 2, "would be overwritten"),
    ):
        result = resdsl("lift", *words)
        assert (result.code, message in result.err) == (code, True), result.err
        assert "Traceback" not in result.err
