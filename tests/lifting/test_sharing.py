"""Layers of a file that share their tensors: one layer if they share everything, and told if they do not."""

from __future__ import annotations

from pathlib import Path

import pytest

import resdsl
from resdsl.lifting.refusals import NotLifted
from tests.cli.running import Command
from tests.lifting.test_inputs import node, saved

CONV, VECTOR, IMAGE = (3, 3, 3, 3), (3,), [1, 3, 8, 8]


def test_layers_that_share_everything_are_one(tmp_path: Path) -> None:
    nodes = [node("Conv", "x w b", "a"), node("Relu", "a", "c"), node("Conv", "c w b", "y")]
    found = resdsl.lift(saved(tmp_path, nodes, {"x": IMAGE}, w=CONV, b=VECTOR))
    assert found.text.count("shared") == 2
    assert found.shared_in_part == ()
    assert found.net.params == 84


@pytest.mark.parametrize(
    ("first", "second", "shared"),
    [
        ("w b", "w d", "`w`"),
        ("w b", "v b", "`b`"),
        ("c.weight c.bias", "c.weight d.bias", "`c.weight`"),
        ("c.weight c.bias", "d.weight c.bias", "`c.bias`"),
    ],
)
def test_layers_that_share_some_tensors_are_told(
    first: str, second: str, shared: str, command: Command, tmp_path: Path
) -> None:
    nodes = [node("Conv", f"x {first}", "a"), node("Relu", "a", "r"), node("Conv", f"r {second}", "y")]
    weights = {name: VECTOR if name in ("b", "d") or "bias" in name else CONV for name in f"{first} {second}".split()}
    path = saved(tmp_path, nodes, {"x": IMAGE}, **weights)
    result = command("lift", str(path))
    assert f"several layers of the file share {shared}, but not all tensors and settings" in result.err
    assert "outputs on random input agree exactly" in result.err


@pytest.mark.parametrize("names", ["w b", "c.weight c.bias"])
def test_layers_that_share_tensors_under_other_settings_are_told(names: str, tmp_path: Path) -> None:
    near = node("Conv", f"x {names}", "a", pads=[1] * 4)
    far = node("Conv", f"x {names}", "z", dilations=[2, 2], pads=[2] * 4)
    weights = dict(zip(names.split(), (CONV, VECTOR), strict=True))
    found = resdsl.lift(saved(tmp_path, [near, far, node("Add", "a z", "y")], {"x": IMAGE}, **weights))
    assert "dilation=2" in found.text
    assert found.agreement.difference == 0
    assert found.shared_in_part == tuple(names.split())


def test_modules_that_share_tensors_under_other_settings_are_refused() -> None:
    from torch import nn

    near, far = nn.Conv2d(3, 3, 3, padding=1), nn.Conv2d(3, 3, 3, padding=2, dilation=2)
    far.weight, far.bias = near.weight, near.bias
    with pytest.raises(NotLifted, match=r"share `0\.weight`, `0\.bias`, but not all of their tensors and settings"):
        resdsl.lift(nn.Sequential(near, far), input="3x8x8")
    again = nn.Conv2d(3, 3, 3, padding=1)
    again.weight, again.bias = near.weight, near.bias
    assert resdsl.lift(nn.Sequential(near, again), input="3x8x8").text.count("shared") == 2
