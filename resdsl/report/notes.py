"""The notes below a report: what was counted, for which input, where blocks stride, what shortcuts cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from resdsl.analysis.costs import Costs, node_costs, training_costs
from resdsl.analysis.dtypes import GRADIENTLESS, WIDTHS, Dtype
from resdsl.analysis.shortcuts import Shortcuts, count_shortcuts
from resdsl.ir.network import Body, Call, Layer, Network, Node, Stage
from resdsl.ir.text import input_texts, value_text
from resdsl.ir.walk import bodies
from resdsl.ops.base import Op, show
from resdsl.report.columns import ReportContext
from resdsl.report.figures import bytes_text, count_text, share_text

CONVENTION = (
    "Multiply-adds (macs) of convolutions and fully connected layers, padding included; a multiply and an add count "
    "as one. Not in them: biases, norms, activations, pooling, additions and products of branches, fixed filters."
)
"""The definition of multiply-adds, as in He et al. 2015, Table 1."""
_MOST_NAMED = 2
"""The maximum number of shared modules that are listed by name."""
_MOST_LAYERS = 200
"""Where a block strides is noted for up to this many layers; nested blocks may have any number."""


def notes(context: ReportContext, visible: frozenset[str]) -> tuple[str, ...]:
    """The notes below a report.

    Args:
        context: the network being reported, and how.
        visible: names of the columns shown.
    """
    network = context.network
    shortcuts = shortcuts_note(network, context.whole.costs, context.batch)
    takes = memory_note(context) if "saved_bytes" in visible else ()
    counted = counted_note(input_note(context), context.dtype, visible)
    more = (*products_note(context.whole.costs, context.batch), *training_note(context), *shared_note(network))
    return (*counted, *more, *strides_note(network), *shortcuts, *takes, *times_note(context))


def counted_note(given: str, dtype: Dtype, visible: frozenset[str]) -> tuple[str, ...]:
    """What the figures mean, and what they are for.

    Args:
        given: the input and the batch, in words.
        dtype: the data type that bytes are counted for.
        visible: names of the columns shown.
    """
    if any(name.endswith("_bytes") for name in visible):
        size = WIDTHS[dtype]
        given += f"; {dtype}, {size} byte{'s' if size > 1 else ''} per element"
    flops = ["Flops are twice the multiply-adds."] if "flops" in visible else []
    return (CONVENTION, *flops, f"{given}.", *_empty_note(dtype, visible))


def _empty_note(dtype: Dtype, visible: frozenset[str]) -> Iterator[str]:
    """Why requested columns are empty."""
    if dtype not in GRADIENTLESS:
        return
    if "saved_bytes" in visible:
        yield f"No saved bytes: numbers of {dtype} have no gradients, so that nothing is kept for a backward pass."
    if not visible.isdisjoint(("moved_bytes", "intensity")):
        yield f"No moved bytes and flops per byte: how many bytes sums of {dtype} take is not known."


def products_note(costs: Costs, batch: int) -> Iterator[str]:
    """What the products of matrices cost, which are apart from the layers; empty where there are none."""
    if costs.work.matmul:
        products = count_text(batch * costs.work.matmul)
        yield f"Products of matrices, as in attention, take {products} multiply-adds more (column matmul_macs)."


def apart_note(contexts: Sequence[ReportContext]) -> Iterator[str]:
    """Where blocks stride and what shortcuts cost, for each of several networks; or once if all agree."""
    mentions: dict[str, list[str]] = {}
    for context in contexts:
        for each in strides_note(context.network):
            mentions.setdefault(each, []).append(context.network.name)
    for context in contexts:
        for each in products_note(context.whole.costs, context.batch):
            mentions.setdefault(each, []).append(context.network.name)
    for context in contexts:
        for each in shortcuts_note(context.network, context.whole.costs, context.batch):
            mentions.setdefault(each, []).append(context.network.name)
    for each, names in mentions.items():
        yield each if len(names) == len(contexts) else f"{', '.join(names)}: {each[:1].lower()}{each[1:]}"


def input_note(context: ReportContext) -> str:
    """The shapes of the inputs, and the batch."""
    texts = input_texts(context.network)
    if len(texts) == 1:
        return f"Input {texts[0]}, batch {context.batch}"
    return f"Inputs {', '.join(texts)}; batch {context.batch}"


def training_note(context: ReportContext) -> Iterator[str]:
    """The outputs that exist in training only, and the work for them, which the figures leave out."""
    names = [f"`{tap.name}`" for tap in context.network.outputs if tap.training]
    if names:
        macs = context.batch * (training_costs(context.network).macs - context.whole.costs.macs)
        yield (
            f"In training only: {', '.join(names)}. Parameters for {'them' if len(names) > 1 else 'it'} are counted "
            f"above; {count_text(macs)} multiply-adds more, in training, are not."
        )


def times_note(context: ReportContext) -> Iterator[str]:
    """The device that least times are given for; empty without a device."""
    if context.device is not None:
        from resdsl.report.demands import device_note

        yield device_note(context.device, context.dtype)


def memory_note(context: ReportContext) -> Iterator[str]:
    """Memory for inference and, for data types with gradients, for training."""
    from resdsl.analysis.memory.totals import memory

    if context.dtype in GRADIENTLESS:
        return
    takes = memory(context.network, context.batch, context.dtype)
    held = f"{bytes_text(takes.parameters + takes.buffers)} of parameters and buffers"
    peak = f"at most {bytes_text(takes.peak)} of values at once"
    yield f"Inference takes {bytes_text(takes.inference)} of memory: {held}, and {peak}."
    yield (
        f"Training takes {bytes_text(takes.training)}: {held}, {bytes_text(takes.gradients)} of gradients, and "
        f"{bytes_text(takes.saved)} saved for the backward pass; SGD with momentum adds {bytes_text(takes.momentum)}, "
        f"Adam {bytes_text(takes.adam)}."
    )


# ------------------------------------------------------------------- shared


def shared_note(network: Network) -> Iterator[str]:
    """The modules with parameters that are used at several places; empty if there are none."""
    graphs = [(network.nodes, network.values), *((body.nodes, body.values) for _, body in bodies(network))]
    places: dict[int, dict[str, None]] = {}
    for nodes, values in graphs:
        uses = Counter(node.path for node in nodes)
        for node in nodes:
            if uses[node.path] > 1 and node_costs(node, values).params:
                places.setdefault(uses[node.path], {})[node.path] = None
    if places:
        found = ", ".join(f"{_listed(list(paths))} at {count} places" for count, paths in places.items())
        yield f"Shared: {found}; parameters count once, multiply-adds at each."


def _listed(paths: Sequence[str]) -> str:
    """`a`, `a and b`, or the number of them."""
    return " and ".join(paths) if len(paths) <= _MOST_NAMED else f"{len(paths)} modules"


# ------------------------------------------------------------------ strides


def strides_note(network: Network) -> Iterator[str]:
    """Which layer carries the stride in blocks that make maps smaller; empty if there are none."""
    found = Counter(_strided(network))
    if not found:
        return
    yield f"Stride of blocks: on {'; on '.join(dict(found.most_common()))}."


def _strided(network: Network) -> Iterator[str]:
    """For each block that strides on its main path, the layer that does."""
    known: dict[Body, tuple[str, ...]] = {}
    for body in _blocks(network.nodes):
        if body not in known:
            known[body] = tuple(_places(body))
        yield from known[body]


def _blocks(nodes: tuple[Node, ...]) -> Iterator[Body]:
    """The outermost blocks, with each run of equal ones listed once."""
    for node in nodes:
        if isinstance(node, Stage):
            yield from (run.body for run in node.runs)
        elif isinstance(node, Call) and node.role == "main":
            yield node.body


def _places(body: Body) -> Iterator[str]:
    if body.shape[1:] == body.inputs[0][1:]:
        return  # what subsamples in it lies beside the main path
    layers = list(islice(main_layers(body.nodes), _MOST_LAYERS + 1))
    weighted = [layer for layer in layers if layer.op.weighted]
    if len(weighted) < 2 or len(layers) > _MOST_LAYERS:
        return
    for layer in layers:
        rank = len(layer.shapes[0]) - 1
        if any(step > 1 for step in layer.op.strides(rank) or ()):
            yield _place(layer, weighted)


def _place(layer: Layer, weighted: list[Layer]) -> str:
    if not layer.op.weighted:
        return f"a {layer.op.op}"
    kernels = [kernel(each.op) for each in weighted]
    at = next(index for index, each in enumerate(weighted) if each is layer)
    ordinal = ("first", "second", "third", "fourth")[at] if at < 4 else f"{at + 1}th"
    kind = "convolutions" if all(kernels) else "layers with weights"
    return f"the {ordinal} of {len(weighted)} {kind}, the {show(kernels[at])}{_version(kernels, at)}"


def _version(kernels: list[tuple[int, ...]], at: int) -> str:
    """The name of a bottleneck variant, by where its stride is."""
    if len(kernels) != 3 or [max(each, default=0) > 1 for each in kernels] != [False, True, False]:
        return ""
    return {0: " (v1, as He et al. have it)", 1: " (v1.5)"}.get(at, "")


def main_layers(nodes: tuple[Node, ...]) -> Iterator[Layer]:
    """Layers on the main path, including those of inner blocks; a run of equal blocks counts once."""
    for node in nodes:
        if isinstance(node, Stage):
            for run in node.runs:
                yield from main_layers(run.body.nodes)
        elif node.role != "main":
            continue
        elif isinstance(node, Layer):
            yield node
        else:
            yield from main_layers(node.body.nodes)


def kernel(op: Op) -> tuple[int, ...]:
    """The kernel of an op; empty if it has none."""
    found = getattr(op, "kernel", ())
    return found if isinstance(found, tuple) else ()


# ------------------------------------------------------------------ shortcuts


def shortcuts_note(network: Network, costs: Costs, batch: int) -> Iterator[str]:
    """How many shortcuts of each kind there are, and what they cost."""
    found = count_shortcuts(network)
    if not found.total:
        yield "No shortcuts."
        return
    setting = shortcut_setting(network)
    kinds = ", ".join(f"{count} {kind}" for kind, count in shortcut_kinds(found).items() if count)
    given = f" ({setting})" if setting else ""
    params, macs = costs.shortcut_params, batch * costs.shortcut_macs
    if not params and not macs:
        yield f"Shortcuts{given}: {kinds}; they cost no parameters and no multiply-adds."
        return
    yield (
        f"Shortcuts{given}: {kinds}; they cost {count_text(params)} parameters "
        f"({share_text(params / (costs.params or 1))}) and {count_text(macs)} multiply-adds "
        f"({share_text(costs.shortcut_macs / (costs.macs or 1))})."
    )


def shortcut_setting(network: Network) -> str | None:
    """The setting `shortcut` at the top of the network; None if it is not set."""
    return next((value_text(each.value) for each in network.settings if each.name == "shortcut"), None)


def shortcut_kinds(found: Shortcuts) -> Mapping[str, int]:
    """Shortcuts by their common names."""
    return {"identity": found.identity, "zero-padded": found.zero_padded, "projection": found.projection}
