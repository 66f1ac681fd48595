"""Lines of a sweep given on the command line or in Python, and how they combine with those of a text.

An ablation is tried before it is written down. A request becomes the same lines that a text would have, so that there
is a single meaning and a single set of messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from resdsl.elaborate.sweep_names import NETWORK
from resdsl.elaborate.values import Value, show
from resdsl.source import Source, Span
from resdsl.syntax import tree
from resdsl.syntax.parser import parse_expression, parse_sampling, parse_solution


@dataclass(frozen=True)
class Request:
    """Lines in addition to those of a text.

    Attributes:
        network: the network to sweep.
        lines: further lines; an axis replaces that of the same parameter, listed or drawn, and `sample`, `solve` and
            `name` replace their counterparts in the text.
    """

    network: tree.Name | None = None
    lines: tuple[tree.SweepLine, ...] = ()

    def __bool__(self) -> bool:
        return self.network is not None or bool(self.lines)


def joined(own: tree.SweepLines | None, request: Request, name: tree.Word) -> tree.SweepLines:
    """Combine the lines of a sweep and of a request into one sweep.

    Args:
        own: the sweep of the text, if there is one.
        request: the additional lines.
        name: the name to use if there is no sweep.
    """
    lines = list(own.lines) if own else []
    if request.network is not None or lists_networks(request):
        lines = [line for line in lines if not isinstance(line, tree.Swept)]
    if request.network is not None:
        lines.insert(0, tree.Swept(request.network.span, request.network))
    for line in request.lines:
        if isinstance(line, tree.Sampled):
            line = _completed(line, lines)
        if isinstance(line, tree.Solve | tree.Named | tree.Sampled):
            lines = [other for other in lines if not isinstance(other, type(line))]
        if isinstance(line, tree.Over):
            line = tree.Over(line.span, tuple(axis for axis in line.axes if not _replaced(axis, lines)))
            if not line.axes:
                continue
        lines.append(line)
    drew = own is not None and _any(tree.Draw, own.lines)
    if drew and not _any(tree.Draw, lines) and not _any(tree.Sampled, request.lines):
        # The request lists the values of all that was drawn: all points are taken.
        lines = [line for line in lines if not isinstance(line, tree.Sampled)]
    return tree.SweepLines(own.span, own.name, tuple(lines)) if own else tree.SweepLines(name.span, name, tuple(lines))


def _any(kind: type[tree.SweepLine], lines: Sequence[tree.SweepLine]) -> bool:
    return any(isinstance(line, kind) for line in lines)


def _completed(line: tree.Sampled, lines: list[tree.SweepLine]) -> tree.Sampled:
    """A `sample` line with what it does not say itself as in the text: another number of points, from the same seed."""
    own = next((other for other in lines if isinstance(other, tree.Sampled)), None)
    return line if own is None else line.replace(seed=line.seed or own.seed, most=line.most or own.most)


def lists_networks(request: Request) -> bool:
    """Whether the request has an axis of networks."""
    axes = [axis for line in request.lines if isinstance(line, tree.Over | tree.Together) for axis in line.axes]
    return any(axis.name.text == NETWORK for axis in axes)


def _replaced(axis: tree.AxisValues, lines: list[tree.SweepLine]) -> bool:
    """Replace the independent axis of the same name, if there is one; a drawn one is only taken out."""
    for at, line in enumerate(lines):
        if isinstance(line, tree.Draw) and any(own.name.text == axis.name.text for own in line.axes):
            left = tuple(own for own in line.axes if own.name.text != axis.name.text)
            lines[at : at + 1] = [tree.Draw(line.span, left)] if left else []
            return False
        if isinstance(line, tree.Over) and any(own.name.text == axis.name.text for own in line.axes):
            axes = tuple(axis if own.name.text == axis.name.text else own for own in line.axes)
            lines[at] = tree.Over(line.span, axes)
            return True
    return False


def axis_of(name: str, values: str, wording: str) -> tree.AxisValues:
    """An axis.

    Args:
        name: its parameter.
        values: values separated by commas, or one expression that yields a list.
        wording: the name of its source for messages, such as `--over`.

    Raises:
        SpecError: a value is not a valid expression.
    """
    before = f"{name} = ["
    source = Source(wording, f"{before}{values}]")
    found = parse_expression(source, len(before) - 1)
    if isinstance(found, tree.Items) and len(found.items) == 1:
        found = _single(found.items[0], found)
    return tree.AxisValues(found.span, tree.Word(Span(source, 0, len(name)), name), found)


def _single(item: tree.Expression, around: tree.Items) -> tree.Expression:
    """A single expression: a list or range gives all values, and anything else is the only value."""
    return item if isinstance(item, tree.Items | tree.Range | tree.Comprehension | tree.Binary) else around


def written(values: Iterable[Value]) -> str:
    """Values for an axis; a string is an expression of the language."""
    return ", ".join([value if isinstance(value, str) else show(value) for value in values])


def condition_of(text: str, wording: str) -> tree.Expression:
    """The expression of a `when` or a `keep`.

    Raises:
        SpecError: it is not a valid expression.
    """
    return parse_expression(Source(wording, text))


def solve_line(text: str, wording: str) -> tree.Solve:
    """The `solve` line of a text such as `k in 1..16 for macs = 250M`.

    Raises:
        SpecError: the text cannot be parsed.
    """
    return parse_solution(Source(wording, text))


def sample_line(text: str, wording: str) -> tree.Sampled:
    """The `sample` line of a text such as `500 seed 1`.

    Raises:
        SpecError: the text cannot be parsed.
    """
    return parse_sampling(Source(wording, text))


def name_line(template: str, wording: str) -> tree.Named:
    """The `name` line of a template without quotes, such as `resnet{6*n + 2}{shortcut}`.

    Raises:
        SpecError: an expression in the template cannot be parsed.
    """
    escaped = template.replace("\\", "\\\\").replace('"', '\\"')
    node = parse_expression(Source(wording, f'"{escaped}"'))
    assert isinstance(node, tree.StringLiteral)
    return tree.Named(node.span, node)
