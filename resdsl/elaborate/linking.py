"""Definitions by name: those of a file, those that it imports, and the standard library.

Linking turns a syntax tree into a `Module`, in which every imported file is a module as well. Names are looked up in
the module first, then in the standard library, whose files see each other's definitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal, TypeAlias

from resdsl.diagnostics.problem import Problem
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate import errors
from resdsl.resources import spec_folder
from resdsl.source import Source, Unreadable, is_there, read_source
from resdsl.syntax import tree
from resdsl.syntax.errors import UnreadableText
from resdsl.syntax.parser import parse

LANGUAGE_VERSION = 1
MOST_FILES = 200


@dataclass(frozen=True, eq=False)
class Callee:
    """A block or a shortcut: it has parameters and a body, which is run where it is called.

    Attributes:
        kind: `bracket` for the anonymous block of a stage.
        module: the module in which its names are looked up.
    """

    kind: Literal["block", "shortcut", "bracket"]
    name: str
    parameters: tuple[tree.Parameter, ...]
    body: tree.StatementList
    module: Module

    @property
    def parameter_names(self) -> tuple[str, ...]:
        """Names of the parameters, in order."""
        return tuple(parameter.name for parameter in self.parameters)


@dataclass(frozen=True, eq=False)
class NetworkDefinition:
    """A network, or a variant of one."""

    name: str
    node: tree.Definition | tree.Variant
    module: Module


@dataclass(frozen=True, eq=False)
class SweepDefinition:
    """A sweep over networks."""

    name: str
    node: tree.SweepLines
    module: Module


Named: TypeAlias = "Callee | NetworkDefinition | SweepDefinition | Module"


@dataclass(eq=False)
class Module:
    """The definitions of a file.

    Attributes:
        names: definitions and imported modules by name, in the order of the text.
        spans: where each name is defined.
        outer: the standard library, for names that are not found here; None within it.
        home: the name by which the file is imported; None for the spec itself.
    """

    source: Source
    file: tree.File
    names: dict[str, Named] = field(default_factory=dict)
    spans: dict[str, tree.Node] = field(default_factory=dict)
    outer: dict[str, Named] = field(default_factory=dict)
    home: str | None = None

    def find(self, name: str) -> Named | None:
        """The definition of that name."""
        return self.names.get(name) or self.outer.get(name)

    def visible(self) -> Iterator[str]:
        """All names that `find` would find."""
        yield from self.names
        yield from self.outer

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that were read: its own, its imports, and the standard library."""
        found: dict[Module, None] = {}
        left = [self]
        while left:
            module = left.pop()
            if module not in found:
                found[module] = None
                named = (*module.names.values(), *module.outer.values())
                left += [each if isinstance(each, Module) else each.module for each in named]
        return tuple(module.source.path for module in found if module.source.path is not None)

    @property
    def networks(self) -> tuple[NetworkDefinition, ...]:
        """The networks of the file, in order."""
        return tuple(named for named in self.names.values() if isinstance(named, NetworkDefinition))

    @property
    def sweeps(self) -> tuple[SweepDefinition, ...]:
        """The sweeps of the file, in order."""
        return tuple(named for named in self.names.values() if isinstance(named, SweepDefinition))


ReadFile: TypeAlias = Callable[[Path, str], Source]


@dataclass
class Linker:
    """Makes modules from files.

    Args:
        import_path: folders in which imports are looked up, besides the spec's own.
        read: reads a file, given its path and its name in messages.
        outer: definitions that every module sees; the standard library by default.
    """

    import_path: tuple[Path, ...] = ()
    read: ReadFile = read_source
    outer: dict[str, Named] | None = None
    _modules: dict[Path, Module] = field(default_factory=dict)
    _open: list[Path] = field(default_factory=list)

    def link(self, file: tree.File, root: Path | None = None) -> Module:
        """The module of a file.

        Args:
            file: its syntax tree.
            root: the folder that imports must stay in; the file's own by default.

        Raises:
            SpecError: a name is defined twice, or an import cannot be followed.
        """
        outer = standard_library() if self.outer is None else self.outer
        module = Module(file.source, file, outer=outer)
        problems: list[Problem] = []
        for position, item in enumerate(file.items):
            problems += self._add(module, item, position, root or file.source.folder)
        if problems:
            raise SpecError(problems)
        return module

    def _add(self, module: Module, item: tree.Item, position: int, root: Path | None) -> list[Problem]:
        if isinstance(item, tree.Version):
            return _check_version(item, position)
        name = item.alias if isinstance(item, tree.Import) else item.name
        if name.text in module.spans:
            return [errors.names.NameGivenTwice(span=name.span, name=name.text, first=module.spans[name.text].span)]
        module.spans[name.text] = name
        if name.text in module.outer:
            return [errors.names.LibraryNameTaken(span=name.span, name=name.text)]
        if isinstance(item, tree.Import):
            try:
                module.names[name.text] = self._import(item, root)
            except SpecError as error:
                return list(error.problems)
        elif isinstance(item, tree.Definition) and item.kind != "network":
            module.names[name.text] = Callee(item.kind, name.text, item.parameters, item.body, module)
        elif isinstance(item, tree.SweepLines):
            module.names[name.text] = SweepDefinition(name.text, item, module)
        else:
            module.names[name.text] = NetworkDefinition(name.text, item, module)
        return []

    def _import(self, item: tree.Import, root: Path | None) -> Module:
        path = self._locate(item, root)
        if path in self._open:
            raise SpecError([errors.files.ImportCycle(span=item.path.span, path=_written(item))])
        if path in self._modules:
            return self._modules[path]
        if len(self._modules) + len(self._open) >= MOST_FILES:
            raise SpecError([errors.files.LimitReached(span=item.path.span, what="imported files", limit=MOST_FILES)])
        try:
            if is_there(path) and not path.is_dir() and not path.is_file():
                raise Unreadable("it is a pipe or a device, not a file")
            source = self.read(path, _written(item))
        except Unreadable as error:
            raise SpecError([UnreadableText(span=item.path.span, name=_written(item), reason=str(error))]) from None
        self._open.append(path)
        try:
            module = self.link(parse(source), root=root)
            module.home = source.name
        finally:
            self._open.pop()
        self._modules[path] = module
        return module

    def _locate(self, item: tree.Import, root: Path | None) -> Path:
        written = _written(item)
        folders = [folder for folder in (root, *self.import_path) if folder is not None]
        if not folders:
            raise SpecError(
                [errors.files.ImportOutside(span=item.path.span, path=written, reason="this text is not in a folder")]
            )
        if not written:
            raise SpecError(
                [errors.files.ImportOutside(span=item.path.span, path=written, reason="it does not name a file")]
            )
        if Path(written).is_absolute() or "\\" in written or "{" in item.path.span.text:
            raise SpecError(
                [
                    errors.files.ImportOutside(
                        span=item.path.span, path=written, reason="it must be a plain relative path"
                    )
                ]
            )
        places: list[Path] = []
        for folder in folders:
            base = folder.resolve()
            path = (base / written).resolve()
            if not path.is_relative_to(base):
                raise SpecError(
                    [errors.files.ImportOutside(span=item.path.span, path=written, reason="it leads out of the folder")]
                )
            places.append(path)
        # If the file is nowhere, the message names the first place.
        return next(filter(_is_file, places), None) or next(filter(is_there, places), places[0])


@cache
def standard_library() -> dict[str, Named]:
    """The blocks and shortcuts of `specs/std`, by name."""
    return read_library(spec_folder() / "std")


def read_library(folder: Path) -> dict[str, Named]:
    """All definitions in the files of a folder, which see each other by name.

    Raises:
        SpecError: the library itself has a problem.
    """
    shared: dict[str, Named] = {}
    linker = Linker(outer={})
    modules = []
    for path in sorted(folder.glob("*.res")):
        source = replace(read_source(path, f"{folder.name}/{path.name}"), is_library=True)
        module = linker.link(parse(source))
        for name, named in module.names.items():
            if name in shared:
                raise SpecError([errors.names.LibraryNameTaken(span=module.spans[name].span, name=name)])
            shared[name] = named
        modules.append(module)
    for module in modules:
        module.outer, module.home = shared, module.source.name
    return shared


def _is_file(path: Path) -> bool:
    return is_there(path) and path.is_file()


def _written(item: tree.Import) -> str:
    return "".join(map(str, item.path.parts))


def _check_version(item: tree.Version, position: int) -> list[Problem]:
    if position:
        return [errors.files.LateVersion(span=item.span)]
    if item.number.value != LANGUAGE_VERSION or item.number.slack:
        return [errors.files.UnknownVersion(span=item.number.span, written=item.number.span.text)]
    return []
