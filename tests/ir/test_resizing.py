"""A network on inputs of another size is the one that its text describes with that input."""

from __future__ import annotations

import pytest

import resdsl
from resdsl.ir.resizing import FixedSize, with_input
from resdsl.ir.verify import verify
from resdsl.ir.walk import state


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("resnet20", (3, 40, 33)),
        ("resnet18", (3, 256, 320)),
        ("resnet50d", (3, 192, 225)),
        ("densenet121", (3, 256, 320)),
        ("seresnet50", (3, 160, 160)),
        ("preresnet110", (3, 64, 48)),
        ("res2net50_26w_4s", (3, 160, 256)),
    ],
)
def test_it_is_what_the_text_describes_with_that_input(name: str, shape: tuple[int, ...]) -> None:
    network = resdsl.load(name).ir
    resized = with_input(network, shape)
    again = resdsl.load(name, input="x".join(map(str, shape))).ir
    assert resized == again.replace(expectations=())
    assert [*state(resized)] == [*state(network)]
    verify(resized)


def test_equal_repeats_are_told_apart_where_their_shapes_now_differ() -> None:
    text = """
        network n { input 2x1x1; stage s: halve() x 3; avgpool global }
        block halve() { conv 3x3, 2, stride=2 }
    """
    network = resdsl.loads(text).ir
    resized = with_input(network, (2, 7, 2))
    assert [run.count for run in network.stages[0].runs] == [3]
    assert [run.body.shape for run in resized.stages[0].runs] == [(2, 4, 1), (2, 2, 1), (2, 1, 1)]
    verify(resized)


def test_the_same_input_changes_nothing() -> None:
    network = resdsl.load("resnet20").ir
    assert with_input(network, (3, 32, 32)) is network


@pytest.mark.parametrize(
    ("text", "shape", "message"),
    [
        (
            "network n { input 1x8x8; conv 3x3, 4; flatten; fc 2 }",
            (1, 9, 9),
            "`n` cannot take inputs of 1x9x9: fc: its weights are for inputs of 256, not of 324",
        ),
        (
            "network n { input 1x8x8; stage s: c() x 1; avgpool global; fc 2 }\nblock c() { conv 5x5, 4, pad=0 }",
            (1, 3, 3),
            "`n` cannot take inputs of 1x3x3: s.0.conv1: ",
        ),
        ("network n { input a 1x8x8; input b 1x8x8; from add(a, b) }", (1, 9, 9), "it has several inputs"),
    ],
)
def test_a_size_that_a_network_cannot_take_is_refused(text: str, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(FixedSize) as refused:
        with_input(resdsl.loads(text).ir, shape)
    assert message in str(refused.value)
