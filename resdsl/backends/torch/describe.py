"""The docstrings of generated source: of the file, its classes and its functions, with what they do to shapes."""

from __future__ import annotations

from textwrap import wrap

from resdsl.analysis.costs import network_costs
from resdsl.backends.torch.layout import WIDTH
from resdsl.backends.torch.names import spoken
from resdsl.backends.torch.parameters import CHANNELS, SourceParameter, Values
from resdsl.ir.network import Network
from resdsl.ir.text import input_texts, value_text
from resdsl.ops.base import Shape
from resdsl.program.classes import BlockClass
from resdsl.version import __version__

_AXES = {0: "", 1: " x L", 2: " x H x W", 3: " x D x H x W"}


def block_docstring(block: BlockClass, parameters: list[SourceParameter], indent: int) -> list[str]:
    """The docstring of a class or function: its name in the spec, and its effect on shapes."""
    origin = block.whole.origin
    called = f"`{spoken(origin.name)}`" if origin.kind != "bracket" else spoken(origin.name)
    place = f" ({spoken(origin.source)})" if origin.source else ""
    return named_docstring(f"{called}{place}", _flow(block, parameters), indent)


def named_docstring(name: str, flow: str, indent: int) -> list[str]:
    """A docstring with a name and an effect on shapes."""
    margin = " " * indent
    line = f'{margin}"""{name}: {flow}."""'
    if len(line) <= WIDTH:
        return [line]
    return [f'{margin}"""{name}.', "", *(margin + each for each in wrap(flow, WIDTH - indent)), f'{margin}"""']


def file_docstring(network: Network) -> list[str]:
    """The docstring of a generated file: the network, its parameters and settings, and its costs."""
    costs = network_costs(network)
    shapes = ", ".join(input_texts(network))
    counts = f"{costs.depth} weighted layers, {costs.params:,} parameters, {costs.macs:,} multiply-adds at {shapes}"
    given = {spoken(each.name): spoken(value_text(each.value)) for each in (*network.settings, *network.arguments)}
    return [
        f'"""The network `{spoken(network.name)}`, written by resdsl {__version__}; needs torch alone.',
        "",
        *wrap(f"Parameters and settings: {', '.join(map(' = '.join, given.items()))}." if given else "", WIDTH),
        *wrap(counts, WIDTH),
        '"""',
    ]


def _flow(block: BlockClass, parameters: list[SourceParameter]) -> str:
    """`channels x H x W -> width x H/stride x W/stride`, as far as it can be expressed by the parameters."""
    before = [body.inputs[0] for body in block.bodies]
    after = [body.shape for body in block.bodies]
    names = {each.values: each.name for each in reversed(parameters)}
    incoming = tuple(shape[0] for shape in before)
    outgoing = tuple(shape[0] for shape in after)
    first = names.get(incoming) or _number(incoming) or CHANNELS
    last = names.get(outgoing) or _number(outgoing) or _multiple(outgoing, parameters) or "more"
    if outgoing == incoming:
        last = first
    return f"{first}{_AXES.get(len(before[0]) - 1, '')} -> {last}{_sizes(before, after, parameters)}"


def _number(values: tuple[int, ...]) -> str:
    return str(values[0]) if len(set(values)) == 1 else ""


def _multiple(values: tuple[int, ...], parameters: list[SourceParameter]) -> str:
    whole = [each for each in parameters if all(type(value) is int for value in each.values)]
    for one in whole:
        for other in whole:
            if one is not other and _times(one, other.values) == values:
                return f"{one.name} * {other.name}"
    for one in whole:
        for factor in range(2, 65):
            if _times(one, (factor,) * len(values)) == values:
                return f"{factor} * {one.name}"
    return ""


def _times(one: SourceParameter, factors: Values) -> tuple[int, ...]:
    pairs = zip(one.values, factors, strict=True)
    return tuple(a * b for a, b in pairs if isinstance(a, int) and isinstance(b, int))


def _sizes(before: list[Shape], after: list[Shape], parameters: list[SourceParameter]) -> str:
    rank = len(before[0]) - 1
    axes = _AXES.get(rank, "")
    if any(len(shape) - 1 != rank for shape in after):
        return ""
    if all(one[1:] == other[1:] for one, other in zip(before, after, strict=True)):
        return axes
    if all(size == 1 for shape in after for size in shape[1:]):
        return " x 1" * rank
    divided = [
        {-(-size // less) for size, less in zip(one[1:], other[1:], strict=True)}
        for one, other in zip(before, after, strict=True)
    ]
    if any(len(each) != 1 for each in divided):
        return " x ..."
    strides = tuple(each.pop() for each in divided)
    by = next((each.name for each in parameters if each.values == strides), _number(strides))
    return axes.replace(" x ", "/" + by + " x ")[len(by) + 1 :] + f"/{by}" if by else " x ..."
