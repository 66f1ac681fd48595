"""Networks of many constructs in a small place: each stands alone in a line or two, the rare as often as the usual."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from tests.random.drawing import Piece, indented
from tests.random.frame import Frame, Unfit, need
from tests.random.generator import Networks
from tests.random.ops import ACTS

Maker = Callable[[Frame], Piece]


class Dense(Networks):
    """A network of a handful of statements from a list that has every construct once."""

    def pieces(self, at: Frame) -> Iterator[Piece]:
        for maker in self.random.sample(self.constructs, 9):
            try:
                yield self.fitting(at, maker)
            except Unfit:
                continue

    @property
    def constructs(self) -> list[Maker]:
        """A maker for each construct."""
        return [
            *(
                self.acts,
                self.acts,
                self.acts,
                self.named_norm,
                self.plain,
                self.learned,
                self.learned,
                self.any_op,
                self.any_op,
            ),
            *(self.statement, self.pool, self.over_channels, self.slice_channels, self.pad, self.pad, self.reshape),
            *(self.pixel_shuffle, self.conv_transpose, self.pool_to, self.response_norm, self.channel_fc, self.blur),
            *(
                self.upsample,
                self.started,
                self.started,
                self.standardised,
                self.computed,
                self.computed,
                self.like,
                self.spread,
            ),
            *(
                self.gate,
                self.spread,
                self.parallel,
                self.branches,
                self.residual,
                self.parted,
                self.twice_indexed,
                self.let,
                self.choice,
            ),
            *(self.shared, self.shared, self.called_twice, self.bracket, self.loop, self.tap, self.labelled),
            *(self.yielding, self.beside, self.tapping, self.called, self.stage, self.resize, self.depthwise),
            *(self.head, self.head, self.bordered, self.bordered, self.bordered),
            *(self.magnified, self.by_position, self.tap_of_level, self.hyphened, self.shared_stage, self.shared_stage),
            *(self.attended, self.multiplied, self.attention, self.attention, self.permute, self.reshape_like),
            *(self.softmax_along, self.shift, self.coords, self.distances, self.distances),
            *(self.plain, self.pixel_shuffle, self.pad, self.called_twice),
        ]

    def acts(self, at: Frame) -> Piece:
        """Three activations in a row."""
        return Piece(["; ".join(self.random.sample(ACTS, 3))], lambda _: None)

    def shared_stage(self, at: Frame) -> Piece:
        """A stage that is one module at two places."""
        return self.twice(self.stage(at), self.act(at), of_stage=True)

    def started(self, at: Frame) -> Piece:
        """A convolution whose weights start otherwise."""
        made = self.conv_of(self.one("1", "3"), self.one("4", "6"))
        start = self.one("init=0", 'init="fan_in"', 'init="uniform"', 'init="truncated", std=0.02')
        need("init=" not in made.lines[0])
        return Piece([_with(made.lines[0], start)], made.flow)

    def standardised(self, at: Frame) -> Piece:
        """A convolution with standardised weights."""
        made = self.conv_of("3", self.one("4", "6"))
        need(made.lines[0].startswith("std_conv"))
        return made

    def depthwise(self, at: Frame) -> Piece:
        """A convolution of each channel by itself, dilated or not."""
        need(at.shape[0] > 1)
        return self.conv_of("3", str(at.shape[0]), "1", self.one("1", "2"), str(at.shape[0]))

    def magnified(self, at: Frame) -> Piece:
        """A transposed convolution of which the end has more."""
        pad, more, out = self.one(0, 1), self.one(1, 2), self.one(4, 6)

        def flow(at: Frame) -> None:
            axes = at.axes
            at.conv_transpose(out, (3,) * axes, (3,) * axes, (1,) * axes, 1, (pad,) * axes, (more,) * axes)

        return Piece([self.call("conv_transpose", "3", str(out), "/3", f"pad={pad}", f"output_pad={more}")], flow)

    def by_position(self, at: Frame) -> Piece:
        """A gate with one number for each position."""
        lines = [f"gate {{ {self.one('channel_mean', 'channel_max', 'conv 1, 1')}; sigmoid }}"]

        def flow(at: Frame) -> None:
            need(at.axes > 0 and at.shape[0] > 1)

        return Piece(lines, flow)

    def tap_of_level(self, at: Frame) -> Piece:
        """Outputs whose names count."""
        level, name, act = self.fresh("level"), self.fresh("p"), self.random.choice(ACTS)

        def flow(at: Frame) -> None:
            at.taps |= {f"{name}_0": at.shape, f"{name}_1": at.shape}

        return Piece([f'for {level} in 0..2 {{ {act}; tap "{name}_{{{level}}}" }}'], flow)

    def bordered(self, at: Frame) -> Piece:
        """A convolution that goes on beyond the border, or has more padding at the end."""
        mode, after = self.one("zeros", "reflect", "replicate", "circular"), self.one("", "2")
        return self.conv_of("3", self.one("4", "6"), "1", "1", "1", "1", after, mode)

    def hyphened(self, at: Frame) -> Piece:
        """A label as checkpoints of other origin have it."""
        made = self.random.choice((self.conv, self.named_norm, self.learned))(at)
        return Piece([f'"{self.fresh("part")}-{self.one("a", "1")}.0": {made.lines[0]}'], made.flow)

    def computed(self, at: Frame) -> Piece:
        """A width that a function yields."""
        name, (text, function) = self.fresh("v"), self.one(*_ROUNDED)
        known = self.one(None, at.shape[0])
        call = f"conv 1, {text.format(known or f'shape({name})[0]')}"

        def flow(at: Frame) -> None:
            need(at.axes > 0)
            at.names[name] = at.flow
            at.become(function(known or at.shape[0]), at.shape[1:], (1,) * at.axes)

        return Piece([f"as {name}", call], flow)

    def like(self, at: Frame) -> Piece:
        """To other sizes and back to those of a value."""
        fine = self.fresh("fine")
        down = self.random.choice((self.pool, self.subsample, self.pool_to))(at)
        mode = self.option(0.4, 'mode="bilinear"')

        def flow(at: Frame) -> None:
            need(at.axes > 0 and (not mode or at.axes == 2))
            at.names[fine] = at.flow
            sizes = at.shape[1:]
            down.flow(at)
            need(at.shape[1:] != sizes)
            at.become(at.shape[0], sizes, None)

        return Piece([f"as {fine}", *down.lines, self.call("upsample", f"like={fine}", mode)], flow)

    def spread(self, at: Frame) -> Piece:
        """A value with one channel or one position, spread over the whole of another."""
        whole, few = self.fresh("whole"), self.fresh("few")
        narrow, by = self.one("channel_mean", "channel_max", "avgpool global", "maxpool global"), self.one("add", "mul")

        def flow(at: Frame) -> None:
            need(at.axes > 0)
            at.names[whole] = entry = at.flow
            pooled = narrow.endswith("global")
            of_few = (at.shape[0], *(1,) * at.axes) if pooled else (1, *at.shape[1:])
            at.names[few] = of_few, None if pooled else at.stride
            at.shape, at.stride = entry
            at.joined(entry, at.names[few], by=by)

        return Piece([f"as {whole}", narrow, f"as {few}", f"from {by}({whole}, {few})"], flow)

    def tapping(self, at: Frame) -> Piece:
        """A block with an output of the network within."""
        block, tap = self.fresh("tapped"), self.fresh("tap")
        made = self.conv_of(self.one("1", "3"), self.one("4", "6"))
        behind: Any = self.act(at)
        body = [made, Piece([f"tap {tap}"], lambda _: None), behind]
        self.readers += indented(body, f"block {block} {{")

        def flow(at: Frame) -> None:
            made.flow(at)
            at.taps[tap] = at.shape

        return Piece([block], flow)


def _divisible(value: float, by: int) -> int:
    """As MobileNets round: to the nearest multiple, halves up, and to no less than nine tenths."""
    found = max(by, int(value + by / 2) // by * by)
    return found + by if found < 0.9 * value else found


_ROUNDED: tuple[tuple[str, Callable[[int], int]], ...] = (
    ("divisible({} * 1.3, 4)", lambda width: _divisible(width * 1.3, 4)),
    ("divisible({} / 3, 2)", lambda width: _divisible(width / 3, 2)),
    ("{} + 1", lambda width: width + 1),
    ("{}", lambda width: width),
)


def _with(call: str, argument: str) -> str:
    """A call with another argument."""
    return f"{call[:-1]}, {argument})" if call.endswith(")") else f"{call}, {argument}"
