"""The page of `resdsl watch` as a reader uses it, in headless Chromium: `make test-browser`."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from tests.live.watching import BROKEN, LONG_SWEEP, NET, SWEEP, Watching, text_of

pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)
EDITS = 1_000
MOST_GROWTH = 40_000_000
"""Bytes that all processes together may grow by over `EDITS` edits, after the first hundred."""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    assert program, "Chromium is missing: make chromium"
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watching]:
    found = Watching(tmp_path_factory.mktemp("watched"))
    yield found
    found.end()


@pytest.fixture
def watching(process: Watching) -> Watching:
    """The command with a good file, and nothing of what another test chose."""
    process.save(NET)
    process.tell("choose", {"choice": "tiny", "view": "columns", "fold": True})
    process.tell("pin", {"pinned": False})
    process.until(_is_reset)
    return process


def _is_reset(state: dict[str, Any]) -> bool:
    status = state["status"]
    is_good = status.get("outcome") == "good" and not status["building"]
    return is_good and text_of(state).startswith("network")


@pytest.fixture
def page(browser: Browser, watching: Watching) -> Iterator[Page]:
    """The page of a good file; an error of its programs fails the test."""
    errors: list[object] = []
    found = browser.new_page(viewport={"width": 1200, "height": 800}, color_scheme="light")
    found.on("pageerror", lambda error: errors.append(error))
    found.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    found.goto(watching.address)
    expect(found.locator("#status")).to_have_text("up to date")
    yield found
    found.close()
    assert errors == []


def test_page_has_figure_costs_and_text(page: Page) -> None:
    expect(page.locator("#figure svg .box").first).to_be_visible()
    expect(page.locator("#costs caption")).to_contain_text("tiny: depth 6")
    expect(page.locator("#text li").nth(2)).to_have_text("  conv 3x3, 8; norm; act")
    expect(page.locator("#problems")).to_be_hidden()


def test_figure_follows_an_edit(page: Page, watching: Watching) -> None:
    watching.save(NET.replace("basic(8) x 2", "basic(8) x 7"))
    expect(page.locator("#figure svg")).to_contain_text("x 7")
    expect(page.locator("#changes tr.changed").first).to_contain_text("2 -> 7 blocks")


def test_break_and_mend(page: Page, watching: Watching) -> None:
    figure = page.locator("#figure").inner_html()
    watching.save(BROKEN)
    expect(page.locator("#problem-list .message")).to_contain_text("cnov")
    expect(page.locator("#stale")).to_be_visible()
    expect(page.locator("#text mark.error")).to_have_text("cnov")
    assert page.locator("#figure").inner_html() == figure
    assert float(page.locator("#figure").evaluate("place => getComputedStyle(place).opacity")) < 1
    watching.save(NET.replace("x 2", "x 4"))
    expect(page.locator("#figure svg")).to_contain_text("x 4")
    expect(page.locator("#problems")).to_be_hidden()
    expect(page.locator("#stale")).to_be_hidden()


def test_file_broken_at_first_says_that_there_is_nothing_yet(browser: Browser, tmp_path: Path) -> None:
    watching = Watching(tmp_path, BROKEN)
    page = browser.new_page()
    page.goto(watching.address)
    expect(page.locator("#figure")).to_have_text("There is no good state yet.")
    watching.save(NET)
    expect(page.locator("#figure svg")).to_contain_text("3x3 conv, 8")
    page.close()
    watching.end()


def test_network_sweep_and_view_are_chosen(page: Page, watching: Watching) -> None:
    watching.save(SWEEP)
    page.select_option("#choice", "sizes")
    expect(page.locator("#costs tbody tr")).to_have_count(3)
    expect(page.locator("#figure svg")).to_contain_text("multiply-adds")
    expect(page.locator("#costs-title")).to_have_text("Points")
    page.select_option("#choice", "tiny")
    page.select_option("#view", "stages")
    expect(page.locator("#figure svg")).to_contain_text("body")
    expect(page.locator("#costs-title")).to_have_text("Costs")


def test_page_answers_while_a_long_sweep_is_built(page: Page, watching: Watching) -> None:
    watching.save(LONG_SWEEP)
    page.select_option("#choice", "sizes")
    expect(page.locator("#status")).to_contain_text("of 999,999")
    page.select_option("#choice", "tiny")
    expect(page.locator("#status")).to_have_text("up to date")


def test_keys_zoom_pin_and_go_to_problems(page: Page, watching: Watching) -> None:
    page.keyboard.press("0")
    expect(page.locator("#zoom")).to_have_text("100 %")
    page.keyboard.press("+")
    expect(page.locator("#zoom")).to_have_text("125 %")
    page.keyboard.press("f")
    expect(page.locator("#fit")).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("p")
    expect(page.locator("#pin")).to_have_text("Unpin")
    watching.save("# a line\n" * 200 + BROKEN)
    expect(page.locator("#problem-list li")).to_have_count(1)
    page.keyboard.press("n")
    expect(page.locator("#text li.has-error")).to_be_in_viewport()


def test_problems_that_are_not_listed_are_counted(page: Page, watching: Watching) -> None:
    watching.save("".join(f"network n{number} {{\n  cnov 3x3, 8\n}}\n" for number in range(130)))
    expect(page.locator("#problem-count")).to_contain_text("problems")
    expect(page.locator("#problem-list li")).to_have_count(101)
    expect(page.locator("#problem-list li").last).to_contain_text("more")


def test_all_controls_have_names(page: Page) -> None:
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, [tabindex]")].filter((each) =>
        !(each.getAttribute("aria-label") || each.labels?.length || each.textContent.trim())).map((each) => each.id)"""
    )
    assert unnamed == []


@pytest.mark.parametrize("width", [1200, 800, 360])
def test_page_is_as_wide_as_its_window(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_wide_figure_gets_the_whole_width(page: Page, watching: Watching) -> None:
    narrow = page.locator("#figure").evaluate("place => place.clientWidth")
    wide = NET.replace("  stage body: basic(8) x 2\n", "".join(f"  stage s{n}: basic(8) x 2\n" for n in range(20)))
    watching.save(wide)
    page.select_option("#view", "lattice")
    expect(page.locator("body")).to_have_class("wide")
    assert page.locator("#figure").evaluate("place => place.clientWidth") > 1.5 * narrow


def test_dark_pages_have_dark_figures(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    expect(page.locator("#figure .background")).to_have_attribute("fill", "#1b1f24")


def test_markup_in_a_spec_is_text(page: Page, watching: Watching) -> None:
    planted = "<script>window.planted = 1</script><img src=x onerror='window.planted = 1'>"
    watching.save("# " + planted + "\n" + NET.replace("stage body:", f'stage body "{planted}":'))
    expect(page.locator("#text li").first).to_have_text(f"# {planted}")
    expect(page.locator("#costs")).to_contain_text("<script>")
    assert page.evaluate("window.planted") is None
    assert page.locator("main script, main img").count() == 0


def test_scripts_within_the_page_do_not_run(browser: Browser, watching: Watching) -> None:
    page = browser.new_page()
    page.goto(watching.address)
    refused = page.evaluate(
        """() => new Promise((refuse) => {
        document.addEventListener("securitypolicyviolation", (event) => refuse(event.effectiveDirective));
        document.body.insertAdjacentHTML("beforeend", "<img src='none.svg' onerror='window.ran = 1'>");
        })"""
    )
    assert (refused, page.evaluate("window.ran ?? null")) == ("script-src-attr", None)
    page.close()


def test_other_pages_can_neither_read_nor_tell(browser: Browser, watching: Watching) -> None:
    page = browser.new_page()
    page.route("http://elsewhere.example/**", lambda route: _answer(route))
    page.goto("http://elsewhere.example/")
    address = watching.address
    request = """async ([address, what]) => {
        const body = what === "choose" ? { method: "POST", mode: "no-cors", body: '{"view": "stages"}' } : {};
        return fetch(address + what, body).then((answer) => answer.type, () => "refused");
    }"""
    assert page.evaluate(request, [address, ""]) == "refused"
    assert page.evaluate(request, [address, "events"]) == "refused"
    assert page.evaluate(request, [address, "choose"]) in ("opaque", "refused")
    page.close()
    assert watching.until_built("good")["order"]["view"] == "columns"


def test_nothing_is_loaded_from_elsewhere(browser: Browser, watching: Watching) -> None:
    page = browser.new_page()
    requested: list[str] = []
    page.on("request", lambda request: requested.append(request.url))
    page.goto(watching.address)
    expect(page.locator("#figure svg")).to_be_visible()
    page.close()
    assert len(requested) > 5
    assert [url for url in requested if not url.startswith(watching.address)] == []


def test_memory_is_bounded_over_a_thousand_edits(page: Page, watching: Watching) -> None:
    def edited(numbers: range) -> tuple[int, int]:
        for number in numbers:
            text = BROKEN if number % 3 == 0 else NET.replace("x 2", f"x {number % 9 + 1}")
            watching.save(f"# edit {number}\n{text}")
            expect(page.locator("#text li").first).to_have_text(f"# edit {number}")
        page.request_gc()
        return watching.memory(), page.evaluate("performance.memory.usedJSHeapSize")

    first, last = edited(range(100)), edited(range(100, EDITS))
    assert last[0] - first[0] < MOST_GROWTH, (first, last)
    assert last[1] - first[1] < MOST_GROWTH, (first, last)
    assert len(watching.processes()) <= 4


def _answer(route: Route) -> None:
    route.fulfill(body="<title>elsewhere</title>", content_type="text/html")
