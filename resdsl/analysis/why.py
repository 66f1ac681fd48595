"""The arithmetic of one row: which numbers are multiplied and added to give the figures in a table.

For a layer, these are the factors of its weights and multiply-adds; for a block, its layers; for a stage, its blocks
and how often each occurs; for the network, its parts. The results are always the costs of `resdsl.analysis.costs`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from math import prod

from resdsl.analysis.finding import Found, find
from resdsl.analysis.receptive_field.field import Field, Fields
from resdsl.analysis.rows.bounded import layer_rows
from resdsl.analysis.rows.repeats import repeats_of
from resdsl.analysis.rows.tree import Kind, Row
from resdsl.ir.network import Network
from resdsl.ops.base import Op, Shapes, show
from resdsl.ops.conv import Convolution
from resdsl.ops.conv_transpose import ConvTranspose
from resdsl.ops.linear import FullyConnected
from resdsl.ops.records import Work

_STATE = ("weights", "biases", "norms")


@dataclass(frozen=True, slots=True)
class Factor:
    """A factor of a product.

    Attributes:
        written: the number as it is written, such as `3x3` for 9.
        meaning: what the number counts.
    """

    number: int
    written: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Term:
    """A term of a sum.

    Attributes:
        part: the path within the row of the part that contributes it, or another sum.
        name: the name of that part.
        value: the number.
        factors: the factors whose product it is; empty if it is not shown as a product.
    """

    part: str
    name: str
    value: int
    factors: tuple[Factor, ...] = ()


@dataclass(frozen=True, slots=True)
class Sum:
    """A quantity of the row and the terms that add up to it; parts that contribute nothing are left out.

    Attributes:
        quantity: `weights`, `biases`, `norms`, `params` or `macs`, or a kind of work other than multiply-adds.
    """

    quantity: str
    value: int
    terms: tuple[Term, ...] = ()


@dataclass(frozen=True, slots=True)
class Comparison:
    """A block that narrows to its larger kernel, and two convolutions of that kernel at the block's own channels.

    He et al. 2015, Section 4.1, "Deeper Bottleneck Architectures". The two have no groups; the first takes the
    stride. Biases and norms are left out on both sides, and so are shortcuts and gates.

    Attributes:
        kernel: the larger kernel.
        channels: of what flows in, and of what the block yields.
        own_weights: weights of the block's convolutions.
        own_macs: their multiply-adds.
        weights: those that the two would have.
        macs: the multiply-adds that they would cost.
    """

    kernel: tuple[int, ...]
    channels: tuple[int, int]
    own_weights: int
    own_macs: int
    weights: int
    macs: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """The explanation of the figures of a row.

    Attributes:
        found: the row, and the repeats that it is one of.
        sums: its quantities, without those that are zero.
        comparison: for a block with 1x1 convolutions around a larger one.
        field: what its output sees of the first input; None if that was not requested, or is nothing.
    """

    found: Found
    sums: tuple[Sum, ...]
    comparison: Comparison | None = None
    field: Field | None = None

    @property
    def row(self) -> Row:
        """The row that is explained; for repeats, a single one."""
        return self.found.row


def why(network: Network, path: str) -> Explanation:
    """Explain the figures of a part.

    Args:
        network: the network.
        path: the path of a layer, block, shortcut or stage; `stem`, `head` or a stage's title; "" for the whole.

    Raises:
        resdsl.analysis.finding.UnknownPath: the network has no such part.
        resdsl.analysis.rows.bounded.TooManyRows: it has too many layers.
    """
    found = find(layer_rows(network), path)
    *_, last = found.row.leaves() if found.row.kind in ("stem", "part", "head") else [found.row]
    field = Fields(network).at(last.path) if last.path else None
    return replace(explain(found), field=field)


def explain(found: Found) -> Explanation:
    """Explain the figures of a row that was found."""
    row = found.row
    if row.op is not None:
        return Explanation(found, tuple(_of_layer(row, row.op)))
    return Explanation(found, tuple(_of_parts(row)), _comparison(row) if row.kind == "block" else None)


# ------------------------------------------------------------------ layers


def _of_layer(row: Row, op: Op) -> Iterator[Sum]:
    costs = row.costs
    for quantity in _STATE:
        value: int = getattr(costs, quantity)
        if value:
            yield Sum(quantity, value, (Term("", row.name, value, _state_factors(op, row.inputs, quantity)),))
    yield from _params(row)
    if costs.macs:
        yield Sum("macs", costs.macs, (Term("", row.name, costs.macs, _macs_factors(row)),))
    for kind in fields(Work):
        value = getattr(costs.work, kind.name)
        if value and kind.name not in ("conv", "linear", "bias"):
            yield Sum(kind.name, value)


def _state_factors(op: Op, inputs: Shapes, quantity: str) -> tuple[Factor, ...]:
    """The factors of what a layer learns, of one role."""
    tensors = [tensor.shape for tensor in op.state(inputs) if _quantity(tensor.role) == quantity]
    if quantity == "weights" and isinstance(op, Convolution):
        groups = f"channels in of each of {op.groups} groups" if op.groups > 1 else "channels in"
        kernel = Factor(prod(op.kernel), show(op.kernel), "kernel")
        return kernel, _count(inputs[0][0] // op.groups, groups), _count(op.out, "channels out")
    if quantity == "weights" and isinstance(op, ConvTranspose):
        groups = f"channels out of each of {op.groups} groups" if op.groups > 1 else "channels out"
        kernel = Factor(prod(op.kernel), show(op.kernel), "kernel")
        return kernel, _count(inputs[0][0], "channels in"), _count(op.out // op.groups, groups)
    if quantity == "weights" and isinstance(op, FullyConnected):
        return Factor(prod(inputs[0]), show(inputs[0]), "inputs"), _count(op.out, "outputs")
    of = "elements" if len(tensors[0]) > 1 else "outputs" if isinstance(op, FullyConnected) else "channels"
    each = Factor(prod(tensors[0]), show(tensors[0]), of)
    if len(tensors) == 1:
        return (each,)
    if len(set(tensors)) > 1:
        return ()
    return _count(len(tensors), "for each"), each


def _quantity(role: str) -> str:
    return {"weight": "weights", "bias": "biases", "norm": "norms"}.get(role, role)


def _macs_factors(row: Row) -> tuple[Factor, ...]:
    """The multiply-adds as weights times positions, if that is how they arise: of the output, or what is magnified."""
    assert row.op is not None
    weights = row.costs.weights or sum(prod(t.shape) for t in row.op.state(row.inputs) if t.role == "weight")
    _, *sizes = row.inputs[0] if isinstance(row.op, ConvTranspose) else row.outputs[0]
    if row.costs.macs != weights * prod(sizes):
        return ()
    positions = Factor(prod(sizes), show(tuple(sizes)), "positions") if sizes else _count(1, "position")
    return Factor(weights, f"{weights:,}", "weights"), positions


def _count(number: int, meaning: str) -> Factor:
    return Factor(number, str(number), meaning)


# ------------------------------------------------------------------ what has parts


def _of_parts(row: Row) -> Iterator[Sum]:
    for quantity in (*_STATE, "params", "macs"):
        if quantity == "params" and row.kind not in ("model", "stage"):
            yield from _params(row)
        elif quantity in ("params", "macs") or row.kind not in ("model", "stage"):
            terms = tuple([_term(row, part, quantity) for part in row.parts if getattr(part.costs, quantity)])
            if terms:
                yield Sum(quantity, getattr(row.costs, quantity), terms)


def _term(row: Row, part: Row, quantity: str) -> Term:
    value: int = getattr(part.costs, quantity)
    name = _label(row, part)
    if part.op is not None:
        factors = _macs_factors(part) if quantity == "macs" else _state_factors(part.op, part.inputs, quantity)
        return Term(name, part.name, value, factors)
    if part.repeats == 1:
        return Term(name, part.name, value)
    each: int = getattr(repeats_of(part, 0, 1).costs, quantity)
    return Term(name, part.name, value, (_count(part.repeats, "blocks"), Factor(each, f"{each:,}", quantity)))


def _label(row: Row, part: Row) -> str:
    """What a part is called within a row."""
    if part.kind in ("stem", "head"):
        return part.kind
    within: tuple[Kind, ...] = ("block", "shortcut", "gate")
    if part.repeats > 1:
        return f"{part.path}-{part.last_path.rpartition('.')[2]}"
    return part.path.removeprefix(f"{row.path}.") if row.kind in within else part.path


def _params(row: Row) -> Iterator[Sum]:
    """The learned parameters, if there are several kinds, or nothing else."""
    terms = [Term(name, name, getattr(row.costs, name)) for name in _STATE if getattr(row.costs, name)]
    if len(terms) > 1:
        yield Sum("params", row.costs.params, tuple(terms))


# ------------------------------------------------------------------ a narrow middle


def _comparison(row: Row) -> Comparison | None:
    """Two convolutions at the channels of a block that does its work between 1x1 convolutions."""
    convs = [(leaf, leaf.op) for leaf in row.leaves() if isinstance(leaf.op, Convolution) and leaf.role == row.role]
    if len(convs) < 3 or any(max(op.kernel) > 1 for _, op in (convs[0], convs[-1])):
        return None
    kernel = max((op.kernel for _, op in convs), key=prod)
    if prod(kernel) == 1:
        return None
    channels_in, (channels, *sizes) = row.inputs[0][0], row.outputs[0]
    weights = prod(kernel) * channels * (channels_in + channels)
    return Comparison(
        kernel=kernel,
        channels=(channels_in, channels),
        own_weights=sum(leaf.costs.weights for leaf, _ in convs),
        own_macs=sum(leaf.costs.macs for leaf, _ in convs),
        weights=weights,
        macs=weights * prod(sizes),
    )
