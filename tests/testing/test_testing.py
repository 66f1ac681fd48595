"""Testing a network: in PyTorch and onnxruntime, at several sizes, and what is refused."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

import resdsl
from resdsl.data.images import Array, Images, Parts
from resdsl.data.pictures import Pictures
from resdsl.data.resizing import resized
from resdsl.recipes.recipe import Recipe, Test as Way
from resdsl.testing.counting import averaged
from resdsl.testing.in_onnx import InOnnx
from resdsl.testing.in_torch import InTorch
from resdsl.testing.scoring import Scorer
from resdsl.testing.testing import Library, Part, errors_of, scored
from resdsl.testing.views import views

SPEC = """network small(n = 1, w = 8, shortcut = A, classes = 10) {
  input 1x8x8
  conv 3x3, w; norm; act
  for i, width in [w, 2 * w] {
    stage "layer{i + 1}": basic(width) x n, /(if i == 0 then 1 else 2)
  }
  avgpool global
  fc classes
}
"""
CLOSE = 1e-4
"""Where the two best scores differ by less, two libraries may rank them differently."""


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the recipe `digits`, which has learned something."""
    run = resdsl.train(resdsl.loads(SPEC), resdsl.recipe("digits"), out=tmp_path_factory.mktemp("runs") / "digits")
    return run.folder


@pytest.fixture(scope="module")
def clothes(tmp_path_factory: pytest.TempPathFactory) -> tuple[Parts, Path]:
    """Images of 28 x 28, like those of Fashion-MNIST, and weights that have learned a little of them."""
    drawn = np.random.default_rng(3)
    labels = np.arange(400) % 10
    patterns = drawn.random((10, 1, 7, 7)).repeat(4, 2).repeat(4, 3)
    pixels = 255 * (0.6 * patterns[labels] + 0.4 * drawn.random((400, 1, 28, 28)))
    parts = Parts(Images(pixels.astype(np.uint8), labels), Images(pixels[::2].astype(np.uint8), labels[::2]))
    recipe = ways(resdsl.recipe("fashion-mnist", steps=40, batch=40), whole={"views": "whole"})
    net = resdsl.loads(SPEC, input="1x24x24")
    run = resdsl.train(net, recipe, out=tmp_path_factory.mktemp("runs") / "clothes", data=parts)
    return parts, run.folder / "weights.safetensors"


def ways(recipe: Recipe, **named: dict[str, object]) -> Recipe:
    return recipe.model_copy(update={"test": {name: Way.model_validate(way) for name, way in named.items()}})


def scores(scorer: Scorer, images: Array, way: Way) -> Array:
    split = Images(images, np.zeros(len(images), np.int64))
    return averaged((scored(scorer.at, view) for view in views(split, way)), way.average)


@pytest.mark.parametrize(("split", "images"), [("test", 360), ("train", 1437)])
def test_the_errors_are_those_of_the_run(split: Part, images: int, digits: Path) -> None:
    weights = digits / "weights.safetensors"
    found = resdsl.test(resdsl.loads(SPEC), resdsl.recipe("digits"), weights=weights, split=split)
    recorded = json.loads((digits / "result.json").read_text())
    assert found.error == recorded[f"{split}_error"]
    assert found.error < 0.5
    assert found.images == images


def test_the_whole_image_is_the_mean_of_the_scores_at_all_positions() -> None:
    net = resdsl.loads(SPEC)
    module = net.to_torch(seed=0).eval()
    images = np.random.default_rng(0).random((4, 1, 28, 20), np.float32)
    maps: list[torch.Tensor] = []
    with torch.inference_mode():
        hook = module.get_submodule("layer2").register_forward_hook(lambda _, __, given: maps.append(given))
        module(torch.from_numpy(images))
        hook.remove()
        weight, bias = module.get_parameter("fc.weight"), module.get_parameter("fc.bias")
        at_positions = torch.einsum("nchw,kc->nkhw", maps[0], weight) + bias.view(1, -1, 1, 1)
    assert at_positions.shape[2:] == (14, 10)
    whole = InTorch(net, module).at((1, 28, 20))(images)
    assert np.abs(at_positions.mean((2, 3)).numpy() - whole).max() < 1e-6


@pytest.mark.parametrize(
    ("text", "shape", "remade"),
    [
        (SPEC, (1, 11, 14), False),
        ("network turned { input 2x1x6; conv 3x3, 4; permute 0x2x1; avgpool global; fc 3 }", (2, 3, 5), True),
    ],
)
def test_other_sizes_are_those_of_the_text(text: str, shape: tuple[int, int, int], remade: bool) -> None:
    """A module is made anew only where its code has sizes in it, as that of `permute` has."""
    net, images = resdsl.loads(text), np.random.default_rng(0).random((3, *shape), np.float32)
    scorer = InTorch(net, net.to_torch(seed=4))
    written = resdsl.loads(text, input="x".join(map(str, shape))).to_torch(seed=4).eval()
    with torch.inference_mode():
        expected = written(torch.from_numpy(images)).numpy()
    assert np.array_equal(scorer.at(shape)(images), expected)
    scorer.module.requires_grad_(False).get_parameter("fc.bias").add_(1)
    moved = scorer.at(shape)(images)
    assert np.allclose(moved, expected + 1, atol=1e-6)
    assert (scorer.sized(shape) is not scorer.module) == remade


def test_pytorch_and_onnx_agree_on_digits(digits: Path) -> None:
    net, weights = resdsl.loads(SPEC), digits / "weights.safetensors"
    from resdsl.data.prepared import prepare
    from resdsl.data.sets import read_set

    images = np.concatenate(
        [block for block, _ in prepare(read_set("digits", None), resdsl.recipe("digits").data).test.blocks(100)]
    )
    for way in ({"views": "whole"}, {"views": "whole", "sides": [6, 8, 11]}):
        both = [
            scores(scorer, images, Way.model_validate(way))
            for scorer in (InTorch.of(net, weights), InOnnx(net, weights))
        ]
        assert_same_classes(*both)


@pytest.mark.parametrize("name", ["centre", "ten-crops", "scales"])
def test_pytorch_and_onnx_agree_on_images_like_those_of_fashion_mnist(name: str, clothes: tuple[Parts, Path]) -> None:
    parts, weights = clothes
    net, way = resdsl.loads(SPEC, input="1x24x24"), resdsl.recipe("fashion-mnist").test[name]
    images = (np.concatenate([block for block, _ in parts.train.blocks(100)]) / np.float32(127.5) - 1).astype(
        np.float32
    )
    assert_same_classes(*(scores(scorer, images, way) for scorer in (InTorch.of(net, weights), InOnnx(net, weights))))


def assert_same_classes(one: Array, other: Array) -> None:
    best, second = -np.partition(-one, 1, axis=1)[:, :2].T
    clear = best - second > CLOSE
    assert clear.mean() > 0.9
    assert len({*one.argmax(1)[clear].tolist()}) > 1
    assert (one.argmax(1) == other.argmax(1))[clear].all()


def test_batches_change_nothing(clothes: tuple[Parts, Path]) -> None:
    parts, weights = clothes
    net, recipe = resdsl.loads(SPEC, input="1x24x24"), resdsl.recipe("fashion-mnist")
    found = [resdsl.test(net, recipe, weights=weights, data=parts, batch=batch) for batch in (7, 200)]
    confusions = [[each.counts.confusion.tolist() for each in one.ways.values()] for one in found]
    assert confusions[0] == confusions[1]
    assert found[0].images == 200
    assert list(found[0].ways) == ["centre", "ten-crops", "scales"]


@pytest.mark.parametrize("name", ["centre", "ten-crops", "scales"])
def test_images_that_differ_in_size_are_tested_as_each_alone(name: str) -> None:
    drawn = np.random.default_rng(5)
    shapes = [(28, 30), (26, 24), (28, 30), (33, 29), (24, 24)]
    source = Drawn([drawn.random((1, *shape), np.float32) for shape in shapes])
    pictures = Pictures(source, np.arange(5), np.array([0, 3, 1, 2, 4]))
    net, way = resdsl.loads(SPEC, input="1x24x24", classes=5), resdsl.recipe("fashion-mnist").test[name]
    scorer = InTorch(net, net.to_torch(seed=2))
    together = errors_of(scorer, pictures, way).counts
    alone = [errors_of(scorer, pictures[place : place + 1], way).counts for place in range(5)]
    assert together.images == 5
    assert np.array_equal(together.confusion, sum(each.confusion for each in alone))


@dataclass(frozen=True)
class Drawn:
    """Where pictures of several sizes are read from."""

    images: list[Array]
    channels: int = 1
    size: None = None

    def read(self, place: int, short_side: int | None) -> Array:
        image = self.images[place]
        return image if short_side is None else resized(image, short_side)

    def add_to(self, digest: object) -> None:
        raise AssertionError("errors are counted without a checksum of the images")


def test_a_module_in_training_is_left_in_training() -> None:
    net = resdsl.loads(SPEC)
    module = net.to_torch(seed=0)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    images = Images(np.zeros((4, 1, 8, 8), np.float32), np.arange(4))
    errors_of(InTorch(net, module), images, Way(views="whole"))
    assert module.training
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())


def test_a_network_with_a_head_for_training_alone_is_tested_by_its_other_output(tmp_path: Path) -> None:
    text = """network aux {
      input 1x8x8
      conv 3x3, 4; as c
      from c; avgpool global; fc 10; tap early in training
      from c; avgpool global; fc 10
    }"""
    net = resdsl.loads(text)
    weights = net.to_safetensors(tmp_path / "w.safetensors")
    libraries: tuple[Library, ...] = ("torch", "onnx")
    one, other = (resdsl.test(net, resdsl.recipe("digits"), weights=weights, on=library) for library in libraries)
    assert np.array_equal(one.reported.counts.confusion, other.reported.counts.confusion)


# ------------------------------------------------------------------------------------------------ refused


@pytest.mark.parametrize(
    ("spec", "settings", "message"),
    [
        (SPEC, {"classes": 4}, "`small` yields 4 scores, but there is an image with the label 9"),
        ("network flat { input 1x8x8; flatten; fc 10 }", {}, "`flat` cannot take inputs of 1x10x10: fc: "),
        ("network maps { input 1x8x8; conv 3x3, 10 }", {}, "`maps` yields 10x8x8, not a score for each class"),
    ],
)
def test_a_network_that_does_not_suit_is_refused(
    spec: str, settings: dict[str, str], message: str, tmp_path: Path
) -> None:
    net = resdsl.loads(spec, **settings)
    weights = net.to_safetensors(tmp_path / "w.safetensors")
    recipe = ways(resdsl.recipe("digits"), scales={"views": "whole", "sides": [8, 10]})
    with pytest.raises(resdsl.Refused) as refused:
        resdsl.test(net, recipe, weights=weights)
    assert message in str(refused.value)


def test_what_has_no_effect_or_is_missing_is_refused(tmp_path: Path) -> None:
    net, recipe = resdsl.loads(SPEC), resdsl.recipe("digits")
    model = net.to_onnx(tmp_path / "m.onnx")
    with pytest.raises(resdsl.Refused, match="name the weights with which `small` is tested"):
        resdsl.test(net, recipe)
    with pytest.raises(resdsl.Refused, match=r"m\.onnx has its own weights: others would have no effect"):
        resdsl.test(model, recipe, weights="w.safetensors")
    with pytest.raises(resdsl.Refused, match="the recipe holds no images back"):
        resdsl.test(model, recipe, split="validation")
    with pytest.raises(resdsl.Refused, match=r"m\.onnx takes inputs of 1x8x8, and cannot be given 1x6x6"):
        resdsl.test(model, ways(recipe, small={"views": "centre", "crop": 6}))
    (tmp_path / "text.onnx").write_text("no model")
    with pytest.raises(resdsl.Refused, match=r"onnxruntime cannot open text\.onnx: "):
        resdsl.test(tmp_path / "text.onnx", recipe)
