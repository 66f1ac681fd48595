"""The text that a new spec starts from: a residual network by a few figures, with comments for whoever goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from resdsl.printer.formatting import format_text

_LARGE = 128
"""The size from which a stem halves an image twice, as the paper does for 224x224 and not for 32x32."""


@dataclass(frozen=True)
class Beginning:
    """What a new network is to be.

    Attributes:
        name: of the network.
        input: its shape, channels first.
        classes: how many there are.
        block: that all stages repeat; none for pairs of convolutions in brackets.
        depths: how many blocks each stage has.
        width: of the blocks of the first stage; each stage after it has twice as much.
    """

    name: str
    input: tuple[int, ...]
    classes: int
    block: str | None
    depths: tuple[int, ...]
    width: int


def starting_text(beginning: Beginning, figures: Sequence[str] = ()) -> str:
    """A spec in canonical form.

    Args:
        beginning: what the network is to be.
        figures: what is expected of it, such as `depth = 34`.

    Raises:
        resdsl.SpecError: the name or the block is none.
    """
    shape = "x".join(map(str, beginning.input))
    lines = [
        f"# {beginning.name}: a residual network for inputs of {shape} in {beginning.classes} classes.",
        f"network {beginning.name}(shortcut = B, classes = {beginning.classes}) {{",
        f"input {shape}",
        "",
        *_stem(beginning),
        "",
        "# The number after the x counts the blocks of a stage. Each stage but the first halves the map.",
        *_stages(beginning),
        "",
        "avgpool global",
        "fc classes",
    ]
    if figures:
        lines += ["", "# `resdsl check` compares these; they are what the network had when this file was written."]
        lines += [f"expect {figure} when default" for figure in figures]
    return format_text("\n".join((*lines, "}")), f"{beginning.name}.res")


def _stem(beginning: Beginning) -> list[str]:
    sizes = beginning.input[1:]
    large, small = ("x".join(size * len(sizes)) for size in "73")
    if min(sizes, default=0) >= _LARGE:
        return [f"conv {large}, {beginning.width}, /2; norm; act", f"maxpool {small}, /2"]
    return [f"conv {small}, {beginning.width}; norm; act"]


def _stages(beginning: Beginning) -> list[str]:
    stages = []
    for index, depth in enumerate(beginning.depths):
        unit = _unit(beginning, beginning.width * 2**index)
        stages.append(f"stage layer{index + 1}: {unit} x {depth}{', /2' if index else ''}")
    return stages


def _unit(beginning: Beginning, width: int) -> str:
    if beginning.block is not None:
        return f"{beginning.block}({width})"
    kernel = "x".join("3" * (len(beginning.input) - 1))
    return f"[{kernel}, {width}; {kernel}, {width}]"
