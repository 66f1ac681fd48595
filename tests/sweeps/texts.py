"""Random small texts and what they are swept over: all that a session could remember wrongly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from hypothesis import strategies as st

T = TypeVar("T")

BLOCKS = """
block grows(width, stride = 1) { parallel concat { conv 1x1, channels, /stride; relu } { conv 3x3, width, /stride } }
block loud(width, stride = 1) { conv 3x3, width, /stride -> 8x8x8; act }
block dead(width, stride = 1) { conv 3x3, width; as idle; conv 1x1, 2; from idle; act }
block sleepy(width, stride = 1) { dead(width); conv 3x3, width, /stride; norm; act }
block nested(width, stride = 1, act = silu) { stage s: basic(width) x 2, /stride; act }
block spread(width, stride = 1, rates = [0.1, 0.2]) { conv 3x3, width, /stride; for r in rates { dropout r } }
block deep(width, more = 0, stride = 1) { if more > 0 { deep(width, more=more - 1) }; conv 3x3, width, /stride }
block choosy(width, stride = 1) { if channels == width { act } else { conv 3x3, width, /stride; norm } }
block over_all { group_norm 2 }
shortcut odd(kernel = 3x3) { if changes { conv kernel, out, /stride; norm } else { dropout 0.5 } }
"""

_COUNTS = ("m", "depths[0]", "depths[1]", "len(depths)", "2", "1", "3")
_WIDTHS = ("w", "2 * w", "8", "4", "depths[0] * w", "channels")
_RATES = ("rate", "rates[0]", "rates[1]", "rate * 0.5", "-0.0 * rate", "0.25")
_BLOCKS = (
    "kind",
    "basic",
    "bottleneck",
    "preact_basic",
    "plain",
    "grows",
    "dead",
    "sleepy",
    "nested",
    "choosy",
    "loud",
)
_CONDITIONS = ("flag", "not flag", "m > 1", "depths[1] == 2", "w == 4", "act == relu", "rate > 0.1")
_SETTINGS = (
    "act=silu",
    "act=second",
    "norm=none",
    "norm=group_norm(2)",
    "shortcut=C",
    "shortcut=none",
    "shortcut=odd",
    "shortcut=A",
)

VALUES = {
    "m": ("1", "2", "3", "4"),
    "w": ("4", "8", "6"),
    "depths": ("[1, 2]", "[2, 1]", "[2, 2]", "[3, 1]", "[1, 2, 3]"),
    "rates": ("[0.1, 0.2]", "[0.2, 0.1]", "[0.0, -0.0]", "[0.5, 0]"),
    "rate": ("0", "0.0", "0.1", "0.3", "0.5", "1"),
    "kind": ("basic", "bottleneck(expansion = 1)", "grows", "deep(more = 2)", "deep(more = 45)", "spread"),
    "flag": ("true", "false"),
    "second": ("silu", "gelu", "none"),
    "shortcut": ("B", "C", "none", "odd(kernel = 1x1)", "bare", "A"),
    "norm": ("bn", "none", "group_norm(2)", "over_all", "relu"),
    "act": ("relu", "gelu", "none", "loud"),
    "input": ("3x16x16", "3x8x8", "4x8x8"),
}
"""Parameters and settings, with what they may be; some of it is wrong for some texts."""
_WRITTEN = {
    "m": "2",
    "w": "4",
    "depths": "[1, 2]",
    "rates": "[0.1, 0.2]",
    "rate": "0.1",
    "kind": "basic",
    "flag": "true",
    "second": "silu",
}


@dataclass(frozen=True)
class Text:
    """A text with networks, and what to give them: a list of values by name."""

    text: str
    networks: tuple[str, ...]
    points: tuple[tuple[str, dict[str, str]], ...]


@st.composite
def texts(draw: st.DrawFn) -> Text:
    """A text, and points to be built of it one after the other."""
    statements = _Statements(draw)
    body = "\n".join(statements.some(draw(st.integers(2, 6))))
    tail = draw(st.sampled_from(("avgpool global; fc 10", "avgpool global; fc 10 -> 10", "conv 1x1, 3", "")))
    states = draw(st.lists(st.sampled_from(_EXPECTED), max_size=2))
    declared = {**_WRITTEN, **draw(st.sampled_from(_DECLARED))}
    parameters = ", ".join(f"{name} = {value}" for name, value in declared.items())
    # All are mentioned, so that no text is refused before it is built.
    used = "require m >= 1 and w >= 1 and rate >= 0 and (flag or not flag) and rates[0] >= 0 and kind != second"
    items = draw(st.sampled_from(("depths[0] + depths[1] + rates[1]",) * 4 + ("depths[0] + len(depths)",)))
    lines = [f"network base({parameters}) {{", "input 3x8x8", used, f"let u = {items}", "require u > 0"]
    lines += [body, tail, *states, "}", "network passed = base(w = 8)", "network named(m = 3) = base(m = m, rate = 0)"]
    change = draw(st.sampled_from(_CHANGES))
    networks = ["base", "passed", "named"]
    if change:
        lines.append(f"network changed = base {{ {change} }}")
        networks.append("changed")
    given = st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in VALUES.items()})
    points = draw(st.lists(st.tuples(st.sampled_from(networks), given.map(_few)), min_size=4, max_size=10))
    return Text(BLOCKS + "\n".join(lines) + "\n", tuple(networks), tuple(points))


_EXPECTED = (
    "expect depth >= 1",
    "expect params >= 1 when default",
    "expect macs >= 1 when m > 1",
    "expect depth = m + 3",
)
_DECLARED: tuple[dict[str, str], ...] = (
    {"shortcut": "B"},
    {"shortcut": "B"},
    {"shortcut": "C", "act": "relu", "norm": "bn"},
    {"shortcut": "none", "act": "silu"},
    {},
)
_CHANGES = (
    "",
    "drop bn1",
    "stage s0: plain(4) x 2",
    "tap t after s0",
    "extra after conv1: conv 1x1, 4",
    "stage extra after conv1: plain(w, act=second) x m; stage s1: kind(2 * w) x depths[0], /2",
)


def _few(given: dict[str, str]) -> dict[str, str]:
    """Three values at most: points that differ in everything share nothing."""
    return dict(sorted(given.items())[:: max(1, len(given) // 3)])


class _Statements:
    """Draws statements; names and stages are numbered."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._stages = 0
        self._names = 0

    def some(self, count: int, depth: int = 0) -> list[str]:
        kinds = (self._ops, self._stage, self._stage, self._stage, self._call, self._dropout, self._bracket)
        nesting = (self._if, self._for, self._join, self._named, self._let) if depth < 2 else ()
        return [self._one((*kinds, *nesting))(depth) for _ in range(count)]

    def _one(self, of: Sequence[T]) -> T:
        return self._draw(st.sampled_from(of))

    def _ops(self, depth: int) -> str:
        stride = self._one(("", "", ", /2", ", /(if flag then 2 else 1)"))
        return f"conv 3x3, {self._one(_WIDTHS)}{stride}; norm; act"

    def _call(self, depth: int) -> str:
        return f"{self._one(_BLOCKS)}({self._one(_WIDTHS)})"

    def _dropout(self, depth: int) -> str:
        return self._one(tuple(f"dropout {rate}" for rate in _RATES))

    def _stage(self, depth: int, label: str | None = None) -> str:
        name = label or f"s{self._stages}"
        self._stages += 1
        block, width = self._one(_BLOCKS), self._one(_WIDTHS)
        more = self._one(("", "", "", ", act=gelu", ", act=second", ", shortcut=B"))
        if self._one((True, False, False, False, False)):
            block, more = "preact_basic", self._one((", drop=0.5 * (block_index + 1) / block_count", ", drop=0.1 * i"))
        after = "".join(self._one(("", "", part)) for part in (", /2", f", {self._one(_SETTINGS)}"))
        shape = self._one(("",) * 11 + (" -> 8x8x8",))
        return f"stage {name}: {block}({width}{more}) x {self._one(_COUNTS)}{after}{shape}"

    def _bracket(self, depth: int) -> str:
        name = f"s{self._stages}"
        self._stages += 1
        rows = self._one(("3x3, w; 3x3, 8", "1x1, w; 3x3, w, groups=depths[0]; 1x1, 8", "3x3, 4 * (i + 1)"))
        return f"stage {name}: [{rows}] x {self._one(_COUNTS)}{self._one(('', ', /2'))}"

    def _if(self, depth: int) -> str:
        yes, no = "\n".join(self.some(1, depth + 1)), "\n".join(self.some(1, depth + 1))
        return f"if {self._one(_CONDITIONS)} {{\n{yes}\n}}" + self._one(("", f" else {{\n{no}\n}}"))

    def _for(self, depth: int) -> str:
        name, self._stages = f"f{self._stages}", self._stages + 1
        inner = self._one(
            (f'stage "{name}{{j + 1}}": {self._one(_BLOCKS)}({self._one(_WIDTHS)}) x d', "dropout rates[j]")
        )
        return f"for j, d in {self._one(('depths', '[1, 2]'))} {{\n{inner}\n{self._dropout(depth)}\n}}"

    def _join(self, depth: int) -> str:
        inner = "\n".join(self.some(1, depth + 1))
        word = self._one(("residual", "parallel concat { relu }", "residual identity", "parallel add { }"))
        return f"{word} {{\n{inner}\n}}"

    def _named(self, depth: int) -> str:
        name, self._names = f"y{self._names}", self._names + 1
        inner = "\n".join(self.some(1, depth + 1))
        end = self._one((f"from concat({name}, z{name})", f"from {name}", f"from add({name}, z{name})"))
        tap = "" if depth else f"tap t{name}; "
        return f"as {name}\n{inner}\n{tap}as z{name}\n{end}"

    def _let(self, depth: int) -> str:
        name, self._names = f"v{self._names}", self._names + 1
        return f"let {name} = {self._one(_WIDTHS)}\nconv 1x1, {name}"
