"""Suggestions for a misspelt name."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 60
"""The longest name that is compared: nobody meant a longer one, and comparing two of them would take long."""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` is probably a misspelling of; None if none is close.

    Candidates are ranked by edit distance, ignoring case, then alphabetically. A third of the letters may differ, or
    one letter of a short name. If no candidate is that close, the only one that `name` begins with, or that begins
    with `name`, is taken: `padding` suggests `pad`.
    """
    if len(name) > _LONGEST:
        return None
    known = set(candidates)
    limit = min(max(1, len(name) // 3), len(name) - 1)
    ranked = sorted((_distance(name.lower(), other.lower(), limit), other) for other in known)
    if ranked and ranked[0][0] <= limit:
        return ranked[0][1]
    longer = [other for other in known if min(len(name), len(other)) >= 3 and _one_begins_the_other(name, other)]
    return longer[0] if len(longer) == 1 else None


def certain(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that `name` must be a misspelling of; None if it could be another one, or something else.

    Only case differs; or one letter of at least four, two of at least eight, or neighbours are swapped, and no other
    candidate is that near. What differs in digits is not misspelt: with `layer1`, `layer3` may mean another layer.
    """
    if len(name) > _LONGEST:
        return None
    limit = 0 if len(name) < 4 else 1 if len(name) < 8 else 2
    ranked = sorted((_distance(name.lower(), other.lower(), limit), other) for other in set(candidates))
    near = [other for distance, other in ranked if distance == ranked[0][0] <= limit]
    return near[0] if len(near) == 1 and _digits(near[0]) == _digits(name) else None


def _digits(name: str) -> str:
    return "".join(filter(str.isdigit, name))


def _one_begins_the_other(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """A hint for an unknown name: the closest name, or the list of all names if it is short."""
    known = sorted(set(candidates))
    near = nearest(name, known)
    if near is not None:
        return f"did you mean `{near}`?"
    if 0 < len(known) <= 12:
        return "available: " + ", ".join(f"`{other}`" for other in known)
    return None


def _distance(one: str, other: str, limit: int) -> int:
    """Edits (insert, delete, replace, swap neighbours) from one name to the other; limit + 1 if there are more."""
    if abs(len(one) - len(other)) > limit:
        return limit + 1
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        earlier, before, row = before, row, [i]
        for j, b in enumerate(other, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                best = min(best, earlier[j - 2] + 1)
            row.append(best)
    return min(row[-1], limit + 1)
