"""Texts at the edges of what is drawn: each against the interpreter, its shape as the manual has it."""

from __future__ import annotations

from pathlib import Path

import pytest

import resdsl
from tests.ir.networks import Graph, projection
from tests.random.trial import Trial

TEXTS = {
    "dilated, even": "input 2x9x9; conv 2, 3, dilation=2 -> 3x9x9",
    "dilated, even, wide": "input 2x9x9; conv 4, 3, dilation=3 -> 3x8x8",
    "dilated, even by axis": "input 2x9x9; conv 2x3, 3, dilation=2x1 -> 3x9x9",
    "strides that do not divide": "input 2x7x10; residual { conv 3, 4, /2; conv 3, 4, /3 } -> 4x2x2",
    "strides by axis": "input 2x7x10; residual { conv 3, 4, /2x3; relu; conv 3, 4, /2x1 } -> 4x2x4",
    "zeros on both sides": 'input 3x4x4; pad_channels 8, zeros="both" -> 8x4x4',
    "zeros behind": "input 3x4x4; pad_channels 8 -> 8x4x4",
    "written_over, read again": "input 3x4x4; conv 1, 4; as v; relu; as r; from add(v, r) -> 4x4x4",
    "an output of a value that a layer reads": "input 3x4x4; conv 1, 4; tap raw; relu -> 4x4x4",
    "zeros before an average": "input 4x21; pad(1, 3); avgpool 3, ceil=true -> 4x25",
    "zeros before a maximum": "input 4x9x9; conv 1, 4; pad(1, 2); maxpool 3x3, /2 -> 4x6x6",
    "the input as an output": "input 3x4x4; tap image; conv 1, 4 -> 4x4x4",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_text_is_what_the_interpreter_says(text: str, tmp_path: Path) -> None:
    Trial(resdsl.loads(f"network n(shortcut = B) {{ {text} }}"), tmp_path).run()


def test_a_shortcut_called_again_is_counted_once(tmp_path: Path) -> None:
    graph = Graph(input=(4, 6, 6))
    body = projection((4, 6, 6), 4, 1)
    graph.call(body, name="beside", role="shortcut")
    graph.call(body, name="beside_2", path="beside", role="shortcut")
    Trial(resdsl.Net(graph.network("again")), tmp_path).run()
