"""Lifted texts as somebody reads and edits them: what is changed in an ablation stands in one place, under a name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import resdsl
from resdsl.lifting.lifted import Lifted, lifted
from resdsl.lifting.sources.onnx import read_onnx
from tests.lifting.without_names import without_metadata, without_names

FLAT = """
block flat(width, stride = 1, attends = false) {
  residual {
    conv 1x1, width; norm; act
    conv 3x3, width, /stride; norm; act
    conv 1x1, width * 4; norm
  }
  act
  if attends { non_local pool=2x2, scaled=true }
}
network net(shortcut = B) {
  input 3x32x32
  conv 3x3, 16; norm; act
  stage layer1: flat(8) x 3
  stage layer2: flat(16, attends=i % 2 == 1) x 6, /2
  avgpool global
  fc 10
}
"""
DENSE = """
block dense {
  parallel concat { } {
    norm; act
    conv 3x3, 8
  }
}
block halving {
  "norm": norm; act
  "conv": conv 1x1, channels // 2
}
network net {
  input 3x32x32
  conv 3x3, 16
  stage "dense1": dense x 4, path="layer{i + 1}"
  "transition1": halving; avgpool 2x2, /2
  stage "dense2": dense x 5, path="layer{i + 1}"
  "transition2": halving; avgpool 2x2, /2
  stage "dense3": dense x 4, path="layer{i + 1}"
  avgpool global
  fc 10
}
"""
BRANCHES = """
block inception(a, b, c, d) {
  parallel concat {
    "branch1": conv 1x1, a
  } {
    "branch2.0": conv 1x1, b; act
    "branch2.1": conv 3x3, c; act
  } {
    maxpool 3x3
    "branch3": conv 1x1, d
  }
}
network net {
  input 3x32x32
  conv 3x3, 16; norm; act
  mixed3a: inception(8, 12, 20, 10)
  mixed3b: inception(16, 10, 24, 14)
  avgpool global
  fc 10
}
"""
INVERTED = """
shortcut same { }
block inverted(width, stride = 1, shortcut = if stride == 1 and channels == width then same else none) {
  residual {
    conv 1x1, channels * 6; norm; act
    conv 3x3, channels * 6, /stride, groups=channels * 6; norm; act
    conv 1x1, width; norm
  }
}
network net {
  input 3x32x32
  "stem.0": conv 3x3, 16; "stem.1": norm; act
  "first.0": conv 3x3, 16, groups=16; "first.1": norm; act
  "first.2": conv 1x1, 8; "first.3": norm
  stage "groups.0": inverted(16) x 2, /2, path="{i}.block"
  stage "groups.1": inverted(24) x 3, /2, path="{i}.block"
  stage "groups.2": inverted(40) x 1, path="{i}.block"
  avgpool global
  fc 10
}
"""
HOURGLASS = """
block double(width) { "0": conv 3x3, width; act; "2": conv 3x3, width; act }
network net {
  input 3x32x32
  "down.0": double(8); as a
  maxpool 2x2, /2; "down.1": double(16); as b
  maxpool 2x2, /2; "down.2": double(32)
  "rise.0": conv_transpose 2x2, 16, /2; as c
  from concat(b, c); "up.0": double(16)
  "rise.1": conv_transpose 2x2, 8, /2; as d
  from concat(a, d); "up.1": double(8)
  conv 1x1, 2
}
"""
ISOTROPIC = """
block unit { residual { conv 7x7, channels, groups=channels; norm; conv 1x1, channels * 4; act; conv 1x1, channels } }
block narrowing(width) { "0": norm; "1": conv 2x2, width, /2, pad=0 }
network net {
  input 3x32x32
  conv 3x3, 8
  stage "stages.0": unit x 3
  "narrowing.0": narrowing(12)
  stage "stages.1": unit x 3
  "narrowing.1": narrowing(20)
  stage "stages.2": unit x 3
  avgpool global
  fc 10
}
"""


def lift_of(spec: str, folder: Path, *, named: bool = True) -> Lifted:
    """What a network lifts to, which is the same network."""
    path, net = folder / "net.onnx", resdsl.loads(spec)
    net.to_onnx(path, no_weights=True)
    (without_metadata if named else without_names)(path)
    found = lifted(read_onnx(path), "net")
    assert found.named is named
    assert resdsl.loads(found.text).inference_hash == net.inference_hash
    return found


def plain(text: str) -> str:
    """A text without blanks for alignment."""
    return re.sub("(?<=[^ ]) +", " ", text)


def edited(text: str, old: str, new: str) -> resdsl.Net:
    """The network of a text in which one place is changed."""
    assert text.count(old) == 1
    return resdsl.loads(re.sub("expect .*", "", re.sub(" +-> .*", "", text.replace(old, new))))


@pytest.mark.parametrize("named", [True, False])
def test_what_every_other_block_has_is_a_parameter_after_it(named: bool, tmp_path: Path) -> None:
    text = plain(lift_of(FLAT, tmp_path, named=named).text)
    assert "block unit(width, stride = 1, with_non_local = false) {" in text
    assert "if with_non_local { non_local(pool=2x2, scaled=true) }" in text
    assert ": unit(16, with_non_local=i % 2 == 1) x 6, /2" in text
    assert edited(text, "with_non_local=i % 2 == 1", "with_non_local=i == 5").params < resdsl.loads(FLAT).params


def test_transitions_are_one_block_that_halves_the_channels(tmp_path: Path) -> None:
    text = lift_of(DENSE, tmp_path).text
    assert 'block transition {\n  "norm": norm; act\n  conv: conv 1x1, channels // 2\n}' in text
    wider = edited(text, "conv 3x3, 8", "conv 3x3, 12")
    assert wider.params > resdsl.loads(DENSE).params


def test_branches_number_their_widths_in_the_order_of_the_text(tmp_path: Path) -> None:
    text = lift_of(BRANCHES, tmp_path).text
    assert "block mixed(width1, inner2, width2, width3) {" in text
    assert "mixed3b: mixed(16, inner2=10, width2=24, width3=14)" in text


def test_a_factor_that_stands_in_several_places_is_a_parameter(tmp_path: Path) -> None:
    text = lift_of(INVERTED, tmp_path).text
    assert "conv 3x3, channels * expansion, /stride, groups=channels * expansion" in text
    narrow = edited(text, "expansion = 6", "expansion = 3")
    assert narrow.params < resdsl.loads(INVERTED).params


def test_what_stands_once_has_no_block_and_a_block_by_itself_is_a_stage_like_others(tmp_path: Path) -> None:
    text = plain(lift_of(INVERTED, tmp_path).text)
    assert text.count("block ") == 1
    assert '"first.2": conv 1x1, 8' in text
    assert 'stage "groups.2": unit(40), path="{i}.block" -> 40x8x8' in text


def test_blocks_of_an_hourglass_are_called_by_their_widths(tmp_path: Path) -> None:
    text = lift_of(HOURGLASS, tmp_path).text
    assert "block layers(width) {" in text
    for call in ('"down.0": layers(8); as v1', '"down.2": layers(32)', '"up.1": layers(8)'):
        assert call in text


def test_a_width_is_not_said_again_by_blocks_that_keep_it(tmp_path: Path) -> None:
    text = plain(lift_of(ISOTROPIC, tmp_path).text)
    assert "block unit {" in text
    assert 'stage "stages.1": unit x 3 -> 12x16x16' in text
    assert "block narrowing(width) {" in text
    assert edited(text, "narrowing(12)", "narrowing(16)").params > resdsl.loads(ISOTROPIC).params


@pytest.mark.parametrize("argument", ["groups=4", "stride_at=1x1"])
def test_what_all_blocks_of_the_library_have_in_common_is_a_parameter_of_the_network(
    argument: str, tmp_path: Path
) -> None:
    name, value = argument.split("=")
    stages = f"stage layer1: bottleneck(8, {argument}) x 2; stage layer2: bottleneck(16, {argument}) x 2, /2"
    text = plain(lift_of(f"network net(shortcut = B) {{ input 3x32x32; conv 3x3, 8; {stages}; fc 10 }}", tmp_path).text)
    assert f"network net(shortcut = B, {name} = {value}, classes = 10) {{" in text
    assert f"bottleneck(16, {name}={name}) x 2, /2" in text


def test_what_only_some_blocks_have_stays_where_it_is(tmp_path: Path) -> None:
    stages = "stage layer1: bottleneck(8) x 2; stage layer2: bottleneck(16, groups=4) x 2, /2"
    text = lift_of(f"network net(shortcut = B) {{ input 3x32x32; conv 3x3, 8; {stages}; fc 10 }}", tmp_path).text
    assert "network net(shortcut = B, classes = 10) {" in text
    assert "bottleneck(16, groups=4)" in text


def test_the_number_of_classes_is_a_parameter_where_a_text_ends_in_a_classifier(tmp_path: Path) -> None:
    text = lift_of(FLAT, tmp_path).text
    assert "avgpool global\n  fc classes\n" in text
    assert edited(text, "classes = 10", "classes = 100").params == resdsl.loads(FLAT).params + 90 * 65
    assert "classes" not in lift_of(HOURGLASS, tmp_path).text
