"""Specs with one token changed, drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

from resdsl.resources import shipped_specs
from tests.syntax.reading import lexed

COUNT = 200
"""Mutations of each spec."""

POOL = (
    *("{", "}", "(", ")", "[", "]", ",", ";", ":", "->", "=", "==", "<=", "..", ".", "@", "#", '"', '"{', "\n"),
    *("+", "-", "*", "**", "/", "//", "%", "and", "or", "not", "if", "then", "else", "for", "in", "x"),
    *(
        "stage",
        "residual",
        "gate",
        "parallel",
        "let",
        "as",
        "from",
        "tap",
        "drop",
        "after",
        "input",
        "expect",
        "when",
        "training",
    ),
    *("network", "block", "shortcut", "import", "resdsl", "true", "none", "global", "channels", "default", "i", "n"),
    *("0", "1", "2.5", "64", "1e9", "10**9", "1_000", "0x0", "1x1", "7x7x7", "9" * 30, "[1, 2]", '"s{i}"', '"a.b"'),
    *("basic", "bottleneck", "plain", "A", "B", "norm", "act", "conv", "fc", "add", "concat", "split", "max", "log"),
)


@dataclass(frozen=True)
class Mutation:
    """A text that differs from a spec by one token."""

    spec: str
    number: int
    text: str


def mutations(count: int = COUNT) -> Iterator[Mutation]:
    """So many of each shipped spec; the same ones every time."""
    for path in shipped_specs():
        text = path.read_text(encoding="utf-8")
        tokens = tokens_of(text)
        for number in range(count):
            dice = random.Random(f"{path.name} {number}")
            yield Mutation(path.name, number, mutated(text, tokens, dice))


def tokens_of(text: str) -> list[tuple[int, int, str]]:
    """Begin, end and kind of each token."""
    return [(token.start, token.end, token.type) for token in lexed(text)]


def mutated(text: str, tokens: list[tuple[int, int, str]], dice: random.Random) -> str:
    """The text with one of its tokens left out, doubled, swapped with the next, or changed into another."""
    index = dice.randrange(len(tokens) - 1)
    start, end, kind = tokens[index]
    following_start, following_end, _ = tokens[index + 1]
    match dice.randrange(6):
        case 0:
            return text[:start] + text[end:]
        case 1:
            return text[:end] + " " + text[start:]
        case 2:
            swapped = text[following_start:following_end] + text[end:following_start] + text[start:end]
            return text[:start] + swapped + text[following_end:]
        case 3:
            other = dice.choice(POOL)
        case 4:
            other = _text(text, dice.choice(tokens))
        case _:  # one of the same kind, so that the form stays and the meaning goes
            other = _text(text, dice.choice([token for token in tokens if token[2] == kind]))
    return text[:start] + other + text[end:]


def _text(text: str, token: tuple[int, int, str]) -> str:
    return text[token[0] : token[1]]
