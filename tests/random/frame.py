"""What flows through a text while it is drawn: shapes and settings by the rules of docs/language.md.

Written a second time on purpose: a text that these rules allow must compile, and to these shapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

Shape = tuple[int, ...]
Sizes = tuple[int, ...]
Flow = tuple[Shape, Sizes | None]
"""A value: its shape, and the stride of the body up to it."""
LARGEST = 3000
"""Elements of the largest value: a network is tried in a fraction of a second."""
WIDEST = 40


class Unfit(Exception):
    """What was drawn is no valid statement here."""


@dataclass
class Frame:
    """A body at one place.

    Attributes:
        shape: of what flows.
        stride: along the body so far, by axis; None where it has no answer.
        entering: the channels that flowed into the innermost body: the value of `channels`; 0 where it has none.
        names: the values with names.
        settings: `norm`, `act` and `shortcut` as texts; None where nothing sets a shortcut.
        numbers: the parameters and loop variables that are integers, or dims.
        taps: the outputs so far, but for the last.
        last: the name of the last output.
        lost: whether the body in braces stands behind a step whose stride has no answer.
    """

    shape: Shape
    stride: Sizes | None
    entering: int
    norm: str = "bn"
    act: str = "relu"
    shortcut: str | None = None
    names: dict[str, Flow] = field(default_factory=dict)
    numbers: dict[str, Any] = field(default_factory=dict)
    taps: dict[str, Shape] = field(default_factory=dict)
    last: str = "output"
    lost: bool = False

    @classmethod
    def entry(cls, shape: Shape, **settings: Any) -> Frame:
        """Where a network begins."""
        return cls(shape, (1,) * (len(shape) - 1), shape[0], **settings)

    @property
    def flow(self) -> Flow:
        return self.shape, self.stride

    @property
    def axes(self) -> int:
        return len(self.shape) - 1

    def inner(self) -> Frame:
        """The body of a residual, a gate or a branch that begins here."""
        return replace(
            self,
            stride=(1,) * self.axes,
            entering=self.shape[0],
            names=dict(self.names),
            numbers=dict(self.numbers),
            taps={},
            lost=self.lost or self.stride is None,
        )

    def then(self, shape: Shape, stride: Sizes | None) -> None:
        """Go on with what a body yields that has this stride; None has no answer, now and later."""
        known = self.stride is not None and stride is not None and len(stride) == len(self.stride)
        self.stride = tuple(a * b for a, b in zip(self.stride or (), stride or (), strict=True)) if known else None
        self.shape = shape

    def become(self, channels: int, sizes: Sequence[int], stride: Sizes | None) -> None:
        """Go on with another shape, the stride of the step given."""
        shape = (channels, *sizes)
        need(min(shape) >= 1 and prod(shape) <= LARGEST and channels <= (WIDEST if sizes else LARGEST))
        self.then(shape, stride)

    def conv(
        self,
        kernel: Sizes,
        out: int,
        stride: Sizes,
        dilation: Sizes,
        groups: int,
        pad: Sizes | None,
        after: Sizes | None = None,
        mode: str = "zeros",
    ) -> None:
        self.on_map(kernel, stride, dilation, pad or kernel, after or kernel)
        need(self.shape[0] % groups == 0 and out % groups == 0)
        pads = pad if pad is not None else tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True))
        sizes = []
        for size, k, s, d, p, a in zip(self.shape[1:], kernel, stride, dilation, pads, after or pads, strict=True):
            need(size + p + a >= d * (k - 1) + 1)
            need(max(p, a) < size + {"reflect": 0, "circular": 1}.get(mode, LARGEST))
            sizes.append((size + p + a - d * (k - 1) - 1) // s + 1)
        self.become(out, sizes, stride)

    def same(self, kernel: Sizes, stride: Sizes, dilation: Sizes) -> tuple[Sizes, Sizes]:
        """The padding before and after a map that TensorFlow calls the same."""
        self.on_map(kernel, stride, dilation)
        rows = zip(self.shape[1:], kernel, stride, dilation, strict=True)
        totals = [max((-(-size // s) - 1) * s + d * (k - 1) + 1 - size, 0) for size, k, s, d in rows]
        return tuple(total // 2 for total in totals), tuple(-(-total // 2) for total in totals)

    def conv_transpose(
        self, out: int, kernel: Sizes, stride: Sizes, dilation: Sizes, groups: int, pad: Sizes | None, more: Sizes
    ) -> None:
        self.on_map(kernel, stride, dilation, more, pad or kernel)
        need(self.shape[0] % groups == 0 and out % groups == 0)
        pads = pad if pad is not None else tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True))
        sizes = []
        for size, k, s, d, p, o in zip(self.shape[1:], kernel, stride, dilation, pads, more, strict=True):
            need(o < s)
            sizes.append((size - 1) * s - 2 * p + d * (k - 1) + o + 1)
        self.become(out, sizes, None)

    def pool(self, kernel: Sizes, stride: Sizes, pad: Sizes | None, ceil: bool, after: Sizes | None = None) -> None:
        self.on_map(kernel, stride, pad or kernel, after or kernel)
        pads = pad if pad is not None else tuple((k - 1) // 2 for k in kernel)
        need(not ceil or after is None or after == pads)
        sizes = []
        for size, k, s, p, a in zip(self.shape[1:], kernel, stride, pads, after or pads, strict=True):
            need(max(p, a) <= k // 2 and size + p + a >= k)
            need(size >= k or len(kernel) < 3)  # an average over a volume is refused there
            count = (size + p + a - k) // s + 1
            sizes.append(count + (ceil and (size + p + a - k) % s > 0 and count * s < size + p))
        self.become(self.shape[0], sizes, stride)

    def on_map(self, *sizes: Sizes) -> None:
        need(self.axes > 0 and all(len(each) == self.axes for each in sizes))

    def strided(self, stride: Sizes) -> None:
        """Keep every s-th element, from the first."""
        self.on_map(stride)
        sizes = [-(-size // s) for size, s in zip(self.shape[1:], stride, strict=True)]
        self.become(self.shape[0], sizes, stride)

    def normalise(self, norm: str) -> None:
        """Whether a norm can stand here: some need more than one value to normalise."""
        channels, *sizes = self.shape
        if norm.startswith("group_norm("):
            groups = int(norm[11:].split(",")[0].rstrip(")"))
            need(channels % groups == 0 and channels // groups * prod(sizes) > 1)
        if norm == "instance":
            need(prod(sizes) > 1)
        if norm.startswith("layer_norm"):
            need(channels > 1)

    def joined(self, *others: Flow, by: str) -> None:
        """What a parallel or a call on named values yields; the stride has an answer where all agree on it."""
        (first, stride), rest = others[0], others[1:]
        for shape, _ in rest:
            need(shape[1:] == first[1:] if by == "concat" else spread(shape, first))
        channels = sum(shape[0] for shape, _ in others) if by == "concat" else first[0]
        need(channels <= WIDEST or len(first) == 1)
        self.shape = (channels, *first[1:])
        self.stride = stride if all(each == stride for _, each in rest) else None

    def residual(self, body: Frame, *, identity: bool) -> None:
        """Add what the shortcut in force makes of what flows here to what the body yields."""
        kind = "identity" if identity or self.shortcut is None else self.shortcut
        if kind != "none":
            need(identity or body.stride is not None)
            stride = body.stride if body.stride is not None else (1,) * self.axes
            beside = self.inner()
            shortcut(beside, kind, body.shape[0], stride)
            need(beside.shape == body.shape)
            need(identity or self.shortcut is not None or set(stride) <= {1})
        self.then(body.shape, body.stride)


def spread(shape: Shape, over: Shape) -> bool:
    """Whether a value is as large as another on every axis, or one."""
    return len(shape) == len(over) and all(a in (1, b) for a, b in zip(shape, over, strict=True))


def shortcut(at: Frame, kind: str, out: int, stride: Sizes) -> None:
    """What a shortcut of that kind does."""
    changes = at.shape[0] != out or stride != (1,) * at.axes
    if kind == "identity" or (not changes and kind != "C"):
        return
    one, smallest = (1,) * at.axes, (0,) * at.axes
    if kind.startswith("A"):
        at.strided(stride)
        need(out >= at.shape[0])
        at.become(out, at.shape[1:], one)
        return
    need(at.axes > 0)
    if kind == "D" and set(stride) != {1}:
        at.pool(stride, stride, smallest, True)
    if kind == "blurred" and set(stride) != {1}:
        need(all(size > 1 for size in at.shape[1:]))
        at.strided(stride)
    wide = (3,) * at.axes if kind == "wide" else one
    at.conv(wide, out, one if kind in ("D", "blurred") else stride, one, 1, None)
    if kind not in ("bare", "blurred"):
        at.normalise(at.norm)


def need(condition: bool) -> None:
    """Go on only if that holds."""
    if not condition:
        raise Unfit
