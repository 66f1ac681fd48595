"""Every editor knows the words of the language, and what is generated is up to date."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from resdsl.highlighting.words import KEYWORDS
from resdsl.printer.formatting import format_text
from resdsl.server.preferences import Preferences
from tests.editors.generated import EDITORS, GENERATED

VSCODE = EDITORS / "vscode"
SNIPPETS = json.loads((VSCODE / "snippets" / "resdsl.json").read_text(encoding="utf-8"))
WORDS = {word for kind in KEYWORDS.values() for word in kind}


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.relative_to(EDITORS).as_posix())
def test_generated_files_are_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == GENERATED[path]()


def test_tree_sitter_has_the_words_of_the_language() -> None:
    grammar = json.loads((EDITORS / "tree-sitter-resdsl" / "src" / "grammar.json").read_text(encoding="utf-8"))
    assert {text for text in strings_of(grammar["rules"]) if text.isalpha()} == WORDS


def test_the_parser_of_tree_sitter_is_made_of_its_grammar() -> None:
    folder = EDITORS / "tree-sitter-resdsl" / "src"
    grammar = json.loads((folder / "grammar.json").read_text(encoding="utf-8"))
    parser = (folder / "parser.c").read_text(encoding="utf-8")
    assert [rule for rule in grammar["rules"] if rule[0] != "_" and f"sym_{rule}" not in parser] == []
    assert [word for word in WORDS if f'= "{word}",' not in parser] == []


@pytest.mark.parametrize("name", SNIPPETS)
def test_snippets_are_in_canonical_form(name: str) -> None:
    snippet = SNIPPETS[name]
    filled = re.sub(r"\$\{\d+[:|]([^,|}]*)[^}]*\}", r"\1", "\n".join(snippet["body"]) + "\n")
    begins = filled.split()[0] in KEYWORDS["definition"]
    text = filled if begins else f"block b {{\n{textwrap.indent(filled, '  ')}}}\n"
    assert format_text(text) == text
    assert snippet["prefix"] == name


def test_the_extension_names_files_that_exist() -> None:
    package = json.loads((VSCODE / "package.json").read_text(encoding="utf-8"))
    contributed = package["contributes"]
    paths = [each["path"] for kind in ("grammars", "snippets") for each in contributed[kind]]
    paths += [package["icon"], *(each["configuration"] for each in contributed["languages"])]
    assert [path for path in paths if not (VSCODE / path).is_file()] == []
    used = set(re.findall(r'registerCommand\("([\w.]+)"', (VSCODE / "extension.js").read_text(encoding="utf-8")))
    assert {each["command"] for each in contributed["commands"]} == used


def test_the_extension_has_the_settings_of_the_server() -> None:
    package = json.loads((VSCODE / "package.json").read_text(encoding="utf-8"))
    settings = package["contributes"]["configuration"]["properties"]
    written = {name.removeprefix("resdsl."): each["default"] for name, each in settings.items()}
    own = {each.name: getattr(Preferences(), each.name) for each in fields(Preferences)}
    expected = {"importPath" if name == "import_path" else name: value for name, value in own.items()}
    assert {name: tuple(value) if isinstance(value, list) else value for name, value in written.items()} == {
        "command": "resdsl",
        "server": True,
        **expected,
    }
    names = re.search(r"const \{ ([\w, ]+) \} = workspace", (VSCODE / "extension.js").read_text(encoding="utf-8"))
    assert names is not None
    assert names[1].split(", ") == [*expected]


def strings_of(rule: Any) -> Iterator[str]:
    """All words and signs in rules of a grammar for tree-sitter."""
    if isinstance(rule, dict):
        if rule.get("type") == "STRING":
            yield rule["value"]
        yield from strings_of(list(rule.values()))
    elif isinstance(rule, list):
        for each in rule:
            yield from strings_of(each)
