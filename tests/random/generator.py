"""Networks drawn from a seed: the text of a file, and the shapes that its networks must have."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from tests.random.beside import Beside
from tests.random.blocks import SHORTCUTS, Block
from tests.random.drawing import Body, Piece, evaluate, indented, replay, sizes
from tests.random.frame import Frame, Shape, Unfit, need
from tests.random.ops import SETTINGS_ACT, SETTINGS_NORM

PRELUDE = """\
block instance { group_norm channels }
block gated { gate { sigmoid } }
shortcut wide(kernel = 3) { if changes { conv kernel, out, /stride; norm } }
shortcut blurred { if changes { if stride != 1 { blur 2, /stride } else { identity }; conv 1, out } }
"""
INPUTS: tuple[tuple[int, ...], ...] = (
    (3, 8, 8), (4, 7, 9), (1, 12, 5), (8, 6, 6), (2, 16), (4, 21), (3, 4, 4, 4), (2, 5, 3, 6), (24,), (2, 1, 9),
    (4, 1, 1), (6, 3, 3),
)  # fmt: skip


@dataclass(frozen=True)
class Drawn:
    """One network.

    Attributes:
        text: the file.
        name: which of its networks.
        outputs: the shapes of its outputs by name.
        given: values from outside.
    """

    text: str
    name: str
    outputs: dict[str, Shape]
    given: dict[str, Any]


class Networks(Beside):
    """Whole files."""

    def file(self, seed: int) -> list[Drawn]:
        entry = Frame.entry(self.random.choice(INPUTS))
        entry.numbers = {"w": self.one(4, 6, 8), "k": self.one(1, 2, 3)} if self.chance(0.5) else {}
        declared = dict(entry.numbers)
        settings = self.settings(0.3)
        if self.chance(0.7):
            settings["shortcut"] = str(self.random.choice(SHORTCUTS))
        apply(settings, entry)
        inputs, begun = self.inputs(entry)
        at = deepcopy(entry)
        stated = self.chance(0.2)
        body = begun
        replay(begun, at)
        before = at.shape
        for piece in self.pieces(at):
            # A shape that is stated holds for these parameters alone.
            body.append(_stating(piece, at.shape) if stated else piece)
            label = piece.lines[0].partition(":")[0]
            if label.startswith("part") and label.isalnum() and at.shape == before and len(piece.lines) == 1:
                self.labels[label] = len(body) - 1
            before = at.shape
        if self.chance(0.4):
            body += [self.fitting(at, self.pool_whole, self.flatten), self.fitting(at, self.fc)]
        need(any(piece.lines[0].split()[0] != "as" for piece in body))
        if self.chance(0.2):
            body.append(self.fitting(at, self.last))
        defined = [*(line for block in self.blocks for line in block.lines), *self.readers]
        parameters = [f"{name} = {value}" for name, value in declared.items()]
        parameters += [f"{name} = {value}" for name, value in (self.lists | settings).items()]
        opening = f"network base({', '.join(parameters)}) {{" if parameters else "network base {"
        lines = [f"# seed {seed}", *PRELUDE.splitlines(), *defined, *indented([*inputs, *body], opening)]
        found: list[tuple[tuple[str, dict[str, Any]], Frame]] = [(("base", {}), at)]
        lines[-1:] = ["  expect depth >= 0", "  expect params >= 0 when default", "}"] if self.chance(0.2) else ["}"]
        for _ in range(0 if stated else 3):
            by_label = self.labels and self.chance(0.5)
            other = self.changed(body, entry) if by_label else self.other(body, entry, declared, settings)
            if other is not None:
                variant, outside, end = other
                lines += [variant] * bool(variant)
                found.append(((variant.split()[1] if variant else "base", outside), end))
        text = "\n".join(lines) + "\n"
        return [Drawn(text, name, _outputs(end), given) for (name, given), end in found]

    def inputs(self, entry: Frame) -> tuple[Body, Body]:
        """The input, or two with names; and what takes them up."""
        written = "x".join(map(str, entry.shape))
        if self.chance(0.75):
            return [_line(f"input {written}")], []
        other = (self.one(1, 2, entry.shape[0]), *entry.shape[1:])
        entry.names, entry.entering = {"near": entry.flow, "far": (other, entry.stride)}, 0
        lines = [_line(f"input near {written}"), _line(f"input far {'x'.join(map(str, other))}")]
        join = self.one(None, "add", "concat", "concat", "concat")
        if join is None or (join == "add" and other != entry.shape):
            return lines, [_line("from near")]

        def flow(at: Frame) -> None:
            at.joined(at.names["far"], at.names["near"], by=join)

        return lines, [Piece([f"from {join}(far, near)"], flow)]

    def other(
        self, body: Body, entry: Frame, declared: dict[str, int], settings: dict[str, str]
    ) -> tuple[str, dict[str, Any], Frame] | None:
        """The same body with other values: as a variant in the text, or given from outside."""
        at = deepcopy(entry)
        changed: dict[str, Any] = {}
        for name, value in declared.items():
            at.numbers[name] = value + self.one(0, 1, 2)
            changed |= {name: str(at.numbers[name])} if at.numbers[name] != value else {}
        other = {name: value for name, value in self.settings(0.4).items() if settings.get(name) != value}
        apply(other, at)
        changed |= other
        outside = self.chance(0.5)
        if outside and self.chance(0.5):
            shape = tuple(size + self.one(0, 1) for size in at.shape)
            written = "x".join(map(str, shape))
            changed |= {"input": {"near": written} if at.names else written}
            at = replace(at, shape=shape, entering=0 if at.names else shape[0])
            at.names |= {"near": at.flow} if at.names else {}
        try:
            replay(body, at)
        except (Unfit, ZeroDivisionError):
            return None
        if not changed or any(name not in {**declared, **settings} and not outside for name in changed):
            return None
        if outside:
            return "", changed, at
        arguments = ", ".join(f"{name} = {value}" for name, value in changed.items())
        return f"network {self.fresh('variant')} = base({arguments})", {}, at

    def changed(self, body: Body, entry: Frame) -> tuple[str, dict[str, str], Frame] | None:
        """A variant with a body, which drops, replaces or adds beside what has a label."""
        label, place = self.random.choice(sorted(self.labels.items()))
        kind, name = self.one("drop", "replace", "after", "tap"), self.fresh("variant")
        at = deepcopy(entry)
        replay(body[:place] if kind == "drop" else body[: place + 1], at)
        line = {
            "drop": f"drop {label}",
            "replace": f"{label}: {self.one('tanh', 'bn', 'identity')}",
            "after": f"new after {label}: {self.one('relu', 'gelu', 'bn(eps=1e-2)')}",
            "tap": f"tap {name} after {label}",
        }[kind]
        if kind == "tap":
            at.taps[name] = at.shape
        try:
            replay(body[place + 1 :], at)
        except Unfit:
            return None
        if kind == "tap":  # as the compiler has them: in the order of the flow, or behind those of the base
            return None if len(at.taps) > 1 else (f"network {name} = base {{ {line} }}", {}, at)
        return f"network {name} = base {{ {line} }}", {}, at

    def settings(self, share: float) -> dict[str, str]:
        """Settings of a network, a stage or a call."""
        found = {}
        if self.chance(share):
            found["norm"] = str(self.random.choice(SETTINGS_NORM))
        if self.chance(share):
            found["act"] = str(self.random.choice(SETTINGS_ACT))
        return found

    def pieces(self, at: Frame) -> Iterator[Piece]:
        """The statements of a network; the frame moves on past each."""
        for _ in range(self.random.randint(2, 6)):
            yield self.fitting(at, *self.top)

    @property
    def top(self) -> list[Any]:
        """What may stand at a network's top."""
        return [self.statement, self.any_op, self.pool, self.upsample, self.conv_transpose, self.resize,
                self.pixel_shuffle, self.called, self.called_twice,
                self.stage, self.stage, self.stage, self.bracket, self.loop, self.tap, self.head, self.choice,
                self.pool_whole, self.pool_to, self.response_norm, self.vector, self.beside, self.yielding]  # fmt: skip

    def vector(self, at: Frame) -> Piece:
        """What becomes of a vector, or makes one of a small map."""
        if at.axes and self.chance(0.8):
            raise Unfit
        return self.random.choice((self.fc, self.fc, self.flatten, self.named_act, self.named_norm, self.reshape))(at)

    def tap(self, at: Frame) -> Piece:
        name = self.fresh("tap")
        written = self.one(name, f'"{name}"', f'"tap{{{name[3:]} * 1}}"', None)
        name, written = (name, written) if written else (name[3:], f'"{name[3:]}"')

        def flow(at: Frame) -> None:
            at.taps[name] = at.shape

        return Piece([f"tap {written}"], flow)

    def head(self, at: Frame) -> Piece:
        """A head that exists in training only, beside what flows on."""
        name, before = self.fresh("tap"), self.fresh("before")
        rest = [*self.body(at.inner(), self.one(1, 2, 3), self.chained)]
        taps = [f"tap {name} in training"]

        def flow(at: Frame) -> None:
            beside = replace(at.inner(), stride=None, lost=True)
            replay(rest, beside)
            at.taps[name] = beside.shape

        return Piece([f"as {before}", *(line for piece in rest for line in piece.lines), *taps, f"from {before}"], flow)

    def last(self, at: Frame) -> Piece:
        """A name for the last output."""
        name = self.one("logits", "p_0", "0")

        def flow(at: Frame) -> None:
            at.last = name

        return Piece([f"output {name}" if name[0] != "0" else f'output "{name}"'], flow)

    def choice(self, at: Frame) -> Piece:
        """A condition on a parameter."""
        if not at.numbers:
            raise Unfit
        test = f"{self.random.choice(list(at.numbers))} % 2 == 0"
        sides = self.optional(at), self.optional(at)
        lines = indented(sides[0], f"if {test} {{")
        lines[-1:] = indented(sides[1], "} else {")
        return Piece(lines, lambda at: replay(sides[0 if evaluate(test, at) else 1], at))

    def loop(self, at: Frame) -> Piece:
        """A body for each item of a list, with labels that number it."""
        name, index, label = self.fresh("u"), self.fresh("j"), self.fresh("loop")
        items = [self.one(4, 6, 8) for _ in range(self.one(1, 2, 3))]
        strided = self.one("1", f"(if {index} == 0 then 1 else 2)")
        kernel, behind = self.one("1", "3"), self.chance(0.5)
        convs = [self.conv_of(kernel, name, "1" if strided == "1" or not place else "2") for place in range(len(items))]
        stride = "" if strided == "1" else f", /{strided}"
        source = f"[{', '.join(map(str, items))}]"
        if self.chance(0.4):
            listed = self.fresh("list")
            self.lists[listed], source = source, listed
        own = self.one("{}.conv", "{}-conv", "{}").format(f"{{{index}}}")
        norm = self.one("norm", f'"{label}.{own}.norm": norm')
        lines = [
            f"for {index}, {name} in {source} {{",
            f'  "{label}.{own}": conv {kernel}, {name}{stride}',
            *([f"  {norm}; act"] if behind else []),
            "}",
        ]

        def flow(at: Frame) -> None:
            for conv, item in zip(convs, items, strict=True):
                at.numbers[name] = item
                conv.flow(at)
                if behind:
                    at.normalise(at.norm)
            del at.numbers[name]

        return Piece(lines, flow)

    def block_at(self, at: Frame) -> Block:
        """A block of the standard library, one that is there, or a new one."""
        if not at.axes:
            raise Unfit
        if self.chance(0.5):
            block = self.define(at)
            self.blocks.append(block)
            return block
        return self.random.choice(self.blocks)

    def arguments(self, at: Frame, block: Block) -> dict[str, str]:
        """Texts of the values of a block's parameters."""
        width = self.number(at, self.one(4, 4, 8, 8, 12, at.shape[0]))
        given = {"width": width} if "width" in block.parameters else {}
        if "kernel" in block.parameters:
            given = {"kernel": self.one("1", "3"), **given}
        if "reduction" in block.parameters:
            given["reduction"] = self.one("1", "2")
        if "expansion" in block.parameters:
            given["expansion"] = self.one("1", "2")
        if "inner" in block.parameters and self.chance(0.3):
            given["inner"] = self.number(at, 6)
        if "groups" in block.parameters and self.chance(0.4):
            given["groups"] = "2"
        return given

    def called(self, at: Frame) -> Piece:
        """A block as a statement, with settings of its own."""
        block = self.block_at(at)
        given, settings = self.arguments(at, block), self.settings(0.25)
        if "stride" in block.parameters and self.chance(0.4):
            given["stride"] = self.one("2", "1")
        if self.chance(0.2):
            settings["shortcut"] = str(self.random.choice(SHORTCUTS))
        texts = [_argument(name, value) for name, value in given.items()]
        texts += [f"{name}={value}" for name, value in settings.items()]
        label = f"{self.fresh('part')}: " if self.chance(0.3) else ""

        def flow(at: Frame) -> None:
            block.call(at, {name: evaluate(value, at) for name, value in given.items()}, settings)

        return Piece([f"{label}{block.name}({', '.join(texts)})"], flow)

    def called_twice(self, at: Frame) -> Piece:
        """A block, or a stage, that is one module at two places."""
        piece = self.random.choice((self.called, self.stage))(at)
        label, _, call = piece.lines[0].partition(": ")
        line = piece.lines[0] if label.startswith("stage") else call or label
        return self.twice(Piece([line], piece.flow), self.act(at), of_stage=label.startswith("stage"))

    def stage(self, at: Frame) -> Piece:
        """Repeats of a block, which may grow along the stage."""
        block = self.block_at(at)
        if "width" not in block.parameters:
            raise Unfit
        given, settings, count = self.arguments(at, block), self.settings(0.2), self.one(1, 2, 2, 3)
        if self.chance(0.25):
            given["width"] = f"{given['width']} + {self.one(2, 4)} * i"
        if self.chance(0.3):
            settings["shortcut"] = str(self.random.choice(SHORTCUTS))
        stride = self.dims(at, 1, 2, 2, 3) if self.chance(0.5) else "1"
        texts = [_argument(name, value) for name, value in given.items()]
        tail = [f"/{stride}"] * (stride != "1") + [f"{name}={value}" for name, value in settings.items()]

        def flow(at: Frame) -> None:
            whole = sizes(stride, at)
            for index in range(count):
                names = {**at.numbers, "i": index, "n": count}
                values = {name: evaluate(value, replace(at, numbers=names)) for name, value in given.items()}
                step = whole if index == 0 else (1,) * at.axes
                values["stride"] = step[0] if len(set(step)) == 1 else step
                before = replace(at, stride=(1,) * at.axes)
                block.call(before, values, settings)
                need(before.stride == step)
                at.then(*before.flow)

        return Piece([self.stage_line(f"{block.name}({', '.join(texts)})", count, tail)], flow)

    def stage_line(self, what: str, count: int, tail: list[str]) -> str:
        title = f' "{self.one("conv_x", "a title", "x < y & z")}"' if self.chance(0.3) else ""
        if not title and self.chance(0.25):
            name = self.one("{i + 1}", "block-{i}", "layers.{n - i}")
            tail = [*tail, f'path="{name}"']
        repeats = f" x {count}" if count > 1 or self.chance(0.3) else ""
        return f"stage {self.fresh('stage')}{title}: {what}{repeats}{''.join(f', {each}' for each in tail)}"

    def bracket(self, at: Frame) -> Piece:
        """A stage of rows: convolutions, each with a norm."""
        if not at.axes:
            raise Unfit
        rows = [
            (self.one("1", "3", "3", "5"), self.number(at, self.one(4, 8, 8, 12))) for _ in range(self.one(1, 2, 3))
        ]
        wide = next((place for place, (kernel, _) in enumerate(rows) if kernel != "1"), None)
        stride = self.one("1", "2", "3") if wide is not None and self.chance(0.5) else "1"
        count, settings = self.one(1, 2, 3), self.settings(0.2)
        if self.chance(0.4):
            settings["shortcut"] = str(self.random.choice(SHORTCUTS))
        written = "; ".join(f"{kernel}, {out}" for kernel, out in rows)
        tail = [f"/{stride}"] * (stride != "1") + [f"{name}={value}" for name, value in settings.items()]

        def flow(at: Frame) -> None:
            for index in range(count):
                here = replace(at, stride=(1,) * at.axes)
                apply(settings, here)
                body = here.inner()
                for place, (kernel, out) in enumerate(rows):
                    step = stride if index == 0 and place == wide else "1"
                    self.conv_of(kernel, out, step).flow(body)
                    body.normalise(body.norm)
                here.residual(body, identity=False)
                at.then(*here.flow)

        return Piece([self.stage_line(f"[{written}]", count, tail)], flow)


def drawn(seed: int, kind: type[Networks] = Networks) -> list[Drawn]:
    """The networks of one file, of statements that a kind of them draws."""
    for attempt in range(100):
        try:
            return kind(Random(f"{seed} {attempt}")).file(seed)
        except Unfit:
            continue
    raise AssertionError(f"nothing came of seed {seed}")


def _stating(piece: Piece, shape: Shape) -> Piece:
    """The statement with its shape behind it, where it may stand."""
    if piece.lines[0].split()[0] not in ("stage", "residual", "gate", "parallel"):
        return piece
    *before, last = piece.lines
    return Piece([*before, f"{last} -> {'x'.join(map(str, shape))}"], piece.flow)


def apply(settings: dict[str, str], at: Frame) -> None:
    """Set what is set, from here on."""
    for name, value in settings.items():
        setattr(at, name, value)


def _outputs(end: Frame) -> dict[str, Shape]:
    return {**end.taps, end.last: end.shape}


def _argument(name: str, value: str) -> str:
    return f"/{value}" if name == "stride" else value if name in ("width", "kernel") else f"{name}={value}"


def _line(text: str) -> Piece:
    return Piece([text], lambda _: None)
