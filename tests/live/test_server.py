"""`resdsl watch` as a process: who may ask, what it answers, what it notices, and how it ends."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from resdsl.live.guard import is_allowed
from tests.cli.running import run_process
from tests.live.watching import BROKEN, LONG_SWEEP, NET, PATIENCE, ROOT, Watching, text_of


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watching]:
    watching = Watching(tmp_path_factory.mktemp("watched"))
    yield watching
    watching.end()


def test_page_and_its_parts_are_served(page: Watching) -> None:
    answer = page.ask()
    assert answer.status == 200
    assert b"<title>resdsl watch</title>" in answer.read()
    assert page.ask("page.js").headers["Content-Type"] == "text/javascript; charset=utf-8"


@pytest.mark.parametrize(
    "name", ["net.res", "../net.res", "%2e%2e/net.res", "..%2fserver.py", "__init__.py", "none", "/etc/passwd"]
)
def test_no_other_file_is_served(page: Watching, name: str) -> None:
    assert page.ask(name).status == 404


@pytest.mark.parametrize("path", ["/", "/page.js", "/events", "/wrong/", "/wrong/events"])
def test_address_without_the_token_is_not_found(page: Watching, path: str) -> None:
    assert page.ask(path=path).status == 404


@pytest.mark.parametrize("origin", ["http://example.com", "null", "http://127.0.0.1:1", "https://127.0.0.1"])
def test_other_pages_are_refused(page: Watching, origin: str) -> None:
    assert page.ask("events", Origin=origin).status == 403
    assert page.tell("choose", {"view": "stages"}, Origin=origin).status == 403


def test_own_page_is_not_refused(page: Watching) -> None:
    assert page.ask(Origin=f"http://{page.parts.netloc}", Sec_Fetch_Site="same-origin").status == 200


def test_requests_across_sites_are_refused(page: Watching) -> None:
    assert page.ask(Sec_Fetch_Site="cross-site").status == 403


@pytest.mark.parametrize("host", ["example.com", "example.com:{port}", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.nip.io"])
def test_other_names_for_this_machine_are_refused(page: Watching, host: str) -> None:
    assert page.ask(host=host.format(port=page.parts.port)).status == 403


def test_page_may_load_and_run_only_what_is_its_own(page: Watching) -> None:
    policy = page.ask().headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.ask("none").headers["Content-Security-Policy"] == policy


def test_only_one_address_of_this_machine_is_listened_on(page: Watching) -> None:
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.2", page.parts.port or 0), timeout=PATIENCE)


@pytest.mark.parametrize(
    "record", [{"view": "none"}, {"view": 1}, {"fold": "yes"}, {"path": "/etc/passwd"}, {"style": "mono"}, [], "choice"]
)
def test_what_cannot_be_chosen_is_refused(page: Watching, record: object) -> None:
    assert page.tell("choose", record).status == 400


@pytest.mark.parametrize("record", [{}, {"pinned": "yes"}, {"pinned": True, "choice": "tiny"}, [], "pinned"])
def test_what_cannot_be_pinned_is_refused(page: Watching, record: object) -> None:
    assert page.tell("pin", record).status == 400


def test_bad_requests_are_answered_and_print_nothing(tmp_path: Path) -> None:
    watching = Watching(tmp_path)
    watching.until_built("good")
    assert watching.ask("a" * 10_000).status == 400
    assert watching.post("choose", "[" * 9_000).status == 400
    assert watching.tell("choose", {"view": "stages"}, Content_Type="text/plain; charset=none").status == 400
    assert watching.end() == (130, "interrupted\n")


def test_breaking_and_mending_are_noticed(page: Watching) -> None:
    good = page.until_built("good")
    page.save(BROKEN)
    broken = page.until_built("broken")
    assert broken["status"]["stale"]
    assert broken["figure"] == good["figure"]
    page.save(NET)
    assert not page.until_built("good")["status"]["stale"]


def test_file_that_goes_and_comes_back_is_noticed(page: Watching) -> None:
    page.until_built("good")
    page.path.unlink()
    assert page.until_built("missing")["status"]["stale"]
    page.path.write_text(NET)
    assert page.until_built("good")["problems"]["count"] == 0


def test_file_written_twice_ends_as_the_second(page: Watching) -> None:
    page.path.write_text(BROKEN)
    page.path.write_text(NET.replace("x 2", "x 4"))
    page.until(lambda state: "x 4" in text_of(state) and state["status"].get("outcome") == "good")


def test_imports_are_watched(page: Watching) -> None:
    part = page.path.with_name("part.res")
    part.write_text("block twice(width) {\n  conv 3x3, width\n}\n")
    page.save('import "part.res" as part\n' + NET.replace("basic(8)", "part.twice(8)"))
    page.until(lambda state: "twice x 2" in str(state.get("tables")))
    part.write_text("block twice(width) {\n  conv 3x3, width\n  conv 3x3, width\n}\n")
    page.until(lambda state: "depth 6" in state["tables"]["tables"][0]["title"])
    page.save(NET)
    page.until(lambda state: "basic" in str(state.get("tables")))


def test_long_sweep_ends_with_the_next_save(page: Watching) -> None:
    page.save(LONG_SWEEP)
    page.tell("choose", {"choice": "sizes"})
    page.until(lambda state: bool(state["status"]["progress"]))
    begun = time.monotonic()
    page.save(NET)
    page.tell("choose", {"choice": "tiny"})
    page.until_built("good")
    # All points would take minutes.
    assert time.monotonic() - begun < PATIENCE / 2


def test_port_can_be_asked_for(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    page = Watching(tmp_path, NET, "--port", str(port))
    assert page.address.startswith(f"http://127.0.0.1:{port}/")
    page.end()


@pytest.mark.parametrize("host", ["127.0.0.1:80", "[::1]:80", "localhost:80"])
def test_page_has_all_names_of_this_machine(host: str) -> None:
    assert is_allowed({"Host": host, "Origin": f"http://{host}"}, 80)


def test_values_of_the_command_hold(tmp_path: Path) -> None:
    page = Watching(tmp_path, NET, "--set", "classes=77", "--input", "3x16x16", "--view", "stages")
    state = page.until_built("good")
    assert "77" in str(state["tables"])
    assert "16x16" in str(state["tables"])
    assert state["order"]["view"] == "stages"
    page.end()


@pytest.mark.parametrize("text", [NET, LONG_SWEEP], ids=["idle", "building"])
def test_interrupt_ends_it_with_one_sentence(tmp_path: Path, text: str) -> None:
    page = Watching(tmp_path, text, "--network", "tiny" if text == NET else "sizes")
    page.until(lambda state: bool(state["status"].get("outcome") or state["status"]["progress"]))
    assert page.end() == (130, "interrupted\n")
    deadline = time.monotonic() + PATIENCE
    while page.processes() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert page.processes() == []


def test_help_loads_neither_the_server_nor_torch() -> None:
    program = """
import atexit, sys
atexit.register(lambda: print({"aiohttp", "torch", "numpy", "pygments"} & {*sys.modules}))
from resdsl.cli.main import main
main(["watch", "--help"])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.endswith("set()\n")


def test_port_that_is_taken_is_a_sentence(tmp_path: Path, page: Watching) -> None:
    ended = run_process(tmp_path, "watch", "resnet18", "--port", str(page.parts.port))
    assert ended.code == 2
    assert "Traceback" not in ended.err
    assert f"port {page.parts.port} is in use; without --port the page takes one that is free" in ended.err
