"""What is generated in the folder `editors`; `python -m tests.editors.generated` writes it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from tests.docs.markdown import ROOT
from tests.editors.queries import highlights, highlights_of_helix
from tests.editors.textmate import grammar

EDITORS = ROOT / "editors"
GENERATED: Mapping[Path, Callable[[], str]] = {
    EDITORS / "tree-sitter-resdsl" / "queries" / "highlights.scm": highlights,
    EDITORS / "helix" / "highlights.scm": highlights_of_helix,
    EDITORS / "vscode" / "syntaxes" / "resdsl.tmLanguage.json": grammar,
}

if __name__ == "__main__":
    for path, text in GENERATED.items():
        path.write_text(text(), encoding="utf-8")
