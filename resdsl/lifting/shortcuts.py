"""Residuals: which branch is the body and which the shortcut, and the setting by which all shortcuts can be said."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from resdsl.lifting.graph import PlainGraph
from resdsl.lifting.paths import common_path, within
from resdsl.lifting.standard import is_conditional, ops_in, standard_definitions
from resdsl.lifting.structure import Branches, Chain, PlainStep, nodes_of
from resdsl.ops.base import Op
from resdsl.ops.conv import Conv
from resdsl.ops.pool import AvgPool
from resdsl.ops.shape import PadChannels, Subsample
from resdsl.ops.text import op_text
from resdsl.printer.expressions import quoted
from resdsl.syntax import tree

USUAL_PATH = "downsample"
_ZEROS = ("after", "both")
_POOL = "avgpool stride, /stride, pad=0, ceil=true, count_pad=false"


@dataclass(frozen=True, slots=True)
class ShortcutForm:
    """A kind of shortcuts.

    Attributes:
        name: what the standard library calls it; empty if it has none of the kind.
        pooled: whether a mean over windows of the stride comes before the projection, or before zeros are added.
        normed: whether a norm comes behind it.
        biased: whether it has a bias, as where its norm was folded into it.
        everywhere: whether it stands also where nothing changes.
        zeros: where a shortcut without weights adds channels of zeros; empty if it is a projection.
    """

    name: str = ""
    pooled: bool = False
    normed: bool = False
    biased: bool = False
    everywhere: bool = False
    zeros: str = ""

    @property
    def parts(self) -> int:
        """The number of its layers with weights."""
        return 0 if self.zeros else 1 + self.normed


@cache
def _forms() -> tuple[ShortcutForm, ...]:
    """The forms of the standard library, those of folded norms, and means with zeros beside them; among equals, the
    first explains a network.
    """
    named = [form for definition in standard_definitions("shortcut") for form in _forms_of(definition)]
    others = [ShortcutForm(biased=True), ShortcutForm(pooled=True, biased=True)]
    others += [ShortcutForm(pooled=True, zeros=zeros) for zeros in _ZEROS]
    return tuple(sorted((*named, *others), key=lambda form: (bool(form.zeros), form.biased, not form.normed)))


def _forms_of(definition: tree.Definition) -> Iterator[ShortcutForm]:
    ops, name = ops_in(definition), definition.name.text
    if PadChannels.op in ops:
        yield from (ShortcutForm(name, zeros=zeros) for zeros in _ZEROS)
        return
    pooled, normed = AvgPool.op in ops, "norm" in ops
    yield ShortcutForm(name, pooled=pooled, normed=normed, everywhere=not is_conditional(definition))


@dataclass(frozen=True, slots=True)
class Policy:
    """The shortcuts of a network: a kind, the path that they have in blocks, and the paths of their layers in this.

    Attributes:
        labels: the latter, if they are not the numbers of the parts.
    """

    form: ShortcutForm
    path: str = USUAL_PATH
    labels: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The paths of the layers with weights, within that of the shortcut."""
        return self.labels or tuple(str(self.form.pooled + place) for place in range(self.form.parts))

    @property
    def text(self) -> str:
        """The value of the setting `shortcut`."""
        given = ['zeros="both"'] if self.form.zeros == "both" and self.form.name else []
        given += [f'path="{self.path}"'] if self.path != USUAL_PATH else []
        name = self.form.name
        if self.definition:
            name = "padded" if self.form.zeros else "projection"
        return f"{name}({', '.join(given)})" if given else name

    @property
    def definition(self) -> str:
        """Its definition, unless the standard library has it."""
        if self.form.name and not self.labels:
            return ""
        if self.form.zeros:
            zeros = ', zeros="both"' if self.form.zeros == "both" else ""
            pool = f"if stride != 1 {{ {_POOL} }}"
            return "\n".join(("shortcut padded {", f"  {pool}", f"  pad_channels out{zeros}", "}"))
        labels = [f"{quoted(label)}: " for label in self.labels] or [""] * self.form.parts
        stride = "" if self.form.pooled else ", /stride"
        layers = [f"{labels[0]}conv 1, out{stride}{', bias=true' if self.form.biased else ''}"]
        layers += [f"{labels[1]}norm"] if self.form.normed else []
        if not self.form.pooled:
            body = "; ".join(layers)
            return f"shortcut projection {{ {body if self.form.everywhere else f'if changes {{ {body} }}'} }}"
        pool = f"if stride != 1 {{ {_POOL} }} else {{ identity }}"
        return "\n".join(
            ("shortcut projection {", "  if changes {", f"    {pool}", f"    {'; '.join(layers)}", "  }", "}")
        )


@dataclass(frozen=True, slots=True)
class ResidualParts:
    """The branches of a residual; a shortcut without layers is the identity."""

    body: Chain
    shortcut: Chain


def residual_parts(part: Branches) -> ResidualParts | None:
    """The branches of a sum of two, the heavier one first; None for other joins."""
    if part.node.op.op != "add" or len(part.chains) != 2:
        return None
    first, second = part.chains
    body, shortcut = (first, second) if _weight(first) >= _weight(second) else (second, first)
    return ResidualParts(body, shortcut)


def _weight(chain: Chain) -> tuple[int, int]:
    nodes = list(nodes_of(chain))
    return sum(node.op.weighted for node in nodes), len(nodes)


def explains(
    policy: Policy | None, graph: PlainGraph, part: Branches, parts: ResidualParts, norm: str, prefix: str | None
) -> bool:
    """Whether the setting of a network makes exactly this shortcut of a residual.

    `norm` is the setting for norms; `prefix` is the path of the block that the residual stands in, None if paths do not
    matter.
    """
    stride = strides_of(parts.body, graph)
    if stride is None:
        return False
    changes = graph.shapes[part.source][0] != graph.shapes[part.output][0] or set(stride) != {1}
    if not changes and (policy is None or not policy.form.everywhere):
        return not parts.shortcut
    if policy is None or not _has_form(policy.form, parts.shortcut, stride):
        return False
    if any(op_text(node.op, graph.shapes_of(node)) != norm for node in nodes_of(parts.shortcut) if node.op.normalises):
        return False
    return prefix is None or _names(parts, prefix) == (policy.path, policy.names)


def strides_of(chain: Chain, graph: PlainGraph) -> tuple[int, ...] | None:
    """The product of the strides along a chain; None where it has none."""
    rank = None
    total: tuple[int, ...] = ()
    for part in chain:
        if isinstance(part, PlainStep):
            axes = len(graph.shapes[part.source]) - 1
            found = part.node.op.strides(axes)
        elif isinstance(part, Branches):
            axes = len(graph.shapes[part.source]) - 1
            found = next((strides_of(inner, graph) for inner in part.chains if not _is_gate(inner)), (1,) * axes)
            found = found or (1,) * axes
        else:
            axes = len(graph.shapes[part.source]) - 1 if part.source else 0
            found = _sizes_ratio(graph.shapes.get(part.source, ()), graph.shapes[part.output])
        if found is None:
            return None
        if rank is None:
            rank, total = axes, (1,) * axes
        if len(found) != len(total):
            return None
        total = tuple(one * other for one, other in zip(total, found, strict=True))
    return total


def _is_gate(chain: Chain) -> bool:
    return bool(chain) and any(part.node.op.op.startswith("global") for part in chain if isinstance(part, PlainStep))


def _sizes_ratio(before: tuple[int, ...], after: tuple[int, ...]) -> tuple[int, ...] | None:
    if len(before) != len(after):
        return None
    return tuple([-(-one // other) for one, other in zip(before[1:], after[1:], strict=True)])


def _has_form(form: ShortcutForm, chain: Chain, stride: tuple[int, ...]) -> bool:
    nodes = [part.node for part in chain if isinstance(part, PlainStep)]
    if len(nodes) != len(chain) or not nodes:
        return False
    ops = [node.op for node in nodes]
    if form.zeros:
        return _is_padded(form, ops, stride)
    if form.pooled:
        ops, stride = _behind_pool(ops, stride)
    if not ops or not _is_projection(ops[0], stride, biased=form.biased):
        return False
    return len(ops) == 1 + form.normed and all(op.normalises for op in ops[1:])


def _is_padded(form: ShortcutForm, ops: list[Op], stride: tuple[int, ...]) -> bool:
    subsampled = (1,) * len(stride)
    if form.pooled:
        ops, stride = _behind_pool(ops, stride)
    elif ops and isinstance(ops[0], Subsample):
        subsampled, ops = ops[0].stride, ops[1:]
    padded = [isinstance(op, PadChannels) and op.zeros == form.zeros for op in ops]
    return subsampled == stride and padded in ([], [True])


def _behind_pool(ops: list[Op], stride: tuple[int, ...]) -> tuple[list[Op], tuple[int, ...]]:
    """The rest of a shortcut behind a pool whose window is its stride, and the stride that is left of it."""
    none = (1,) * len(stride)
    if stride == none:
        return ops, none
    first = ops[0] if ops else None
    if isinstance(first, AvgPool) and first.kernel == first.stride == stride and not any(first.pad):
        return ops[1:], none
    return [], stride


def _is_projection(op: Op, stride: tuple[int, ...], *, biased: bool) -> bool:
    if not isinstance(op, Conv) or set(op.kernel) != {1} or op.stride != stride or op.bias != biased:
        return False
    return op.groups == 1 and not any(op.pad) and op.pad_after is None


def _own_prefix(parts: ResidualParts) -> str:
    return common_path([node.path for node in nodes_of((*parts.body, *parts.shortcut)) if node.tensors])


def _names(parts: ResidualParts, prefix: str) -> tuple[str, tuple[str, ...]]:
    """The path of a shortcut within its block, and those of its layers with weights within that."""
    weights = [node.path for node in nodes_of(parts.shortcut) if node.tensors]
    if not weights:
        return USUAL_PATH, ()
    found = [within(path, prefix) for path in weights]
    path = common_path(found)
    return path, tuple([within(each, path) for each in found])


def vote(graph: PlainGraph, residuals: list[Branches], norm: str, *, named: bool) -> Policy | None:
    """The setting that explains most shortcuts with layers, if there are any; `norm` is the setting for norms."""
    found: Counter[Policy] = Counter()
    sums = [(part, parts) for part in residuals if (parts := residual_parts(part)) is not None and parts.shortcut]
    candidates = dict.fromkeys(policy for _, parts in sums for policy in _policies(parts, named=named))
    for part, parts in sums:
        for policy in candidates:
            found[policy] += explains(policy, graph, part, parts, norm, _own_prefix(parts) if named else None)
    for policy in candidates:
        if policy.form.everywhere and found[policy] < len(sums):
            del found[policy]
    most = max(found.values(), default=0)
    return next((policy for policy in candidates if found[policy] == most), None) if most else None


def _policies(parts: ResidualParts, *, named: bool) -> Iterator[Policy]:
    path, labels = _names(parts, _own_prefix(parts)) if named else (USUAL_PATH, ())
    for form in _forms():
        if form.parts and not path:
            continue
        usual = Policy(form, path)
        yield usual if not labels or usual.names == labels or len(labels) != form.parts else Policy(form, path, labels)
