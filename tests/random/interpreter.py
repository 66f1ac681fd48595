"""A network in JSON, computed one layer after the other with torch's functions, and counted by hand.

Nothing here comes from the compiler: the document is read as plain dictionaries, every op is written out from its
definition, and weights are found by path. What the backends make is held against this.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from math import prod, sqrt
from typing import Any

import torch
from torch import Tensor

from tests.random.functions import FUNCTIONS, Op, Tensors

Json = dict[str, Any]
Shape = tuple[int, ...]
BUFFERS = ("running_mean", "running_var", "num_batches_tracked")
OF_CHANNELS = {"bn", "frozen_bn", "group_norm", "layer_norm", "prelu", "learned_scale", "learned_bias"}
LEARNED = {"conv", "std_conv", "conv_transpose", "fc", "channel_fc", "relative_logits", *OF_CHANNELS}


@dataclass
class Counts:
    """What a network costs, for one sample."""

    params: int = 0
    macs: int = 0
    depth: int = 0
    activations: int = 0
    layers: int = 0
    shortcut_params: int = 0
    shortcut_macs: int = 0
    matmul: int = 0


@dataclass(frozen=True)
class _Place:
    """Where a graph stands: the path before its own, and what of it counts."""

    path: str = ""
    main: bool = True
    shortcut: bool = False
    idle: bool = False

    def within(self, node: Json, *parts: object) -> _Place:
        path = ".".join(map(str, filter(None, (self.path, node["path"])))) + "".join(f".{part}" for part in parts)
        main, shortcut = self.main and node["role"] == "main", self.shortcut or node["role"] == "shortcut"
        return _Place(path, main, shortcut, self.idle)


@dataclass
class Interpreter:
    """Computes a document's network; the first pass draws the weights, and later ones use them.

    Attributes:
        tensors: parameters and buffers by name, in the order in which they are met.
        training: whether batch norms take the statistics of the batch, and remember them.
    """

    document: Json
    tensors: Tensors = field(default_factory=dict)
    training: bool = False
    dtype: torch.dtype = torch.float64
    seed: int = 0

    def __call__(self, **inputs: Tensor) -> dict[str, Tensor]:
        """The outputs by name, for the inputs by name."""
        self.counts = Counts()
        self._met: set[str] = set()
        self._random = torch.Generator().manual_seed(self.seed)
        network = self.document["network"]
        visible = [tap for tap in network["outputs"] if self.training or not tap.get("training")]
        heads = [tap["value"] for tap in network["outputs"] if tap.get("training")]
        lasting = [tap["value"] for tap in network["outputs"] if not tap.get("training")]
        nodes = network["nodes"]
        self._idle = _with_readers(_behind(heads, nodes) - _behind(lasting, nodes), nodes)
        if self.training:  # heads of training come last, which running statistics of a shared norm show
            nodes = sorted(nodes, key=lambda node: node["name"] in self._idle)
        values = self._graph(nodes, dict(inputs), _Place())
        return {tap["name"]: values[tap["value"]] for tap in visible}

    def in_order(self) -> list[str]:
        """The names of all tensors as PyTorch lists them: by module, in the order of registration."""
        tree: Json = {}
        for name in self.tensors:
            *path, last = name.split(".")
            inner = tree
            for part in path:
                inner = inner.setdefault(part, {})
            inner[last] = name
        return list(_leaves(tree))

    def learned(self) -> dict[str, Tensor]:
        """The tensors that are trained."""
        return {name: value for name, value in self.tensors.items() if not self._is_buffer(name)}

    def _is_buffer(self, name: str) -> bool:
        path, _, own = name.rpartition(".")
        # A batch norm that counts no batches learns nothing.
        frozen = f"{path}.running_mean" in self.tensors and f"{path}.num_batches_tracked" not in self.tensors
        return own in BUFFERS or frozen

    def _graph(self, nodes: list[Json], values: Tensors, place: _Place) -> Tensors:
        at_top = not place.path
        for node in nodes:
            place = replace(place, idle=node["name"] in self._idle) if at_top else place
            given = [values[name] for name in node["inputs"]]
            found = self._node(node, given, place) if "op" not in node else self._layer(node, given, place)
            for index, value in enumerate(found):
                values[f"{node['name']}:{index}" if index else node["name"]] = value
            if "op" in node:
                assert [list(value.shape[1:]) for value in found] == node["shapes"], node["name"]
        return values

    def _node(self, node: Json, given: list[Tensor], place: _Place) -> list[Tensor]:
        if "runs" not in node:
            return self._body(node["body"], given, place.within(node))
        value, *beside = given
        for run in node["runs"]:
            for index in range(run["first"], run["first"] + run["count"]):
                (value,) = self._body(run["body"], [value, *beside], place.within(node, index))
        return [value]

    def _body(self, name: str, given: list[Tensor], place: _Place) -> list[Tensor]:
        body = self.document["bodies"][name]
        assert [list(value.shape[1:]) for value in given] == body["inputs"], name
        values = dict(zip(("input", *body.get("beside", ())), given, strict=True))
        found = self._graph(body["nodes"], values, place)
        return [found[value] for value in (body["output"], *body.get("also", ()))]

    def _layer(self, node: Json, given: list[Tensor], place: _Place) -> list[Tensor]:
        op, here = node["op"], place.within(node)
        alone = op.get("module") is False
        named = {
            name: self._tensor(here.path if alone else f"{here.path}.{name}", name, shape)
            for name, shape in state_of(op, given[0])
        }
        found = FUNCTIONS[op["op"]](Op(op, named, self.training), *given)
        self._count(op, given[0], found[0], named, here)
        if op["op"] == "matmul":
            self.counts.matmul += prod(given[0].shape[1:]) * given[1].shape[-1]
        if op["op"] == "relative_logits":
            self.counts.matmul += prod(given[0].shape[1:]) * given[0].shape[op["axis"] + 1]
        self._met.add(here.path)
        return found

    def _tensor(self, path: str, name: str, shape: Shape) -> Tensor:
        if path not in self.tensors:
            drawn = _drawn(name, shape, self._random)
            self.tensors[path] = drawn if name == "num_batches_tracked" else drawn.to(self.dtype)
        assert self.tensors[path].shape == shape, path
        return self.tensors[path]

    def _count(self, op: Json, given: Tensor, found: Tensor, named: Tensors, here: _Place) -> None:
        learned = sum(value.numel() for name, value in named.items() if name not in BUFFERS)
        params = 0 if here.path in self._met or op["op"] == "frozen_bn" else learned
        macs = 0
        self.counts.params += params
        self.counts.shortcut_params += params * here.shortcut
        if here.idle:
            return
        if op["op"] in ("conv", "std_conv", "conv_transpose", "fc", "channel_fc"):
            magnified = given if op["op"] == "conv_transpose" else found
            macs = prod(magnified.shape[1:]) * prod(named["weight"].shape[1:])
            self.counts.depth += here.main
            self.counts.activations += prod(found.shape[1:]) if op["op"] not in ("fc", "channel_fc") else 0
        self.counts.layers += 1
        self.counts.macs += macs
        self.counts.shortcut_macs += macs * here.shortcut


def _with_readers(names: set[str], nodes: list[Json]) -> set[str]:
    """The nodes of these names, and all that read what they yield, as layers whose values nothing uses may."""
    found = set(names)
    for node in nodes:
        if any(value.partition(":")[0] in found for value in node["inputs"]):
            found.add(node["name"])
    return found


def _behind(values: list[str], nodes: list[Json]) -> set[str]:
    """The names of the nodes on which values depend."""
    by_name = {node["name"]: node for node in nodes}
    found, waiting = set[str](), [value.split(":")[0] for value in values]
    while waiting:
        name = waiting.pop()
        if name in by_name and name not in found:
            found.add(name)
            waiting += [value.split(":")[0] for value in by_name[name]["inputs"]]
    return found


def state_of(op: Json, given: Tensor) -> Iterator[tuple[str, Shape]]:
    """Names and shapes of what an op holds."""
    channels, kind = given.shape[1], op["op"]
    if kind not in LEARNED:
        return
    if kind in ("learned_scale", "learned_bias"):
        spread = (channels, *(1,) * (given.dim() - 2))
        shapes: dict[str, Shape] = {"channels": (channels,), "map": spread, "one": (1,), "scalar": ()}
        yield "weight" if kind == "learned_scale" else "bias", shapes[op["shape"]]
        return
    weight: Shape = (channels,)
    if kind in ("conv", "std_conv"):
        weight = (op["out"], channels // op["groups"], *op["kernel"])
    elif kind == "conv_transpose":
        weight = (channels, op["out"] // op["groups"], *op["kernel"])
    elif kind == "fc":
        weight = (op["out"], prod(given.shape[1:]))
    elif kind == "channel_fc":
        weight = (op["out"], channels)
    elif kind == "relative_logits":
        weight = (2 * given.shape[op["axis"] + 1] - 1, given.shape[2])
    yield "weight", weight
    if kind in ("conv", "std_conv", "conv_transpose", "fc", "channel_fc") and op["bias"]:
        yield "bias", (op["out"],)
    if kind == "std_conv" and op["gain"]:
        yield "gain", (op["out"], *(1,) * (len(op["kernel"]) + 1))
    if kind in ("bn", "frozen_bn", "group_norm", "layer_norm"):
        yield "bias", (channels,)
    if kind in ("bn", "frozen_bn"):
        yield from (("running_mean", (channels,)), ("running_var", (channels,)))
    if kind == "bn":
        yield "num_batches_tracked", ()


def _drawn(name: str, shape: Shape, random: torch.Generator) -> Tensor:
    """Values as training might have left them: nothing at zero or one, and each layer about as loud as the last."""
    if name == "num_batches_tracked":
        return torch.tensor(3)
    if len(shape) > 1:
        return torch.randn(shape, generator=random) * sqrt(2 / prod(shape[1:]))
    uniform = torch.rand(shape, generator=random)
    return uniform + 0.5 if name in ("weight", "running_var") else uniform - 0.5


def _leaves(tree: Json) -> Iterator[str]:
    # A module's own tensors come before those of its parts.
    yield from (leaf for leaf in tree.values() if isinstance(leaf, str))
    for inner in tree.values():
        if not isinstance(inner, str):
            yield from _leaves(inner)
