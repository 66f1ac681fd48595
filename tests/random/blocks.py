"""Blocks: those of the standard library, and drawn ones with parameters, defaults and bodies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.random.drawing import Body, Piece, evaluate, indented, replay
from tests.random.frame import Frame, Unfit, need
from tests.random.ops import SETTINGS_ACT
from tests.random.structures import Structures

SHORTCUTS = (
    "A",
    'A(zeros="both")',
    "B",
    'B(path="1.side-b", before=true)',
    "C",
    "D",
    "bare",
    "none",
    "wide",
    "blurred",
)


@dataclass(frozen=True)
class Block:
    """A block that can be called.

    Attributes:
        parameters: names and defaults; None has none.
        settings: what its own parameters set unless a call or a stage does.
        lines: its definition; none for those of the standard library.
    """

    name: str
    parameters: dict[str, str | None]
    body: Body
    settings: dict[str, str] = field(default_factory=dict)
    lines: tuple[str, ...] = ()

    def call(self, at: Frame, given: dict[str, Any], settings: dict[str, str]) -> None:
        """Go on with what the block yields, for the values of parameters and the settings of the place."""
        inner = at.inner()
        inner.names, inner.numbers, inner.lost = {}, {}, False
        for name, default in self.parameters.items():
            inner.numbers[name] = given[name] if name in given else evaluate(str(default), inner)
        for name, value in {**self.settings, **settings}.items():
            setattr(inner, name, None if value == "unset" else value)
        replay(self.body, inner)
        at.then(*inner.flow)


class Blocks(Structures):
    """Definitions of blocks, and the blocks of the standard library.

    Attributes:
        blocks: those that can be called.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.blocks = [*self.standard()]

    def standard(self) -> list[Block]:
        """What specs/std has, as its papers have it."""
        conv, width = self.silent, {"width": None, "stride": "1"}
        image = Piece([], lambda at: need(at.axes == 2))
        first, norm, act = conv("3", "width", "stride"), Piece([], _norm), Piece([], lambda _: None)
        last = conv("3", "width")
        narrow = [conv("1", "width"), norm, act, conv("3", "width", "stride", groups="groups"), norm]
        wide = [act, conv("1", "width * expansion"), norm]
        shared = Piece([], _where("channels != width or stride != 1"))
        own = Piece([], _where("not (channels != width or stride != 1)"))
        squeezed = [Piece([], _positive), *[conv("1", "channels")]]
        return [
            Block("basic", width, [image, self.summed(first, norm, act, last, norm), act]),
            Block("plain", width, [image, first, norm, last, norm]),
            Block(
                "bottleneck",
                {**width, "groups": "1", "expansion": "4"},
                [image, self.summed(*narrow, *wide), act],
            ),
            Block("preact_basic", width, [image, shared, self.summed(own, first, norm, last)]),
            Block("squeeze_excite", {"reduction": "16"}, squeezed[:1]),
            Block(
                "conv_norm",
                {"kernel": None, "width": None, "stride": "1", "groups": "1"},
                [conv("kernel", "width", "stride", groups="groups"), norm],
            ),
        ]

    def silent(self, kernel: str, out: str, stride: str = "1", groups: str = "1") -> Piece:
        """A convolution of a block whose text stands elsewhere."""
        return Piece([], self.conv_of(kernel, out, stride, groups=groups).flow)

    def summed(self, *body: Piece) -> Piece:
        """A residual of a block whose text stands elsewhere."""

        def flow(at: Frame) -> None:
            inner = at.inner()
            replay(list(body), inner)
            at.residual(inner, identity=False)

        return Piece([], flow)

    def define(self, at: Frame) -> Block:
        """A new block, drawn for what flows at a place, to be called anywhere.

        Raises:
            Unfit: nothing came of it.
        """
        name, settings = self.fresh("block"), dict[str, str]()
        parameters: dict[str, str | None] = {"width": None, "stride": "1"}
        if self.chance(0.3):
            parameters["inner"] = self.one("width", "width * 2", "max(channels // 2, 2)")
        if self.chance(0.2):
            settings["act"] = str(self.random.choice(SETTINGS_ACT))
        if self.chance(0.1):
            settings["norm"] = self.one("layer_norm", "none", "group_norm(1)")
        there = at.inner()
        there.names, there.lost = {}, False
        there.numbers = {"width": self.one(4, 8, at.shape[0]), "stride": self.one(1, 2), "inner": 8}
        if "inner" not in parameters:
            del there.numbers["inner"]
        outer, self.widths = self.widths, [each for each in ("width", "inner") if each in parameters]
        try:
            body = self.block_body(there)
        finally:
            self.widths = outer
        declared = [f"{each} = {default}" if default else each for each, default in (parameters | settings).items()]
        lines = indented(body, f"block {name}({', '.join(declared)}) {{")
        return Block(name, parameters, body, settings, tuple(lines))

    def block_body(self, at: Frame) -> Body:
        """A residual that strides, with what stands around it; or a chain that does."""
        body: Body = []
        if self.chance(0.2):
            body += self.body(at, 1, self.condition, self.norm, self.act, self.let)
        if self.chance(0.8):
            body.append(self.fitting(at, self.striding))
        else:
            body += [self.fitting(at, self.strided_conv), *self.body(at, self.one(0, 1, 2), self.statement)]
        if self.chance(0.6):
            body.append(self.act(at))
        return body

    def striding(self, at: Frame) -> Piece:
        """A residual whose body has the block's stride and yields its width."""
        inner = at.inner()
        self.depth += 1
        try:
            body = self.body(inner, self.one(0, 0, 1), self.chained, self.statement)
            body.append(self.fitting(inner, self.strided_conv))
            body += self.body(inner, self.one(0, 1, 1, 2), self.chained, self.statement, self.gate, self.nested)
            last = self.conv_of(self.one("1", "3"), "width")
            body.append(last)
            last.flow(inner)
            body += [self.fitting(inner, self.norm)] if self.chance(0.7) else []
        finally:
            self.depth -= 1

        def flow(at: Frame) -> None:
            inner = at.inner()
            replay(body, inner)
            at.residual(inner, identity=False)

        return Piece(indented(body, "residual {"), flow)

    def strided_conv(self, at: Frame) -> Piece:
        """What carries the block's stride."""
        kernel, out = self.one("1", "3", "3", "5"), str(self.random.choice(self.widths))
        groups = self.one("1", "1", "1", "2")
        conv = self.conv_of(kernel, out, "stride", groups=groups)
        if self.chance(0.2):
            conv = self.conv_of("3", "channels", "stride", groups="channels")
        if self.chance(0.15):
            return Piece(["blur 3, /stride"], _blur)
        return conv

    def let(self, at: Frame) -> Piece:
        """A name for a number."""
        name, text = self.fresh("m"), self.one("channels * 2", "channels // 2 + 1", "max(channels, 6)")

        def flow(at: Frame) -> None:
            at.numbers[name] = evaluate(text, at)

        return Piece([f"let {name} = {text}", f"require {name} >= 1"], flow)

    def nested(self, at: Frame) -> Piece:
        """A call of another block within one."""
        known = [block for block in self.blocks if "kernel" not in block.parameters]
        block = self.random.choice(known)
        arguments = ["width"] if "width" in block.parameters else []

        def flow(at: Frame) -> None:
            block.call(at, {name: evaluate(name, at) for name in arguments}, {})

        return Piece([self.call(block.name, *arguments)], flow)


def _norm(at: Frame) -> None:
    at.normalise(at.norm)


def _blur(at: Frame) -> None:
    need("stride" in at.numbers and all(size > 1 for size in at.shape[1:]))
    stride = at.numbers["stride"]
    at.strided(stride if isinstance(stride, tuple) else (stride,) * at.axes)


def _where(condition: str) -> Any:
    """A norm that stands only where a condition holds."""

    def flow(at: Frame) -> None:
        if not isinstance(at.numbers["stride"], int):
            raise Unfit
        if evaluate(condition, at):
            at.normalise(at.norm)

    return flow


def _positive(at: Frame) -> None:
    need(at.axes > 0 and at.shape[0] // at.numbers["reduction"] >= 1)
