"""Budgets: what can be written, what is refused and how, and by how much a bound is missed."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from hypothesis import given, strategies as st

import resdsl
from resdsl.analysis.budget import BOUNDABLE, InvalidBudget, over, parse_budget, speaks_of_memory
from resdsl.analysis.costs import Costs
from resdsl.analysis.memory.totals import memory
from resdsl.ops.records import Work

# params 3, macs 700, depth 5: small, so that limits are read at a glance.
COSTS = Costs(weights=2, biases=1, depth=5, layers=9, activations=40, elements=80, work=Work(conv=600, linear=100))


def overruns(text: str, costs: Costs = COSTS) -> list[str]:
    return [str(each) for each in over(parse_budget(text), costs)]


@pytest.mark.parametrize(
    "text",
    [
        "params<=26M,macs<=4.1G",
        " params <= 25_557_032 , macs<4.1G ",
        "depth=50",
        "params=25.6M, macs=4.09G",
        "flops<=8.2G, activations<12M, layers>=100, norms>50k, shortcut_params<=2.8M",
        "params>=2.5e7, params<=2.6e7",
    ],
)
def test_resnet50_keeps_it(text: str) -> None:
    assert overruns(text, resdsl.load("resnet50").costs) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("params<=25M", "params is 25_557_032, 557_032 (2.2 %) above what the budget params<=25M allows"),
        (
            "params<=21_797_672",
            "params is 25_557_032, 3_759_360 (17 %) above what the budget params<=21_797_672 allows",
        ),
        (
            "params<25_557_032",
            "params is 25_557_032, and the budget is params<25_557_032: the limit itself is not allowed",
        ),
        (
            "params<=25_557_031",
            "params is 25_557_032, 1 (less than 0.01 %) above what the budget params<=25_557_031 allows",
        ),
        ("params=25.5M", "params is 25_557_032, 57_032 (0.22 %) above what the budget params=25.5M allows"),
        ("depth >= 101", "depth is 50, 51 (50 %) below what the budget depth>=101 allows"),
        ("biases<=0", "biases is 1_000, 1_000 above what the budget biases<=0 allows"),
        ("biases<=0.5", "biases is 1_000, 999.5 (2e+03 times the limit) above what the budget biases<=0.5 allows"),
    ],
)
def test_what_resnet50_exceeds_is_told_with_the_figure(text: str, said: str) -> None:
    assert overruns(text, resdsl.load("resnet50").costs) == [said]


def test_every_bound_that_is_missed_is_told_in_the_order_of_the_budget() -> None:
    found = over(parse_budget("macs<=699, params<=3, depth<=4, params<3"), COSTS)
    assert [(each.bound.text, each.actual, int(each.excess)) for each in found] == [
        ("macs<=699", 700, 1),
        ("depth<=4", 5, 1),
        ("params<3", 3, 0),
    ]


@pytest.mark.parametrize("name", BOUNDABLE)
def test_every_name_is_counted(name: str) -> None:
    net = resdsl.load("seresnet50" if name == "biases" else "resnet50")
    ((missed),) = over(parse_budget(f"{name}<=0"), net.costs, memory(net.ir))
    assert missed.actual > 0


def test_memory_is_bounded_where_it_is_known() -> None:
    bounds = parse_budget("training_bytes<=1, peak_bytes<1")
    takes = memory(resdsl.load("resnet20").ir)
    assert speaks_of_memory(bounds)
    assert not speaks_of_memory(parse_budget("params<=1"))
    assert [each.actual for each in over(bounds, COSTS, takes)] == [takes.training, takes.peak]
    with pytest.raises(ValueError, match="training_bytes"):
        over(bounds, COSTS)


@pytest.mark.parametrize(
    ("figure", "limit", "slack"),
    [
        ("26M", 26_000_000, 500_000),
        ("4.1G", 4_100_000_000, 50_000_000),
        ("21_797_672", 21_797_672, 0),
        ("1.5k", 1500, 50),
        ("2T", 2 * 10**12, 5 * 10**11),
        ("1e3", 1000, 500),
        ("0.25", Fraction(1, 4), Fraction(1, 200)),
    ],
)
def test_numbers_are_exact_and_those_of_the_language(figure: str, limit: Fraction, slack: Fraction) -> None:
    (bound,) = parse_budget(f"macs={figure}")
    assert (bound.limit, bound.slack) == (limit, slack)
    if bound.limit.denominator == 1:
        text = f"network a {{ input 8; fc 1; expect macs < {figure} }}"
        assert resdsl.loads(text).ir.expectations[0].value == limit


@given(limit=st.integers(0, 10**12), actual=st.integers(0, 10**12))
def test_bounds_are_those_of_numbers(limit: int, actual: int) -> None:
    costs = Costs(weights=actual)
    for relation, holds in (
        ("<=", actual <= limit),
        ("<", actual < limit),
        (">=", actual >= limit),
        (">", actual > limit),
        ("=", actual == limit),
    ):
        assert (over(parse_budget(f"params{relation}{limit}"), costs) == ()) == holds


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the budget is empty; one is written as `params<=26M, macs<=4.1G`"),
        ("params<=1,", "the budget `params<=1,` has a comma too many"),
        (
            "params",
            "`params` is no bound; one is a name, <=, <, >=, > or =, and a number, as in `params<=26M, macs<=4.1G`",
        ),
        (
            "params<=4,1G",
            "`1G` is no bound; one is a name, <=, <, >=, > or =, and a number, as in `params<=26M, macs<=4.1G`",
        ),
        ("params=<3", "`=<` in `params=<3` is no relation; there is <=, <, >=, > and ="),
        ("params==3", "`==` in `params==3` is no relation; there is <=, <, >=, > and ="),
        ("param<=3M", "a budget cannot bound `param`; did you mean `params`?"),
        ("Macs<=3M", "a budget cannot bound `Macs`; did you mean `macs`?"),
        (
            "params<=26X",
            "`26X` in `params<=26X` is no number; numbers are written as 26_000_000, 26M or 4.1G "
            "(k, M, G and T are thousand, million, 1e9 and 1e12)",
        ),
        (
            "size<=1",
            "a budget cannot bound `size`; there is `depth`, `params`, `macs`, `flops`, `activations`, `weights`, "
            "`biases`, `norms`, `buffers`, `layers`, `elements`, "
            "`shortcut_params`, `shortcut_macs`, `peak_bytes`, `training_bytes`",
        ),
    ],
)
def test_what_is_no_budget_is_refused_with_a_way_out(text: str, said: str) -> None:
    with pytest.raises(InvalidBudget, match=f"^{re.escape(said)}$"):
        parse_budget(text)


@given(text=st.text(alphabet="params<=>,_. 0123456789MGke+-\x1b", max_size=30) | st.text(max_size=30))
def test_any_text_is_a_budget_or_refused_in_printable_words(text: str) -> None:
    try:
        said = overruns(text)
    except InvalidBudget as refused:
        said = [str(refused)]
    assert all(each.isprintable() for each in said)


@pytest.mark.parametrize("figure", ["1e99", "1e-99", "9" * 60, "1e99T"])
def test_numbers_beyond_all_networks_are_read(figure: str) -> None:
    assert len(overruns(f"params<={figure}, params>={figure}")) == 1


@pytest.mark.parametrize("figure", ["1e100", "9" * 61, "1__0", "_1", "1_", "-3", ".5", "5.", "26 M", "\u0663"])
def test_what_is_no_number_of_the_language_is_refused(figure: str) -> None:
    with pytest.raises(InvalidBudget, match="is no number"):
        parse_budget(f"params<={figure}")
