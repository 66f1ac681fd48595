"""The example that trains on handwritten digits, in small."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import Tensor

import resdsl
from examples import train_digits


def test_little_training_reads_the_held_out_digits(root: Path, tmp_path: Path) -> None:
    weights = tmp_path / "digits.pth"
    command = [sys.executable, "examples/train_digits.py", "--set", "n=1", "--epochs", "8"]
    options = ["--at-least", "0.95", "--save", str(weights)]
    environment = {"PYTHONPATH": str(root)}
    ended = subprocess.run([*command, *options], cwd=root, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    said = re.search(r"^8 epochs in .* s: (\d+) of 360 held-out digits are right, 9\d\.\d\d%$", ended.stdout, re.M)
    assert said
    module = resdsl.load(train_digits.SPEC, n=1).to_torch(weights=weights)
    assert train_digits.count_right(module, train_digits.digits()[1]) == int(said[1])


def test_too_few_right_digits_are_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["train_digits.py", "--set", "n=1", "--epochs", "1", "--at-least", "1"])
    with pytest.raises(SystemExit, match=r"^\d+\.\d\d% is less than 100\.00%$"):
        train_digits.main()


def test_the_seed_decides_about_everything() -> None:
    one, same, other = trained(1), trained(1), trained(2)
    assert all(torch.equal(value, same[name]) for name, value in one.items())
    assert not torch.equal(one["fc.weight"], other["fc.weight"])


def trained(seed: int) -> dict[str, Tensor]:
    """The state after one epoch."""
    module = resdsl.load(train_digits.SPEC, n=1).to_torch(seed=seed)
    train_digits.train(module, train_digits.digits()[0], 1, torch.Generator().manual_seed(seed))
    return module.state_dict()


def test_parts_share_no_image_and_have_every_digit() -> None:
    (images, labels), (unseen, unseen_labels) = train_digits.digits()
    assert (len(images), len(unseen)) == (len(labels), len(unseen_labels)) == (1437, 360)
    assert images.shape[1:] == unseen.shape[1:] == (1, 8, 8)
    assert (images.min().item(), images.max().item()) == (train_digits.BACKGROUND, 1)
    assert {*labels.tolist()} == {*unseen_labels.tolist()} == {*range(10)}


def test_images_are_shifted_by_a_pixel_in_every_direction() -> None:
    image = torch.full((1, 1, 8, 8), train_digits.BACKGROUND)
    image[..., 4, 4] = 1
    moved = train_digits.shifted(image.expand(500, 1, 8, 8), torch.Generator().manual_seed(0))
    assert moved.shape == (500, 1, 8, 8)
    assert (moved == 1).sum((1, 2, 3)).tolist() == [1] * 500
    assert (moved == train_digits.BACKGROUND).sum((1, 2, 3)).tolist() == [63] * 500
    places = {(row, column) for _, _, row, column in (moved == 1).nonzero().tolist()}
    assert places == {(row, column) for row in (3, 4, 5) for column in (3, 4, 5)}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--spec", "nothing"), "there is no file or shipped network `nothing`"),
        (("--set", "q=1"), "the network `digits` has no parameter `q`"),
        (("--set", "classes=3"), "digits does not yield ten numbers for an image"),
        (("--spec", "vgg19"), "the window of `maxpool` covers 2 but the padded input has size 1"),
    ],
)
def test_what_cannot_be_trained_ends_with_a_message(
    arguments: tuple[str, str], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["train_digits.py", *arguments])
    with pytest.raises(SystemExit, match=re.escape(said)):
        train_digits.main()


@pytest.mark.parametrize("arguments", [("--set", "n"), ("--epochs", "0"), ("--epochs", "1.5"), ("--threads", "-1")])
def test_wrong_arguments_are_told_with_the_usage(
    arguments: tuple[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["train_digits.py", *arguments])
    with pytest.raises(SystemExit, match="2"):
        train_digits.main()
    said = capsys.readouterr().err
    assert said.startswith("usage: ")
    assert f"argument {arguments[0]}: {arguments[1]} is not" in said
