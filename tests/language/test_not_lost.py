"""What may not be lost, by its number in the description of the language."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resdsl.api import load, loads
from resdsl.compiler import read_spec
from resdsl.diagnostics.spec_error import SpecError
from resdsl.elaborate.linking import Callee, standard_library
from resdsl.ops.registry import ops as all_ops
from resdsl.resources import grammar_text, shipped_specs
from resdsl.source import Source, read_source
from resdsl.syntax.parser import keywords
from tests.language.reading import codes, ops, problems, read, refused, shape, stage, text_of

CORPUS = Path(__file__).with_name("corpus")
ACCEPTANCE = sorted((CORPUS / "acceptance").glob("*.res"))


def lines_of_code(text: str) -> int:
    return len([line for line in text.splitlines() if line.strip() and not line.strip().startswith("#")])


@pytest.mark.parametrize("path", shipped_specs(), ids=lambda path: path.stem)
def test_not_lost_02_a_network_fits_on_a_postcard_and_a_variant_on_a_line(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    definitions = re.split(r"^(?=network |block |shortcut )", text, flags=re.MULTILINE)
    assert all(lines_of_code(definition) <= 24 for definition in definitions)
    assert lines_of_code(text) <= 40
    variants = re.findall(r"^network \w+ +=.*", text, re.MULTILINE)
    assert all(line.count("(") == line.count(")") and "{" not in line for line in variants)


@pytest.mark.parametrize(
    ("text", "code", "span", "suggestion"),
    [
        ("network n { input 3x8x8\nconvv 3x3, 4 }", "RES200", "convv", "conv"),
        ("network n { input 3x8x8\nbasc(4) }", "RES200", "basc", "basic"),
        ("network n { input 3x8x8\nconv 3x3, 4, grups=1 }", "RES310", "grups", "groups"),
        ("network n { input 3x8x8\nbasic(4, strid=2) }", "RES310", "strid", "stride"),
        ("network n(width = 4) { input 3x8x8\nconv 3x3, widht }", "RES200", "widht", "width"),
        ("network n { input 3x8x8\nlet a = roun(3)\nrelu }", "RES200", "roun", "round"),
        ("network n { input 3x8x8\nrelu\nexpect dept = 0 }", "RES200", "dept", "depth"),
        ("network n { input 3x8x8\nparallel ad { relu } { relu } }", "RES200", "ad", "add"),
        ("network n { input 3x8x8\nhead: relu }\nnetwork m = n { drop haed }", "RES510", "haed", "head"),
        ("network m = nn\nnetwork n { input 3x8x8\nrelu }", "RES200", "nn", "n"),
    ],
)
def test_not_lost_03_everything_unknown_is_an_error_with_a_suggestion(
    text: str, code: str, span: str, suggestion: str
) -> None:
    name = "m" if "network m" in text else "n"
    found = refused(text, code, span, name)
    assert found.hint is not None
    assert f"`{suggestion}`" in found.hint


def test_not_lost_03_names_from_outside_are_held_to_the_same() -> None:
    text = "network n(width = 4) { input 3x8x8\nconv 3x3, width }"
    assert "`width`" in str(refused(text, "RES310", None, "n", widht=3).hint)
    assert "`n`" in str(refused(text, "RES513", None, "nn").hint)
    with pytest.raises(SpecError) as caught:
        load("resnet43")
    assert "`resnet34`" in str(caught.value.problems[0].hint)


@pytest.mark.parametrize(
    "given", [{"width": 4}, {"norm": "bn"}, {"act": "gelu"}, {"shortcut": "C"}, {"input": "3x8x8"}]
)
def test_not_lost_03_an_override_that_changes_nothing_is_reported(given: dict[str, str | int]) -> None:
    text = text_of("input 3x8x8", "conv 3x3, width; norm", head="network n(width = 4)")
    assert codes(loads(text, "n", **given)) == ["RES516"]


def test_not_lost_03_a_parameter_that_nothing_asks_for_is_reported() -> None:
    assert codes(read("input 3x8x8", "relu", head="network n(width = 4)")) == ["RES207"]
    assert codes(read("input 3x8x8", "b", before="block b(width = 4) { relu }")) == ["RES207"]


@pytest.mark.parametrize("width", ["4.5", "4.0 * 1.5 / 4", '"4"', "true", "none", "3x3", "[4]", "-4", "0", "2 ** 40"])
def test_not_lost_03_nothing_is_rounded_truncated_or_converted(width: str) -> None:
    (found,) = problems(text_of("input 3x8x8", f"conv 3x3, {width}"))
    assert found.code == "RES314"
    assert found.span is not None
    assert found.span.text == width


def test_not_lost_04_every_number_that_is_written_is_checked() -> None:
    statements = ("input 3x8x8", "stage s: [3x3, 4] x 2, /2 -> 4x4x4", "expect depth = 2", "expect params <= 1k")
    net = read(*statements, shortcut="B")
    assert [check.verdict for check in net.checks] == ["holds", "holds", "holds"]
    assert [check.expectation.text for check in net.checks][-1] == "-> 4x4x4"
    for written, wrong, code, span in (
        ("4x4x4", "4x8x8", "RES412", "4x8x8"),
        ("depth = 2", "depth = 3", "RES800", "expect depth = 3"),
        ("1k", "10", "RES800", "expect params <= 10"),
        ("3x8x8", "3x9x9", "RES412", "4x4x4"),
    ):
        text = text_of(*(line.replace(written, wrong) for line in statements))
        refused(text, code, span, shortcut="B")


@pytest.mark.parametrize("place", ["relu", "residual { relu }", "gate { relu }", "parallel add { relu } { relu }", "b"])
def test_not_lost_04_a_shape_may_be_stated_at_any_place(place: str) -> None:
    block = "block b { relu }"
    assert shape(read("input 3x8x8", f"{place} -> 3x8x8", before=block)) == (3, 8, 8)
    refused(text_of("input 3x8x8", f"{place} -> 3x9x9", before=block), "RES412", "3x9x9")


def test_not_lost_05_block_counts_are_the_papers() -> None:
    net = read("input 3x32x32", "stage s: basic(8) x 4, /2", shortcut="B")
    assert stage(net, "s").blocks == 4
    assert {path.split(".")[1] for path, _ in ops(net)} == {"0", "1", "2", "3"}
    for count in ("0", "-1", "1.5", '"3"', "none"):
        refused(text_of("input 3x32x32", f"stage s: basic(8) x {count}"), "RES300", count)


@pytest.mark.parametrize("stages", [1, 2, 5, 9])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("widening", [1, 3])
def test_not_lost_05_any_number_of_stages_any_stride_any_widening(stages: int, stride: int, widening: int) -> None:
    loop = f'for k in 0..{stages} {{ stage "s{{k}}": basic({widening} * (2 + k)) x 2, /{stride} }}'
    net = read("input 3x64x64", loop, shortcut="B")
    assert [one.blocks for one in net.ir.stages] == [2] * stages
    size = 64
    for _ in range(stages):
        size = (size - 1) // stride + 1
    assert shape(net) == (widening * (stages + 1), size, size)


SHORTCUTS = [
    name for name, named in standard_library().items() if isinstance(named, Callee) and named.kind == "shortcut"
]


@pytest.mark.parametrize("shortcut", SHORTCUTS)
@pytest.mark.parametrize("entering", [4, 8, 12])
@pytest.mark.parametrize("stride", ["1", "2", "3", "2x1"])
@pytest.mark.parametrize("size", ["9x9", "8x8", "1x1"])
def test_not_lost_06_a_shortcut_is_total(shortcut: str, entering: int, stride: str, size: str) -> None:
    text = text_of(f"input {entering}x{size}", f"basic(8, stride={stride})", head=f"network n(shortcut = {shortcut})")
    if shortcut == "A" and entering > 8:
        (found,) = problems(text)
        assert "a projection can" in found.headline
        return
    assert shape(loads(text))[0] == 8


@pytest.mark.parametrize("path", ACCEPTANCE, ids=lambda path: path.stem)
def test_not_lost_07_no_block_needs_python(path: Path) -> None:
    spec = read_spec(read_source(path))
    for name in spec.networks:
        built = spec.build(name)
        verdicts = [check.verdict for check in built.checks]
        assert "fails" not in verdicts
        assert "holds" in verdicts
        assert built.warnings == ()


def test_not_lost_07_the_acceptance_list_is_complete() -> None:
    wanted = """blur bottleneck concatenation deblur dilation drop_path plain preact pyramid res2net resnext
    selective_kernel squeeze_excite stem_c stem_d wide"""
    assert [path.stem for path in ACCEPTANCE] == wanted.split()


@pytest.mark.parametrize("word", ["optimiser", "optimizer", "dataset", "loss", "train", "learning_rate"])
def test_not_lost_08_architecture_only(word: str) -> None:
    refused(f"network n {{ input 3x8x8\nrelu\n{word} 3 }}", "RES200", word)
    assert not re.search(rf"\b{word}\b", grammar_text())


def test_not_lost_09_ops_are_no_words_of_the_grammar() -> None:
    words = set(keywords())
    assert {"stage", "residual", "network"} <= words
    assert words & set(all_ops()) == {"identity"}, "the word of `residual identity`, which names an op as well"
    assert not words & set(standard_library())


@pytest.mark.parametrize(
    "text",
    [
        "network n { input 3x8x8\nfor i in 0..1_000_000_000 { relu } }",
        "network n { input 3x8x8\nfor i in 0..10_000 { for j in 0..10_000 { relu } } }",
        "network n { input 3x8x8\nlet a = [[0..1000 for x in 0..1000] for y in 0..1000]\nrelu }",
        "network n { input 3x8x8\nlet a = 10 ** 10 ** 10\nrelu }",
        "network n { input 3x8x8\nlet a = 9 ** 9 ** 9 ** 9\nrelu }",
        "block b { b }\nnetwork n { input 3x8x8\nb }",
        "block b { c }\nblock c { b }\nnetwork n { input 3x8x8\nb }",
        "shortcut s { residual { conv 1x1, out } }\nnetwork n(shortcut = s) { input 3x8x8\nresidual { conv 3x3, 4 } }",
        "network n = m\nnetwork m = n",
        "network n { input 3x8x8\nlet a = " + "(" * 5000 + "1" + ")" * 5000 + "\nrelu }",
        "network n { input 3x8x8\nlet a = " + "-" * 20000 + "1\nrelu }",
        "network n { input 3x8x8\nlet a = " + "1 + " * 20000 + "1\nrelu }",
        "network n { input 3x8x8\n" + "if true { " * 5000 + "relu" + " }" * 5000 + " }",
        "network n { input 3x8x8\nlet a = " + "9" * 100_000 + "\nrelu }",
        'network n { input 3x8x8\nlet a = "' + "{" * 5001 + '1"\nrelu }',
        "network n { input 3x8x8\nstage s: basic(4 + i) x 10_000_000 }",
        "network n { input 3x" + "9" * 4000 + "x8\nrelu }",
    ],
    ids=lambda text: text[:60],
)
def test_not_lost_10_reading_ends_within_its_limits(text: str) -> None:
    (found,) = problems(text, "n")
    assert re.fullmatch(r"RES\d{3}", found.code)


def test_not_lost_10_a_chain_of_doubling_strings_and_lists_ends() -> None:
    doubling = ["let a0 = [1]", *(f"let a{k + 1} = a{k} + a{k}" for k in range(64))]
    (found,) = problems(text_of("input 3x8x8", *doubling, "relu"))
    assert found.code == "RES700"
    doubling = ['let a0 = "ab"', *(f'let a{k + 1} = "{{a{k}}}{{a{k}}}"' for k in range(64))]
    found = problems(text_of("input 3x8x8", *doubling, "relu"))[0]
    assert found.code == "RES700"


def test_not_lost_10_many_equal_repeats_cost_what_one_does() -> None:
    net = read("input 8x8x8", "stage s: basic(8) x 10_000_000", shortcut="B")
    assert stage(net, "s").blocks == 10_000_000
    assert net.depth == 20_000_000


def test_not_lost_10_a_name_that_would_be_code_is_a_name() -> None:
    for name in ("__import__", "__class__", "eval"):
        found = problems(text_of("input 3x8x8", f'let a = {name}("os")', "relu"))
        assert [one.code for one in found] == ["RES200"]
    assert problems(text_of("input 3x8x8", "let a = basic.__class__", "relu"))[0].code == "RES204"


def test_not_lost_10_a_text_opens_no_file_outside_its_import_path(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "secret.res").write_text("block b { relu }\n", encoding="utf-8")
    (tmp_path / "inner" / "link.res").symlink_to(tmp_path / "secret.res")
    for path in ("../secret.res", "link.res", str(tmp_path / "secret.res"), "../inner/../secret.res"):
        text = f'import "{path}" as s\nnetwork n {{ input 3x8x8\ns.b }}\n'
        with pytest.raises(SpecError) as caught:
            read_spec(Source("n.res", text, tmp_path / "inner"))
        assert [one.code for one in caught.value.problems] == ["RES600"]
