"""Files in other forms: half precision, open sizes, a fixed batch, a softmax, weights elsewhere or left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from safetensors.torch import load_file, save_file

import resdsl
from resdsl.api import Net
from resdsl.backends.onnx import external
from resdsl.backends.onnx.dynamic import SizeBakedIn
from resdsl.backends.onnx.external import NotShared
from resdsl.backends.onnx.form import OnnxForm, UnfitOptions
from resdsl.backends.onnx.softmax import AlreadyNormalised
from resdsl.backends.onnx.tensors import TooLargeForType
from resdsl.backends.onnx.write import onnx_bytes
from resdsl.target import IdleOption
from resdsl.weights.source import Seeded
from tests.backends.onnx.reference import Varied

TEXT = """network tiny(width = 8, shortcut = B) {
  input 3x20x24
  conv 3x3, width; norm; act
  stage layer1: basic(width) x 2
  stage layer2: basic(2 * width) x 1, /2
  avgpool global
  fc 5
}"""
GROUPED = "network grouped { input 3x16x16; conv 3x3, 8; group_norm 2; relu; upsample 2; conv 3x3, 3 }"
Array = np.ndarray[Any, np.dtype[Any]]


@pytest.fixture
def net() -> Net:
    return resdsl.loads(TEXT)


def run(model: bytes | Path, image: Array, **more: Array) -> Array:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"input": image, **more})
    return np.asarray(found)


def assert_close(found: Array, wanted: Array) -> None:
    """But for the order in which a runtime adds up what it could not plan for."""
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() < 1e-5 * np.abs(wanted).max()


def image(batch: int = 2, height: int = 20, width: int = 24) -> Array:
    return np.random.default_rng(batch + height).standard_normal((batch, 3, height, width), np.float32)


def checked(net: Net, form: OnnxForm) -> bytes:
    data = onnx_bytes(net.ir, Varied(), form)
    onnx.checker.check_model(onnx.load_from_string(data), full_check=True)
    return data


# --------------------------------------------------------------------------------------------- precision


@pytest.mark.parametrize("opset", [13, 21])
def test_float16_is_close_to_float32(net: Net, opset: int) -> None:
    wanted = run(checked(net, OnnxForm(opset)), image())
    model = checked(net, OnnxForm(opset, dtype="float16"))
    found = run(model, image().astype(np.float16))
    assert found.dtype == np.float16
    assert np.abs(found - wanted).max() < 1e-2 * np.abs(wanted).max()
    kinds = {each.data_type for each in onnx.load_from_string(model).graph.initializer if each.dims != [2]}
    assert kinds == {onnx.TensorProto.FLOAT16}


def test_bfloat16_has_the_values_that_pytorch_rounds_to(net: Net) -> None:
    model = onnx.load_from_string(checked(net, OnnxForm(dtype="bfloat16")))
    assert model.opset_import[0].version == 22
    exact = onnx.load_from_string(checked(net, OnnxForm()))
    floats = {each.name: onnx.numpy_helper.to_array(each) for each in exact.graph.initializer}
    for each in model.graph.initializer:
        assert each.data_type == onnx.TensorProto.BFLOAT16
        wanted = torch.from_numpy(floats[each.name].copy()).bfloat16().view(torch.int16).numpy().tobytes()
        assert each.raw_data == wanted, each.name


@pytest.mark.parametrize(
    ("body", "named"),
    [("adaptive_avgpool 5x5", "adaptive_avgpool"), ("attention 2, relative=true", "attention.rel_height")],
)
def test_what_is_written_as_einsum_has_no_bfloat16(body: str, named: str) -> None:
    net = resdsl.loads(f"network t {{ input 8x16x16; {body} }}")
    checked(net, OnnxForm(dtype="float16"))
    with pytest.raises(UnfitOptions, match=f"`{named}` is written as Einsum, which takes float16 and no bfloat16"):
        onnx_bytes(net.ir, Seeded(), OnnxForm(dtype="bfloat16"))
    checked(resdsl.loads("network t { input 8x16x16; adaptive_avgpool 4x4 }"), OnnxForm(dtype="bfloat16"))


def test_a_value_that_float16_does_not_hold(net: Net) -> None:
    class Huge(Seeded):
        def pieces(self, name: str, tensor: Any) -> Any:
            return iter([piece + 70000 if name == "fc.bias" else piece for piece in super().pieces(name, tensor)])

    with pytest.raises(TooLargeForType, match=r"`fc\.bias` has the value 69999\.9, which float16 does not hold"):
        onnx_bytes(net.ir, Huge(), OnnxForm(dtype="float16"))


# ------------------------------------------------------------------------------------------ sizes and ends


@pytest.mark.parametrize(("height", "width"), [(20, 24), (33, 17), (64, 96)])
def test_open_sizes_run_at_several(net: Net, height: int, width: int) -> None:
    data = checked(net, OnnxForm(dynamic_hw=True))
    graph = onnx.load_from_string(data).graph
    dims = [dim.dim_param or dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim]
    assert dims == ["batch", 3, "height", "width"]
    assert [dim.dim_value for dim in graph.output[0].type.tensor_type.shape.dim] == [0, 5]
    fixed = onnx_bytes(resdsl.loads(TEXT, input=f"3x{height}x{width}").ir, Varied())
    given = image(2, height, width)
    assert_close(run(data, given), run(fixed, given))


def test_open_sizes_take_the_opset_that_allows_them() -> None:
    net = resdsl.loads(GROUPED)
    data = checked(net, OnnxForm(dynamic_hw=True))
    assert onnx.load_from_string(data).opset_import[0].version == 21
    assert run(data, image(1, 18, 40)).shape == (1, 3, 36, 80)
    with pytest.raises(SizeBakedIn, match="a size is baked into"):
        onnx_bytes(net.ir, Seeded(), OnnxForm(13, dynamic_hw=True))


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("conv 3x3, 4; fc 5", "a size is baked into `fc`, a Gemm: for inputs of 3x16x16 it differs"),
        (
            "conv 3x3, 4, /2; avgpool 2x2, /2, ceil=true; avgpool global",
            "a size is baked into `avgpool`",
        ),
        ("conv 3x3, 4; reshape 32x8; flatten", "of t cannot take inputs of 3x16x16: .*"),
    ],
)
def test_sizes_that_are_baked_in(body: str, reason: str) -> None:
    net = resdsl.loads(f"network t {{ input 3x8x8; {body} }}")
    with pytest.raises(SizeBakedIn, match=reason.removeprefix("of ")):
        onnx_bytes(net.ir, Seeded(), OnnxForm(dynamic_hw=True))


def test_the_layer_that_bakes_a_size_in_with_every_opset_is_named() -> None:
    net = resdsl.loads("network t { input 8x16x16; conv 3x3, 8; group_norm 2; act; shift 1, axis=1 }")
    with pytest.raises(SizeBakedIn, match="a size is baked into `shift`, a Slice"):
        onnx_bytes(net.ir, Seeded(), OnnxForm(dynamic_hw=True))


def test_vectors_have_no_sizes() -> None:
    with pytest.raises(SizeBakedIn, match="the inputs of t have no spatial sizes that could be open"):
        onnx_bytes(resdsl.loads("network t { input 3; fc 4 }").ir, Seeded(), OnnxForm(dynamic_hw=True))


def test_a_fixed_batch_and_a_softmax(net: Net) -> None:
    data = checked(net, OnnxForm(batch=2, softmax=True))
    graph = onnx.load_from_string(data).graph
    assert [dim.dim_value for dim in graph.input[0].type.tensor_type.shape.dim] == [2, 3, 20, 24]
    assert [value.name for value in graph.output] == ["output"]
    scores = run(checked(net, OnnxForm()), image())
    wanted = torch.from_numpy(scores).softmax(1).numpy()
    assert np.abs(run(data, image()) - wanted).max() < 1e-6


def test_a_softmax_that_is_there() -> None:
    net = resdsl.loads("network t { input 3; fc 4; softmax }")
    with pytest.raises(AlreadyNormalised, match="the last output of t is a softmax already"):
        onnx_bytes(net.ir, Seeded(), OnnxForm(softmax=True))


# ---------------------------------------------------------------------------------------- weights elsewhere


@pytest.mark.parametrize("opset", [13, 21])
def test_weights_in_a_file_beside(net: Net, tmp_path: Path, opset: int) -> None:
    path = net.to_onnx(tmp_path / "tiny.onnx", seed=3, opset=opset, external_data="raw", check=True)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["tiny.onnx", "tiny.onnx.data"]
    assert np.array_equal(run(path, image()), run(onnx_bytes(net.ir, Seeded(3), OnnxForm(opset)), image()))


def test_one_safetensors_file_for_both(net: Net, tmp_path: Path) -> None:
    path = net.to_onnx(tmp_path / "tiny.onnx", seed=3, external_data="safetensors")
    module = net.to_torch(seed=0)
    module.load_state_dict(load_file(tmp_path / "tiny.safetensors"))
    with torch.no_grad():
        wanted = module.eval()(torch.from_numpy(image())).numpy()
    assert np.abs(run(path, image()) - wanted).max() < 1e-5 * np.abs(wanted).max()


def test_a_model_points_into_the_file_of_its_weights(net: Net, tmp_path: Path) -> None:
    (tmp_path / "weights").mkdir()
    weights = net.to_safetensors(tmp_path / "weights" / "trained.safetensors", seed=5)
    before = weights.read_bytes()
    path = net.to_onnx(tmp_path / "tiny.onnx", weights=weights, external_data="safetensors", check=True)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["tiny.onnx", "weights"]
    assert weights.read_bytes() == before
    assert np.array_equal(run(path, image()), run(onnx_bytes(net.ir, Seeded(5)), image()))


def test_a_file_that_cannot_be_pointed_into(net: Net, tmp_path: Path) -> None:
    weights = net.to_safetensors(tmp_path / "trained.safetensors")
    (tmp_path / "out").mkdir()
    with pytest.raises(NotShared, match="is not in the folder of the model or below"):
        net.to_onnx(tmp_path / "out" / "tiny.onnx", weights=weights, external_data="safetensors")
    save_file({name: value.half() for name, value in load_file(weights).items() if value.is_floating_point()}, weights)
    with pytest.raises(NotShared, match=r"`conv1.weight` is F16 in trained.safetensors, but F32 in the model"):
        net.to_onnx(tmp_path / "tiny.onnx", weights=weights, external_data="safetensors")
    half = net.to_onnx(tmp_path / "tiny.onnx", weights=weights, external_data="safetensors", dtype="float16")
    assert run(half, image().astype(np.float16)).dtype == np.float16
    with pytest.raises(NotShared, match="a new safetensors file has float32, and the model would have float16"):
        net.to_onnx(tmp_path / "new.onnx", external_data="safetensors", dtype="float16")
    assert list((tmp_path / "out").iterdir()) == []


def test_weights_that_are_too_many_are_beside_by_themselves(
    net: Net, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(external, "MOST_INSIDE", 1000)
    path = net.to_onnx(tmp_path / "tiny.onnx", seed=3)
    assert (tmp_path / "tiny.onnx.data").stat().st_size > 1000
    assert np.array_equal(run(path, image()), run(onnx_bytes(net.ir, Seeded(3)), image()))


def test_a_failure_leaves_both_files_alone(net: Net, tmp_path: Path) -> None:
    for name in ("tiny.onnx", "tiny.onnx.data"):
        (tmp_path / name).write_text("old")
    weights = net.to_safetensors(tmp_path / "w.safetensors")
    save_file({name: value * 10**7 for name, value in load_file(weights).items()}, weights)
    with pytest.raises(TooLargeForType):
        net.to_onnx(tmp_path / "tiny.onnx", weights=weights, external_data="raw", dtype="float16")
    assert {each.name: each.read_text() for each in tmp_path.glob("tiny*")} == {
        "tiny.onnx": "old",
        "tiny.onnx.data": "old",
    }
    assert not list(tmp_path.glob(".*"))


def test_a_file_without_weights_takes_them_as_inputs(net: Net, tmp_path: Path) -> None:
    path = net.to_onnx(tmp_path / "tiny.onnx", no_weights=True, check=True)
    assert path.stat().st_size < 30_000
    whole = onnx.load_from_string(onnx_bytes(net.ir, Seeded(3)))
    constants = {each.name for each in onnx.load(path).graph.initializer}
    weights = {
        each.name: onnx.numpy_helper.to_array(each) for each in whole.graph.initializer if each.name not in constants
    }
    assert_close(run(path, image(), **weights), run(whole.SerializeToString(), image()))


# ------------------------------------------------------------------------------------------------ refused


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"opset": 12}, "files are written in opsets 13 to 22, not in 12"),
        ({"dtype": "int8"}, "the type of a file is one of float32, float16, bfloat16, not int8"),
        ({"dtype": "bfloat16", "opset": 21}, "convolutions and pools take bfloat16 from opset 22 on, not in 21"),
        ({"batch": 0}, "a batch has 1 to 2,147,483,647 samples, not 0"),
        ({"opset": 13.0}, "files are written in opsets 13 to 22, not in 13.0"),
        ({"batch": "2"}, "a batch has 1 to 2,147,483,647 samples, not '2'"),
        ({"batch": 2**31}, "a batch has 1 to 2,147,483,647 samples, not 2147483648"),
        ({"batch": 1.5}, "a batch has 1 to 2,147,483,647 samples, not 1.5"),
        ({"external_data": "yes"}, "external data are one of raw, safetensors, not yes"),
        ({"external_data": "raw", "no_weights": True}, "a file without weights has none in another file"),
    ],
)
def test_options_that_make_no_sense(net: Net, tmp_path: Path, options: dict[str, Any], reason: str) -> None:
    with pytest.raises(UnfitOptions, match=reason):
        net.to_onnx(tmp_path / "tiny.onnx", **options)
    assert list(tmp_path.iterdir()) == []


def test_weights_of_a_file_without_any(net: Net, tmp_path: Path) -> None:
    with pytest.raises(IdleOption, match="a file without weights does not contain weights: seed would have no effect"):
        net.to("onnx", tmp_path / "tiny.onnx", seed=1, no_weights=True)
    with pytest.raises(IdleOption, match="PyTorch source has no such form: dtype and batch would have no effect"):
        net.to("torch", tmp_path / "tiny.py", dtype="float16", batch=3)
