"""`resdsl explain`: what a problem means, with an example and the same example mended."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import click

from resdsl.cli.messages import say
from resdsl.printable import phrase

if TYPE_CHECKING:
    from resdsl.explanations.case import Attempt
    from resdsl.explanations.explanation import ProblemExplanation


@click.command("explain")
@click.argument("codes", nargs=-1, metavar="[CODE...]")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Output format.")
def command(codes: tuple[str, ...], form: str) -> None:
    """Explain problems by their codes, such as RES310; without a code, list all of them.

    Each explanation has an example with the problem, what `resdsl` says of it, and the example mended.
    """
    from resdsl.explanations.explanation import explanation_of, problem_classes

    kinds = {kind.code: kind for kind in problem_classes()}
    names = {kind.__name__: code for code, kind in kinds.items()}
    wanted = [_known(code, list(kinds), names) for code in codes] or list(kinds)
    explained = [explanation_of(kinds[code]) for code in wanted]
    if form == "json":
        click.echo(json.dumps([_record(each) for each in explained], indent=2))
    elif codes:
        say("\n\n".join("\n".join(_lines(each)) for each in explained))
    else:
        say("\n".join(_list(explained)))


def _known(code: str, codes: list[str], names: Mapping[str, str]) -> str:
    """A code as it is written in messages: `310`, `res310` and `UnknownArgument` mean RES310.

    Raises:
        click.UsageError: there is no such code.
    """
    from resdsl.diagnostics.suggest import nearest

    written = code.upper() if not code.isdigit() else f"RES{code}"
    if written in codes:
        return written
    if code in names:
        return names[code]
    near = [each for each in codes if len(written) == len(each) and written[:-1] == each[:-1]]
    hint = f"those that begin like it: {', '.join(near)}" if near else None
    if hint is None and (other := nearest(written, codes)) is not None:
        hint = f"did you mean {other}?"
    raise click.UsageError(f"there is no code {phrase(code)}; {hint or '`resdsl explain` lists all codes'}")


def _list(explained: list[ProblemExplanation]) -> Iterator[str]:
    from resdsl.explanations.explanation import GROUPS

    group = ""
    for each in explained:
        if each.code[3] != group:
            yield from ("",) if group else ()
            group = each.code[3]
            yield f"{GROUPS[group]}:"
        first = re.split(r"\n\n|[.:]\s", each.meaning)[0]
        yield f"  {each.code}  {' '.join(first.split()).removesuffix('.')}"


def _lines(each: ProblemExplanation) -> Iterator[str]:
    yield f"{each.code} {each.name}{' (warning)' if each.is_warning else ''}"
    yield ""
    yield each.meaning
    yield from _example("An example:", each.case.wrong)
    yield ""
    yield from (f"  {phrase(line)}".rstrip() for line in each.case.answer.split("\n"))
    if each.case.mended is not None:
        yield from _example("The same, mended:", each.case.mended)


def _example(title: str, written: Attempt) -> Iterator[str]:
    yield ""
    yield title
    for name, text in written.files.items():
        if text.strip():
            yield ""
            yield f"  # {name}"
            yield from (f"  {phrase(line)}".rstrip() for line in text.rstrip("\n").split("\n"))
    yield ""
    yield f"  $ {written.command}"


def _record(each: ProblemExplanation) -> dict[str, object]:
    mended = each.case.mended
    return {
        "code": each.code,
        "name": each.name,
        "severity": "warning" if each.is_warning else "error",
        "meaning": each.meaning,
        "example": {"files": each.case.wrong.files, "command": each.case.wrong.command, "answer": each.case.answer},
        "mended": {"files": mended.files, "command": mended.command} if mended else None,
    }
