"""Every example of the manual is what the compiler makes of it."""

from __future__ import annotations

import pytest

from resdsl.compiler import Spec, read_spec
from resdsl.diagnostics.spec_error import SpecError
from resdsl.source import Source
from tests.docs.markdown import GUIDES, PAGES, Block, blocks, blocks_of, short

OTHERS = {"docs/diagnostics.md", *map(short, GUIDES)}
"""Pages that have tests of their own."""
LANGUAGES = {"res", "console", "python", "sh", "json", "toml", "lua", "text"}
WORDS = {"res": {"body", "error"}, "console": {"fails"}}

EXAMPLES = blocks("res")
RIGHT = [block for block in EXAMPLES if block.code is None]
WRONG = [block for block in EXAMPLES if block.code is not None]


@pytest.mark.parametrize("block", RIGHT, ids=str)
def test_example_compiles_without_a_warning(block: Block) -> None:
    spec = read_spec(source_of(block))
    assert [problem.headline for problem in spec.warnings] == []
    for name in spec.networks:
        built = spec.build(name)
        assert [problem.headline for problem in built.warnings] == []
    for name in spec.sweeps:
        sweep = spec.sweep(name)
        assert list(sweep.points())
        assert [problem.headline for problem in sweep.warnings] == []


@pytest.mark.parametrize("block", WRONG, ids=str)
def test_wrong_example_is_refused_as_it_says(block: Block) -> None:
    with pytest.raises(SpecError) as refused:
        build_all(read_spec(source_of(block)))
    assert [problem.code for problem in refused.value.problems] == [block.code]


def test_every_block_says_what_it_is() -> None:
    every = [block for page in PAGES if short(page) not in OTHERS for block in blocks_of(page)]
    assert [str(block) for block in every if block.language not in LANGUAGES] == []


def test_every_word_after_a_fence_is_known() -> None:
    unknown = [
        f"{block}: {word}"
        for block in blocks(*LANGUAGES)
        for word in block.tags[1:]
        if word not in WORDS.get(block.language, set()) and word != block.code and not word.startswith(("file=", "of="))
    ]
    assert unknown == []


def source_of(block: Block) -> Source:
    text = block.text
    if "body" in block.tags:
        text = f"network example(shortcut = B) {{\n  input 16x32x32\n{text}}}\n"
    return Source(str(block), text)


def build_all(spec: Spec) -> None:
    for name in spec.networks:
        spec.build(name)
    for name in spec.sweeps:
        list(spec.sweep(name).points())
