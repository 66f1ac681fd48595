"""Texts that no person writes: shipped specs with slips in them, and soups of their tokens, through the command.

    python -m tests.robustness.fuzz 20000 1

A text that ends in a traceback, in exit code 3, after more than two seconds of processor time or with more than 300 MB
is told, and kept in `build/fuzz`.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from os import cpu_count
from pathlib import Path

from resdsl.resources import shipped_specs
from tests.robustness.bounded import Commands, Summary, faults_of, warm
from tests.robustness.mutations import POOL, mutated, tokens_of

OF_TEXT: Commands = (
    ("check",),
    ("build", "--to", "json", "-o", "made.json"),
    ("build", "--to", "torch", "-o", "made.py"),
)
_KEPT = Path("build") / "fuzz"


@dataclass(frozen=True)
class Text:
    """One text, by the kind of its making and its number."""

    name: str
    text: str


def texts(count: int, seed: int) -> Iterator[Text]:
    """So many, the same ones for a seed: slips of one token, of several, of bytes, and soups."""
    kinds = {"slip": _slip, "slips": _slips, "bytes": _bytes, "soup": _soup}
    for number in range(count):
        dice = random.Random(f"{seed} {number}")
        kind = dice.choices(list(kinds), (5, 3, 1, 1))[0]
        yield Text(f"{kind}_{seed}_{number}", kinds[kind](dice))


@cache
def _specs() -> tuple[str, ...]:
    return tuple(path.read_text(encoding="utf-8") for path in shipped_specs())


@cache
def _tokens(spec: str) -> list[tuple[int, int, str]]:
    return tokens_of(spec)


@cache
def _words() -> tuple[str, ...]:
    found = {text[start:end] for text in _specs() for start, end, _ in tokens_of(text)}
    return tuple(sorted({*found, *POOL}))


def _slip(dice: random.Random) -> str:
    text = dice.choice(_specs())
    return mutated(text, _tokens(text), dice)


def _slips(dice: random.Random) -> str:
    text = _slip(dice)
    for _ in range(dice.randint(1, 4)):
        try:
            text = mutated(text, tokens_of(text), dice)
        except Exception:  # noqa: BLE001 - what the lexer refuses has no tokens to change
            return text
    return text


def _bytes(dice: random.Random) -> str:
    data = bytearray(dice.choice(_specs()).encode())
    for _ in range(dice.randint(1, 8)):
        data[dice.randrange(len(data))] = dice.randrange(256)
    return data.decode(errors="surrogateescape")


def _soup(dice: random.Random) -> str:
    words = dice.choices(_words(), k=dice.randint(1, 200))
    return "".join(word + dice.choice((" ", " ", "", "\n")) for word in words)


def _tried(text: Text) -> tuple[Text, list[str], float, int]:
    return (text, *faults_of(text.text, "fuzz.res", OF_TEXT))


def main(count: int, seed: int) -> int:
    """Try so many; the exit code."""
    summary = Summary(f"texts of seed {seed}")
    with ProcessPoolExecutor(cpu_count(), initializer=warm, initargs=(OF_TEXT,)) as pool:
        for text, found, seconds, grown in pool.map(_tried, texts(count, seed), chunksize=50):
            summary.add(text.name, found, seconds, grown)
            if found:
                _KEPT.mkdir(parents=True, exist_ok=True)
                (_KEPT / f"{text.name}.res").write_bytes(text.text.encode(errors="surrogatepass"))
    return summary.close()


if __name__ == "__main__":
    given = [int(text) for text in sys.argv[1:]]
    sys.exit(main(*(given + [20_000, 1][len(given) :])))
