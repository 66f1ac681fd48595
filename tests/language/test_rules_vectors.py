"""Residuals on vectors, which have no axes to stride along."""

from __future__ import annotations

import pytest

import resdsl


def test_without_a_shortcut_what_flowed_in_is_added() -> None:
    net = resdsl.loads("network n { input 24; residual { fc 24; relu } }")
    assert [node.name for node in net.ir.nodes] == ["fc", "relu", "add"]


@pytest.mark.parametrize("shortcut", ["A", "B", "D", "bare"])
def test_a_vector_that_keeps_its_length_does_not_change(shortcut: str) -> None:
    net = resdsl.loads(f"network n(shortcut = {shortcut}) {{ input 24; residual {{ fc 24; relu }} }}")
    assert net.ir.nodes[-1].inputs == ("relu", "input")


def test_a_shortcut_on_a_vector_has_the_stride_one() -> None:
    text = 'shortcut s { require stride == 1 "no other" }\nnetwork n(shortcut = s) { input 24; residual { fc 24 } }'
    assert resdsl.loads(text).depth == 1
