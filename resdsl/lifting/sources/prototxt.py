"""Caffe's prototxt files as plain graphs: the networks of their authors. Such a file has no weights."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.lifting.graph import FileTensor, PlainGraph, PlainNode
from resdsl.lifting.refusals import NotReadable, Unknown, UnknownOps
from resdsl.ops.base import Shape
from resdsl.ops.pool import WindowPool
from resdsl.ops.records import ShapeError
from resdsl.ops.registry import op_named
from resdsl.records.checks import Invalid

if TYPE_CHECKING:
    import numpy as np

_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|\'[^\']*\'|[A-Za-z_]\w*|[-+.\w]+|[{}:]|\S')
_MOST_BYTES = 16 * 1024 * 1024
_DEEPEST = 32
Message = dict[str, list[object]]


class _NoLayer(Exception):
    """The language has no op for a layer; says why."""


def read_prototxt(path: Path) -> PlainGraph:
    """The plain graph of a prototxt file of Caffe.

    Raises:
        NotReadable: the file is none, or describes no network with an input.
        UnknownOps: the language has no op for some of its layers.
        OSError: the file cannot be opened.
    """
    if path.stat().st_size > _MOST_BYTES:
        raise NotReadable(f"{path} is too large to be a prototxt file")
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise NotReadable(f"{path} is no prototxt file: it is not UTF-8") from None
    tokens = _TOKEN.findall("\n".join(line.partition("#")[0] for line in text.split("\n")))
    message = _message(iter(tokens), path, 0)
    return _Network(message, path).graph()


def _message(tokens: Iterator[str], path: Path, depth: int) -> Message:
    """Fields up to the end of a message, each with all of its values."""
    found: Message = {}
    if depth > _DEEPEST:
        raise NotReadable(f"{path} is no prototxt file: its messages are too deep")
    for name in tokens:
        if name == "}" and depth:
            return found
        sign = next(tokens, "")
        value: object
        if not re.fullmatch(r"[A-Za-z_]\w*", name) or sign not in ("{", ":"):
            raise NotReadable(f"{path} is no prototxt file: `{name} {sign}`")
        value = next(tokens, "") if sign == ":" else _message(tokens, path, depth + 1)
        if value == "{":
            value = _message(tokens, path, depth + 1)
        found.setdefault(name, []).append(value.strip("\"'") if isinstance(value, str) else value)
    if depth:
        raise NotReadable(f"{path} is no prototxt file, or not all of one: it ends within a message")
    return found


@dataclass
class _Layer:
    """A layer of a file."""

    message: Message
    kind: str
    name: str
    bottoms: list[str]
    tops: list[str]

    def message_of(self, name: str) -> Message:
        """A message within it; an empty one if there is none."""
        found = self.message.get(name, [{}])[0]
        return found if isinstance(found, dict) else {}


def _word(message: Message, name: str, usual: str) -> str:
    found = message.get(name, [usual])[0]
    return found if isinstance(found, str) else usual


def _whole(message: Message, name: str, usual: int) -> int:
    text = _word(message, name, str(usual))
    if not re.fullmatch(r"\d{1,9}", text):
        raise _NoLayer(f"{name} is {text}")
    return int(text)


def _pair(message: Message, name: str, short: str, usual: int) -> tuple[int, int]:
    """A number for each axis: `kernel_size`, or `kernel_h` and `kernel_w`."""
    both = _whole(message, name, usual)
    return _whole(message, f"{short}_h", both), _whole(message, f"{short}_w", both)


@dataclass
class _Network:
    """A network on its way to a plain graph; layers that work in place get values of their own."""

    message: Message
    path: Path
    nodes: list[PlainNode] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    current: dict[str, str] = field(default_factory=dict)
    unknown: dict[tuple[str, str], Unknown] = field(default_factory=dict)

    def graph(self) -> PlainGraph:
        """The plain graph."""
        layers = [_layer(each) for each in self.message.get("layer", []) if isinstance(each, dict)]
        name, shape = self._input(layers)
        self.shapes[name] = shape
        self.current[name] = name
        for layer in layers:
            if layer.kind not in ("Input", "Data"):
                self._add(layer)
        if self.unknown:
            raise UnknownOps(self.path.name, list(self.unknown.values()))
        if not self.nodes:
            raise NotReadable(f"{self.path} is no prototxt file of a network: it has no layers")
        output = self.nodes[-1].output
        given = _word(self.message, "name", self.path.stem)
        return PlainGraph(given, {name: shape}, tuple(self.nodes), (("output", output),), self.shapes)

    def _input(self, layers: Sequence[_Layer]) -> tuple[str, Shape]:
        sizes = _numbers(self.message.get("input_dim", []))
        name = _word(self.message, "input", "data")
        for layer in layers:
            if layer.kind == "Input":
                name, sizes = (layer.tops or [name])[0], _dims(layer.message_of("input_param").get("shape", [{}])[0])
        sizes = sizes or _dims(self.message.get("input_shape", [{}])[0])
        if len(sizes) != 4 or min(sizes) < 1:
            raise NotReadable(f"{self.path} has no input with a shape; the form for deployment has one")
        return name, tuple(sizes[1:])

    def _add(self, layer: _Layer) -> None:
        try:
            if layer.kind == "Scale":
                self._scale(layer)
            elif layer.kind in ("Dropout", "Split"):
                self.current.update({top: self._read(layer)[0] for top in layer.tops})
            elif layer.kind in _LAYERS:
                self._apply(layer, *_LAYERS[layer.kind](layer))
            else:
                raise _NoLayer("")
        except _NoLayer as reason:
            key = layer.kind, str(reason)
            known = self.unknown.get(key)
            self.unknown[key] = Unknown(*key, known.place if known else layer.name, "", known.count + 1 if known else 1)
            self.current.update({top: self._read(layer)[0] for top in layer.tops if layer.bottoms})

    def _read(self, layer: _Layer) -> list[str]:
        missing = [each for each in layer.bottoms if each not in self.current]
        if missing or not layer.bottoms:
            raise NotReadable(
                f"{self.path}: the layer `{layer.name}` reads `{', '.join(missing)}`, which nothing yields"
            )
        return [self.current[each] for each in layer.bottoms]

    def _apply(self, layer: _Layer, op: str, given: Mapping[str, object]) -> None:
        reads = self._read(layer)
        shapes = tuple([self.shapes[value] for value in reads])
        try:
            made = op_named(op).build(dict(given), shapes)
            if isinstance(made, WindowPool) and made.kernel == shapes[0][1:] and not any(made.pad):
                made = made.whole.of({})
            yielded = made.infer(shapes)
        except (Invalid, ShapeError) as error:
            raise _NoLayer(str(error)) from error
        value = f"{layer.name}/{len(self.nodes)}"
        tensors = {each.name: _without_values(each.name, each.shape) for each in made.state(shapes)}
        self.nodes.append(PlainNode(made, tuple(reads), (value,), "", tensors))
        self.shapes[value] = yielded[0]
        self.current.update(dict.fromkeys(layer.tops[:1], value))

    def _scale(self, layer: _Layer) -> None:
        """Scales and shifts behind a norm, which are those of a batch norm of ours."""
        (read, *others) = self._read(layer)
        before = self.nodes[-1] if self.nodes else None
        if others or before is None or before.output != read or before.op.op != "bn":
            raise _NoLayer("that is not right behind a norm")
        self.current.update(dict.fromkeys(layer.tops[:1], read))


def _layer(message: Message) -> _Layer:
    names = {key: [str(each) for each in message.get(key, [])] for key in ("bottom", "top")}
    return _Layer(message, _word(message, "type", ""), _word(message, "name", ""), names["bottom"], names["top"])


def _dims(shape: object) -> list[int]:
    return _numbers(shape.get("dim", [])) if isinstance(shape, dict) else []


def _numbers(values: Sequence[object]) -> list[int]:
    return [int(each) for each in values if isinstance(each, str) and re.fullmatch(r"[0-9]{1,9}", each)]


def _without_values(name: str, shape: Shape) -> FileTensor:
    def values() -> np.ndarray:
        raise NotReadable("a prototxt file has no weights")

    return FileTensor("", shape, values)


def _conv(layer: _Layer) -> tuple[str, dict[str, object]]:
    given = layer.message_of("convolution_param")
    bias = _word(given, "bias_term", "true") == "true"
    return "conv", {
        "kernel": _pair(given, "kernel_size", "kernel", 1),
        "out": _whole(given, "num_output", 1),
        "stride": _pair(given, "stride", "stride", 1),
        "pad": _pair(given, "pad", "pad", 0),
        "dilation": _whole(given, "dilation", 1),
        "groups": _whole(given, "group", 1),
        "bias": bias,
    }


def _pool(layer: _Layer) -> tuple[str, dict[str, object]]:
    given = layer.message_of("pooling_param")
    kind = {"MAX": "maxpool", "AVE": "avgpool"}.get(_word(given, "pool", "MAX"))
    if kind is None:
        raise _NoLayer("that is random")
    if _word(given, "global_pooling", "false") == "true":
        return f"global_{kind}", {}
    window = {
        "kernel": _pair(given, "kernel_size", "kernel", 1),
        "stride": _pair(given, "stride", "stride", 1),
        "pad": _pair(given, "pad", "pad", 0),
        "ceil": _word(given, "round_mode", "CEIL") == "CEIL",
    }
    return kind, window


def _eltwise(layer: _Layer) -> tuple[str, dict[str, object]]:
    given = layer.message_of("eltwise_param")
    kind = {"SUM": "add", "PROD": "mul"}.get(_word(given, "operation", "SUM"))
    if kind is None or "coeff" in given:
        raise _NoLayer("of the maximum, or with factors")
    return kind, {}


def _fc(layer: _Layer) -> tuple[str, dict[str, object]]:
    given = layer.message_of("inner_product_param")
    return "fc", {"out": _whole(given, "num_output", 1), "bias": _word(given, "bias_term", "true") == "true"}


def _norm(layer: _Layer) -> tuple[str, dict[str, object]]:
    try:
        return "bn", {"eps": float(_word(layer.message_of("batch_norm_param"), "eps", "1e-5"))}
    except ValueError:
        raise _NoLayer("with an eps that is no number") from None


def _concat(layer: _Layer) -> tuple[str, dict[str, object]]:
    if _word(layer.message_of("concat_param"), "axis", "1") != "1":
        raise _NoLayer("along another axis than the channels")
    return "concat", {}


_LAYERS: dict[str, Callable[[_Layer], tuple[str, dict[str, object]]]] = {
    "Convolution": _conv,
    "BatchNorm": _norm,
    "Pooling": _pool,
    "Eltwise": _eltwise,
    "InnerProduct": _fc,
    "Concat": _concat,
    "ReLU": lambda _layer: ("relu", {}),
    "Sigmoid": lambda _layer: ("sigmoid", {}),
    "TanH": lambda _layer: ("tanh", {}),
    "Softmax": lambda _layer: ("softmax", {}),
}
