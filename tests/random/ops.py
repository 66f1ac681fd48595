"""Every op of the language as a statement, with arguments that are drawn."""

from __future__ import annotations

from math import prod

from tests.random.drawing import Draw, Piece, evaluate, sizes
from tests.random.frame import Frame, need

ACTS = (
    "relu", "relu6", "clip", "clip(-0.5, 2)", "leaky_relu(0.2)", "elu", "elu(0.5)", "prelu", "prelu(0.1)", "gelu",
    "silu", "hard_swish", "hard_sigmoid", "hard_sigmoid(0.2)", "hard_sigmoid(slope=1.5, offset=-0.25)", "sigmoid",
    "tanh", "softplus", "mish", "softmax",
)  # fmt: skip
NORMS = (
    "bn",
    "bn(eps=1e-3)",
    "frozen_bn",
    "bn(momentum=0.3)",
    "group_norm(1)",
    "group_norm(2)",
    "layer_norm",
    "layer_norm(eps=1e-4)",
)
SETTINGS_NORM = (*NORMS, "none", "instance")
SETTINGS_ACT = (*ACTS[:-1], "none", "gated")


class Ops(Draw):
    """Statements of one op."""

    def conv(self, at: Frame) -> Piece:
        """A convolution: plain, grouped, depthwise, dilated, strided or padded otherwise."""
        kernel, out = self.dims(at, 1, 1, 2, 3, 3, 5), self.width(at)
        stride = self.dims(at, 1, 2, 2, 3) if self.chance(0.25) else "1"
        dilation = self.dims(at, 1, 2) if self.chance(0.15) else "1"
        pad = self.dims(at, 0, 1, 2) if not self.widths and self.chance(0.12) else ""
        groups = "1"
        if self.chance(0.3):
            groups = self.one("2", "channels") if self.widths else self.one("2", "4", str(at.shape[0]))
            out = groups if groups not in "24" and self.chance(0.6) else out
        after, mode = "", "zeros"
        if self.chance(0.2):
            pad, after = self.one((pad, ""), ('"same"', ""), ('"same"', ""), (pad or "1", self.dims(at, 0, 1, 2)))
            mode = self.one("zeros", "reflect", "replicate", "circular")
        return self.conv_of(kernel, out, stride, dilation, groups, pad, after, mode)

    def conv_of(
        self,
        kernel: str,
        out: str,
        stride: str = "1",
        dilation: str = "1",
        groups: str = "1",
        pad: str = "",
        after: str = "",
        mode: str = "zeros",
    ) -> Piece:
        standardised = not after and mode == "zeros" and pad != '"same"' and self.chance(0.12)
        gain = self.one("", "gain=true", "gain=true, gamma=1.7") if standardised else ""
        text = self.call(
            "std_conv" if standardised else "conv", kernel, out, f"/{stride}" if stride != "1" else "", gain,
            f"dilation={dilation}" if dilation != "1" else "", f"groups={groups}" if groups != "1" else "",
            f"pad={pad}" if pad else "", f"pad_after={after}" if after else "",
            f'pad_mode="{mode}"' if mode != "zeros" else "", self.option(0.3, "bias=true"),
            self.option(0.1, self.one("init=0", 'init="fan_in"', 'init="uniform"', 'init="truncated", std=0.02')),
        )  # fmt: skip

        def flow(at: Frame) -> None:
            window = sizes(kernel, at), sizes(stride, at), sizes(dilation, at)
            margins = at.same(*window)[0] if pad == '"same"' else sizes(pad, at) if pad else None
            ends = at.same(*window)[1] if pad == '"same"' else sizes(after, at) if after else None
            parts = evaluate(groups, at)
            need(parts > 0)
            taps = sizes(kernel, at)
            need(not standardised or prod(taps) * at.shape[0] // parts > 1)
            at.conv(taps, evaluate(out, at), *window[1:], parts, margins, ends, mode)

        return Piece([text], flow)

    def conv_transpose(self, at: Frame) -> Piece:
        """A transposed convolution, which magnifies by its stride."""
        kernel, stride, out = self.dims(at, 1, 2, 3, 4), self.dims(at, 1, 2, 2, 3), self.width(at)
        dilation = self.dims(at, 1, 2) if self.chance(0.15) else "1"
        pad = self.dims(at, 0, 1) if self.chance(0.3) else ""
        more, groups = self.one("", "", "1"), self.one("1", "1", "2")
        text = self.call(
            "conv_transpose", kernel, out, f"/{stride}", f"dilation={dilation}" if dilation != "1" else "",
            f"groups={groups}" if groups != "1" else "", f"pad={pad}" if pad else "",
            f"output_pad={more}" if more else "", self.option(0.3, "bias=true"),
        )  # fmt: skip

        def flow(at: Frame) -> None:
            margins = sizes(pad, at) if pad else None
            rest = sizes(kernel, at), sizes(stride, at), sizes(dilation, at)
            at.conv_transpose(evaluate(out, at), *rest, int(groups), margins, sizes(more or "0", at))

        return Piece([text], flow)

    def norm(self, at: Frame) -> Piece:
        """The norm of the settings."""
        eps = self.chance(0.1)

        def flow(at: Frame) -> None:
            need(not eps or at.norm != "instance")
            at.normalise(at.norm)

        return Piece(["norm eps=1e-3" if eps else "norm"], flow)

    def act(self, at: Frame) -> Piece:
        """The activation of the settings."""
        return Piece(["act"], lambda _: None)

    def named_norm(self, at: Frame) -> Piece:
        norm = self.random.choice(NORMS)
        return Piece([norm], lambda at: at.normalise(norm))

    def named_act(self, at: Frame) -> Piece:
        return Piece([str(self.random.choice(ACTS))], lambda _: None)

    def plain(self, at: Frame) -> Piece:
        """An op that keeps the shape."""
        return Piece(
            [
                self.one(
                    "identity", "dropout 0.25", "drop_path 0.25", "scale 0.5", "scale(-1)", "dropout 0", "scale 1.5"
                )
            ],
            lambda _: None,
        )

    def channel_fc(self, at: Frame) -> Piece:
        out = self.number(at, self.one(4, 4, 8, 12))
        text = self.call("channel_fc", out, self.option(0.3, "bias=false"))
        return Piece([text], lambda at: at.become(evaluate(out, at), at.shape[1:], (1,) * at.axes))

    def learned(self, at: Frame) -> Piece:
        """A learned scale or bias, as a module or as a parameter of the block itself."""
        shape = self.one("channels", "map", "one", "scalar")
        text = self.call(
            self.one("learned_scale", "learned_bias"), self.option(0.5, self.one("0.5", "1e-2", "-1")),
            f'shape="{shape}"' if shape != "channels" else "",
            "module=false" if shape == "scalar" or self.chance(0.5) else "",
        )  # fmt: skip
        return Piece([text], lambda _: None)

    def pool(self, at: Frame) -> Piece:
        kind, kernel = self.one("maxpool", "avgpool"), self.dims(at, 1, 2, 3, 3, 4)
        stride = self.dims(at, 1, 2, 3) if self.chance(0.6) else "1"
        pad, ceil = (self.dims(at, 0, 1) if self.chance(0.3) else ""), self.chance(0.3)
        after = self.dims(at, 0, 1, 2) if self.chance(0.15) else ""
        pad, after = ('"same"', "") if self.chance(0.15) else (pad, after)
        counted = self.option(0.3, "count_pad=false") if kind == "avgpool" else ""
        text = self.call(
            kind, kernel, f"/{stride}" if stride != "1" else "", f"pad={pad}" if pad else "",
            "ceil=true" if ceil else "", f"pad_after={after}" if after else "", counted,
        )  # fmt: skip

        def flow(at: Frame) -> None:
            window = sizes(kernel, at), sizes(stride, at)
            margins = at.same(*window, (1,) * at.axes) if pad == '"same"' else None
            before = margins[0] if margins else sizes(pad, at) if pad else None
            at.pool(*window, before, ceil, margins[1] if margins else sizes(after, at) if after else None)

        return Piece([text], flow)

    def pool_whole(self, at: Frame) -> Piece:
        def flow(at: Frame) -> None:
            need(at.axes > 0)
            at.become(at.shape[0], (1,) * at.axes, None)

        return Piece([f"{self.one('maxpool', 'avgpool')} global"], flow)

    def pool_to(self, at: Frame) -> Piece:
        to = self.dims(at, 1, 2, 3, 4, 5)

        def flow(at: Frame) -> None:
            at.on_map(sizes(to, at))
            at.become(at.shape[0], sizes(to, at), None)

        return Piece([f"{self.one('adaptive_maxpool', 'adaptive_avgpool')} {to}"], flow)

    def blur(self, at: Frame) -> Piece:
        kernel, stride = self.dims(at, 1, 2, 3, 4, 5), self.dims(at, 1, 2, 2, 3)

        def flow(at: Frame) -> None:
            at.on_map(sizes(kernel, at))
            need(all(size > k // 2 for size, k in zip(at.shape[1:], sizes(kernel, at), strict=True)))
            at.strided(sizes(stride, at))

        return Piece([self.call("blur", kernel, f"/{stride}" if stride != "1" else "")], flow)

    def subsample(self, at: Frame) -> Piece:
        stride = self.dims(at, 1, 2, 3)
        return Piece([f"subsample /{stride}"], lambda at: at.strided(sizes(stride, at)))

    def upsample(self, at: Frame) -> Piece:
        factor, bilinear = self.dims(at, 1, 2, 2, 3), self.chance(0.4)

        def flow(at: Frame) -> None:
            at.on_map(sizes(factor, at))
            need(not bilinear or at.axes == 2)
            at.become(at.shape[0], [size * by for size, by in zip(at.shape[1:], sizes(factor, at), strict=True)], None)

        return Piece([self.call("upsample", factor, 'mode="bilinear"' if bilinear else "")], flow)

    def resize(self, at: Frame) -> Piece:
        """To sizes that are written, or to those of a named value."""
        known, bilinear = list(at.names), self.chance(0.4)
        like = self.random.choice(known) if known and self.chance(0.7) else None
        written = self.dims(at, 2, 3, 4, 5, 7)

        def flow(at: Frame) -> None:
            need(like is None or like in at.names)
            to = at.names[like][0][1:] if like else sizes(written, at)
            need(len(to) > 0)
            at.on_map(to)
            need(not bilinear or at.axes == 2)
            at.become(at.shape[0], to, None)

        target = ["upsample", f"like={like}"] if like else ["resize", written]
        return Piece([self.call(*target, 'mode="bilinear"' if bilinear else "")], flow)

    def pixel_shuffle(self, at: Frame) -> Piece:
        def flow(at: Frame) -> None:
            need(at.axes == 2 and at.shape[0] % 4 == 0)
            at.become(at.shape[0] // 4, [2 * size for size in at.shape[1:]], None)

        return Piece(["pixel_shuffle 2"], flow)

    def over_channels(self, at: Frame) -> Piece:
        """One channel made of all, or all in another order."""
        by = self.one("channel_mean", "channel_max", "channel_shuffle 2", "channel_shuffle 2", "channel_shuffle 4")

        def flow(at: Frame) -> None:
            groups = int(by.split()[1]) if " " in by else 1
            need(at.shape[0] % groups == 0)
            at.become(at.shape[0] if " " in by else 1, at.shape[1:], (1,) * at.axes)

        return Piece([by], flow)

    def slice_channels(self, at: Frame) -> Piece:
        """Some of the channels, from either end."""
        start, end = self.one(("0", "channels // 2"), ("channels // 2", "channels"), ("1", "channels"), ("0", "2"))

        def flow(at: Frame) -> None:
            first, last = evaluate(start, at), evaluate(end, at)
            need(0 <= first < last <= at.shape[0])
            at.become(last - first, at.shape[1:], (1,) * at.axes)

        return Piece([self.call("slice_channels", start, end)], flow)

    def response_norm(self, at: Frame) -> Piece:
        text = self.call(
            "local_response_norm", self.one("", "3", "1"), self.option(0.5, "alpha=0.3"), self.option(0.3, "k=2")
        )

        def flow(at: Frame) -> None:
            need(at.axes == 2)

        return Piece([text], flow)

    def pad(self, at: Frame) -> Piece:
        """Margins around a map, alike or not."""
        before, after = self.dims(at, 0, 1, 2), self.dims(at, 0, 1, 3) if self.chance(0.5) else ""
        mode = self.one("zeros", "reflect", "replicate")

        def flow(at: Frame) -> None:
            margins = sizes(before, at), sizes(after or before, at)
            at.on_map(*margins)
            rows = list(zip(at.shape[1:], *margins, strict=True))
            need(mode != "reflect" or all(max(ends) < size for size, *ends in rows))
            at.become(at.shape[0], list(map(sum, rows)), (1,) * at.axes)

        return Piece([self.call("pad", before, after, f'mode="{mode}"' if mode != "zeros" else "")], flow)

    def pad_channels(self, at: Frame) -> Piece:
        out = self.number(at, at.shape[0] + self.one(0, 1, 3))

        def flow(at: Frame) -> None:
            need(evaluate(out, at) >= at.shape[0])
            at.become(evaluate(out, at), at.shape[1:], (1,) * at.axes)

        return Piece([self.call("pad_channels", out, self.option(0.5, 'zeros="both"'))], flow)

    def reshape(self, at: Frame) -> Piece:
        """The same elements in another shape, with as many axes or another number of them."""
        elements = prod(at.shape)
        first = self.one(*(each for each in range(1, 17) if elements % each == 0))
        to = self.one(
            (elements,), (first, elements // first), (first, 1, elements // first), (1, first, elements // first)
        )

        def flow(at: Frame) -> None:
            need(prod(at.shape) == elements)
            at.become(to[0], to[1:], None)

        return Piece([f"reshape {'x'.join(map(str, to))}"], flow)

    def reshape_like(self, at: Frame) -> Piece:
        """The sizes of a named value."""
        known = [name for name, (shape, _) in at.names.items() if prod(at.shape) % prod(shape[1:]) == 0]
        need(bool(known))
        like = self.random.choice(known)

        def flow(at: Frame) -> None:
            need(like in at.names)
            to = at.names[like][0][1:]
            need(len(to) > 0 and prod(at.shape) % prod(to) == 0)
            at.become(prod(at.shape) // prod(to), to, None)

        return Piece([f"reshape like={like}"], flow)

    def permute(self, at: Frame) -> Piece:
        """The axes in another order."""
        order = list(range(len(at.shape)))
        self.random.shuffle(order)

        def flow(at: Frame) -> None:
            need(len(at.shape) == len(order) > 1)
            channels, *sizes = [at.shape[axis] for axis in order]
            at.become(channels, sizes, None)

        return Piece([f"permute {'x'.join(map(str, order))}"], flow)

    def shift(self, at: Frame) -> Piece:
        """A map that moves along one of its axes."""
        axis, by = self.random.randint(1, max(at.axes, 1)), self.one(0, 1, 1, -1, 2, -2)

        def flow(at: Frame) -> None:
            need(axis <= at.axes and abs(by) < at.shape[axis])

        return Piece([f"shift({by}, {axis})"], flow)

    def coords(self, at: Frame) -> Piece:
        """A channel of coordinates for each axis."""

        def flow(at: Frame) -> None:
            need(at.axes > 0)
            at.become(at.shape[0] + at.axes, at.shape[1:], (1,) * at.axes)

        return Piece(["coords"], flow)

    def softmax_along(self, at: Frame) -> Piece:
        axis = self.random.randrange(len(at.shape))
        # Over one number it is 1, and a norm that follows makes much of the rounding of a constant.
        return Piece([f"softmax axis={axis}"], lambda at: need(axis < len(at.shape) and at.shape[axis] > 1))

    def flatten(self, at: Frame) -> Piece:
        return Piece(["flatten"], lambda at: at.become(prod(at.shape), (), None if at.axes else ()))

    def fc(self, at: Frame) -> Piece:
        out = self.number(at, self.one(1, 3, 4, 8, 10))
        text = self.call(
            "fc", out, self.option(0.3, "bias=false"), self.option(0.2, self.one("init=0", 'init="fan_out"'))
        )
        return Piece([text], lambda at: at.become(evaluate(out, at), (), None if at.axes else ()))
