"""`resdsl new`: writes a spec to start from."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from resdsl.cli.options import not_empty
from resdsl.cli.writing import put_text

if TYPE_CHECKING:
    from resdsl.printer.starting import Beginning

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_COUNT = r"[1-9]\d{0,5}"
_QUESTIONS = {
    # option    (default, what is asked, the form of an answer, that form in words)
    "input": ("3x224x224", "Shape of the input", rf"{_COUNT}(x{_COUNT}){{1,3}}", "channels and sizes: 3x224x224"),
    "classes": ("1000", "Number of classes", _COUNT, "a number from 1 to 999999"),
    "block": ("none", "Block of all stages (`resdsl blocks` lists blocks)", _NAME, "the name of a block"),
    "depths": (
        "3,4,6,3",
        "Blocks of each stage",
        rf"{_COUNT}( ?, ?{_COUNT}){{0,9}}",
        "up to ten numbers of at least 1: 3,4,6,3",
    ),
    "width": ("64", "Width of the first stage", _COUNT, "a number from 1 to 999999"),
}


@click.command("new")
@click.argument("name", type=not_empty)
@click.option("--input", metavar="SHAPE", help="Shape of the input, channels first; 3x224x224 by default.")
@click.option("--classes", metavar="N", help="Number of classes; 1000 by default.")
@click.option("--block", metavar="NAME", help="Block that all stages repeat; pairs of 3x3 by default.")
@click.option("--depths", metavar="N,N,...", help="Blocks of each stage; 3,4,6,3 by default.")
@click.option("--width", metavar="N", help="Width of the first stage; 64 by default.")
@click.option("-o", "--output", type=not_empty, help="File to write; NAME.res by default, - for the standard output.")
def command(name: str, output: str | None, **given: str | None) -> None:
    """Write a spec to start from: a residual network with comments, and with its figures as expectations.

    On a terminal, without options, the figures are asked for.
    """
    from resdsl.printer.starting import starting_text

    path = output or f"{name}.res"
    if path != "-" and Path(path).exists():
        raise click.UsageError(f"{path} exists already; choose another file with -o")
    if not re.fullmatch(_NAME, name):
        raise click.UsageError(
            "the name of a network consists of letters, digits and _, and does not begin with a digit"
        )
    asks = _is_on_terminal() and not any(given.values())
    beginning = _beginning(name, {option: _answer(option, given[option], asks) for option in _QUESTIONS})
    put_text(starting_text(beginning, _figures(starting_text(beginning), name)), path)


def _is_on_terminal() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty()


def _answer(option: str, given: str | None, asks: bool) -> str:
    """What is given or answered; the default where nobody is asked."""
    default, question, _, _ = _QUESTIONS[option]
    if asks:
        answer: str = click.prompt(question, default=default, value_proc=lambda text: _checked(option, text))
        return answer
    return default if given is None else _checked(option, given)


def _checked(option: str, text: str) -> str:
    _, _, form, words = _QUESTIONS[option]
    if not re.fullmatch(form, text):
        raise click.BadParameter(f"expected {words}", param_hint=f"--{option}")
    return text


def _beginning(name: str, answers: dict[str, str]) -> Beginning:
    from resdsl.printer.starting import Beginning

    return Beginning(
        name=name,
        input=tuple(map(int, answers["input"].split("x"))),
        classes=int(answers["classes"]),
        block=None if answers["block"] == "none" else answers["block"],
        depths=tuple(map(int, answers["depths"].split(","))),
        width=int(answers["width"]),
    )


def _figures(text: str, name: str) -> list[str]:
    """What the network of a text has.

    Raises:
        SpecError: it is not a valid network, for instance because there is no such block.
    """
    from resdsl.analysis.costs import network_costs
    from resdsl.compiler import read_spec
    from resdsl.source import Source

    costs = network_costs(read_spec(Source(f"{name}.res", text)).build().network)
    return [f"depth = {costs.depth}", f"params = {costs.params:_}"]
