"""Lines of a sweep that stand in no text: those of the command line and of Python, and how they join a sweep's own.

Why it exists: an ablation is tried before it is written down. What is asked for becomes the same lines that a text
would have, so that there is one meaning and one set of messages.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from resdsl.elaborate.sweeps import NETWORK
from resdsl.elaborate.values import Value, show
from resdsl.source import Source, Span
from resdsl.syntax import tree
from resdsl.syntax.parser import parse_expression, parse_solution


@dataclass(frozen=True)
class Request:
    """What is asked for beside the text.

    Attributes:
        network: the network to be swept.
        lines: further lines; an axis, `solve` and `name` take the place of what the sweep has of that name.
    """

    network: tree.Name | None = None
    lines: tuple[tree.SweepLine, ...] = ()

    def __bool__(self) -> bool:
        return self.network is not None or bool(self.lines)


def joined(own: tree.SweepLines | None, request: Request, name: tree.Word) -> tree.SweepLines:
    """The lines of a sweep and what is asked for, as one sweep.

    Args:
        own: the sweep of the text, if there is one.
        request: what is asked for beside it.
        name: what to call it where there is none.
    """
    lines = list(own.lines) if own else []
    if request.network is not None or lists_networks(request):
        lines = [line for line in lines if not isinstance(line, tree.Swept)]
    if request.network is not None:
        lines.insert(0, tree.Swept(request.network.span, request.network))
    for line in request.lines:
        if isinstance(line, tree.Solve | tree.Named):
            lines = [other for other in lines if not isinstance(other, type(line))]
        if isinstance(line, tree.Over):
            line = tree.Over(line.span, tuple(axis for axis in line.axes if not _replaced(axis, lines)))
            if not line.axes:
                continue
        lines.append(line)
    return tree.SweepLines(own.span, own.name, tuple(lines)) if own else tree.SweepLines(name.span, name, tuple(lines))


def lists_networks(request: Request) -> bool:
    """Whether an axis of networks is asked for."""
    axes = [axis for line in request.lines if isinstance(line, tree.Over | tree.Together) for axis in line.axes]
    return any(axis.name.text == NETWORK for axis in axes)


def _replaced(axis: tree.AxisValues, lines: list[tree.SweepLine]) -> bool:
    """Put an axis in the place of the one of its name that runs by itself, if there is one."""
    for at, line in enumerate(lines):
        if isinstance(line, tree.Over) and any(own.name.text == axis.name.text for own in line.axes):
            axes = tuple(axis if own.name.text == axis.name.text else own for own in line.axes)
            lines[at] = tree.Over(line.span, axes)
            return True
    return False


def axis_of(name: str, values: str, wording: str) -> tree.AxisValues:
    """An axis.

    Args:
        name: its parameter.
        values: values between commas, or one expression that yields a list.
        wording: what messages call the place of it, such as `--over`.

    Raises:
        SpecError: a value is no expression.
    """
    before = f"{name} = ["
    source = Source(wording, f"{before}{values}]")
    found = parse_expression(source, len(before) - 1)
    if isinstance(found, tree.Items) and len(found.items) == 1:
        found = _single(found.items[0], found)
    return tree.AxisValues(found.span, tree.Word(Span(source, 0, len(name)), name), found)


def _single(item: tree.Expression, around: tree.Items) -> tree.Expression:
    """A single expression: a list or a range is the values themselves, and anything else the only one."""
    return item if isinstance(item, tree.Items | tree.Range | tree.Comprehension | tree.Binary) else around


def written(values: Iterable[Value]) -> str:
    """Values as an axis has them; a string is an expression of the language."""
    return ", ".join([value if isinstance(value, str) else show(value) for value in values])


def condition_of(text: str, wording: str) -> tree.Expression:
    """The expression of a `when` or a `keep`.

    Raises:
        SpecError: it is none.
    """
    return parse_expression(Source(wording, text))


def solve_line(text: str, wording: str) -> tree.Solve:
    """`k in 1..16 for macs = 250M`, as it stands after the word `solve`.

    Raises:
        SpecError: it cannot be read.
    """
    return parse_solution(Source(wording, text))


def name_line(template: str, wording: str) -> tree.Named:
    """`resnet{6*n + 2}{shortcut}`: how points are named, without quotes.

    Raises:
        SpecError: an expression in it cannot be read.
    """
    escaped = template.replace("\\", "\\\\").replace('"', '\\"')
    node = parse_expression(Source(wording, f'"{escaped}"'))
    assert isinstance(node, tree.StringLiteral)
    return tree.Named(node.span, node)
