"""Rules 11 to 13: literals, imports, and what parts statements."""

from __future__ import annotations

from pathlib import Path

import pytest

from resdsl.api import load, loads
from resdsl.diagnostics.spec_error import SpecError
from resdsl.ir.network import DimsValue
from tests.language.reading import field, kinds, problems, read, refused, shape, text_of, value


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("3x3 == 3x3", True),
        ("3x3 == 3x1", False),
        ("3x3 == dims(3, 3)", True),
        ("dims(3) == 3", True),
        ("3x3 == 3", True),
        ("3 == 3x3", True),
        ("3x1 == 3", False),
        ("3x3 == 3x3x3", False),
        ("3x3 != 1x1", True),
        ("3x3 == [3, 3]", False),
        ("3x3 == 3.5", False),
        ('3x3 == "3x3"', False),
        ("true == 1", False),
        ("none == false", False),
        ('"a" == "a"', True),
        ("[1, 2] == [1, 2]", True),
        ("basic == basic", True),
        ("basic == bottleneck", False),
        ("relu == relu", True),
        ("(3x224x224)[1]", 224),
        ("len(3x224x224)", 3),
    ],
)
def test_rule_11_dims_are_values(expression: str, expected: object) -> None:
    assert value(expression) == expected


def test_rule_11_dims_are_computed_and_an_integer_serves_for_a_square() -> None:
    assert value("dims(5, 2 + 1)") == DimsValue(dims=(5, 3))
    assert field(read("input 3x9x9", "conv dims(5, 3), 4"), "conv1", "kernel") == (5, 3)
    assert field(read("input 3x9x9", "conv 3, 4"), "conv1", "kernel") == (3, 3)
    assert field(read("input 3x9", "conv 3, 4"), "conv1", "kernel") == (3,)
    assert shape(read("input dims(3, 9, 9)", "relu")) == (3, 9, 9)
    assert shape(read("input 7", "relu")) == (7,)


@pytest.mark.parametrize("expression", ["dims(1.5)", 'dims("3")', "dims(0 - 1)", "dims([3, 3])"])
def test_rule_11_dims_are_made_of_integers(expression: str) -> None:
    span = expression[len("dims(") : -1]
    refused(text_of("input 3x9x9", f"conv {expression}, 4"), "RES300", span)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("21.8M", 21_800_000),
        ("3.6G", 3_600_000_000),
        ("21_797_672", 21_797_672),
        ("2k", 2000),
        ("1T", 10**12),
        ("0.5k", 500),
        ("1.5", 1.5),
        ("0.2", 0.2),
        ("1e-5", 1e-5),
        ("2.0", 2),
    ],
)
def test_rule_11_numbers(written: str, expected: float) -> None:
    assert value(written) == expected


@pytest.mark.parametrize(
    ("figure", "params", "holds"),
    [
        ("= 8", 8, True),
        ("= 9", 8, False),
        ("= 0.01k", 8, True),
        ("= 0.02k", 8, False),
        ("= 8.4", 8, False),
        ("= 1k", 1499, True),
        ("= 1k", 1500, True),
        ("= 1k", 1501, False),
        ("= 1k", 500, True),
        ("= 1k", 499, False),
        ("= 1.0k", 1050, True),
        ("= 1.0k", 1051, False),
        ("= 1_000", 1001, False),
        ("= 10 ** 3", 1000, True),
        ("= 10 ** 3", 1001, False),
        ("<= 8", 8, True),
        ("<= 7", 8, False),
        ("< 8", 8, False),
        (">= 8", 8, True),
        ("> 8", 8, False),
        ("<= 1k", 1001, False),
    ],
)
def test_rule_11_figures_hold_to_half_of_their_last_digit(figure: str, params: int, holds: bool) -> None:
    statements = ("input 1", f"fc {params}, bias=false", f"expect params {figure}")
    if holds:
        (check,) = read(*statements).checks
        assert (check.verdict, check.actual) == ("holds", params)
    else:
        found = refused(text_of(*statements), "RES800", statements[-1])
        assert found.found == str(params)[-4:-3] + ("_" if params > 999 else "") + str(params)[-3:]


def test_rule_11_unchecked_figures_are_listed() -> None:
    statements = (
        "input 3x9x9",
        "conv 3x3, k -> 4x9x9",
        "expect params = 108 when default",
        "expect macs <= 1k when k > 9",
    )
    head = "network n(k = 4)"
    assert [check.verdict for check in read(*statements, head=head).checks] == ["holds", "not checked", "holds"]
    for given in ({"k": 4}, {"input": "3x9x9"}):
        assert read(*statements, head=head, **given).checks[0].verdict == "holds"
    other = read(*statements, head=head, input="3x8x8").checks
    assert [(check.expectation.text, check.verdict) for check in other] == [
        ("expect params = 108 when default", "not checked"),
        ("expect macs <= 1k when k > 9", "not checked"),
        ("-> 4x9x9", "not checked"),
    ]


def test_rule_11_shapes_are_checked_for_the_written_input() -> None:
    statements = ("input 3x9x9", "conv 3x3, 4, /2 -> 4x4x4")
    refused(text_of(*statements), "RES412", "4x4x4")
    (check,) = read(*statements, input="3x8x8").checks
    assert (check.verdict, check.reason) == ("not checked", "the input is not the one in the text")


@pytest.mark.parametrize(
    ("statement", "code", "span"),
    [
        ("expect parms = 3", "RES200", "parms"),
        ('expect params = "3"', "RES300", '"3"'),
        ("expect params = true", "RES300", "true"),
        ("expect params = 3 when 1", "RES300", "1"),
    ],
)
def test_rule_11_figures_that_cannot_be_checked(statement: str, code: str, span: str) -> None:
    refused(text_of("input 3x9x9", "conv 3x3, 4", statement), code, span)


def test_rule_11_choices_among_words_are_strings() -> None:
    assert field(read("input 3x9x9", 'upsample 2, mode="nearest"'), "upsample", "mode") == "nearest"
    refused(text_of("input 3x9x9", "upsample 2, mode=nearest"), "RES200", "nearest")
    refused(text_of("input 3x9x9", 'upsample 2, mode="nearst"'), "RES314", 'mode="nearst"')


def test_rule_11_values_from_outside_are_expressions() -> None:
    text = "network n(width = 4, kernel = 3x3, norm_after = bn) { input 3x9x9\nconv kernel, width; norm_after }"
    net = loads(text, width="2 ** 3 + 1", kernel="dims(5, 5)", norm_after="group_norm(3)")
    assert field(net, "conv1", "out") == 9
    assert field(net, "conv1", "kernel") == (5, 5)
    assert kinds(net) == ["conv", "group_norm"]
    assert problems(text, width="4 +")[0].code == "RES102"
    assert problems(text, width="widht")[0].code == "RES200"
    refused(text, "RES310", None, widht=4)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file to import, in a folder of its own."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "x.res").write_text(
        "block wide(width) { conv 5x5, width }\nshortcut thin { conv 1x1, out }\nnetwork tiny { input 3x9x9\nrelu }\n",
        encoding="utf-8",
    )
    return tmp_path


def written(folder: Path, text: str) -> Path:
    path = folder / "n.res"
    path.write_text(text, encoding="utf-8")
    return path


IMPORT = 'import "lib/x.res" as x\n'


def test_rule_12_definitions_of_an_import_are_reached_with_a_dot(folder: Path) -> None:
    text = IMPORT + "network n(shortcut = x.thin) { input 3x9x9\nresidual { x.wide(4) }\nstage s: x.wide(5) }\n"
    net = load(written(folder, text), "n")
    assert shape(net) == (5, 9, 9)
    assert [node.path for node in net.ir.nodes] == ["wide", "downsample", "add", "s"]
    assert load(written(folder, IMPORT + "network n = x.tiny\n"), "n").ir.nodes


@pytest.mark.parametrize(
    ("text", "code", "span"),
    [
        ('import "lib/y.res" as x\n', "RES100", '"lib/y.res"'),
        ('import "../x.res" as x\n', "RES600", '"../x.res"'),
        ('import "/lib/x.res" as x\n', "RES600", '"/lib/x.res"'),
        ('import "lib/{1}.res" as x\n', "RES600", '"lib/{1}.res"'),
        ('import "n.res" as x\n', "RES601", '"n.res"'),
        (IMPORT + 'import "lib/x.res" as x\n', "RES201", "x"),
        ('import "lib/x.res" as basic\n', "RES202", "basic"),
        (IMPORT + "block x { relu }\n", "RES201", "x"),
        ("block basic { relu }\n", "RES202", "basic"),
        ("shortcut A { identity }\n", "RES202", "A"),
        ("block b { relu }\nblock b { relu }\n", "RES201", "b"),
    ],
)
def test_rule_12_names_are_not_redefined_and_imports_stay_inside(folder: Path, text: str, code: str, span: str) -> None:
    with pytest.raises(SpecError) as caught:
        load(written(folder, text + "network n { input 3x9x9\nrelu }\n"), "n")
    told = [(one.code, one.span and one.span.text) for one in caught.value.problems]
    assert (code, span) in told, told


@pytest.mark.parametrize(
    ("use", "code", "span"),
    [
        ("x.wid(4)", "RES200", "x.wid"),
        ("x(4)", "RES203", "x"),
        ("basic.wide(4)", "RES204", "basic.wide"),
        ("x.tiny", "RES203", "x.tiny"),
        ("wide(4)", "RES200", "wide"),
    ],
)
def test_rule_12_wrong_uses_of_an_import(folder: Path, use: str, code: str, span: str) -> None:
    with pytest.raises(SpecError) as caught:
        load(written(folder, IMPORT + f"network n {{ input 3x9x9\n{use} }}\n"), "n")
    assert [(one.code, one.span and one.span.text) for one in caught.value.problems] == [(code, span)]


def test_rule_12_an_import_path_comes_after_the_files_own_folder(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    spec = other / "n.res"
    spec.write_text('import "x.res" as x\nnetwork n { input 3x9x9\nx.wide(4) }\n', encoding="utf-8")
    with pytest.raises(SpecError):
        load(spec)
    assert shape(load(spec, import_path=(folder / "lib",))) == (4, 9, 9)


def test_rule_12_a_text_without_a_folder_imports_nothing() -> None:
    refused(IMPORT + "network n { input 3x9x9\nrelu }\n", "RES600", '"lib/x.res"')


def test_rule_12_the_standard_library_is_always_there() -> None:
    assert shape(read("input 3x9x9", "basic(4)", shortcut="B")) == (4, 9, 9)


def test_rule_12_the_first_line_may_name_the_version() -> None:
    body = "network n { input 3x9x9\nrelu }\n"
    assert kinds(loads("resdsl 1\n" + body)) == ["relu"]
    assert kinds(loads("# remark\n\nresdsl 1\n" + body)) == ["relu"]
    refused("resdsl 2\n" + body, "RES603", "2")
    refused("resdsl 1.5\n" + body, "RES603", "1.5")
    refused(body + "resdsl 1\n", "RES602", "resdsl 1")


def test_rule_13_line_ends_and_semicolons_part_statements() -> None:
    lines = ["input 3x9x9", "conv 3x3, 4", "norm", "act"]
    wanted = read(*lines).ir
    for text in (
        "\n".join(lines),
        "; ".join(lines),
        ";\n".join(lines),
        "\n\n# remark\n".join(lines),
        "\r\n".join(lines),
    ):
        assert loads(f"network n {{ {text} }}\n").ir == wanted
    assert problems("network n { input 3x9x9 conv 3x3, 4 }")[0].code == "RES102"


def test_rule_13_within_brackets_line_ends_mean_nothing() -> None:
    spread = """network n(
  width = [
    4,
    5,
  ],
  shortcut
    = B
) {
  input 3x9x9
  basic(
    width[
      0
    ],
    stride=(1
      + 0)
  )
  stage s: [
    3x3, width[1];
    3x3,
      width[1]
  ]
}
"""
    plain = text_of(
        "input 3x9x9",
        "basic(width[0], stride=1)",
        "stage s: [3x3, width[1]; 3x3, width[1]]",
        head="network n(width = [4, 5], shortcut = B)",
    )
    assert [node.shapes for node in loads(spread).ir.nodes] == [node.shapes for node in loads(plain).ir.nodes]
    refused("network n { input 3x9x9\nconv 3x3,\n4 }", "RES102", "\n")
