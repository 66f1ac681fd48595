"""The compiler knows none of the standard blocks, and every parameter of theirs does something."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from resdsl.compiler import Spec
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate.linking import Callee, Linker, Named, read_library, standard_library
from resdsl.ir.network import Network
from resdsl.ir.walk import state, steps
from resdsl.resources import shipped_specs, spec_folder
from resdsl.source import Source
from resdsl.syntax.parser import parse

PACKAGE = Path(__file__).resolve().parent.parent.parent / "resdsl"
LIBRARY = {name: named for name, named in standard_library().items() if isinstance(named, Callee)}

BASE = {"kernel": "3x3", "width": "8", "stride": "1", "heads": "2"}
"""What a block is called with; parameters with a default are left to it."""
BASES: tuple[dict[str, str], ...] = ({}, {"stride": "2"})
"""Calls from which a parameter is changed: some of them mean something beside a stride only."""
ALTERNATIVES = {
    "kernel": "5x5",
    "width": "16",
    "stride": "3",
    "groups": "2",
    "expansion": "2",
    "stride_at": "1x1",
    "inner": "12",
    "reduction": "8",
    "dilation": "2",
    "first": "true",
    "drop": "0.5",
    "zeros": '"both"',
    "heads": "4",
    "relative": "true",
    "bias": "true",
    "pool": "2",
    "scaled": "true",
    "zero": "false",
}
"""Another value for each parameter, by name; a new parameter of the library wants one here."""


def facts(network: Network) -> tuple[object, ...]:
    """All of a network but the names of the definitions it came from."""
    stages = [(stage.path, stage.title, [(run.first, run.count) for run in stage.runs]) for stage in network.stages]
    return network.inputs, list(steps(network)), list(state(network)), stages, network.outputs


def renamed(text: str) -> str:
    """The text with every block and shortcut of the library under another name."""
    return re.sub(rf"\b({'|'.join(LIBRARY)})\b", r"other_\1", text)


@pytest.fixture(scope="module")
def other_library(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Named]:
    """The standard library with all names changed."""
    folder = tmp_path_factory.mktemp("other") / "std"
    folder.mkdir()
    for path in (spec_folder() / "std").glob("*.res"):
        (folder / path.name).write_text(renamed(path.read_text(encoding="utf-8")), encoding="utf-8")
    return read_library(folder)


def spec_of(text: str, name: str, library: dict[str, Named] | None = None) -> Spec:
    return Spec(Linker(outer=library).link(parse(Source(name, text))), ())


@pytest.mark.parametrize("path", shipped_specs(), ids=lambda path: path.stem)
def test_names_of_blocks_and_shortcuts_mean_nothing_to_the_compiler(
    path: Path, other_library: dict[str, Named]
) -> None:
    assert sorted(other_library) == sorted(f"other_{name}" for name in LIBRARY)
    text = path.read_text(encoding="utf-8")
    shipped, other = spec_of(text, path.name), spec_of(renamed(text), path.name, other_library)
    assert shipped.networks == other.networks
    for name in shipped.networks:
        ours, theirs = shipped.build(name), other.build(name)
        assert facts(ours.network) == facts(theirs.network)
        assert [check.verdict for check in ours.checks] == [check.verdict for check in theirs.checks]


def parameters() -> Iterator[tuple[str, str]]:
    """Every parameter of every block and shortcut of the library."""
    for name, callee in LIBRARY.items():
        for parameter in callee.parameters:
            yield name, parameter.name


def outcome(name: str, given: dict[str, str]) -> tuple[object, ...]:
    """A network around one call of a definition, as facts; the problems, if it is refused."""
    callee = LIBRARY[name]
    if callee.kind == "shortcut":
        call = f"{name}({', '.join(f'{key}={value}' for key, value in given.items())})" if given else name
        statements = f"basic(48, stride=2, shortcut={call})"
    else:
        known = {key: value for key, value in {**BASE, **given}.items() if key in callee.parameter_names}
        statements = f"{name}({', '.join(f'{key}={value}' for key, value in known.items())})"
    text = f"network n(shortcut = B) {{ input 32x16x16\n{statements} }}"
    try:
        return facts(spec_of(text, "n").build("n").network)
    except SpecError as error:
        return tuple((problem.code, problem.headline) for problem in error.problems)


@pytest.mark.parametrize(("name", "parameter"), list(parameters()))
def test_a_parameter_of_the_library_changed_alone_changes_the_network_or_is_refused(name: str, parameter: str) -> None:
    assert parameter in ALTERNATIVES, f"ALTERNATIVES wants another value for the parameter {parameter!r} of {name}"
    changed = [
        outcome(name, base) != outcome(name, {**base, parameter: ALTERNATIVES[parameter]})
        for base in BASES
        if base.keys() <= set(LIBRARY[name].parameter_names)
    ]
    assert any(changed)


@pytest.mark.parametrize("name", LIBRARY)
def test_every_definition_of_the_library_can_be_called(name: str) -> None:
    _, taken, *_ = outcome(name, {})
    assert isinstance(taken, list), "it was refused"
    assert taken


def strings(path: Path) -> Iterator[str]:
    """The strings of a module that are no docstrings, and the literal parts of its f-strings."""
    module = ast.parse(path.read_text(encoding="utf-8"))
    statements = {id(node.value) for node in ast.walk(module) if isinstance(node, ast.Expr)}
    for node in ast.walk(module):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in statements:
            yield node.value


def test_no_python_names_a_block_or_a_shortcut_of_the_library() -> None:
    """Names of one letter are looked for where names are given a meaning; elsewhere they are units and the like."""
    named = {
        f"{path.relative_to(PACKAGE)}: {text!r}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for text in strings(path)
        if text.strip(" (.:") in LIBRARY and (len(text) > 1 or path.is_relative_to(PACKAGE / "elaborate"))
    }
    assert not named


def test_the_search_for_names_would_find_one(tmp_path: Path) -> None:
    path = tmp_path / "module.py"
    path.write_text('"""basic"""\nif name == "basic":\n    pass\n', encoding="utf-8")
    assert list(strings(path)) == ["basic"]
