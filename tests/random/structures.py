"""What holds bodies: residuals, gates, parallel branches, named values, loops and conditions."""

from __future__ import annotations

from copy import deepcopy
from math import prod

from tests.random.drawing import Body, Piece, evaluate, indented, replay
from tests.random.frame import LARGEST, Flow, Frame, need, spread
from tests.random.ops import Ops


class Structures(Ops):
    """Statements with a body, and those that name values.

    Attributes:
        depth: bodies around the place.
    """

    depth: int = 0

    def chained(self, at: Frame) -> Piece:
        """One statement of a chain, whose stride has an answer."""
        return self.random.choice(
            (self.conv, self.conv, self.conv_norm, self.conv_norm, self.norm, self.act, self.named_norm, self.named_act,
             self.plain, self.channel_fc, self.learned, self.learned, self.pool, self.pool, self.pool, self.subsample,
             self.blur, self.labelled)
        )(at)  # fmt: skip

    def any_op(self, at: Frame) -> Piece:
        """One op of any kind."""
        return self.random.choice(
            (self.chained, self.chained, self.upsample, self.conv_transpose, self.resize, self.pixel_shuffle,
             self.pad_channels, self.over_channels, self.over_channels, self.slice_channels, self.pad, self.reshape,
             self.reshape_like, self.permute, self.softmax_along, self.shift, self.coords)
        )(at)  # fmt: skip

    def statement(self, at: Frame) -> Piece:
        """An op or, where bodies are not too deep, a statement with bodies."""
        makers = [
            self.chained,
            self.chained,
            self.any_op,
            self.parted,
            self.joined,
            self.twice_indexed,
            self.shared,
            self.attended,
            self.multiplied,
            self.attention,
            self.distances,
        ]
        if self.depth < 3:
            makers += [self.residual, self.gate, self.parallel, self.branches, self.condition]
        return self.random.choice(makers)(at)

    def conv_norm(self, at: Frame) -> Piece:
        """The usual three on one line."""
        conv, norm = self.conv(at), self.norm(at)
        acted = self.option(0.7, "; act")

        def flow(at: Frame) -> None:
            conv.flow(at)
            norm.flow(at)

        return Piece([f"{conv.lines[0]}; {norm.lines[0]}{acted}"], flow)

    def labelled(self, at: Frame) -> Piece:
        """An op with a label, dotted or not."""
        made = self.random.choice((self.conv, self.named_act, self.plain, self.learned, self.named_norm))(at)
        label = self.fresh("part")
        dotted = self.chance(0.4)
        name = f'"{label}.{self.one(0, 1, "inner")}"' if dotted else label
        return Piece([f"{name}: {made.lines[0]}"], made.flow)

    def within(self, at: Frame, least: int, most: int, *makers: str) -> tuple[Body, Frame]:
        """A body that begins with what flows here, and its end."""
        inner = at.inner()
        self.depth += 1
        try:
            body = self.body(inner, self.random.randint(least, most), *(getattr(self, name) for name in makers))
        finally:
            self.depth -= 1
        return body, inner

    def residual(self, at: Frame) -> Piece:
        """A sum with the shortcut in force, or with what flows in."""
        identity = self.chance(0.25)
        body, end = self.within(at, 1, 3, "chained", "chained", "statement")
        if identity or at.shortcut is None:
            body += self.back_to(end, at)
        opening = "residual identity {" if identity else "residual {"

        def flow(at: Frame) -> None:
            inner = at.inner()
            replay(body, inner)
            at.residual(inner, identity=identity)

        return Piece(indented(body, opening), flow)

    def back_to(self, end: Frame, at: Frame) -> Body:
        """A convolution that makes the channels those of the beginning."""
        if end.shape[0] == at.shape[0] or not end.axes:
            return []
        return [self.conv_of("1", "channels")]

    def gate(self, at: Frame) -> Piece:
        """A product with one number per channel, one per position, or one per element."""
        closing = self.one("sigmoid", "hard_sigmoid", "tanh", "softmax")
        few = self.one("max(channels // 2, 1)", "channels", "4")
        whole, kernel = self.chance(0.6), self.one("1", "3")
        body: Body = [self.pool_whole(at)] if whole else []
        if self.chance(0.6):
            body += [self.conv_of("1", few), self.act(at)]
        body += [
            self.conv_of("1" if whole else kernel, self.one("channels", "channels", "1")),
            Piece([closing], lambda _: None),
        ]

        def flow(at: Frame) -> None:
            inner = at.inner()
            replay(body, inner)
            need(spread(inner.shape, at.shape))

        return Piece(indented(body, "gate {"), flow)

    def parallel(self, at: Frame) -> Piece:
        """Two or three branches, of which one may be empty."""
        by, branches, ends = self.one("concat", "concat", "add", "mul"), list[Body](), list[Frame]()
        for _ in range(self.one(2, 2, 3)):
            if self.chance(0.2):
                body, end = list[Piece](), at.inner()
            else:
                body, end = self.within(at, 1, 2, "chained", "any_op", "condition")
            if by != "concat" and ends and end.shape[0] != ends[0].shape[0] and end.axes:
                body = [*body, self.conv_of("1", self.number(at, ends[0].shape[0]))]
            branches.append(body)
            ends.append(end)

        def flow(at: Frame) -> None:
            ends = [at.inner() for _ in branches]
            for body, end in zip(branches, ends, strict=True):
                replay(body, end)
            inner = at.inner()
            inner.joined(*(end.flow for end in ends), by=by)
            at.then(*inner.flow)

        lines = [line for body in branches for line in indented(body, "} {")[:-1]]
        return Piece([f"parallel {by} {{", *lines[1:], "}"], flow)

    def branches(self, at: Frame) -> Piece:
        """Convolutions and norms of one value, and that value, added up: what inference makes one convolution of."""
        need(at.axes > 0)
        same, stride, groups = self.chance(0.6), "1" if self.chance(0.7) else "2", self.one("1", "1", "2")
        out = "channels" if same else self.one("4", "6", "8")
        mode, pad = self.one("zeros", "zeros", "zeros", "replicate", "circular"), self.one("", "", '"same"')
        found: list[Body] = []
        for _ in range(self.one(1, 2, 3) if same and stride == "1" else self.one(2, 3)):
            kernel, dilation = self.dims(at, 1, 3, 3, 5), self.one("1", "1", "1", "2")
            conv = self.conv_of(kernel, out, stride, dilation, groups, pad, mode=mode)
            found.append([conv, *([self.norm(at)] if self.chance(0.7) else [])])
        if same and stride == "1":
            found.insert(self.one(0, len(found)), self.one([], [self.norm(at)]))

        def flow(at: Frame) -> None:
            ends = [at.inner() for _ in found]
            for body, end in zip(found, ends, strict=True):
                replay(body, end)
            inner = at.inner()
            inner.joined(*(end.flow for end in ends), by="add")
            at.then(*inner.flow)

        lines = [line for body in found for line in indented(body, "} {")[:-1]]
        return Piece(["parallel add {", *lines[1:], "}"], flow)

    def parted(self, at: Frame) -> Piece:
        """A split whose parts go their ways and come together."""
        parts, part, each = self.one(2, 2, 4), self.fresh("part"), self.fresh("y")
        by, kernel, out = self.one("concat", "add"), self.one("1", "3"), self.width(at)
        first, chained, end = self.fresh("w"), self.chance(0.5), self.fresh("end")
        conv = self.conv_of(kernel, out if not chained else f"channels // {parts}")
        source = f"if {first} == 0 then {part}[{first}] else add({part}[{first}], {each}[{first} - 1])"
        lines = [
            f"split {parts}; as {part}",
            f"for {first} in 0..{parts} {{",
            f"  from {source if chained else f'{part}[{first}]'}",
            f"  {conv.lines[0]}; act; as {each}[{first}]",
            "}",
            f"from {by}({each})" if self.chance(0.6) else f"from {by}({part}, {each})",
        ]
        whole = f"({part}," in lines[-1]

        def flow(at: Frame) -> None:
            need(at.shape[0] % parts == 0 and at.axes > 0 and at.shape[0] >= parts)
            one = at.inner()
            one.shape, one.entering, one.stride = (at.shape[0] // parts, *at.shape[1:]), at.entering, at.stride
            given = one.flow
            need(not chained or at.entering == at.shape[0])
            conv.flow(one)
            need(not chained or one.shape == given[0])
            values: list[Flow] = [one.flow] * parts
            values = [given] * parts + values if whole else values
            at.joined(*values, by=by)
            at.names[end] = at.flow

        return Piece([*lines, f"as {end}"], flow)

    def twice_indexed(self, at: Frame) -> Piece:
        """Values in lists of a list, some of which come together."""
        conv, each, by = self.conv(at), self.fresh("grid"), self.one("concat", "add")
        first, second = self.fresh("r"), self.fresh("c")
        lines = [
            f"for {first} in 0..2 {{ for {second} in 0..2 {{",
            f"  {conv.lines[0]}; as {each}[{first}][{second}]",
            "} }",
            f"from {by}({each}[0], {each}[1][1])",
        ]

        def flow(at: Frame) -> None:
            values: list[Flow] = []
            for _ in range(4):
                conv.flow(at)
                values.append(at.flow)
            at.joined(*values[:2], values[3], by=by)

        return Piece(lines, flow)

    def shared(self, at: Frame) -> Piece:
        """One module at two places, of which the second may have other sizes."""
        made = self.random.choice((self.conv, self.conv, self.named_norm, self.named_act, self.plain))(at)
        between = self.random.choice((self.act, self.pool, self.named_act, self.subsample))(at)
        return self.twice(made, between)

    def twice(self, made: Piece, between: Piece, *, of_stage: bool | None = None) -> Piece:
        """A statement that stands at two places and is one module: an op, a block or, with `of_stage`, a stage."""
        name, first = self.fresh("twin"), self.fresh("v")
        path = name if self.chance(0.6) else f'"{name}.{self.one(0, "conv")}"'
        (line,), aside = made.lines, self.chance(0.5)
        beside = self.fresh("aside")

        def flow(at: Frame) -> None:
            entry = at.flow
            made.flow(at)
            at.names[first] = at.flow
            if aside:
                at.names[beside] = entry
                at.shape, at.stride = entry
            between.flow(at)
            need(at.shape[0] == entry[0][0] and len(at.shape) == len(entry[0]))
            # Padding that is "same" for one size is another for the next, which one module cannot have.
            need((of_stage is None and '"same"' not in line) or at.shape == entry[0])
            made.flow(at)

        call = f"shared {line}" if of_stage else f"shared {path}: {line}"
        lines = [*[f"as {beside}"] * aside, call, f"as {first}", *[f"from {beside}"] * aside, *between.lines, call]
        return Piece(lines, flow)

    def joined(self, at: Frame) -> Piece:
        """What flows here with a value that was named before; or a name for what flows."""
        known = list(at.names)
        name = self.fresh("v")
        if not known or self.chance(0.4):

            def named(at: Frame) -> None:
                at.names[name] = at.flow

            return Piece([f"as {name}"], named)
        other, by = self.random.choice(known), self.one("add", "mul", "concat", "only", "sigmoid")

        def flow(at: Frame) -> None:
            need(other in at.names)
            here, there = at.flow, at.names[other]
            at.names[name] = here
            if by in ("only", "sigmoid"):
                at.shape, at.stride = there
            else:
                at.joined(here, there, by=by)

        source = {"only": other, "sigmoid": f"sigmoid({other})"}.get(by, f"{by}({name}, {other})")
        return Piece([f"as {name}", f"from {source}"], flow)

    def multiplied(self, at: Frame) -> Piece:
        """What flows here as matrices, times itself with the axes the other way."""
        name, axes = self.fresh("m"), len(at.shape)
        order = [*range(axes - 2), axes - 1, axes - 2]
        swapped = f"permute({name}, {'x'.join(map(str, order))})"
        turned = self.chance(0.5)

        def flow(at: Frame) -> None:
            need(len(at.shape) == axes > 1)
            at.names[name] = at.flow
            size = at.shape[-1] if turned else at.shape[-2]
            shape = (*at.shape[:-2], size, size)
            at.become(shape[0], shape[1:], None)

        return Piece([f"as {name}", f"from matmul({f'{swapped}, {name}' if turned else f'{name}, {swapped}'})"], flow)

    def attended(self, at: Frame) -> Piece:
        """Every position reads all others, and is where it was."""
        x, heads = self.fresh("x"), self.one(1, 2, 4)
        key, logits = self.fresh("key"), self.fresh("logits")
        lines = [
            f"as {x}",
            f"reshape dims({heads}, shape({x})[0] // {heads}, prod(shape({x})) // shape({x})[0]); as {key}",
            f"from matmul(permute({key}, 0x2x1), {key}); scale 0.1; softmax axis={self.one(1, 2)}; as {logits}",
            f"from matmul({key}, {logits})",
            f"reshape like={x}",
        ]

        def flow(at: Frame) -> None:
            positions = prod(at.shape[1:])
            need(at.axes > 0 and at.shape[0] % heads == 0 and heads * positions**2 <= LARGEST)
            at.names[x] = at.flow

        return Piece(lines, flow)

    def attention(self, at: Frame) -> Piece:
        """A block of the standard library in which positions read each other."""
        heads, width = self.one(1, 2, 4), self.one(4, 8)
        relative = at.axes == 2 and self.chance(0.6)
        local = self.chance(0.3)
        text = self.call("attention", str(heads), f"width={width}", "relative=true" if relative else "")
        scaled = self.option(0.5, "scaled=true")
        zero = "zero=false" if at.norm == "instance" or self.chance(0.2) else ""

        def flow(at: Frame) -> None:
            positions = prod(at.shape[1:])
            need(at.axes > 0 and (at.axes == 2 or not relative))
            need(heads * positions**2 <= LARGEST and width * positions <= LARGEST)
            if local:
                need(at.shape[0] > 1 and (zero != "" or at.norm != "instance"))
                at.normalise(at.norm)
            else:
                at.become(width, at.shape[1:], (1,) * at.axes)

        return Piece([self.call("non_local", scaled, zero) if local else text], flow)

    def distances(self, at: Frame) -> Piece:
        """Every position of a single head by how far it is from those of an axis."""
        shape, axis = at.shape, self.random.randint(2, max(at.axes + 1, 2))

        def flow(at: Frame) -> None:
            need(at.shape == shape and 1 <= at.axes <= 2)
            keys = [size if index == axis else 1 for index, size in enumerate(shape[1:], start=2)]
            at.become(1, [*keys, prod(shape[1:])], None)

        return Piece([f"reshape {'x'.join(map(str, (1, *shape)))}", f"relative_logits axis={axis}"], flow)

    def condition(self, at: Frame) -> Piece:
        """A choice by what is known; only the chosen side does anything."""
        tests = ["channels > 8", "channels == 4", "channels % 2 == 0", *(f"{name} > 6" for name in self.widths[:1])]
        if "width" in at.numbers and "stride" in at.numbers:
            tests += ["stride == 1", "channels != width", "stride == 1 and channels == width"]
        test = self.random.choice(tests)
        sides = [self.optional(at), self.optional(at) if self.chance(0.6) else []]
        lines = indented(sides[0], f"if {test} {{")
        if sides[1]:
            lines[-1] = "} else {"
            lines += indented(sides[1], "")[1:]

        def flow(at: Frame) -> None:
            need(not isinstance(at.numbers.get("stride"), tuple))
            names = dict(at.names)
            replay(sides[0 if evaluate(test, at) else 1], at)
            at.names = names

        return Piece(lines, flow)

    def optional(self, at: Frame) -> Body:
        there = deepcopy(at)
        return self.body(there, self.random.randint(1, 2), self.chained)
