"""The words of the language by what an editor shows them as.

The lexer for Pygments and the grammars in `editors` take their words from here. A word that is new in the language is
added to one line of `KEYWORDS`; tests name it until it is there, and the editors that lack it.
Ops, functions, blocks and shortcuts are found where they are defined.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

KEYWORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "definition": ("resdsl", "import", "network", "block", "shortcut", "sweep"),
        "statement": (
            *("input", "let", "require", "expect", "stage", "shared", "residual", "gate", "parallel"),
            *("as", "from", "tap", "output", "drop"),
        ),
        "sweep": ("over", "together", "draw", "keep", "sample", "solve", "name"),
        "clause": ("after", "by", "identity", "log", "of", "seed", "sorted", "training", "when", "within", "x"),
        "control": ("if", "then", "else", "for", "in"),
        "operator": ("and", "or", "not"),
        "constant": ("true", "false", "none"),
    }
)
"""The words of the grammar, by kind:

- `definition`: begin a definition or another line of a file;
- `statement`: begin a statement of a body;
- `sweep`: begin a line of a sweep, and are names elsewhere;
- `clause`: stand within a statement, and are names elsewhere;
- `control`, `operator`, `constant`: stand in expressions too.
"""


@cache
def library() -> Mapping[str, tuple[str, ...]]:
    """The names that need no definition, by kind: `op`, `function`, `block`, `shortcut`, `setting`, and `value` for
    those that have a meaning in some places only, such as `channels`.
    """
    import resdsl.elaborate.functions  # noqa: F401 - it fills FUNCTIONS
    from resdsl.elaborate.expectations import QUANTITIES
    from resdsl.elaborate.names import OF_SHORTCUTS, RESERVED
    from resdsl.elaborate.scope import FUNCTIONS, SETTINGS
    from resdsl.elaborate.stages import REPEAT_NAMES
    from resdsl.ops.registry import ops
    from resdsl.printer.library import library_definitions

    definitions = tuple(library_definitions())
    repeats = tuple(name for name in REPEAT_NAMES if len(name) > 1)  # `i` and `n` are anything elsewhere
    return {
        "op": tuple(sorted(ops())),
        "function": tuple(sorted(FUNCTIONS)),
        "block": tuple(sorted(each.name for each in definitions if each.kind == "block")),
        "shortcut": tuple(sorted(each.name for each in definitions if each.kind == "shortcut")),
        "setting": SETTINGS,
        "value": tuple(sorted({*RESERVED, *OF_SHORTCUTS, *repeats, *QUANTITIES} - {*SETTINGS})),
    }
