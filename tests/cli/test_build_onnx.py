"""`resdsl build --to onnx` with the options that only ONNX files have."""

from __future__ import annotations

import json
import re

import onnx

from tests.cli.running import Command

LAYERS = "network layers { input 6x5x5; conv 1x1, 8; layer_norm; gelu; avgpool global; fc 3 }"


def test_opset(resdsl: Command) -> None:
    resdsl.write("layers.res", LAYERS)
    assert resdsl("build", "layers.res", "--to", "onnx", "--opset", "20", "--check").out.startswith("wrote layers.onnx")
    assert onnx.load(resdsl.folder / "layers.onnx").opset_import[0].version == 20
    assert resdsl("build", "layers.res", "--to", "onnx", "--opset", "14").err == (
        "error: `layer_norm` cannot be written in opset 14: it needs opset 17 or a later one\n"
    )
    idle = resdsl("build", "layers.res", "--to", "torch", "--opset", "14")
    assert "PyTorch source has no such form: --opset would have no effect" in idle.err
    assert "12 is not in the range 13<=x<=22" in resdsl("build", "layers.res", "--to", "onnx", "--opset", "12").err


def test_forms(resdsl: Command) -> None:
    resdsl.write("small.res", "network small { input 3x8x8; conv 3x3, 4; relu; avgpool global; fc 3 }")
    build = ("build", "small.res", "--to", "onnx")
    forms = ("--dtype", "float16", "--batch", "2", "--dynamic-hw", "--softmax", "--external-data", "--opset", "14")
    closing = resdsl(*build, *forms, "--check").out
    assert re.match(r"wrote small\.onnx \(.+ kB\) and small\.onnx\.data \(\d+ bytes\): small, depth 2", closing)
    model = onnx.load(resdsl.folder / "small.onnx", load_external_data=False)
    (given,) = model.graph.input
    dims = [dim.dim_param or dim.dim_value for dim in given.type.tensor_type.shape.dim]
    assert (dims, given.type.tensor_type.elem_type) == ([2, 3, "height", "width"], onnx.TensorProto.FLOAT16)
    assert model.graph.node[-1].op_type == "Softmax"
    entries = [entry for each in model.graph.initializer for entry in each.external_data]
    assert {entry.value for entry in entries if entry.key == "location"} == {"small.onnx.data"}


def test_forms_that_exclude_each_other(resdsl: Command) -> None:
    resdsl.write("small.res", "network small { input 3x8x8; conv 3x3, 4; relu; fc 3 }")
    build = ("build", "small.res", "--to", "onnx")
    for options, reason in {
        ("--no-weights", "--external-data"): "a file without weights has none in another file",
        ("--no-weights", "--seed", "3"): "a file without weights does not contain weights: --seed would have no effect",
        ("--dtype", "bfloat16", "--opset", "20"): "convolutions and pools take bfloat16 from opset 22 on, not in 20",
        ("--dynamic-hw",): "a size is baked into `fc`",
    }.items():
        assert reason in resdsl(*build, *options).err, options
    assert [path.name for path in resdsl.folder.iterdir()] == ["small.res"]
    idle = resdsl("build", "small.res", "--to", "json", "--dynamic-hw", "--batch", "3").err
    assert "--dynamic-hw and --batch would have no effect" in idle


def test_files_that_name_each_other_are_not_written_through_links(resdsl: Command) -> None:
    resdsl.write("small.res", "network small { input 3x8x8; conv 3x3, 4; relu; avgpool global; fc 3 }")
    (resdsl.folder / "elsewhere").mkdir()
    resdsl.write("elsewhere/precious", "kept")
    for link in ("linked.onnx", "small.onnx.data"):
        (resdsl.folder / link).symlink_to("elsewhere/precious")
    for output, named in {"linked.onnx": "linked.onnx", "small.onnx": "small.onnx.data"}.items():
        done = resdsl("build", "small.res", "--to", "onnx", "--external-data", "-o", output)
        assert (done.code, done.out) == (2, "")
        assert f"{named} is a link: files that name each other are not written through links" in done.err
    assert (resdsl.folder / "elsewhere" / "precious").read_text() == "kept"
    assert {path.name for path in resdsl.folder.iterdir()} == {
        "elsewhere",
        "linked.onnx",
        "small.onnx.data",
        "small.res",
    }


def test_what_a_file_beside_replaces_is_said(resdsl: Command) -> None:
    resdsl.write("small.res", "network small { input 3x8x8; conv 3x3, 4; relu; avgpool global; fc 3 }")
    resdsl.write("small.safetensors", "precious")
    build = ("build", "small.res", "--to", "onnx", "--external-data", "safetensors")
    assert "and small.safetensors (740 bytes, replacing 8 bytes): " in resdsl(*build).out
    assert json.loads(resdsl(*build, "--summary", "json").out)["beside"] == [
        {"path": "small.safetensors", "bytes": 740, "replaced_bytes": 740}
    ]


def test_a_file_beside_that_is_an_input(resdsl: Command) -> None:
    resdsl.write("small.res", "network small { input 3x8x8; conv 3x3, 4; relu; avgpool global; fc 3 }")
    resdsl("build", "small.res", "--to", "safetensors")
    before = (resdsl.folder / "small.safetensors").read_bytes()
    written = ("build", "small.res", "--to", "onnx", "--external-data", "safetensors", "--weights", "small.safetensors")
    assert "small.safetensors is an input and would be overwritten" in resdsl(*written, "--reset", "fc").err
    record = json.loads(resdsl(*written, "--summary", "json").out)
    assert (record["path"], "beside" in record) == ("small.onnx", False)
    assert (resdsl.folder / "small.safetensors").read_bytes() == before
