"""What `resdsl watch` refuses before it begins; tests/live has what it does."""

from __future__ import annotations

import importlib.util

import pytest

from tests.cli.running import Command


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.0.1", "example.com", "localhost"])
def test_addresses_that_others_can_reach_are_refused(resdsl: Command, host: str) -> None:
    ended = resdsl("watch", "resnet18", "--host", host)
    assert ended.code == 2
    assert "the page is for this machine alone" in ended.err


def test_standard_input_is_refused(resdsl: Command) -> None:
    ended = resdsl("watch", "-")
    assert ended.code == 2
    assert "the standard input cannot be watched" in ended.err


def test_file_that_is_not_there_is_refused(resdsl: Command) -> None:
    ended = resdsl("watch", "none.res")
    assert ended.code == 1
    assert "there is no such file" in ended.err


def test_value_that_is_no_expression_is_refused(resdsl: Command) -> None:
    ended = resdsl("watch", "resnet18", "--set", "classes=(")
    assert ended.code == 1
    assert "--set classes:1" in ended.err


@pytest.mark.parametrize("library", ["aiohttp", "pygments"])
def test_missing_library_is_named(resdsl: Command, monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == library else found(name))
    ended = resdsl("watch", "resnet18")
    assert ended.code == 2
    assert f"watch needs {library}: pip install 'resdsl[live]'" in ended.err
