"""What a test network is, in plain numbers: read by the writer of specifications and by the torch modules alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

BlockKind = Literal["basic", "bottleneck", "plain", "preact_basic", "preact_bottleneck", "se_basic", "rows"]
ShortcutKind = Literal["A", "A_both", "B", "C", "D", "bare", "none"]
BOTTLENECKS: tuple[BlockKind, ...] = ("bottleneck", "preact_bottleneck")
PREACTIVE: tuple[BlockKind, ...] = ("preact_basic", "preact_bottleneck")


@dataclass(frozen=True)
class Row:
    """One convolution of a block in brackets."""

    kernel: int
    out: int
    groups: int = 1


@dataclass(frozen=True)
class Stage:
    """Repeats of a block.

    Attributes:
        width: of the block; its output has `expansion` times as many channels in a bottleneck.
        blocks: how many.
        stride: of the first of them.
        rows: the convolutions of a `rows` block, instead of the width.
    """

    width: int = 0
    blocks: int = 1
    stride: int = 1
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True)
class Config:
    """A residual network.

    Attributes:
        size: height and width of the input.
        stem: kernel, width and stride of the first convolution.
        pool: whether a 3x3 max pool of stride 2 follows it.
        inner: how many times as wide as `width` a bottleneck's 3x3 is.
        stride_at: kernel of the bottleneck's convolution that carries the stride.
        reduction: of squeeze-and-excite.
        brackets: whether the specification writes blocks in brackets instead of by name.
    """

    block: BlockKind
    stages: tuple[Stage, ...]
    shortcut: ShortcutKind = "B"
    size: tuple[int, int] = (32, 32)
    stem: tuple[int, int, int] = (3, 16, 1)
    pool: bool = False
    groups: int = 1
    inner: int = 1
    expansion: int = 4
    stride_at: Literal[1, 3] = 3
    reduction: int = 4
    classes: int = 7
    channels: int = 3
    brackets: bool = False

    @property
    def preactive(self) -> bool:
        """Whether norm and activation stand before the convolutions, and once more before the head."""
        return self.block in PREACTIVE

    def out(self, stage: Stage) -> int:
        """Channels that a stage yields."""
        if stage.rows:
            return stage.rows[-1].out
        return stage.width * (self.expansion if self.block in BOTTLENECKS else 1)
