"""Names in the lines of a sweep: those that no point knows are refused before any is built."""

from __future__ import annotations

import pytest

from resdsl.checking import check
from resdsl.diagnostics.spec_error import SpecError
from resdsl.server.checking import Checker
from resdsl.server.items import ItemReader
from resdsl.server.renaming import NotRenamed, renamed
from resdsl.server.symbols import Symbol, references
from resdsl.source import Source
from tests.sweeps.reading import names, spec_of

NETWORKS = """
network one(n = 1, w = 8) { input 3x8x8; conv 3x3, w; norm; act; expect depth = 999 }
network two(n = 1, k = 8) { input 3x8x8; conv 3x3, k; norm; act; expect depth = 999 }
"""
"""No point of them can be built, so that an error about a name was found before."""
BOTH = "over network = [one, two], n = [1, 2]"


def refusals(lines: str) -> list[tuple[str, str | None]]:
    """The codes and places of the problems with a sweep that has these lines."""
    with pytest.raises(SpecError) as refused:
        list(spec_of(f"{NETWORKS}sweep s {{\n{lines}\n}}\n").sweep("s").points())
    return [(problem.code, problem.span and problem.span.text) for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("lines", "code", "place"),
    [
        ('network one; over n = [1, 2]; name "{n}-{draw}"', "RES927", "draw"),
        ('network one; over n = [1, 2]; name "{n}-{x}"', "RES200", "x"),
        ('network one; over n = [1, 2]; name "{n}-{sum([i for i in 0..n])}-{i}"', "RES200", "i"),
        ('network one; over n = [1, 2]; name "{n}-{two}"', "RES203", "two"),
        ('network one; over n = [1, 2]; name "{n}-{s}"', "RES203", "s"),
        ('network one; over n = [1, 2]; name "{n.x}"', "RES204", "n.x"),
        (f'{BOTH}; name "{{network}}-{{n}}-{{w}}"', "RES200", "w"),
        (f"{BOTH}; when network == one", "RES203", "one"),
        (f"{BOTH}; keep depth > two", "RES203", "two"),
        ("network one; over n = [1, two]", "RES203", "two"),
        ("network one; draw n = 1..draw; sample 2", "RES200", "draw"),
        ("network one; draw n = 1..3; when draw > 2; sample 2", "RES200", "draw"),
        ("network one; over n = [1, 2]; draw n = 1..3; sample 2", "RES928", "n"),
        ("network one; draw n = 1..3, n = 4..5; sample 2", "RES928", "n"),
        ("network one; over n = [1, 2]; solve n in 1..3 for depth = 2", "RES928", "n"),
    ],
)
def test_names_that_no_point_knows_are_refused_first(lines: str, code: str, place: str) -> None:
    assert refusals(lines) == [(code, place)]


@pytest.mark.parametrize(
    "lines",
    [
        f'{BOTH}; name "{{if n > 2 then w else 0}}-{{network}}-{{n}}"',
        f'{BOTH}; when network == "one"; name "{{w}}-{{n}}"',
        'network one; over n = [1, 2]; name "{[draw for draw in 0..n]}"',
        'network one; draw w = 8..17; sample 2; name "{draw}"',
    ],
)
def test_names_that_points_may_know_are_not(lines: str) -> None:
    text = NETWORKS.replace("expect depth = 999", "")
    assert len(list(spec_of(f"{text}sweep s {{\n{lines}\n}}\n").sweep("s").points())) in (2, 4)


# ------------------------------------------------------------------------------------ as functions

CALLED_ALL = """
network net(n = [1, 2], w = 8) {
  input 3x8x8
  conv 3x3, w; norm; act
  if all([k > 0 for k in n]) { conv 3x3, w }
}
sweep all { network net; over w = [1, 2]; when all([w > 0]) and any([w > 1]) }
sweep any { network net; over w = [1, 2] }
"""


def test_a_sweep_may_be_called_like_a_function() -> None:
    assert check(Source("spec.res", CALLED_ALL)).problems == ()
    assert names(tuple(spec_of(CALLED_ALL).sweep("all").points())) == ["net-w=2"]


@pytest.mark.parametrize(
    "text", ["network all { input 3x8x8; relu }", "block all { relu }", "sweep conv { network n }"]
)
def test_nothing_else_may(text: str) -> None:
    problems = check(Source("spec.res", f"network n {{ input 3x8x8; relu }}\n{text}\n")).problems
    assert [problem.code for problem in problems] == ["RES202"]


def test_an_editor_renames_such_a_sweep_and_no_call_of_the_function() -> None:
    checkup = Checker().check(ItemReader("spec.res").read(CALLED_ALL))
    assert checkup.module is not None
    sweep = Symbol("definition", "all", checkup.module)
    (place,) = references(sweep, [checkup.module])
    assert place.source.text[: place.end] == "sweep all"
    assert renamed(sweep, "max", [checkup.module]) == [place]
    with pytest.raises(NotRenamed, match="is a word of the language"):
        renamed(Symbol("definition", "net", checkup.module), "max", [checkup.module])
