"""Weights that fit a network in part: the cases of the trials, each with one option."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

import resdsl
from resdsl.weights.adapting import InvalidAdaptation
from resdsl.weights.fitting import WeightsMismatch
from resdsl.weights.ignoring import InvalidIgnore
from resdsl.weights.kind import UnreadableWeights
from resdsl.weights.selection import WeightsNote

BACKBONE = """
network backbone_small(shortcut = B) {
  input 3x32x32
  conv 3x3, 16; norm; act
  stage layer1: basic(16) x 2
  stage layer2: basic(32) x 2, /2
  tap c3
}
"""
BODY = resdsl.loads(BACKBONE)
CLASSIFIER = resdsl.loads(BACKBONE.replace("tap c3", "avgpool global\n  fc 10"))
FLAT = "network n(k = 3x3) {\n  input 3x16x16\n  conv k, 8; norm; act\n  avgpool global\n  fc 5\n}"
SOLID = resdsl.loads(FLAT.replace("3x16x16", "3x4x16x16").replace("k = 3x3", "k = 3x3x3"))
State = dict[str, Tensor]


@pytest.fixture(autouse=True)
def _notes_are_asked_for() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", WeightsNote)
        yield


def weights_of(net: resdsl.Net, seed: int = 1) -> State:
    state: State = net.to_torch(seed=seed).state_dict()
    return state


def saved(content: object, folder: Path) -> Path:
    torch.save(content, folder / "a.pth")
    return folder / "a.pth"


def assert_same(found: State, wanted: State) -> None:
    assert list(found) == list(wanted)
    assert all(torch.equal(found[name], wanted[name]) for name in wanted)


# ------------------------------------------------------------------------------------------------- ignore


@pytest.mark.parametrize("paths", ["fc", ["fc"], ["fc.bias", "fc.weight"]])
def test_backbone_takes_the_weights_of_a_classifier(paths: str | list[str], tmp_path: Path) -> None:
    """Case d07: it was refused, and no option dropped `fc`."""
    weights = weights_of(CLASSIFIER)
    module = BODY.to_torch(weights=saved(weights, tmp_path), ignore=paths)
    assert_same(module.state_dict(), {name: each for name, each in weights.items() if not name.startswith("fc.")})


def test_backbone_from_safetensors_and_into_every_target(tmp_path: Path) -> None:
    save_file(weights_of(CLASSIFIER), tmp_path / "a.safetensors")
    path = tmp_path / "a.safetensors"
    one = BODY.to_safetensors(tmp_path / "one.safetensors", weights=path, ignore="fc")
    other = BODY.to("safetensors", tmp_path / "other.safetensors", weights=path, ignore="fc")
    assert one.read_bytes() == other.read_bytes()
    assert BODY.to_onnx(tmp_path / "a.onnx", weights=path, ignore="fc").stat().st_size > 100_000


def test_what_the_network_has_is_kept_under_an_ignored_path(tmp_path: Path) -> None:
    deeper = resdsl.loads(BACKBONE.replace("basic(32) x 2", "basic(32) x 3"))
    weights = weights_of(deeper)
    module = BODY.to_torch(weights=saved(weights, tmp_path), ignore="layer2")
    assert_same(module.state_dict(), {name: each for name, each in weights.items() if "layer2.2." not in name})


@pytest.mark.parametrize(
    ("ignore", "message"),
    [
        ("head", "`head` cannot be ignored: the file has nothing of this name; available: `fc`"),
        ("fcs", "`fcs` cannot be ignored: the file has nothing of this name; did you mean `fc`?"),
        ("f", "`f` cannot be ignored: the file has nothing of this name; available: `fc`"),
        (
            "layer1",
            "`layer1` cannot be ignored: the network has everything that the file has under it; "
            "to draw it from the seed, reset it",
        ),
        (["fc", "fc"], "`fc` is listed twice in the modules to ignore"),
        ("", "the path of a module to ignore is empty"),
    ],
)
def test_what_cannot_be_ignored_is_refused(ignore: str | list[str], message: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidIgnore) as caught:
        BODY.to_torch(weights=saved(weights_of(CLASSIFIER), tmp_path), ignore=ignore)
    assert str(caught.value) == message


def test_refusal_says_how_the_file_would_fit(tmp_path: Path) -> None:
    with pytest.raises(WeightsMismatch) as caught:
        BODY.to_torch(weights=saved(weights_of(CLASSIFIER), tmp_path))
    assert caught.value.hint == 'the file fits with ignore="fc" (--ignore fc)'
    assert caught.value.adding("or not").hint == f"{caught.value.hint}\nor not"


# ------------------------------------------------------------------------------------------------- the key


def test_average_is_taken_by_its_key(tmp_path: Path) -> None:
    """Case d13: the first was taken without a word, and no option picked the other."""
    raw, average = (weights_of(BODY, seed) for seed in (1, 2))
    path = saved({"state_dict": raw, "state_dict_ema": average, "epoch": 3}, tmp_path)
    note = (
        r"a\.pth: `state_dict_ema` holds a second copy of these weights, such as an average; "
        r'weights_key="state_dict_ema" \(--weights-key state_dict_ema\) takes that one'
    )
    with pytest.warns(WeightsNote, match=note) as caught:
        assert_same(BODY.to_torch(weights=path).state_dict(), raw)
    assert caught[0].filename == __file__
    with pytest.warns(WeightsNote, match=note) as caught:
        BODY.to_onnx(tmp_path / "a.onnx", weights=path)
    assert caught[0].filename == __file__
    assert_same(BODY.to_torch(weights=path, weights_key="state_dict_ema").state_dict(), average)
    assert_same(BODY.to_torch(weights=path, weights_key="state_dict").state_dict(), raw)


def test_averaged_model_of_pytorch_is_unwrapped(tmp_path: Path) -> None:
    module = BODY.to_torch(seed=4)
    averaged = torch.optim.swa_utils.AveragedModel(module)
    path = saved({"model": weights_of(BODY, 1), "model_ema": averaged.state_dict()}, tmp_path)
    assert_same(BODY.to_torch(weights=path, weights_key="model_ema").state_dict(), module.state_dict())
    assert_same(BODY.to_torch(weights=saved(averaged.state_dict(), tmp_path)).state_dict(), module.state_dict())


def test_copy_of_something_else_is_no_second_copy(tmp_path: Path) -> None:
    others = {"ema": weights_of(CLASSIFIER), "best": {"acc": torch.ones(1)}}
    path = saved({"state_dict": weights_of(BODY), **others}, tmp_path)
    BODY.to_torch(weights=path)


def test_choice_between_two_usual_keys(tmp_path: Path) -> None:
    path = saved({"state_dict": weights_of(BODY, 1), "model": weights_of(BODY, 2)}, tmp_path)
    assert_same(BODY.to_torch(weights=path, weights_key="model").state_dict(), weights_of(BODY, 2))


def test_unknown_key_lists_those_there_are(tmp_path: Path) -> None:
    path = saved({"state_dict": weights_of(BODY), "ema": {"a": torch.ones(1)}, "epoch": 3}, tmp_path)
    with pytest.raises(UnreadableWeights) as caught:
        BODY.to_torch(weights=path, weights_key="average")
    count = len(weights_of(BODY))
    assert str(caught.value) == (
        f"a.pth holds no tensors under 'average'; it has tensors under 'state_dict' ({count}), 'ema' (1)"
    )
    with pytest.raises(UnreadableWeights, match=r"a\.pth holds no tensors under 'model'$"):
        BODY.to_torch(weights=saved(weights_of(BODY), tmp_path), weights_key="model")


def test_tensors_two_dictionaries_deep_are_found_for_the_message(tmp_path: Path) -> None:
    count = len(weights_of(BODY))
    path = saved({"state": {"model": weights_of(BODY), "step": 3}, "epoch": 3}, tmp_path)
    with pytest.raises(UnreadableWeights) as caught:
        BODY.to_torch(weights=path)
    place = f"they are deeper in it, under ['state']['model'] ({count})"
    assert f"; {place}: save the dictionary that is wanted by itself" in str(caught.value)
    content = torch.load(path)["state"]["model"]
    assert_same(BODY.to_torch(weights=saved(content, tmp_path)).state_dict(), weights_of(BODY))
    with pytest.raises(UnreadableWeights) as caught:
        BODY.to_torch(
            weights=saved({"state_dict": weights_of(BODY), "a": {"b": weights_of(BODY)}}, tmp_path), weights_key="c"
        )
    assert "deeper" not in str(caught.value)


def test_safetensors_have_no_keys(tmp_path: Path) -> None:
    save_file(weights_of(BODY), tmp_path / "a.safetensors")
    with pytest.raises(UnreadableWeights, match="which has no dictionaries to choose from"):
        BODY.to_torch(weights=tmp_path / "a.safetensors", weights_key="model")


# ------------------------------------------------------------------------------------------------- adapting

KERNELS = weights_of(BODY)["conv1.weight"].double()
MEAN = KERNELS.mean(1, keepdim=True)


@pytest.mark.parametrize(
    ("adapt", "channels", "wanted", "way"),
    [
        ("stem", 1, KERNELS.sum(1, keepdim=True), "the sum over the channels of the file (sum)"),
        ("stem", 4, KERNELS[:, [0, 1, 2, 0]] * 3 / 4, "the channels of the file in turn, times 3/4 (cycle)"),
        ("stem", 2, KERNELS[:, :2] * 3 / 2, "the channels of the file in turn, times 3/2 (cycle)"),
        ("stem=cycle", 1, KERNELS[:, :1] * 3, "the channels of the file in turn, times 3/1 (cycle)"),
        ("stem=sum", 1, KERNELS.sum(1, keepdim=True), "the sum over the channels of the file (sum)"),
        (
            "stem=mean",
            5,
            MEAN.expand(-1, 5, -1, -1) * 3 / 5,
            "the mean over the channels of the file in each, times 3/5 (mean)",
        ),
    ],
)
def test_stem_takes_other_input_channels(adapt: str, channels: int, wanted: Tensor, way: str, tmp_path: Path) -> None:
    """Case d08: all that was offered for depth beside colours was `--reset conv1`, which throws the stem away."""
    weights, net = weights_of(BODY), resdsl.loads(BACKBONE, input=f"{channels}x32x32")
    with pytest.warns(WeightsNote) as caught:
        found = net.to_torch(weights=saved(weights, tmp_path), adapt=adapt).state_dict()
    assert str(caught[0].message) == f"a.pth: `conv1.weight`: 3 input channels became {channels}: {way}"
    assert torch.equal(found["conv1.weight"], wanted.float())
    assert_same({**found, "conv1.weight": KERNELS}, {**weights, "conv1.weight": KERNELS})


def test_grey_images_give_what_they_gave_as_colours(tmp_path: Path) -> None:
    grey = torch.randn(2, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    colours, net = BODY.to_torch(seed=1).eval(), resdsl.loads(BACKBONE, input="1x32x32")
    with pytest.warns(WeightsNote):
        module = net.to_torch(weights=saved(colours.state_dict(), tmp_path), adapt="stem").eval()
    with torch.no_grad():
        assert torch.allclose(module(grey)["c3"], colours(grey.expand(-1, 3, -1, -1))["c3"], atol=1e-4)


def test_refused_channels_say_how_they_are_adapted(tmp_path: Path) -> None:
    with pytest.raises(WeightsMismatch) as caught:
        resdsl.loads(BACKBONE, input="4x32x32").to_torch(weights=saved(weights_of(BODY), tmp_path))
    assert caught.value.hint == 'the file fits with adapt="stem" (--adapt stem)'


@pytest.mark.parametrize("half", [False, True])
def test_flat_kernels_are_inflated(half: bool, tmp_path: Path) -> None:
    """Case d12: weights of images for volumes (I3D, arXiv 1705.07750) were refused tensor by tensor."""
    weights = weights_of(resdsl.loads(FLAT))
    stored = {name: each.half() if half and each.is_floating_point() else each for name, each in weights.items()}
    with pytest.warns(WeightsNote) as caught:
        module = SOLID.to_torch(weights=saved(stored, tmp_path), adapt="inflate")
    assert str(caught[0].message) == "a.pth: 1 kernel of the file repeated along the new axis and divided by the depth"
    wanted = stored["conv1.weight"].double()[:, :, None].expand(-1, -1, 3, -1, -1) / 3
    assert torch.equal(module.state_dict()["conv1.weight"], wanted.float())
    assert torch.equal(module.state_dict()["fc.weight"], stored["fc.weight"].float())


def test_boring_video_gives_what_its_frame_gave(tmp_path: Path) -> None:
    """A video of equal frames: the condition from which Carreira and Zisserman derive the division."""
    bare = FLAT.replace("conv k, 8;", "conv k, 8, pad = 0;")
    flat, solid = resdsl.loads(bare), resdsl.loads(bare, k="3x3x3", input="3x5x16x16")
    frame = torch.randn(2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    images = flat.to_torch(seed=1).eval()
    with pytest.warns(WeightsNote):
        volumes = solid.to_torch(weights=saved(images.state_dict(), tmp_path), adapt="inflate").eval()
    with torch.no_grad():
        assert torch.allclose(volumes(frame[:, :, None].expand(-1, -1, 5, -1, -1)), images(frame), atol=1e-5)


def test_stem_of_volumes_is_adapted_twice(tmp_path: Path) -> None:
    net = resdsl.loads(FLAT.replace("3x16x16", "2x4x16x16").replace("k = 3x3", "k = 3x3x3"))
    weights = weights_of(resdsl.loads(FLAT))
    with pytest.warns(WeightsNote) as caught:
        found = net.to_torch(weights=saved(weights, tmp_path), adapt=["inflate", "stem"]).state_dict()
    assert len(caught) == 2
    kernels = weights["conv1.weight"].double()
    wanted = (kernels[:, :2] * 3 / 2)[:, :, None].expand(-1, -1, 3, -1, -1) / 3
    assert torch.allclose(found["conv1.weight"], wanted.float(), rtol=1e-6)


@pytest.mark.parametrize(
    ("net", "adapt", "message"),
    [
        (
            BODY,
            "stem",
            "no convolution of the input has other channels in the file: to adapt the stem would have no effect",
        ),
        (
            BODY,
            "inflate",
            "no kernel of the file has two axes where the network has three: to inflate would have no effect",
        ),
        (BODY, ["stem", "stem=mean"], "an adaptation is listed twice"),
        (
            BODY,
            "stem=first",
            "`stem=first` is no adaptation; there are `stem`, `stem=sum`, `stem=mean`, `stem=cycle` and `inflate`",
        ),
        (
            resdsl.loads(BACKBONE, input="4x32x32"),
            "stem=sum",
            "`stem=sum` makes one input channel, but `conv1` has 4",
        ),
        (
            resdsl.loads(BACKBONE.replace("conv 3x3, 16;", "conv 3x3, 16, groups = 2;"), input="4x32x32"),
            "stem",
            "`conv1` has 2 groups of input channels: `stem` does not adapt it",
        ),
    ],
)
def test_what_cannot_be_adapted_is_refused(
    net: resdsl.Net, adapt: str | list[str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InvalidAdaptation) as caught:
        net.to_torch(weights=saved(weights_of(BODY), tmp_path), adapt=adapt)
    assert str(caught.value) == message


def test_stem_without_channels_cannot_be_adapted(tmp_path: Path) -> None:
    weights = saved(weights_of(BODY) | {"conv1.weight": torch.zeros(16, 0, 3, 3)}, tmp_path)
    with pytest.raises(InvalidAdaptation, match=r"`conv1\.weight` has no input channels in the file"):
        BODY.to_torch(weights=weights, adapt="stem")


def test_transposed_stem_is_not_said_to_have_the_channels_of_the_file(tmp_path: Path) -> None:
    text = "network n { input 3x8x8; conv_transpose 2x2, 4, /2; act; avgpool global; fc 3 }"
    weights = saved(weights_of(resdsl.loads(text)), tmp_path)
    with pytest.raises(InvalidAdaptation, match="no convolution of the input has other channels in the file"):
        resdsl.loads(text, input="1x8x8").to_torch(weights=weights, adapt="stem")


def test_everything_at_once(tmp_path: Path) -> None:
    """A grey backbone from a wrapped classifier of colours, in a dictionary of its own, with a stage drawn anew."""
    net = resdsl.loads(BACKBONE, input="1x32x32")
    weights = weights_of(CLASSIFIER)
    path = saved({"net": {f"module.encoder.{name}": each for name, each in weights.items()}}, tmp_path)
    with pytest.warns(WeightsNote):
        found = net.to_torch(
            weights=path, weights_key="net", rename="encoder ->", ignore="fc", adapt="stem", reset="layer2", seed=3
        ).state_dict()
    fresh = net.to_torch(seed=3).state_dict()
    for name, values in found.items():
        if name != "conv1.weight":
            assert torch.equal(values, (fresh if name.startswith("layer2.") else weights)[name]), name


@pytest.mark.parametrize("name", ["ignore", "weights_key", "rename", "adapt", "reset"])
def test_options_without_a_file_are_refused(name: str, tmp_path: Path) -> None:
    options: dict[str, Any] = {name: "stem"}
    with pytest.raises(ValueError, match=f"without weights, .*: {name} would have no effect"):
        BODY.to_torch(**options)
    with pytest.raises(ValueError, match=f"{name} would have no effect"):
        BODY.to("torch", tmp_path / "a.py", **options)


def test_adapted_kernels_are_folded(tmp_path: Path) -> None:
    net = resdsl.loads(BACKBONE, input="1x32x32")
    path = saved(weights_of(BODY), tmp_path)
    with pytest.warns(WeightsNote):
        module, plain = (net.to_torch(weights=path, adapt="stem", inference=each).eval() for each in (True, False))
    images = torch.randn(2, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(module(images)["c3"], plain(images)["c3"], atol=1e-4)
