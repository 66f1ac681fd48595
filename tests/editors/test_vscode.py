"""The grammar for VS Code, run by the library that VS Code runs it with, and the extension, packed."""

from __future__ import annotations

import json
import subprocess
import zipfile
from functools import cache
from pathlib import Path

import pytest

from tests.editors.generated import EDITORS
from tests.highlighting.showcase import SHOWCASE, SPECS
from tests.syntax.reading import lexed

pytestmark = pytest.mark.editors

FOLDER = EDITORS / "vscode"
GOLDEN = Path(__file__).with_name("showcase.scopes")
OF_KEYWORDS = ("keyword.control.", "keyword.operator.logical.", "storage.type.", "constant.language.")


@cache
def tokens() -> dict[Path, list[tuple[int, str, str]]]:
    """The tokens of all specs: where each begins, its text and its innermost scope."""
    command = ["node", str(FOLDER / "test" / "tokens.js"), *map(str, SPECS)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    lines = done.stdout.splitlines()
    return {path: [tuple(each) for each in json.loads(line)] for path, line in zip(SPECS, lines, strict=True)}


def test_the_showcase(update_golden: bool) -> None:
    text = "".join(f"{scope.removesuffix('.resdsl'):32} {word.strip()}\n" for _, word, scope in tokens()[SHOWCASE])
    if update_golden:
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_keywords_are_those_of_the_compiler(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    strings = [range(token.start, token.end) for token in lexed(text) if token.type == "STRING"]
    found = [
        (at, word)
        for at, word, scope in tokens()[path]
        if scope.startswith(OF_KEYWORDS) and not any(at in each for each in strings)
    ]
    assert found == [(token.start, token) for token in lexed(text) if token.type != "NAME" and token.isalpha()]


def test_the_extension_is_packed(tmp_path: Path) -> None:
    packed = tmp_path / "resdsl.vsix"
    subprocess.run(["npm", "run", "package", "--silent", "--", "--out", str(packed)], cwd=FOLDER, check=True)
    with zipfile.ZipFile(packed) as archive:
        names = {name.removeprefix("extension/") for name in archive.namelist() if name.startswith("extension/")}
        assert json.loads(archive.read("extension/package.json"))["main"] == "./dist/extension.js"
        assert "vscode-languageclient" in archive.read("extension/dist/LICENCES.txt").decode()
    assert {"dist/extension.js", "syntaxes/resdsl.tmLanguage.json", "snippets/resdsl.json", "icon.png"} <= names
    assert {name.partition("/")[0] for name in names} & {"node_modules", "test", "extension.js"} == set()
