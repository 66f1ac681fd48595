"""Names near the one that was written."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 60
"""Letters of a name; nobody meant a longer one, and comparing two of them would take long."""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that a slip of the pen would turn into `name`; None if none is near.

    Ranked by edit distance without regard to case, then by the alphabet. A third of the letters may
    differ, one in a short name. If none is that near, the only one that begins `name`, or begins with
    it, is: `padding` is `pad`.
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


def _one_begins_the_other(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """A hint for an unknown name, or the list of what there is where it is short."""
    known = sorted(set(candidates))
    near = nearest(name, known)
    if near is not None:
        return f"did you mean `{near}`?"
    if 0 < len(known) <= 12:
        return "there is " + ", ".join(f"`{other}`" for other in known)
    return None


def _distance(one: str, other: str, limit: int) -> int:
    """Edits (insert, drop, change, swap of neighbours) from one to the other; more than `limit` is limit + 1."""
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
