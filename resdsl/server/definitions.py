"""The definitions of a text that changes: those that a change does not reach stay the same objects, so that what was
built from them is still known.

A definition is reached by a change of its own text, or of a definition that it names, or of one that that one names.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from resdsl.elaborate.linking import Callee, Linker, Module, Named, NetworkDefinition, SweepDefinition
from resdsl.elaborate.session import Session
from resdsl.server.items import TextLayout
from resdsl.syntax import tree
from resdsl.syntax.mentions import names_in, names_of

MOST_REMEMBERED = 4
"""How many times as much as after its first check a session remembers at most; then a new one begins."""
LEAST_REMEMBERED = 2_000
"""Bodies, statements and ops that may be remembered in any case."""


class Definitions:
    """The module of a text, and the session in which its networks are built."""

    def __init__(self) -> None:
        self.module: Module | None = None
        self.session = Session()
        self._mentions: dict[tree.Item, frozenset[str]] = {}
        self._items: dict[str, tree.Item] = {}
        self._at_first = 0

    @property
    def remembered(self) -> int:
        """How many bodies, statements and ops are remembered."""
        session = self.session
        kept = (session.bodies, session.statements, session.repeats, session.ops, session.brackets)
        return sum(len(entries) for entries in kept)

    def update(self, layout: TextLayout, linker: Linker) -> Module:
        """The module of the text as it is now.

        Raises:
            SpecError: a name is defined twice, or an import cannot be followed.
        """
        linked = linker.link(layout.file)
        items: dict[str, tree.Item] = {
            each.alias.text if isinstance(each, tree.Import) else each.name.text: each for each in _named(layout)
        }
        self._mentions = {item: self._mentions.get(item) or _mentions(item) for item in items.values()}
        before = self.module
        changed = self._changed(linked, items)
        if before is None:
            before = self.module = linked
        before.source, before.file, before.spans = linked.source, linked.file, linked.spans
        before.names = {
            name: _moved(named, before) if name in changed else before.names[name]
            for name, named in linked.names.items()
        }
        self._items = items
        self._forget(changed, layout)
        return before

    def _changed(self, linked: Module, items: dict[str, tree.Item]) -> set[str]:
        """The names that mean something else than before, or whose definition names one that does."""
        if self.module is None:
            return set(linked.names)
        changed = {name for name in {*items, *self._items} if items.get(name) is not self._items.get(name)}
        for name, named in linked.names.items():
            other = self.module.names.get(name)
            if other is None or (isinstance(named, Module) and other is not named):
                changed.add(name)
        grown = True
        while grown:
            reached = {name for name, item in items.items() if not self._mentions[item].isdisjoint(changed)}
            grown = not reached <= changed
            changed |= reached
        return changed

    def _forget(self, changed: set[str], layout: TextLayout) -> None:
        """Drop what was built from what is no longer there, or from what means something else now."""
        session, module = self.session, self.module
        assert module is not None
        count = self.remembered
        self._at_first = self._at_first or count
        if count > max(MOST_REMEMBERED * self._at_first, LEAST_REMEMBERED):
            self.session, self._at_first = Session(), 0
            return
        for callee in [*session.brackets.values()]:
            if not _stands(callee.body, layout, module):
                session.brackets = {key: each for key, each in session.brackets.items() if each is not callee}
        session.bodies = {key: built for key, built in session.bodies.items() if _lasts(key[0], layout, module)}
        session.statements = {
            key: effect for key, effect in session.statements.items() if _holds(key[0], changed, layout, module)
        }
        session.repeats = {
            key: effect for key, effect in session.repeats.items() if _holds(key[0], changed, layout, module)
        }


def _named(layout: TextLayout) -> Iterable[tree.Import | tree.Definition | tree.Variant | tree.SweepLines]:
    return (item for item in layout.file.items if not isinstance(item, tree.Version))


def _mentions(item: tree.Item) -> frozenset[str]:
    return frozenset(name.parts[0] for name in names_in(tuple(item.children())))


def _moved(named: Named, module: Module) -> Named:
    """The same definition in the module that lasts."""
    if isinstance(named, Callee | NetworkDefinition | SweepDefinition):
        return replace(named, module=module)
    return named


def _stands(node: tree.Node, layout: TextLayout, module: Module) -> bool:
    """Whether a node is one of the text as it is now, or of another text."""
    source = node.span.source
    return source in layout or source.name != module.source.name


def _lasts(callee: object, layout: TextLayout, module: Module) -> bool:
    assert isinstance(callee, Callee)
    if callee.module is not module:
        return True
    return _stands(callee.body, layout, module) and (
        callee.kind == "bracket" or module.names.get(callee.name) is callee
    )


def _holds(node: object, changed: set[str], layout: TextLayout, module: Module) -> bool:
    assert isinstance(node, tree.Node)
    if not _stands(node, layout, module):
        return False
    return all(name.parts[0] not in changed for name in names_of(node))
