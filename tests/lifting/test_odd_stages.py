"""Stages that differ from the others in one thing, and stages of one block."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from torch import Tensor, nn

import resdsl
from resdsl.lifting.lift import LiftedModel

UNIT = """
block own(width, stride = 1, rate = 0) {
  residual {
    c1: conv 3x3, width, /stride; n1: norm; act
    if rate != 0 { dropout rate }
    c2: conv 3x3, width; n2: norm
  }
  act
}
"""


def lifted(stages: str, folder: Path) -> LiftedModel:
    net = resdsl.loads(
        f"{UNIT}network net(shortcut = B) {{\n  input 3x16x16\n  conv 3x3, 8; norm; act\n  {stages}\n  fc 10\n}}\n"
    )
    return resdsl.lift(net.to("json", folder / "net.json"))


@pytest.mark.parametrize("norm", ["frozen_bn", "bn(eps=0.001)", "bn(momentum=0.2)"])
def test_shortcuts_with_another_norm_than_the_network_are_not_those_of_its_setting(norm: str, tmp_path: Path) -> None:
    found = lifted(f"stage a: own(8) x 2; stage b: own(16) x 2, /2; stage c: own(32, norm={norm}) x 2, /2", tmp_path)
    assert found.lifted.given_up == ()
    assert not found.lifted.flat
    assert f'"downsample.1": {norm.replace("(", " ").strip(")")}' in found.text


def test_norms_that_two_kinds_of_blocks_have_stand_without_a_negation(tmp_path: Path) -> None:
    found = lifted("stage a: own(8) x 3; stage b: own(8, norm=frozen_bn) x 2", tmp_path)
    assert "if last { n1: frozen_bn } else { n1: norm }" in found.text


def test_what_is_called_with_a_layer_says_that_it_is_there(tmp_path: Path) -> None:
    rates = "stage a: own(8) x 2; stage b: own(16, rate=0.1) x 2, /2; stage c: own(32, rate=0.2) x 2, /2"
    text = re.sub(" +", " ", lifted(rates, tmp_path).text)
    assert "with_dropout = true) {" in text
    assert "if with_dropout { dropout rate }" in text
    assert "stage a: own(8, with_dropout=false) x 2" in text.replace("unit(", "own(")


def test_stages_of_one_block_are_stages_beside_equal_ones(tmp_path: Path) -> None:
    rows = ["own(8)        -> 8x16x16", "own(16), /2   -> 16x8x8", "own(16)       -> 16x8x8", "own(16) x 2   -> 16x8x8"]
    found = lifted("; ".join(f'stage "ls.{place}": {row.split("->")[0]}' for place, row in enumerate(rows)), tmp_path)
    assert [f'stage "ls.{place}": {row}' for place, row in enumerate(rows)] == [
        line.strip().replace("unit(", "own(") for line in found.text.split("\n") if line.strip().startswith("stage")
    ]


def test_rates_that_grow_do_not_alternate(tmp_path: Path) -> None:
    growing = "rate=if i > 0 then i / 10 else 0"
    found = lifted(f"stage a: own(8, {growing}) x 3, /2; stage b: own(16, {growing}) x 3, /2", tmp_path)
    assert "if stride == 1 { dropout rate }" in found.text
    assert "rate=[0.1, 0.1, 0.2][i]) x 3, /2" in found.text


class Again(nn.Module):
    """A residual that is called again, whose sum is not within the module by any path."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 1)
        self.body = nn.Sequential(
            nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8), nn.ReLU(), nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8)
        )

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        for _ in range(3):
            x = x + self.body(x)
            x = x.relu()
        return x


def test_a_residual_that_is_called_again_is_a_shared_module() -> None:
    found = resdsl.lift(Again(), input="3x8x8")
    assert found.lifted.given_up == ()
    assert found.text.count("shared body: tower") == 3
