"""The terms that the rules of counters consist of, such as a number for each element that is read."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TypeVar

from resdsl.analysis.conventions.records import Rule, Term, nothing_more
from resdsl.analysis.conventions.uses import Use
from resdsl.ops.forms import OnnxNode

BIASES = "biases, 1 per output"


Key = TypeVar("Key", bound=str)


def rules(rule: Rule, *keys: Key) -> dict[Key, Rule]:
    """One rule for several ops, or kinds of ops."""
    return dict.fromkeys(keys, rule)


def nothing(*keys: Key) -> dict[Key, Rule]:
    """Ops of which a counter takes their multiply-adds alone, or nothing where they have none; or kinds of ops."""
    return rules(nothing_more, *keys)


def per_element(what: str, times: int) -> Rule:
    """So many for each element that is read."""
    name = f"{what}, {times} per element"
    return lambda use: (name, times * elements_read(use))


def per_output(what: str, times: int) -> Rule:
    """So many for each element that is yielded."""
    name = f"{what}, {times} per output"
    return lambda use: (name, times * elements_yielded(use))


def twice(what: str) -> Rule:
    """One for each element that is read, as a module, and one more as the function that the module calls."""
    return lambda use: (f"{what}, 1 per element, twice", 2 * elements_read(use))


def biases(use: Use) -> Term:
    """One for each element that a bias is added to."""
    return BIASES, use.op.work(use.inputs).bias


def parameters(what: str) -> Rule:
    """As many as the op has learned numbers, on however large a map."""
    return lambda use: (
        f"{what}, 1 per parameter",
        sum(prod(each.shape) for each in use.op.state(use.inputs) if each.role != "buffer"),
    )


def windows(use: Use) -> Term:
    """One for each element that a pooling window reads."""
    return "pooling, 1 per element of a window", use.op.work(use.inputs).pooling


def sums_and_products(use: Use) -> Term:
    """One for each element added or multiplied."""
    return "sums and products, 1 per element", use.op.work(use.inputs).elementwise


def over_channels(rule: Rule) -> Rule:
    """The rule for a softmax over the channels; along another axis none was measured."""
    return lambda use: None if use.op.plain().get("axis") else rule(use)


def on_axes(axes: tuple[int, ...], rule: Rule, elsewhere: Rule) -> Rule:
    """A rule for values of so many spatial axes, and another for all others."""
    return lambda use: (rule if spatial_axes(use) in axes else elsewhere)(use)


def unverified(_use: Use) -> None:
    """The result of the counter for this use is not known."""


def spatial_axes(use: Use) -> int:
    """How many spatial axes the first input has."""
    return len(use.inputs[0]) - 1


def elements_read(use: Use) -> int:
    """Elements of the first input."""
    return prod(use.inputs[0])


def elements_yielded(use: Use) -> int:
    """Elements of all outputs."""
    return sum(map(prod, use.op.infer(use.inputs)))


def means(use: Use) -> Iterator[tuple[int, int, int]]:
    """The means in a row that a blur is written as: elements that each reads and yields, and those of its window."""
    pools = [(_sizes(node, "kernel_shape"), _sizes(node, "strides")) for node in use.op.onnx(use.inputs)[1:]]
    channels, *sizes = use.inputs[0]
    sizes = [size + sum(kernel[axis] - 1 for kernel, _ in pools) for axis, size in enumerate(sizes)]
    for kernel, strides in pools:
        smaller = [(size - k) // s + 1 for size, k, s in zip(sizes, kernel, strides, strict=True)]
        yield channels * prod(sizes), channels * prod(smaller), prod(kernel)
        sizes = smaller


def _sizes(node: OnnxNode, name: str) -> tuple[int, ...]:
    value = node.attributes[name]
    return value if isinstance(value, tuple) else ()
