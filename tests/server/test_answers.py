"""What the server answers, without the protocol: completion, hover, hints, names, edits and places."""

from __future__ import annotations

from pathlib import Path

import pytest

from resdsl.elaborate.sweep_names import SWEEP_QUANTITIES
from resdsl.server.checking import Checker, Checkup
from resdsl.server.completion import completion
from resdsl.server.edits import formatting, quick_fixes
from resdsl.server.facts import short_count
from resdsl.server.hints import hints, lenses
from resdsl.server.hover import comment_above, hover
from resdsl.server.items import ItemReader, TextLayout
from resdsl.server.outline import outline
from resdsl.server.positions import Encoding, Positions
from resdsl.server.preferences import Preferences
from resdsl.server.renaming import NotRenamed, renamed
from resdsl.server.symbols import Symbol, TextView, declarations, references, symbol_at

TEXT = """# Two convolutions.
block pair(width, stride = 1) {
  residual { conv 3x3, width, /stride; norm; act; conv 3x3, width; norm }
  act
}
shortcut mine { conv 1x1, out, /stride }
network n(shortcut = B, classes = 10, widths = [16, 32]) {
  input 3x32x32
  let first = widths[0]
  conv 3x3, first
  for i, w in widths { stage "s{i}": pair(w) x 2 }
  as body
  tap c4
  head: conv 1x1, 8
  avgpool global
  fc classes
}
network m = n(classes = 100) { drop head }
sweep s { network n; over classes = [10, 100] }
"""


def _read(text: str) -> tuple[TextLayout, Checkup]:
    layout = ItemReader("n.res").read(text)
    return layout, Checker().check(layout)


def _at(text: str, before: str) -> int:
    return text.index(before) + len(before)


def _proposed(before: str, typed: str = "") -> dict[str, str]:
    """What is proposed where something is typed behind a piece of the text, each with its kind."""
    reader, at = ItemReader("n.res"), _at(TEXT, before)
    checkup = Checker().check(reader.read(TEXT))
    layout = reader.read(TEXT[:at] + typed + TEXT[at:])
    found = completion(layout, checkup.module, at + len(typed))
    return {each.text: each.kind for each in found.proposals}


@pytest.mark.parametrize(
    ("before", "typed", "some", "none"),
    [
        ("  input 3x32x32\n", "  ", {"stage": "keyword", "conv": "op", "pair": "block", "norm": "name"}, {"B", "min"}),
        ("  input 3x32x32\n", "  stage t: ", {"pair": "block", "basic": "block"}, {"conv", "mine", "stage"}),
        ("conv 3x3, first", ", ", {"groups=": "parameter", "first": "name", "widths": "parameter"}, {"stage"}),
        ('"s{i}": pair(', "", {"width=": "parameter", "shortcut=": "parameter", "w": "name"}, {"kernel="}),
        ("network n(shortcut = ", "", {"B": "shortcut", "mine": "shortcut", "none": "keyword"}, {"pair", "conv"}),
        ("  fc classes\n", "  expect ", {"macs": "name", "depth": "name"}, {"conv"}),
        ("  fc classes\n", "  parallel ", {"add": "op", "concat": "op"}, {"conv"}),
        ("{ drop ", "", {"head": "path"}, {"conv"}),
        ("network m = ", "", {"n": "network"}, {"conv", "pair"}),
        ("sweep s { network ", "", {"n": "network", "m": "network"}, {"conv", "pair"}),
        ("over classes = [10, 100]", "; keep ", {"macs": "name", "params": "name"}, {"stage"}),
        ("  fc classes\n", "  norm = ", {}, {"stage"}),
        ("  fc classes\n", "  as ", {}, {"conv"}),
        ("  fc classes\n", "  # a comment ", {}, {"conv"}),
        ("  fc classes\n", '  require true "a ', {}, {"conv"}),
        ("", "", {"network": "keyword", "block": "keyword"}, {"conv"}),
    ],
)
def test_what_is_proposed_is_what_the_parser_takes(
    before: str, typed: str, some: dict[str, str], none: set[str]
) -> None:
    proposed = _proposed(before, typed)
    assert {name: proposed.get(name) for name in some} == some
    assert not none & set(proposed)


@pytest.mark.parametrize(
    "line", ["over ", "together ", "draw ", "over widths = [[8]], ", "draw widths = 2 of 8..65 by 8, "]
)
def test_an_axis_may_be_any_parameter_of_the_network(line: str) -> None:
    proposed = _proposed("sweep s { network n; ", line)
    assert {name for name, kind in proposed.items() if kind == "parameter"} == {
        "shortcut", "classes", "widths", "norm", "act"
    }  # fmt: skip
    assert not {"macs", "sum", "conv"} & {*proposed}
    assert ("network" in proposed) == (not line.startswith("draw"))


def test_of_networks_on_an_axis_each_parameter_is_proposed() -> None:
    head = TEXT + "network other(depth_of_it = 1) { input 3x8x8; conv 3x3, depth_of_it }\n"
    text = head + "sweep t {\n  over network = [n, other], "
    reader = ItemReader("n.res")
    checkup = Checker().check(reader.read(head))
    found = completion(reader.read(text), checkup.module, len(text)).proposals
    assert {each.text: each.detail for each in found if each.kind == "parameter"} == {
        "shortcut": "of n", "classes": "of n", "widths": "of n", "depth_of_it": "of other",
        "norm": "a setting", "act": "a setting",
    }  # fmt: skip


def test_conditions_know_parameters_and_kept_points_costs() -> None:
    start = "sweep s { network n; "
    assert _proposed(start, "when ")["widths"] == "parameter"
    assert "macs" not in _proposed(start, "when ")
    assert {"widths", "macs", "sum"} <= {*_proposed(start, "keep ")}
    assert not {"widths", "macs"} & {*_proposed(start, "over classes = ")}
    assert {*_proposed(start, "solve classes in 2..9 for ")} == {*SWEEP_QUANTITIES}


def test_a_word_that_was_begun_is_replaced() -> None:
    layout, checkup = _read(TEXT)
    at = _at(TEXT, "  conv 3x3, fir")
    assert completion(layout, checkup.module, at).start == at - len("fir")


def test_defaults_of_parameters_are_named() -> None:
    layout, checkup = _read(TEXT)
    found = {each.text: each.detail for each in completion(layout, checkup.module, _at(TEXT, "conv 3x3, ")).proposals}
    assert found["groups="] == "groups=1"
    assert found["pad="] == "pad=..."


@pytest.mark.parametrize(
    ("before", "words"),
    [
        ("  con", ["conv(kernel, out, stride=1", "3x32x32 → 16x32x32", "432 parameters"]),
        ('stage "s{i}": pa', ["block pair(width, stride = 1)", "Two convolutions."]),
        ("fc cla", ["`classes = 10`: a parameter of `n`"]),
        ("network ", ["11 layers"]),
        ("conv 3x3, width, /stride; no", ["setting in force"]),
        ("sh", []),
    ],
)
def test_hover_says_what_there_is(before: str, words: list[str]) -> None:
    layout, checkup = _read(TEXT)
    found = hover(layout, checkup, _at(TEXT, before))
    text = found.text if found is not None else ""
    assert [word for word in words if word not in text] == []


def test_hover_says_what_a_function_does_and_links_to_no_page() -> None:
    text = "network n { input 3x8x8; fc round(9.5) }"
    found = hover(*_read(text), _at(text, "rou"))
    assert found is not None
    assert found.text.startswith("`round`: a function of the language. Round to the nearest integer, or ")
    assert "](" not in found.text


def test_hover_explains_the_problem_there() -> None:
    text = TEXT.replace("fc classes", "fc classses")
    layout, checkup = _read(text)
    found = hover(layout, checkup, _at(text, "fc cla"))
    assert found is not None
    assert found.text.startswith("**RES200** ")


def test_statements_that_run_with_several_shapes_have_no_shape() -> None:
    layout, checkup = _read(TEXT)
    found = hints(layout, checkup, 0, len(TEXT), shapes=True, shares=False)
    words = {TEXT[: each.offset].rsplit("\n", 1)[-1].strip(): each.text for each in found}
    assert words["conv 3x3, first"] == "→ 16x32x32"
    assert words["fc classes"] == "→ 10"
    assert not any("pair(w)" in line for line in words)


def test_networks_and_sweeps_have_summaries() -> None:
    layout, checkup = _read(TEXT)
    assert [each.text.split(",")[0] for each in lenses(layout, checkup)] == ["11 layers", "10 layers", "2 points"]


def test_the_outline_has_stages_labels_and_outputs() -> None:
    layout, _ = _read(TEXT)
    found = {each.name: [inner.name for inner in each.within] for each in outline(layout)}
    assert found == {"pair": [], "mine": [], "n": ["first", "s{i}", "body", "c4", "head"], "m": [], "s": []}


def _symbol(text: str, before: str) -> tuple[TextView, Symbol] | None:
    layout, checkup = _read(text)
    assert checkup.module is not None
    view = TextView(layout, checkup.module)
    found = symbol_at(view, _at(text, before))
    return (view, found[0]) if found is not None else None


def _starts(view: TextView, symbol: Symbol) -> list[int]:
    places = [view.layout.place(span) for span in references(symbol, [view.module])]
    return sorted(place[0] for place in places if place is not None)


@pytest.mark.parametrize(
    ("before", "kind", "stands"),
    [
        ("block pa", "definition", ["pair(width", "pair(w)"]),
        ("/str", "parameter", ["stride = 1", "stride; norm"]),
        ("let fi", "local", ["first = widths", "first\n"]),
        ('widths { stage "s{i}": pair(', "local", ["w in widths", "w) x 2"]),
        ("drop he", "path", ["head: conv", "head }"]),
        ("n(clas", "parameter", ["classes = 10,", "classes\n", "classes = 100)"]),
    ],
)
def test_a_name_is_found_wherever_it_stands(before: str, kind: str, stands: list[str]) -> None:
    found = _symbol(TEXT, before)
    assert found is not None
    assert found[1].kind == kind
    assert _starts(*found) == sorted(TEXT.index(piece) for piece in stands)
    assert declarations(found[1])[0].text == found[1].name


@pytest.mark.parametrize("before", ["# Two", "  con", "expect", "input 3x3"])
def test_words_of_the_language_are_no_symbols(before: str) -> None:
    assert before not in TEXT or _symbol(TEXT, before) is None


@pytest.mark.parametrize(
    ("before", "name", "reason"),
    [
        ("block pa", "conv", "word of the language"),
        ("block pa", "m", "taken"),
        ("let fi", "classes", "taken"),
        ("/str", "step", "known to the language"),
        ("shortcut = ", "mine2", "standard library"),
        ("block pa", "2x", "not a name"),
        ("block pa", "stage", "word of the language"),
        ("n(clas", "labels", "the sweep `s` names `classes` too"),
    ],
)
def test_renaming_is_refused_with_a_reason(before: str, name: str, reason: str) -> None:
    found = _symbol(TEXT, before)
    assert found is not None
    with pytest.raises(NotRenamed, match=reason):
        renamed(found[1], name, [found[0].module])


def test_an_import_is_renamed_wherever_it_is_named(tmp_path: Path) -> None:
    (tmp_path / "lib.res").write_text("block pair(width) { conv 3x3, width }\n", encoding="utf-8")
    text = 'import "lib.res" as lib\nnetwork n { input 3x8x8; lib.pair 8; stage s: lib.pair(8) x 2 }\n'
    layout = ItemReader("n.res", tmp_path, tmp_path / "n.res").read(text)
    module = Checker().check(layout).module
    assert module is not None
    view = TextView(layout, module)
    for place in (text.index("lib\n"), text.index("lib.pair 8"), text.index("lib.pair(8)")):
        found = symbol_at(view, place)
        assert found is not None
        assert _starts(view, found[0]) == [text.index(piece) for piece in ("lib\n", "lib.pair 8", "lib.pair(8)")]


def test_a_renamed_text_means_the_same() -> None:
    found = _symbol(TEXT, "let fi")
    assert found is not None
    view, symbol = found
    text = TEXT
    for start in sorted(_starts(view, symbol), reverse=True):
        text = text[:start] + "stem" + text[start + len("first") :]
    before, after = _read(TEXT)[1].built["n"].network, _read(text)[1].built["n"].network
    assert before == after


def test_formatting_changes_lines_that_need_it() -> None:
    rough = TEXT.replace("  conv 3x3, first", "conv   3x3,first").replace("  fc classes", "   fc classes")
    edits = formatting(rough)
    assert [edit.text.strip() for edit in edits] == ["conv 3x3, first", "fc classes"]
    at = rough.index("conv   ")
    assert [edit.text.strip() for edit in formatting(rough, at, at)] == ["conv 3x3, first"]
    assert formatting("network {") == []


def test_a_quick_fix_mends_its_problem() -> None:
    text = TEXT.replace("fc classes", "fc clases")
    layout, checkup = _read(text)
    (fix,) = quick_fixes(layout, checkup.problems, 0, len(text))
    assert fix.title == "Replace `clases` by `classes`"
    mended = text[: fix.edit.start] + fix.edit.text + text[fix.edit.end :]
    assert mended == TEXT
    assert quick_fixes(layout, checkup.problems, 0, 5) == []


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_places_are_the_same_both_ways(encoding: Encoding) -> None:
    text = "# Größe 🙂 x\r\nblock b { act }\n\n# ü"
    positions = Positions(text, encoding)
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] != "\r\n":
            assert positions.offset(*positions.position(offset)) == offset
    assert positions.offset(99, 0) == len(text)
    assert positions.offset(0, 99) == text.index("\r")


def test_units_are_those_of_the_encoding() -> None:
    offset = "🙂ü".index("ü")
    units = {each: Positions("🙂ü", each).position(offset).character for each in ("utf-8", "utf-16", "utf-32")}
    assert units == {"utf-8": 4, "utf-16": 2, "utf-32": 1}


def test_settings_are_taken_one_by_one() -> None:
    preferences, wrong = Preferences().changed({"delay": 0, "lens": 1, "importPath": ["a"]})
    assert preferences == Preferences(delay=0, import_path=("a",))
    assert wrong == ["`lens` must be true or false"]
    assert Preferences().changed([1])[1] == ["the settings of resdsl must be an object"]


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0"), (999, "999"), (1000, "1.00k"), (21_797_672, "21.8M"), (3_663_761_920, "3.66G"), (999_950, "1.00M")],
)
def test_counts_have_three_digits(count: int, text: str) -> None:
    assert short_count(count) == text


def test_comments_above_a_place() -> None:
    assert comment_above("# far\n\n# one\n# two\nblock", 20) == "one\ntwo"


def test_files_beside_a_text_are_proposed(tmp_path: Path) -> None:
    (tmp_path / "lib.res").write_text("block a { act }\n", encoding="utf-8")
    text = 'import "'
    layout = ItemReader("n.res", tmp_path).read(text)
    assert [each.text for each in completion(layout, None, len(text)).proposals] == ["lib.res"]
