"""The words that editors show are those of the language."""

from __future__ import annotations

import re

from resdsl.compiler import read_spec
from resdsl.highlighting.words import KEYWORDS, library
from resdsl.source import read_source
from resdsl.syntax.tables import load_tables
from tests.highlighting.showcase import SHOWCASE


def test_keywords_are_the_words_of_the_grammar() -> None:
    words = [word for kind in KEYWORDS.values() for word in kind]
    assert sorted(words) == sorted(each for each in load_tables().spelling.values() if each.isalpha())


def test_the_showcase_has_every_word() -> None:
    written = set(re.findall(r"\w+", SHOWCASE.read_text(encoding="utf-8")))
    assert [word for kind in KEYWORDS.values() for word in kind if word not in written] == []


def test_the_showcase_compiles() -> None:
    spec = read_spec(read_source(SHOWCASE))
    assert [spec.build(name).network.name for name in spec.networks] == ["family", "larger", "two_inputs"]
    assert spec.sweeps == ("shapes", "drawn")


def test_names_have_one_kind() -> None:
    names = [name for kind in library().values() for name in kind]
    assert len(names) == len(set(names))
