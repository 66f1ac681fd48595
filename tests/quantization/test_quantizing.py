"""Int8: which images it takes, what is in the file, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import resdsl
from resdsl.backends.onnx.quantizing import NoScales
from resdsl.data.images import Images, Parts, WrongData
from resdsl.quantization.images import CALIBRATED, calibration_of
from resdsl.quantization.quantizing import EXCLUDED, NotQuantized
from resdsl.testing.scoring import NotTested

SPEC = """network small(classes = 10) {
  input 1x8x8
  conv 3x3, 8; norm; act
  stage layer1: basic(16) x 1, /2
  avgpool global
  fc classes
}
"""
MOSTLY = 0.8
"""Least agreement of weights that have learned little, also on processors that cut single sums of int8."""


@pytest.fixture(scope="module")
def net() -> resdsl.Net:
    return resdsl.loads(SPEC, shortcut="A")


@pytest.fixture(scope="module")
def weights(net: resdsl.Net, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that have learned a little."""
    out = tmp_path_factory.mktemp("runs") / "digits"
    return resdsl.train(net, resdsl.recipe("digits", steps=30), out=out).folder / "weights.safetensors"


def test_the_accuracies_are_those_of_both_files(net: resdsl.Net, weights: Path, tmp_path: Path) -> None:
    recipe = resdsl.recipe("digits")
    found = resdsl.quantize(net, tmp_path / "int8.onnx", recipe, weights=weights, check=True)
    assert (found.data, found.calibrated, found.images) == ("digits", CALIBRATED, 360)
    assert found.accuracy is not None
    assert found.int8_accuracy is not None
    assert found.accuracy == pytest.approx(1 - resdsl.test(net, recipe, weights=weights, on="onnx").error)
    assert found.int8_accuracy == pytest.approx(1 - resdsl.test(found.path, recipe).error)
    assert found.loss == found.accuracy - found.int8_accuracy
    assert found.agreement > MOSTLY


def test_the_same_images_give_the_same_bytes(net: resdsl.Net, weights: Path, tmp_path: Path) -> None:
    made = [tmp_path / name for name in ("a.onnx", "b.onnx")]
    for path in made:
        resdsl.quantize(net, path, resdsl.recipe("digits"), weights=weights)
    assert made[0].read_bytes() == made[1].read_bytes()


@pytest.mark.parametrize("opset", [13, 21])
def test_weights_are_int8_by_channel_and_nodes_keep_what_is_known_of_them(
    opset: int, net: resdsl.Net, weights: Path, tmp_path: Path
) -> None:
    path = resdsl.quantize(net, tmp_path / "a.onnx", resdsl.recipe("digits"), weights=weights, opset=opset).path
    plain = onnx.load(net.to_onnx(tmp_path / "b.onnx", weights=weights, opset=opset, fold_bn=True))
    model = onnx.load(path)
    tensors = {tensor.name: tensor for tensor in model.graph.initializer}
    assert tensors["conv1.weight_quantized"].data_type == onnx.TensorProto.INT8
    assert list(tensors["conv1.weight_scale"].dims) == [8]
    assert {node.domain for node in model.graph.node} == {""}
    assert model.graph.output[0].type == plain.graph.output[0].type
    assert (model.producer_name, model.metadata_props) == (plain.producer_name, plain.metadata_props)
    before = {node.name: node for node in plain.graph.node}
    kept = [node for node in model.graph.node if node.name in before]
    assert {"conv1", "layer1.0.conv1", "layer1.0.add", "fc"} <= {node.name for node in kept}
    for node in kept:
        assert node.metadata_props == before[node.name].metadata_props


def test_images_without_labels(net: resdsl.Net, weights: Path, tmp_path: Path) -> None:
    """Some, evenly spread, are for the scales, and the agreement is that on the others."""
    images = np.random.default_rng(0).random((9, 1, 8, 8), np.float32)
    np.save(tmp_path / "images.npy", images)
    found = resdsl.quantize(net, tmp_path / "a.onnx", weights=weights, data=tmp_path / "images.npy")
    assert (found.data, found.calibrated, found.images) == ("images.npy", 4, 5)
    assert (found.accuracy, found.int8_accuracy, found.loss) == (None, None, None)
    assert found.agreement * 5 in range(6)
    sample = calibration_of(tmp_path / "images.npy", resdsl.recipe("digits"))
    assert np.array_equal(np.concatenate([*sample.batches()]), 2 * images[[0, 2, 4, 6]] - 1)
    assert len(sample.test) == 5


def test_arrays_with_labels(net: resdsl.Net, weights: Path, tmp_path: Path) -> None:
    drawn = np.random.default_rng(0)
    np.savez(tmp_path / "images.npz", images=drawn.random((500, 1, 8, 8), np.float32), labels=np.arange(500) % 10)
    data = tmp_path / "images.npz"
    found = resdsl.quantize(net, tmp_path / "a.onnx", resdsl.recipe("digits"), weights=weights, data=data)
    assert (found.calibrated, found.images) == (140, 360)
    assert found.accuracy is not None


def test_pictures_in_a_folder(tmp_path: Path) -> None:
    from PIL import Image

    for number in range(6):
        pixels = np.random.default_rng(number).integers(0, 256, (10, 12, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / f"{number}.png")
    (tmp_path / "notes.txt").write_text("none of these is a picture\n")
    (tmp_path / "weights").mkdir()
    net = resdsl.loads("network three { input 3x8x8; conv 3x3, 4; relu; avgpool global; fc 3 }")
    net.to_safetensors(tmp_path / "weights" / "w.safetensors")
    with pytest.raises(WrongData, match="has no pictures: files that end in"):
        calibration_of(tmp_path, resdsl.recipe("digits").model_copy(update={"data": _data_of("folder")}))
    loose = tmp_path / "loose"
    loose.mkdir()
    for picture in [*tmp_path.glob("*.png")]:
        picture.rename(loose / picture.name)
    way = {"views": "centre", "crop": 8}
    recipe = resdsl.recipe("fashion-mnist")
    recipe = recipe.model_copy(update={"test": {"centre": type(recipe.test["centre"]).model_validate(way)}})
    found = resdsl.quantize(
        net, tmp_path / "a.onnx", recipe, weights=tmp_path / "weights" / "w.safetensors", data=loose
    )
    assert (found.data, found.calibrated, found.images, found.accuracy) == ("loose", 3, 3, None)


def _data_of(name: str) -> Any:
    recipe = resdsl.recipe("digits")
    return recipe.data.model_copy(update={"set": name})


@pytest.mark.parametrize("option", EXCLUDED)
def test_options_that_exclude_it(option: str, net: resdsl.Net, weights: Path, tmp_path: Path) -> None:
    given: Any = {"dtype": "float16", "batch": 3, "external_data": "raw"}.get(option, True)
    forms: dict[str, Any] = {option: given}
    with pytest.raises(NotQuantized, match=EXCLUDED[option]):
        resdsl.quantize(net, tmp_path / "a.onnx", resdsl.recipe("digits"), weights=weights, **forms)
    assert [*tmp_path.iterdir()] == []


def test_open_sizes_and_a_softmax(net: resdsl.Net, weights: Path, tmp_path: Path) -> None:
    path, recipe = tmp_path / "a.onnx", resdsl.recipe("digits")
    found = resdsl.quantize(net, path, recipe, weights=weights, dynamic_hw=True, softmax=True, check=True)
    assert found.agreement > MOSTLY
    assert onnx.load(path).graph.node[-1].op_type == "Softmax"


def test_branches_are_joined(tmp_path: Path) -> None:
    net = resdsl.loads(
        "network joined { input 1x8x8; parallel add { conv 3x3, 4; bn } { conv 1x1, 4; bn }; "
        "relu; avgpool global; fc 10 }"
    )
    weights = net.to_safetensors(tmp_path / "w.safetensors")
    made = resdsl.quantize(net, tmp_path / "a.onnx", resdsl.recipe("digits"), weights=weights, reparameterize=True)
    assert [node.op_type for node in onnx.load(made.path).graph.node].count("Conv") == 1


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        (
            "network other { input 1x9x9; conv 3x3, 4; avgpool global; fc 10 }",
            NotQuantized,
            "takes 1x9x9, and .* 1x8x8",
        ),
        ("network maps { input 1x8x8; conv 3x3, 4 }", NotTested, "not a score for each class"),
    ],
)
def test_networks_that_do_not_suit(text: str, error: type[Exception], reason: str, tmp_path: Path) -> None:
    net = resdsl.loads(text)
    weights = net.to_safetensors(tmp_path / "w.safetensors")
    with pytest.raises(error, match=reason):
        resdsl.quantize(net, tmp_path / "a.onnx", resdsl.recipe("digits"), weights=weights)
    assert [path.name for path in tmp_path.iterdir()] == ["w.safetensors"]


def test_data_in_memory(net: resdsl.Net, weights: Path, tmp_path: Path) -> None:
    drawn = np.random.default_rng(0).integers(0, 256, (40, 1, 8, 8), np.uint8)
    images = Images(drawn, np.arange(40) % 10)
    recipe = resdsl.recipe("digits", test=None)
    found = resdsl.quantize(net, tmp_path / "a.onnx", recipe, weights=weights, data=Parts(images, images[:10]))
    assert (found.calibrated, found.images) == (40, 10)


@pytest.mark.parametrize(
    ("name", "arrays", "reason"),
    [
        ("one.npy", np.zeros((1, 1, 8, 8), np.float32), "has 1 image: some are for scales, and others"),
        ("bytes.npy", np.zeros((4, 1, 8, 8), np.uint8), "Name a recipe; only arrays of float32 need none"),
        ("flat.npy", np.zeros((4, 8), np.float32), "images must be count x channels x height x width"),
        ("number.npy", np.zeros((), np.float32), "images must be count x channels x height x width"),
        ("objects.npy", np.array([{}], object), "cannot be read as arrays of numpy: Object arrays"),
    ],
)
def test_arrays_that_do_not_suit(name: str, arrays: Any, reason: str, tmp_path: Path) -> None:
    np.save(tmp_path / name, arrays, allow_pickle=True)
    with pytest.raises(WrongData, match=reason):
        calibration_of(tmp_path / name, None)


def test_files_that_do_not_suit(tmp_path: Path) -> None:
    recipe = resdsl.recipe("digits")
    (tmp_path / "noise.npz").write_bytes(b"PK\3\4 and no more")
    np.savez(tmp_path / "one.npz", images=np.zeros((4, 1, 8, 8), np.float32))
    np.savez(tmp_path / "labels.npz", images=np.zeros((4, 1, 8, 8), np.float32), labels=np.zeros((4, 2)))
    for name, reason in {
        "noise.npz": "cannot be read as arrays of numpy",
        "one.npz": "must have two arrays, `images` and `labels`",
        "labels.npz": "must be a row of integers",
    }.items():
        with pytest.raises(WrongData, match=reason):
            calibration_of(tmp_path / name, recipe)
        with pytest.raises(WrongData, match="name a recipe"):
            calibration_of(tmp_path / name, None)


def test_places_without_images(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for recipe in (None, resdsl.recipe("digits")):
        with pytest.raises(WrongData, match="empty is empty: it has no images"):
            calibration_of(tmp_path / "empty", recipe)
        with pytest.raises(FileNotFoundError):
            calibration_of(tmp_path / "missing", recipe)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [np.nan, np.inf, 1e38])
def test_images_without_scales_are_refused(value: float, net: resdsl.Net, weights: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "images.npy", np.full((10, 1, 8, 8), value, np.float32))
    with pytest.raises(NoScales, match="values for these images that are not finite"):
        resdsl.quantize(net, tmp_path / "int8.onnx", weights=weights, data=tmp_path / "images.npy")
    assert not (tmp_path / "int8.onnx").exists()
