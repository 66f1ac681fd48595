"""The grammar for tree-sitter, compiled: it reads what the compiler reads, and tells keywords from names as it does."""

from __future__ import annotations

import ctypes
import re
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from resdsl.resources import spec_folder
from tests.docs.markdown import ROOT, blocks
from tests.editors.generated import EDITORS
from tests.highlighting.showcase import SHOWCASE, SPECS
from tests.printer.drawing import Draw
from tests.syntax.reading import lexed

pytestmark = pytest.mark.editors

FOLDER = EDITORS / "tree-sitter-resdsl"
CASE = re.compile(r"^=+\n(?P<name>.+)\n=+\n(?P<text>.*?)\n-{3,}\n(?P<tree>.*?)(?=^=+\n|\Z)", re.MULTILINE | re.DOTALL)
CORPUS = [
    pytest.param(found["text"], found["tree"], id=found["name"])
    for path in sorted((FOLDER / "test" / "corpus").glob("*.txt"))
    for found in CASE.finditer(path.read_text(encoding="utf-8"))
]


@cache
def language() -> Any:
    """The language as tree-sitter has it: its parser, compiled by the C compiler of this machine."""
    from tree_sitter import Language

    with TemporaryDirectory() as folder:
        library = Path(folder) / "resdsl.so"
        source = FOLDER / "src"
        command = ["cc", "-O1", "-shared", "-fPIC", f"-I{source}", f"{source / 'parser.c'}", "-o", f"{library}"]
        subprocess.run(command, check=True)
        make = ctypes.CDLL(str(library)).tree_sitter_resdsl
    make.restype = ctypes.c_void_p
    capsule = ctypes.pythonapi.PyCapsule_New
    capsule.restype, capsule.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
    return Language(capsule(make(), b"tree_sitter.Language", None))


def tree_of(text: str) -> Any:
    """The root of the syntax tree."""
    from tree_sitter import Parser

    return Parser(language()).parse(text.encode()).root_node


def wrong_in(text: str) -> list[str]:
    """What the grammar cannot read of a text."""
    return [f"{node.start_point}: {node.type}" for node in nodes_in(tree_of(text)) if node.is_error or node.is_missing]


def nodes_in(node: Any) -> Iterator[Any]:
    yield node
    for child in node.children:
        yield from nodes_in(child)


@pytest.mark.parametrize("path", SPECS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_specs_are_read(path: Path) -> None:
    assert wrong_in(path.read_bytes().decode()) == []


def test_texts_of_the_tests_and_of_the_manual_are_read() -> None:
    paths = [*(ROOT / "tests" / "language" / "corpus").rglob("*.res"), *(ROOT / "tests" / "draw").rglob("*.res")]
    texts = [path.read_text(encoding="utf-8") for path in paths]
    texts += [block.text for block in blocks("res") if not {"error", "body"} & {*block.tags}]
    assert len(texts) > 50
    assert [wrong for text in texts for wrong in wrong_in(text)] == []


def test_random_texts_are_read() -> None:
    for seed in range(300):
        text = Draw(seed, comments=0.2).text()
        assert wrong_in(text) == [], text
        assert wrong_in(text.replace("\n", "\r\n")) == [], text


@pytest.mark.parametrize(
    "text",
    [
        "network n { fc (a), 2 }",
        "network n { conv 3x3\n  64 }",
        "network n { conv 3x3 }\n{ }",
        "network n { if a { }\n else { } }",
        "block b { keep 1, }",
        "sweep s { conv 3x3 }",
        "conv 3x3, 64",
    ],
)
def test_other_texts_are_not(text: str) -> None:
    assert wrong_in(text) != []


@pytest.mark.parametrize(("text", "tree"), CORPUS)
def test_the_corpus(text: str, tree: str) -> None:
    assert re.sub(r"\w+: ", "", str(tree_of(text))) == re.sub(r"\s+(?=\))", "", " ".join(tree.split()))


@pytest.mark.parametrize("path", SPECS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_keywords_are_those_of_the_compiler(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    strings = [range(token.start, token.end) for token in lexed(text) if token.type == "STRING"]
    keywords = [node for node in nodes_in(tree_of(text)) if node.type == "none" or not node.is_named]
    offsets = [(len(text.encode()[: node.start_byte].decode()), node.type) for node in keywords]
    expected = [(token.start, token) for token in lexed(text) if token.type != "NAME" and token.isalpha()]
    found = [(at, word) for at, word in offsets if word.isalpha() and not any(at in each for each in strings)]
    assert found == expected


@pytest.mark.parametrize("name", ["highlights", "locals", "folds", "indents"])
def test_queries_fit_the_grammar(name: str) -> None:
    names = re.findall(r"@([\w.]+)", re.sub(r"(?m)^;.*|\(#.*", "", query_text(name)))
    assert set(captures_of(name, SHOWCASE.read_text(encoding="utf-8"))) == set(names)


def test_highlights_tell_names_of_the_library_from_others() -> None:
    captures = captures_of("highlights", (spec_folder() / "resnet34.res").read_text(encoding="utf-8"))
    assert captures["function.builtin"] == {"conv", "maxpool", "basic", "B", "avgpool", "fc"}
    assert captures["label"] == {"layer1", "layer2", "layer3", "layer4"}


@pytest.mark.parametrize("path", SPECS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_two_highlights_are_of_the_same_word(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    places = [node.byte_range for nodes in matches_of("highlights", text).values() for node in nodes]
    assert [text.encode()[slice(*place)] for place in sorted(places) if places.count(place) > 1] == []


def query_text(name: str) -> str:
    return (FOLDER / "queries" / f"{name}.scm").read_text(encoding="utf-8")


def captures_of(name: str, text: str) -> dict[str, set[str]]:
    """The words that each capture of a query finds in a text."""
    return {name: {node.text.decode() for node in nodes} for name, nodes in matches_of(name, text).items()}


def matches_of(name: str, text: str) -> dict[str, list[Any]]:
    """What each capture of a query finds in a text."""
    from tree_sitter import Query, QueryCursor

    return QueryCursor(Query(language(), query_text(name))).captures(tree_of(text))
