"""What can be written at a place of a text: the words that the parser would take there, and the names that would mean
something.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Literal, NamedTuple

from resdsl.elaborate.expectations import QUANTITIES
from resdsl.elaborate.joins import JOINS
from resdsl.elaborate.linking import Callee, Module, NetworkDefinition
from resdsl.elaborate.scope import FUNCTIONS, SETTINGS, op_of
from resdsl.elaborate.settings import fitting
from resdsl.elaborate.stages import REPEAT_NAMES
from resdsl.elaborate.sweep_names import SWEEP_QUANTITIES
from resdsl.ops.base import Op
from resdsl.ops.registry import all_ops, ops
from resdsl.ops.signature import parameter_text, signature, summary
from resdsl.printer.statements import parameters_text
from resdsl.refusal import Refused
from resdsl.server.items import TextLayout
from resdsl.server.sweep_names import knows_costs, knows_points, names_a_cost, names_an_axis, swept_parameters
from resdsl.server.symbols import bound_names
from resdsl.source import Source
from resdsl.syntax import tree
from resdsl.syntax.lalr import Phrase
from resdsl.syntax.mentions import walk
from resdsl.syntax.parser import Awaited, awaited, keywords
from resdsl.syntax.statements import stack_words
from resdsl.syntax.token import Token

Kind = Literal[
    "keyword", "op", "block", "shortcut", "network", "module", "parameter", "name", "function", "file", "path"
]

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_MEMBER = re.compile(r"\b([A-Za-z_][A-Za-z0-9_]*)\s*\.\s*\Z")
_IMPORT = re.compile(r'^\s*import\s+"([^"\n]*)$')
_OUTSIDE = re.compile(r'^(?:[^"#]|"(?:[^"\\]|\\.)*")*$')
_NEW_NAME = re.compile(r"(?:^|.* )(?:NETWORK|BLOCK|SHORTCUT|SWEEP|LET|AS|STAGE|TAP|OUTPUT|FOR|IMPORT STRING AS)$")
_STARTS = frozenset({"LET", "STAGE", "RESIDUAL"})


class Proposal(NamedTuple):
    """One thing that can be written.

    Attributes:
        text: what is written.
        kind: what it is.
        detail: its signature or default, in a few words.
        meaning: some sentences, or nothing.
    """

    text: str
    kind: Kind
    detail: str = ""
    meaning: str = ""


class Completion(NamedTuple):
    """All that can be written in place of the word that ends at a place.

    Attributes:
        start: where that word begins.
        proposals: what can be written.
    """

    start: int
    proposals: tuple[Proposal, ...]


def completion(layout: TextLayout, module: Module | None, offset: int) -> Completion:
    """What can be written at an offset.

    Args:
        layout: the text.
        module: its definitions, as far as they are known.
        offset: behind the last character that was typed.
    """
    item, begins = layout.at(offset)
    before = item.source.text[: offset - begins]
    line = before[before.rfind("\n") + 1 :]
    path = _IMPORT.match(line)
    if path is not None:
        return Completion(offset - len(path[1]), tuple(_files(path[1], layout.whole.folder)))
    word = _WORD.search(before)
    rest = before[: word.start()] if word else before
    start = begins + len(rest)
    if not _OUTSIDE.match(line) or rest[-1:].isdigit():
        return Completion(start, ())
    member = _MEMBER.search(rest)
    if member is not None:
        return Completion(start, tuple(_members(member[1], module)))
    expected = awaited(Source("", rest)) or awaited(Source("", f"network n {{\n{rest[rest.rfind(chr(10)) + 1 :]}"))
    if expected is None:
        return Completion(start, ())
    item_now = _definition(layout, offset)
    found: dict[str, Proposal] = {}
    for each in chain(_words(expected), _Names(expected, item_now, module).proposals()):
        found.setdefault(each.text, each)
    return Completion(start, tuple(found.values()))


def _definition(layout: TextLayout, offset: int) -> tree.Item | None:
    """The definition around an offset, as it is or was last."""
    readable = layout.at(offset)[0].readable
    return (
        next((each for each in readable.definitions if not isinstance(each, tree.Version)), None) if readable else None
    )


def _files(written: str, folder: Path | None) -> Iterator[Proposal]:
    """The texts in a folder."""
    if folder is None or ".." in written or written.startswith("/"):
        return
    for path in sorted(folder.glob("*.res")):
        yield Proposal(path.name, "file")


def _members(name: str, module: Module | None) -> Iterator[Proposal]:
    named = module.find(name) if module is not None else None
    if isinstance(named, Module):
        yield from (_of_named(each, named.names[each]) for each in named.names)


def _words(expected: Awaited) -> Iterator[Proposal]:
    """The keywords that can come next."""
    for word, terminal in keywords().items():
        if terminal in expected.terminals and word != "x":
            yield Proposal(word, "keyword")


def _of_named(name: str, named: object) -> Proposal:
    if isinstance(named, Callee):
        kind: Kind = "shortcut" if named.kind == "shortcut" else "block"
        return Proposal(name, kind, f"{name}{parameters_text(named.parameters)}")
    if isinstance(named, NetworkDefinition):
        return Proposal(name, "network", f"{name}{parameters_text(named.node.parameters)}")
    return Proposal(name, "module" if isinstance(named, Module) else "name")


def known_ops() -> Mapping[str, type[Op]]:
    """The ops by name; without those of other packages if one of these packages has a fault."""
    try:
        return all_ops()
    except Refused:
        return ops()


class _Names:
    """The names that can come next.

    Args:
        expected: what the parser would take.
        item: the definition around, if there is one.
        module: the file.
    """

    def __init__(self, expected: Awaited, item: tree.Item | None, module: Module | None) -> None:
        self._terminals = expected.terminals
        self._read = expected.read
        self._stack = stack_words(expected.read)
        self._item = item
        self._module = module

    def proposals(self) -> Iterable[Proposal]:
        if "NAME" not in self._terminals:
            return ()
        last = self._stack.rpartition(" ")[2]
        fixed: dict[str, Iterable[Proposal]] = {
            "EXPECT": (Proposal(name, "name") for name in QUANTITIES),
            "PARALLEL": (_op(op) for op in map(op_of, JOINS) if op is not None),
            "DROP": self._paths(),
            "AFTER": self._paths(),
        }
        if last in fixed:
            return fixed[last]
        if re.search(r"SWEEP NAME LBRACE .*NETWORK$|^(.* )?NETWORK NAME (params )?EQUAL$", self._stack):
            return self._definitions(NetworkDefinition)
        if names_an_axis(self._stack):
            return chain(self._swept(), (Proposal(name, "parameter", "a setting") for name in SETTINGS))
        if names_a_cost(self._stack):
            return (Proposal(name, "name") for name in SWEEP_QUANTITIES)
        if _NEW_NAME.match(self._stack):
            return ()
        if re.search(r"STAGE .*COLON$", self._stack):
            return (each for each in self._definitions(Callee, Module) if each.kind != "shortcut")
        if self._terminals >= _STARTS:
            return self._applicable()
        setting = self._argument_named()
        if setting in SETTINGS and self._module is not None:
            values = (*fitting(setting, self._module), "none")
            return (self._value(name) for name in values)
        return chain(self._parameters(), self._values())

    def _argument_named(self) -> str:
        """The name of the argument or parameter whose value comes next."""
        if len(self._read) < 2 or not isinstance(self._read[-1], Token) or self._read[-1].type != "EQUAL":
            return ""
        return str(self._read[-2]) if isinstance(self._read[-2], Token) else ""

    def _swept(self) -> Iterator[Proposal]:
        """The parameters of the networks of a sweep."""
        for name, owners in swept_parameters(self._read, self._item, self._module):
            yield Proposal(name, "parameter", f"of {owners}")

    def _paths(self) -> Iterator[Proposal]:
        """The labels in the networks of the file."""
        for item in self._module.file.items if self._module is not None else ():
            for node in walk(item):
                if isinstance(node, tree.PathLabel) and isinstance(node.name, tree.Word):
                    yield Proposal(node.name.text, "path")

    def _definitions(self, *kinds: type[object]) -> Iterator[Proposal]:
        if self._module is not None:
            for name in self._module.visible():
                named = self._module.find(name)
                if isinstance(named, kinds):
                    yield _of_named(name, named)

    def _applicable(self) -> Iterator[Proposal]:
        """What a statement can apply."""
        yield from (_op(op) for op in known_ops().values())
        yield from (Proposal(name, "name", "the setting in force") for name in ("norm", "act"))
        yield from (each for each in self._definitions(Callee, Module) if each.kind != "shortcut")
        yield from (each for each in self._own() if each.kind == "parameter")

    def _value(self, name: str) -> Proposal:
        op = op_of(name)
        named = self._module.find(name) if self._module is not None else None
        return _op(op) if op is not None else _of_named(name, named) if named is not None else Proposal(name, "keyword")

    def _callee(self) -> object:
        """What the arguments that are being written are for: an op, a block or a shortcut."""
        for at in range(len(self._read) - 1, -1, -1):
            part = self._read[at]
            if isinstance(part, Token) and part.type in ("LBRACE", "NEWLINE", "SEMI", "COLON", "ARROW"):
                break
            if isinstance(part, Phrase) and part.rule == "reference":
                return self._named(".".join(str(each) for each in part.parts if each != "."))
        tokens = [part for part in self._read[-2:] if isinstance(part, Token)]
        return self._named(str(tokens[-1])) if tokens and tokens[-1].type == "NAME" else None

    def _named(self, name: str) -> object:
        first, _, member = name.partition(".")
        named: object = self._module.find(first) if self._module is not None else None
        if member and isinstance(named, Module):
            named = named.names.get(member)
        return named if named is not None else op_of(name)

    def _parameters(self) -> Iterator[Proposal]:
        """The parameters of what is called."""
        callee = self._callee()
        if isinstance(callee, type) and issubclass(callee, Op):
            for name in callee.parameters():
                yield Proposal(f"{name}=", "parameter", parameter_text(callee, name), summary(callee))
        elif isinstance(callee, Callee):
            for parameter in callee.parameters:
                yield Proposal(f"{parameter.name}=", "parameter", parameter.span.text)
        if isinstance(callee, Callee) and callee.kind == "block":
            yield from (Proposal(f"{name}=", "parameter", "a setting") for name in SETTINGS)

    def _own(self) -> Iterator[Proposal]:
        """The parameters of the definition around, and the names that it binds."""
        if isinstance(self._item, tree.Definition | tree.Variant):
            for parameter in self._item.parameters:
                yield Proposal(parameter.name, "parameter", parameter.span.text)
            yield from (Proposal(name, "name") for name, _ in bound_names(self._item))

    def _values(self) -> Iterator[Proposal]:
        """What an expression can name."""
        yield from self._own()
        if knows_points(self._stack):
            yield from self._swept()
        if knows_costs(self._stack):
            yield from (Proposal(name, "name", "of each point") for name in SWEEP_QUANTITIES)
        yield from (Proposal(name, "name", "the setting in force") for name in SETTINGS)
        yield Proposal("channels", "name", "how many flow in")
        if "STAGE" in self._stack:
            yield from (Proposal(name, "name", "of the repeats") for name in REPEAT_NAMES)
        yield from (Proposal(name, "function") for name in FUNCTIONS)
        yield from self._definitions(Callee, Module)
        yield from (_op(op) for op in known_ops().values())


def _op(op: type[Op]) -> Proposal:
    return Proposal(op.kind(), "op", signature(op), summary(op))
