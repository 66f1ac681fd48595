"""What builds tell the page about a file: its text with marks, problems, figure, costs and changes."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import resdsl
from resdsl.live.order import BuildOrder
from resdsl.live.state import PageState
from resdsl.live.updates import updates
from resdsl.settings import overrides_of
from tests.live.watching import BROKEN, NET, SWEEP


@pytest.fixture
def order(tmp_path: Path) -> BuildOrder:
    (tmp_path / "tiny.res").write_text(NET)
    return BuildOrder(tmp_path / "tiny.res", "tiny.res")


def built(order: BuildOrder, text: str | None = None) -> dict[str, Any]:
    """All updates of a build as one record."""
    if text is not None:
        order.path.write_text(text)
    return {name: content for update in updates(order) for name, content in update.items()}


def after(state: PageState, text: str) -> dict[str, Any]:
    """All sections of the page after a save."""
    state.order.path.write_text(text)
    for update in updates(state.begin()):
        state.take(update)
    state.end()
    return state.since(-1)


def test_costs_are_those_of_the_report(order: BuildOrder) -> None:
    table = built(order)["tables"]["tables"][0]
    net = resdsl.loads(NET)
    assert table["title"] == str(net.report()).split("\n")[0]
    assert {"text": "2.690k", "exact": f"{net.params:,}"} in table["lines"][-1]["cells"]


def test_figures_are_for_light_and_for_dark_pages(order: BuildOrder) -> None:
    figure = built(order)["figure"]
    assert figure["light"].count("3x3 conv, 8") == figure["dark"].count("3x3 conv, 8") > 0
    assert "#1b1f24" in figure["dark"]
    assert "#1b1f24" not in figure["light"]


def test_figures_have_the_style_that_was_asked_for(order: BuildOrder) -> None:
    figure = built(replace(order, style="mono"))["figure"]
    assert figure["light"] == figure["dark"]


def test_figure_that_cannot_be_drawn_says_why(order: BuildOrder) -> None:
    found = built(replace(order, style="none.toml"))
    assert found["outcome"] == "good"
    assert found["figure"] == {"refusal": "none.toml: there is no such file"}


def test_style_file_is_watched(order: BuildOrder, tmp_path: Path) -> None:
    style = tmp_path / "own.toml"
    style.write_text('base = "mono"\n')
    found = built(replace(order, style=str(style)))
    assert set(found["files"]) == {order.path, style}
    assert "svg" in found["figure"]["light"]


def test_problem_is_listed_with_its_place(order: BuildOrder) -> None:
    found = built(order, BROKEN)
    assert found["outcome"] == "broken"
    assert found["problems"]["count"] == 1
    assert found["problems"]["listed"][0]["place"]["line"] == 3


def test_problem_is_marked_in_the_text(order: BuildOrder) -> None:
    line = built(order, BROKEN)["texts"][0]["lines"][2]
    assert [piece[0] for piece in line if piece[2] == "error"] == ["cnov"]
    assert "".join(piece[0] for piece in line) == "  cnov 3x3, 8; norm; act"


def test_text_is_highlighted(order: BuildOrder) -> None:
    lines = built(order, "# a remark\n" + NET)["texts"][0]["lines"]
    assert lines[0] == [["# a remark", "comment", ""]]
    assert {piece[0]: piece[1] for piece in lines[1]} | {"network": "keyword", "10": "number"} == {
        piece[0]: piece[1] for piece in lines[1]
    }


def test_problem_of_an_import_brings_its_text(order: BuildOrder, tmp_path: Path) -> None:
    (tmp_path / "parts.res").write_text("block odd {\n  cnov 3x3, 8\n}\n")
    found = built(order, 'import "parts.res" as parts\n' + NET)
    assert [text["name"] for text in found["texts"]] == ["tiny.res", "parts.res"]
    assert tmp_path / "parts.res" in found["files"]


def test_missing_import_is_watched(order: BuildOrder, tmp_path: Path) -> None:
    found = built(order, 'import "parts.res" as parts\n' + NET)
    assert found["outcome"] == "broken"
    assert found["files"][tmp_path / "parts.res"] is None


def test_missing_file_is_said_to_be_missing(order: BuildOrder) -> None:
    order.path.unlink()
    found = built(order)
    assert found["outcome"] == "missing"
    assert "there is no such file" in found["problems"]["listed"][0]["message"]


def test_pipe_in_place_of_the_file_is_not_waited_for(order: BuildOrder) -> None:
    order.path.unlink()
    os.mkfifo(order.path)
    found = built(order)
    assert found["outcome"] == "missing"
    assert "it is a pipe, not a file" in found["problems"]["listed"][0]["message"]


def test_problems_of_other_networks_are_listed(order: BuildOrder) -> None:
    found = built(order, NET + NET.replace("tiny", "other").replace("}\n", "  expect depth = 7\n}\n"))
    assert found["choices"]["networks"] == ["tiny", "other"]
    assert found["outcome"] == "good"
    assert found["problems"]["listed"][0]["place"]["line"] == 14


def test_networks_of_a_file_can_be_chosen(order: BuildOrder) -> None:
    text = NET + NET.replace("tiny", "other").replace("x 2", "x 5")
    found = built(replace(order, choice="other"), text)
    assert found["choices"]["chosen"] == "other"
    assert found["tables"]["tables"][0]["title"].startswith("other: depth 12")


def test_choice_that_is_gone_is_a_problem(order: BuildOrder) -> None:
    found = built(replace(order, choice="gone"))
    assert found["outcome"] == "broken"
    assert "gone" in found["problems"]["listed"][0]["message"]


def test_sweep_is_a_table_and_a_chart(order: BuildOrder) -> None:
    found = built(replace(order, choice="sizes"), SWEEP)
    table = found["tables"]["tables"][0]
    assert [line["cells"][0]["text"] for line in table["lines"]] == [
        "tiny-classes=2",
        "tiny-classes=5",
        "tiny-classes=10",
    ]
    assert "multiply-adds" in found["figure"]["light"]


def test_lint_of_a_sweep_is_listed(order: BuildOrder) -> None:
    found = built(replace(order, choice="sizes"), SWEEP.replace("[2, 5, 10]", "[2, 5], shortcut = [A, B]"))
    assert found["outcome"] == "good"
    assert {problem["severity"] for problem in found["problems"]["listed"]} == {"warning"}


def test_network_in_json_is_shown(order: BuildOrder) -> None:
    found = built(order, resdsl.loads(NET).to_json())
    assert found["outcome"] == "good"
    assert found["tables"]["tables"][0]["title"].startswith("tiny: depth 6")


def test_values_are_those_of_the_command(order: BuildOrder) -> None:
    found = built(replace(order, overrides=overrides_of({"classes": "100"})))
    total = found["tables"]["tables"][0]["lines"][-1]["cells"]
    assert f"{resdsl.loads(NET, classes=100).params:,}" in [cell.get("exact") for cell in total]


def test_last_good_state_stays_while_the_file_is_broken(order: BuildOrder) -> None:
    state = PageState(order)
    good = after(state, NET)
    broken = after(state, BROKEN)
    assert broken["status"] == {
        "building": False,
        "progress": None,
        "outcome": "broken",
        "stale": True,
        "lost": None,
    }
    assert broken["figure"] == good["figure"]
    assert broken["tables"] == good["tables"]
    assert not after(state, NET)["status"]["stale"]


def test_network_that_is_not_as_expected_is_shown_all_the_same(order: BuildOrder) -> None:
    state = PageState(order)
    after(state, NET)
    found = after(state, NET.replace("}\n", "  expect depth = 7\n}\n").replace("x 2", "x 3"))
    assert found["status"]["outcome"] == "unmet"
    assert not found["status"]["stale"]
    assert found["problems"]["listed"][0]["place"]["line"] == 7
    assert "2 -> 3 blocks" in [line["cells"][2]["text"] for line in found["difference"]["tables"][0]["lines"]]


def test_changes_are_against_the_last_good_state(order: BuildOrder) -> None:
    state = PageState(order)
    assert after(state, NET)["difference"]["tables"] == []
    after(state, BROKEN)
    found = after(state, NET.replace("x 2", "x 3"))["difference"]
    assert found["headline"] == "What changes in tiny"
    assert "2 -> 3 blocks" in [line["cells"][2]["text"] for line in found["tables"][0]["lines"]]


def test_save_without_a_change_keeps_the_last_changes(order: BuildOrder) -> None:
    state = PageState(order)
    after(state, NET)
    changed = after(state, NET.replace("x 2", "x 3"))["difference"]
    assert after(state, "# a remark\n" + NET.replace("x 2", "x 3"))["difference"] == changed


def test_pinned_state_is_what_is_compared_with(order: BuildOrder) -> None:
    state = PageState(order)
    after(state, NET)
    state.pin(pinned=True)
    after(state, NET.replace("x 2", "x 3"))
    found = after(state, NET.replace("x 2", "x 5"))["difference"]
    assert "2 -> 5 blocks" in [line["cells"][2]["text"] for line in found["tables"][0]["lines"]]


def test_another_choice_begins_without_changes(order: BuildOrder) -> None:
    state = PageState(order)
    after(state, NET + NET.replace("tiny", "other"))
    assert state.choose({"choice": "other"})
    assert after(state, NET + NET.replace("tiny", "other"))["difference"]["tables"] == []


def test_the_same_choice_is_nothing_new(order: BuildOrder) -> None:
    assert not PageState(order).choose({"view": order.view})


def test_only_sections_that_changed_are_sent(order: BuildOrder) -> None:
    state = PageState(order)
    after(state, NET)
    version = state.version
    after(state, "# a remark\n" + NET)
    assert set(state.since(version)) == {"texts", "status"}


def test_sections_are_json(order: BuildOrder) -> None:
    state = PageState(order)
    for text in (NET, BROKEN, SWEEP):
        assert json.loads(json.dumps(after(state, text))) == state.since(-1)
