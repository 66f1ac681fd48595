"""Kinds of shortcuts: what counts as which, where the zoo has no example."""

from __future__ import annotations

import pytest

import resdsl
from resdsl.analysis.shortcuts import Shortcuts, count_shortcuts

NESTED = """
block inner(width) {
  residual identity { conv 3x3, width; norm }
}
block outer(width, stride = 1) {
  residual {
    conv 3x3, width, /stride; norm; act
    inner(width)
    inner(width)
  }
  act
}
network net(shortcut = B) {
  input 3x16x16
  conv 3x3, 8
  stage layer1: outer(8) x 3
  stage layer2: outer(12) x 2, /2
  residual identity { conv 3x3, channels }
  avgpool global
  fc 5
}
"""
GATED = """
network net {
  input 3x16x16
  conv 3x3, 8
  gate { avgpool global; conv 1x1, channels; sigmoid }
  parallel add { conv 3x3, channels } { identity }
  avgpool global
  fc 5
}
"""
SAME_SHAPE = """
block twice(width, stride = 1) {
  residual { conv 3x3, width, /stride }
}
network net(shortcut = A) {
  input 3x16x16
  conv 3x3, 8
  stage layer1: twice(8) x 2, /2
  avgpool global
  fc 5
}
"""
OWN = """
shortcut scaled { if changes { avgpool 2x2, /stride, pad=0 } }
block half(width, stride = 1) {
  residual { conv 3x3, width, /stride }
}
network net(shortcut = scaled) {
  input 3x16x16
  conv 3x3, 8
  stage layer1: half(8) x 2, /2
  avgpool global
  fc 5
}
"""


@pytest.mark.parametrize(
    ("shortcut", "counts"),
    [
        ("A", Shortcuts(identity=15, zero_padded=1)),
        ("B", Shortcuts(identity=15, projection=1)),
        ("C", Shortcuts(identity=11, projection=5)),
        ("D", Shortcuts(identity=15, projection=1)),
        ("bare", Shortcuts(identity=15, projection=1)),
        ("none", Shortcuts(identity=11)),
    ],
)
def test_nested_residuals(shortcut: str, counts: Shortcuts) -> None:
    found = count_shortcuts(resdsl.loads(NESTED, shortcut=shortcut).ir)
    assert found == counts
    assert found.total == counts.identity + counts.zero_padded + counts.projection


def test_gates_and_branches_are_none() -> None:
    assert count_shortcuts(resdsl.loads(GATED).ir) == Shortcuts()


def test_a_stride_alone_is_dotted_too() -> None:
    assert count_shortcuts(resdsl.loads(SAME_SHAPE).ir) == Shortcuts(identity=1, zero_padded=1)


def test_a_shortcut_without_parameters_projects_nothing() -> None:
    assert count_shortcuts(resdsl.loads(OWN).ir) == Shortcuts(identity=1, zero_padded=1)


def test_json_keeps_the_kinds() -> None:
    net = resdsl.load("resnet18")
    assert count_shortcuts(resdsl.api.from_json(net.to_json()).ir) == count_shortcuts(net.ir)
