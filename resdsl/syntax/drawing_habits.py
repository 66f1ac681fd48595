"""Habits in lines of a sweep that say what is drawn, and how to write them here."""

from __future__ import annotations

from resdsl.syntax.habits import BEGINS, Habit

_DRAW = rf"{BEGINS}draw\b[^;]*"
_SAMPLE = rf"{BEGINS}sample\b[^;]*"

OF_DRAWS = (
    Habit(
        rf"{_DRAW}(?P<old>\blog\s*«by»\s*(?P<step>[^\s,;}}]+))",
        "`by` stands before `log`: draw n = 8..65 by 8 log",
        lambda m: f"by {m['step']} log",
    ),
    Habit(rf"{BEGINS}draw\s+\w+(?P<old>\s*«in»)", "write `=` before the values: draw n = 1..17", " ="),
    Habit(
        rf"{_DRAW}=\s*(?:sorted\s*)?\d+\s*«[x*]»",
        "write `of` between a length and the values: draw w = 4 of 8..65",
        "of",
    ),
    Habit(
        rf"{_DRAW}=\s*(?:sorted\s*)?\d+(?P<old>\s*,\s*)«[\d\[]",
        "write `of` between a length and the values: draw w = 4 of 8..65",
        " of ",
    ),
    Habit(rf"{_DRAW}\bsorted\s+\d+\s*«\.\.»", "say how many values are sorted: draw w = sorted 4 of 8..65"),
    Habit(
        rf"{_DRAW}\bsorted\s*(?P<old>\((?P<given>\s*\d+\s*«of»[^()]*)\))",
        "leave out the brackets: draw w = sorted 4 of 8..65",
        lambda m: m["given"].strip(),
    ),
    Habit(
        rf"{_DRAW}\.\.[^,;]*(?P<old>\s*«(?:\.\.|:|step)»\s*)\d",
        "write the step of a range behind `by`: draw n = 8..65 by 8",
        " by ",
    ),
    Habit(rf"{BEGINS}sample(?P<old>\s*«=»\s*)", "write the number right behind the word: sample 500 seed 1", " "),
    Habit(
        rf"{_SAMPLE}\d(?P<old>\s*«(?P<word>points|networks|models|draws|of)»)",
        lambda m: f"leave out `{m['word']}`: sample 500 seed 1",
        "",
    ),
    Habit(rf"{_SAMPLE}\bseed(?P<old>\s*«=»\s*)", "leave out the sign: sample 500 seed 1", " "),
    Habit(rf"{_SAMPLE}\bseed\s*«[-+\n]", "a seed is an integer from 0 on: sample 500 seed 1"),
    Habit(rf"{_SAMPLE}\bwithin\b[^;]*«%»", "`within` says how many draws there are at most: sample 500 within 2M"),
    Habit(rf"{BEGINS}«seed»\s", "the seed stands behind the number of points: sample 500 seed 1"),
)
"""What is looked for, in the order of the list; see `Habit`."""
