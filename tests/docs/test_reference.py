"""Pages that repeat what the code says, and say it as the code does."""

from __future__ import annotations

import json
import re
from importlib import import_module
from pathlib import Path

import pytest

import resdsl.analysis.errors as analysis_errors
import resdsl.syntax.errors as syntax_errors
from resdsl.analysis.errors import ExpectationFailed
from resdsl.backends.onnx.form import IR_VERSIONS
from resdsl.backends.onnx.model import LARGEST
from resdsl.elaborate import errors
from resdsl.elaborate.building import DEEPEST_CALL, DEEPEST_VALUE, MOST_LEVELS, MOST_STEPS
from resdsl.elaborate.expectations import QUANTITIES
from resdsl.elaborate.expressions import MOST_BITS
from resdsl.elaborate.linking import LANGUAGE_VERSION, MOST_FILES, standard_library
from resdsl.elaborate.scope import FUNCTIONS, SETTINGS
from resdsl.elaborate.stages import REPEAT_NAMES
from resdsl.ir.names import LONGEST_TEXT
from resdsl.ir.schema import VERSION
from resdsl.ir.walk import MOST_LAYERS
from resdsl.ops.reach import LONGEST_PERIOD
from resdsl.source import LARGEST_FILE
from resdsl.syntax.lexer import DEEPEST, LONGEST_WORD, MOST_WORDS
from resdsl.syntax.parser import keywords
from tests.docs.markdown import GUIDES, PAGES, ROOT, prose, short
from tests.docs.reference import PAGE, page as reference_page

MANUAL = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
RULES = MANUAL.partition("## The thirteen rules")[2]
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
WORDS = sorted(keywords())
ERRORS = (analysis_errors, syntax_errors, *(import_module(f"{errors.__name__}.{name}") for name in errors.__all__))
CODES = {value.code for module in ERRORS for value in vars(module).values() if hasattr(value, "code")}
SHORTCUTS = [name for name, named in standard_library().items() if getattr(named, "kind", "") == "shortcut"]


def test_reference_of_ops_is_up_to_date(update_golden: bool) -> None:
    if update_golden:
        PAGE.write_text(reference_page(), encoding="utf-8")
    assert PAGE.read_text(encoding="utf-8") == reference_page(), "python -m tests.docs.reference writes it anew"


@pytest.mark.parametrize("word", WORDS)
def test_manual_shows_every_word_of_the_grammar(word: str) -> None:
    assert re.search(rf"`[^`\n]*\b{word}\b[^`\n]*`", MANUAL)


@pytest.mark.parametrize("name", [*FUNCTIONS, *SETTINGS, *REPEAT_NAMES, *QUANTITIES, *SHORTCUTS])
def test_manual_shows_every_name_of_the_language(name: str) -> None:
    assert re.search(rf"`{name}\b", MANUAL)


def test_manual_has_the_rules_by_number() -> None:
    assert re.findall(r"^(\d+)\. \*\*", RULES, re.MULTILINE) == [str(number) for number in range(1, 14)]


@pytest.mark.parametrize(
    ("what", "limit"),
    [
        ("size of a file", f"{LARGEST_FILE // 1024**2} MiB"),
        ("imported files", f"{MOST_FILES}"),
        ("words and signs of a file", f"{MOST_WORDS:_}"),
        ("nested brackets and braces", f"{DEEPEST}"),
        ("steps: turns of loops, items of lists, statements; what makes a node counts ten", f"{MOST_STEPS:_}"),
        ("nested blocks", f"{DEEPEST_CALL}"),
        ("variants of variants", f"{MOST_LEVELS}"),
        ("nested lists", f"{DEEPEST_VALUE}"),
        ("characters of a string", f"{LONGEST_TEXT:_}"),
        ("bits of an integer", f"{MOST_BITS}"),
        ("characters of a name, a number or a string as written", f"{LONGEST_WORD:_}"),
        (
            "layers, if they are written or drawn one by one (ONNX, PyTorch, weights, figures, rows of a report)",
            f"{MOST_LAYERS:_}",
        ),
        (
            "positions after which the receptive field of a magnified map repeats, if receptive fields are needed",
            f"{LONGEST_PERIOD:_}",
        ),
    ],
)
def test_manual_has_the_limits(what: str, limit: str) -> None:
    assert f"| {what} | {limit} |" in MANUAL


def test_manual_has_the_version_and_the_code_of_expectations() -> None:
    assert f"`resdsl {LANGUAGE_VERSION}`" in MANUAL
    assert f"({ExpectationFailed.code})" in MANUAL


@pytest.mark.parametrize("page", [page for page in PAGES if page not in GUIDES], ids=short)
def test_codes_are_those_of_problems(page: Path) -> None:
    assert {*re.findall(r"RES\d{3}", page.read_text(encoding="utf-8"))} <= CODES


def test_page_on_onnx_has_the_versions_and_limits() -> None:
    text = (ROOT / "docs" / "onnx.md").read_text(encoding="utf-8")
    for opset, version in IR_VERSIONS.items():
        assert f"| {opset} | {version} |" in text
    assert f"{LARGEST:,}" in text
    assert f"{MOST_LAYERS:,}" in text


def test_page_on_json_has_the_version() -> None:
    text = (ROOT / "docs" / "json.md").read_text(encoding="utf-8")
    head = json.dumps({"resdsl_ir": VERSION}).removesuffix("}")
    assert head in text


def test_decisions_are_numbered_without_gaps_and_have_their_parts() -> None:
    assert [path.name[:5] for path in DECISIONS] == [f"{number:04}-" for number in range(1, len(DECISIONS) + 1)]
    for path in DECISIONS:
        text = path.read_text(encoding="utf-8")
        number = int(path.name[:4])
        assert text.startswith(f"# {number}. ")
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_index_names_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [path.relative_to(ROOT / "docs").as_posix() for path in PAGES if ROOT / "docs" in path.parents]
    assert [path for path in pages if path != "README.md" and f"({path})" not in index] == []


@pytest.mark.parametrize("page", PAGES, ids=short)
def test_prose_fits_the_width(page: Path) -> None:
    lines = prose(page).splitlines()
    assert [line for line in lines if len(line) > 120 and not line.startswith("|")] == []
