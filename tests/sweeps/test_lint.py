"""The lint finds what was planted, says what is true of the paper's studies, and nothing of clean ones."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from itertools import product

import pytest

import resdsl
from resdsl.sweeps.lint.findings import Finding, LintedPoint
from resdsl.sweeps.lint.lint import lint
from tests.sweeps.points import SMALL, Family

FACTORS = """
network factors(a = 1, b = 1, n = 1, rate = 0, shortcut = A) {
  input 3x8x8
  conv 3x3, 4 * a * b; norm; act
  if n > 1 { dropout rate / 10 }
  stage layer1: basic(4 * a * b) x n
  avgpool global
  fc 3
}
"""


def found(family: Family, *, fixed: Sequence[str] = (), solved: str | None = None, again: bool = True) -> list[Finding]:
    return list(lint(family.looks, family.axes, fixed=fixed, solved=solved, again=family.again if again else None))


def texts(findings: Sequence[Finding], *kinds: str) -> list[str]:
    return [finding.text for finding in findings if finding.kind in kinds]


# ---------------------------------------------------------------------------------------- duplicates


def test_one_network_under_several_names() -> None:
    findings = found(Family(FACTORS, a=[1, 2, 4], b=[1, 2, 4]))
    names = [f"factors-a={a}-b={b}" for a, b in product((1, 2, 4), (1, 2, 4))]
    by_product = [[name for name in names if eval_product(name) == wanted] for wanted in (2, 4, 8)]
    assert [list(finding.points) for finding in findings if finding.kind == "same"] == by_product
    assert texts(findings, "same")[0] == "`factors-a=1-b=2` and `factors-a=2-b=1` are the same network"
    assert texts(findings, "dead") == []


def eval_product(name: str) -> int:
    one, other = map(int, re.findall(r"=(\d+)", name))
    return one * other


def test_many_groups_are_told_in_one_line() -> None:
    points = [LintedPoint(f"p{i}", {"a": str(i), "b": str(-i)}, str(i % 100), (1, 1, 1, 1)) for i in range(300)]
    findings = lint(points, [("a",), ("b",)])
    assert len(findings) == 7
    assert findings[-1].text == "94 more groups of points are each one network; the first is `p6`, `p106` and `p206`"
    assert len(findings[-1].points) == 282


def test_many_points_are_counted() -> None:
    points = [LintedPoint(f"p{i}", {"a": str(i), "b": str(-i)}, "same", (1, 1, 1, 1)) for i in range(30)]
    (finding,) = lint(points, [("a",), ("b",)])
    assert finding.text == "`p0`, `p1`, `p2`, `p3`, `p4`, `p5` and 24 more are the same network"
    assert len(finding.points) == 30


def test_values_that_agree_in_several_places_are_one_finding() -> None:
    # A bottleneck without expansion changes channels or strides in its first repeat alone, where B and C are one.
    text = SMALL.replace("n = 1", "n = 1, block = basic").replace("basic(", "block(")
    text += "block deep(width, stride = 1) { residual { conv 3x3, 2 * width, /stride; norm; act } }"
    findings = found(Family(text, block=["basic", "deep"], n=[1, 2], shortcut=["B", "C"], width=[4, 8, 12]))
    assert texts(findings, "same", "dead") == [
        "`shortcut`: `B` and `C` make the same network in 3 places, all where `block` is deep and `n` is 1"
    ]
    assert len(findings[0].points) == 6


# ---------------------------------------------------------------------------------------------- dead


def test_an_axis_that_changes_nothing() -> None:
    findings = found(Family(idle=[1, 2, 3], act=["relu", "gelu"]))
    assert [finding.plain for finding in findings] == [
        {
            "code": "RES921",
            "kind": "dead",
            "text": "`idle` changes nothing: points that differ only in it are the same network",
            "hint": "leave the axis `idle` out",
            "points": [],
            "axis": "idle",
        }
    ]


def test_two_dead_axes_are_two_findings_and_no_more() -> None:
    text = SMALL.replace("idle = 0", "idle = 0, other = 0").replace("let unread = idle", "let unread = idle + other")
    findings = found(Family(text, idle=[1, 2], other=[1, 2, 3], act=["relu", "gelu"]))
    assert [(finding.kind, finding.axis) for finding in findings] == [("dead", "idle"), ("dead", "other")]


def test_values_that_make_one_network() -> None:
    findings = found(Family(act=["relu", "relu()", "gelu", "relu6"], width=[4, 5]))
    assert texts(findings, "dead", "same") == ["`act`: `relu` and `relu()` make the same network"]


def test_an_axis_that_is_dead_for_a_value_of_another() -> None:
    findings = found(Family(FACTORS, n=[1, 2, 3], rate=[1, 2]))
    assert texts(findings, "dead", "same") == ["`rate` changes nothing where `n` is 1 (2 points)"]


def test_values_that_agree_in_some_points_only_are_no_dead_values() -> None:
    family = Family(FACTORS, a=[1, 2, 4], b=[1, 2, 4])
    assert texts(found(family), "dead") == []


def test_a_name_that_goes_in_step_and_changes_nothing() -> None:
    family = Family(n=[1, 2], idle=[1, 2])
    points = [point for point in family.looks if point.values["n"] == point.values["idle"]]
    findings = lint(points, [("n", "idle")], again=family.again)
    assert texts(findings, "dead") == ["`idle` changes nothing: without it all points are the same networks"]
    assert texts(lint(points, [("n", "idle")]), "dead") == [], "without building again nothing can be said"


@pytest.mark.parametrize(("name", "value", "dead"), [("idle", 7, True), ("n", 1, True), ("n", 2, False)])
def test_an_axis_of_one_value(name: str, value: int, dead: bool) -> None:
    axes: dict[str, list[str | int]] = {"act": ["relu", "gelu"], name: [value]}
    family = Family(SMALL, **axes)
    findings = found(family)
    assert [finding.axis for finding in findings if finding.kind == "dead"] == ([name] if dead else [])


def test_an_override_that_changes_nothing() -> None:
    family = Family(act=["relu", "gelu"])
    findings = found(family, fixed=("idle", "classes"))
    assert [(finding.axis, finding.hint) for finding in findings] == [
        ("idle", "leave the override `idle` out"),
        ("classes", "leave the override `classes` out"),
    ]


# ----------------------------------------------------------------------------------------- confounds


def share(one: str, other: str) -> str:
    """The change of parameters between two shortcuts, as the lint writes it, from the networks themselves."""
    costs = [resdsl.loads(RESNET34, shortcut=shortcut).params for shortcut in (one, other)]
    return f"{100 * (costs[1] / costs[0] - 1):+.1f} % params"


def test_shortcuts_of_the_paper_move_parameters() -> None:
    # He et al. 2015, Table 3: the text beside it says that C has more parameters than B, and B than A.
    family = Family(RESNET34, shortcut=["A", "B", "C"])
    (finding,) = found(family)
    assert (finding.kind, finding.axis) == ("confound", "shortcut")
    assert finding.text.startswith(f"`shortcut` also moves costs from A to B: {share('A', 'B')}, ")
    assert f"; from A to C: {share('A', 'C')}, " in finding.text
    assert "+5.1 % params" in finding.text
    assert "depth" not in finding.text


RESNET34 = """
network resnet34(shortcut = B, classes = 1000) {
  input 3x224x224
  conv 7x7, 64, /2; norm; act
  maxpool 3x3, /2
  stage layer1: basic(64)  x 3
  stage layer2: basic(128) x 4, /2
  stage layer3: basic(256) x 6, /2
  stage layer4: basic(512) x 3, /2
  avgpool global
  fc classes
}
"""


def test_plain_against_residual_is_clean() -> None:
    # He et al. 2015, Section 3.3: with option A the residual network has no more parameters than the plain one.
    assert found(Family(RESNET34, shortcut=["none", "A"])) == []


def test_activations_against_each_other_are_clean() -> None:
    assert found(Family(act=["relu", "gelu", "tanh"], n=[2])) == []


def test_depth_moves_what_it_moves() -> None:
    (finding,) = found(Family(n=[1, 2, 3, 4, 9]))
    nets = [resdsl.loads(SMALL, n=n) for n in (1, 9)]
    params, depth = (f"{getattr(nets[1], each) / getattr(nets[0], each):.3g}" for each in ("params", "depth"))
    assert finding.text.startswith(f"`n` also moves costs, most from 1 to 9: {params} times the params, ")
    assert finding.text.endswith(f", {depth} times the depth")


def test_a_range_where_other_axes_make_a_difference() -> None:
    findings = found(Family(shortcut=["A", "C"], n=[1, 5]))
    text = next(finding.text for finding in findings if finding.axis == "shortcut")
    assert re.search(r"from A to C: \+\d+\.\d to \+\d+\.\d % params", text)


def test_little_is_not_told() -> None:
    points = [LintedPoint(f"p{i}", {"a": "xy"[i]}, str(i), (10_000 + 9 * i, 10_000 + 11 * i, 5, 5)) for i in range(2)]
    (finding,) = lint(points, [("a",)])
    assert finding.text == "`a` also moves costs from x to y: +0.1 % macs"


def test_the_solve_that_is_suggested_does_what_it_says() -> None:
    text = SMALL.replace("width = 4", "width = 64")
    family = Family(text, shortcut=["A", "C"])
    (finding,) = found(family)
    assert finding.hint is not None
    said = re.fullmatch(
        r"solve width in (\d+)\.\.(\d+) for (params|macs) = ([\d_]+), as `small-shortcut=A` has it "
        r"\(it comes within (\d+\.\d) %\)",
        finding.hint,
    )
    assert said is not None
    low, end, quantity, target, within = int(said[1]), int(said[2]), said[3], int(said[4]), said[5]
    assert target == getattr(resdsl.loads(text, shortcut="A"), quantity)
    nets = [resdsl.loads(text, shortcut="C", width=width) for width in range(low, end)]
    left = min(abs(getattr(net, quantity) / target - 1) for net in nets)
    assert f"{100 * left:.1f}" == within
    assert 100 * left < 2


def test_no_solve_is_suggested_for_what_comes_in_or_goes_out() -> None:
    (finding,) = found(Family(RESNET34, shortcut=["A", "C"]))
    assert finding.hint is not None
    assert finding.hint.startswith("add a parameter that scales the width in small steps, and `solve` it for macs = ")


def test_what_is_solved_for_is_no_axis_and_gets_no_second_solve() -> None:
    family = Family(SMALL, shortcut=["A", "C"], width=[31, 32])
    points = [each for each in family.looks if (each.values["shortcut"] == "A") == (each.values["width"] == "32")]
    findings = lint(points, [("shortcut",)], solved="width", again=family.again)
    assert [(finding.axis, finding.hint) for finding in findings] == [("shortcut", None)]


def test_an_axis_that_never_stands_alone_is_not_judged() -> None:
    points = [LintedPoint(f"p{i}", {"a": str(i), "b": str(i)}, str(i), (i + 1, 1, 1, 1)) for i in range(3)]
    assert lint(points, [("a",), ("b",)]) == ()


def test_an_axis_of_which_conditions_leave_one_value_is_not_called_idle() -> None:
    family = Family(act=["relu", "gelu"], n=[1])
    assert [finding.axis for finding in found(family)] == ["n"]
    assert lint(family.looks, family.axes, again=family.again, thinned={"n"}) == ()


def test_an_axis_that_lost_values_changes_nothing_where_it_is_left_and_no_more_is_said() -> None:
    family = Family(idle=[1, 2], act=["relu", "gelu"])
    (finding,) = lint(family.looks, family.axes, again=family.again, thinned={"idle"})
    assert finding.text == (
        "`idle` changes nothing among the points that are left: points that differ only in it are the same network"
    )
    assert (finding.axis, finding.hint) == ("idle", None)


def test_so_it_is_with_names_in_step() -> None:
    family = Family(n=[1, 2], idle=[1, 2])
    points = [point for point in family.looks if point.values["n"] == point.values["idle"]]
    (whole, *_) = lint(points, [("n", "idle")], again=family.again)
    (left, *_) = lint(points, [("n", "idle")], again=family.again, thinned={"n and idle"})
    assert (whole.axis, whole.hint) == ("idle", "leave the axis `idle` out")
    assert (left.axis, left.hint) == ("idle", None)
    assert (
        left.text
        == "`idle` changes nothing among the points that are left: without it all points are the same networks"
    )
    assert [each.axis for each in lint(points[:1], [("n", "idle")], again=family.again, thinned={"n and idle"})] == []


def test_no_solve_is_suggested_that_holds_nothing_still() -> None:
    # With kind 3 at k = 2 there are 12 channels in place of 16: nearer than 48, and not near.
    body = "conv 3x3, kind * 2 ** k; conv 3x3, kind * 2 ** k\navgpool global; fc 3"
    text = f"network t(kind = 1, k = 4) {{ input 3x8x8\n{body} }}"
    (finding,) = found(Family(text, kind=[1, 3]))
    assert (finding.axis, finding.hint) == ("kind", None)


def test_names_of_any_length_are_told_in_few_letters() -> None:
    points = [LintedPoint(f"{i}{'p' * 10_000}", {"a": str(i), "b": str(-i)}, "same", (1, 1, 1, 1)) for i in range(2)]
    (finding,) = lint(points, [("a",), ("b",)])
    assert finding.text == f"`0{'p' * 56}...` and `1{'p' * 56}...` are the same network"


def test_nothing_to_compare() -> None:
    assert lint([], [("a",)]) == ()
    assert lint([LintedPoint("p", {"a": "1"}, "1", (1, 1, 1, 1))], [("a",)]) == ()


# --------------------------------------------------------------------------------------------- size


def test_ten_thousand_points() -> None:
    names = ("n", "k", "shortcut", "idle")
    points = [
        LintedPoint(
            f"{n}-{k}-{s}-{idle}",
            dict(zip(names, (str(n), str(k), "ABCD"[s], str(idle)), strict=True)),
            f"{n} {k} {s}",
            (n * k * (100 + s), n * k, n, n),
        )
        for n, k, s, idle in product(range(1, 26), range(1, 21), range(4), range(5))
    ]
    assert len(points) == 10_000
    began = time.process_time()
    findings = lint(points, [(name,) for name in names])
    assert time.process_time() - began < 3
    assert [(finding.kind, finding.axis) for finding in findings] == [
        ("dead", "idle"),
        ("confound", "n"),
        ("confound", "k"),
        ("confound", "shortcut"),
    ]
